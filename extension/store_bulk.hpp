// Queries that find many sessions to end.
#pragma once

#include "store_filter.hpp"

namespace curfew {

// Opens a cursor, in the order of ids, over the sessions that have not been ended and that run as the principal or are
// owned by it, and with `cascade` over those that descend from any that do. Its rows are stored sessions.
Portal open_sessions_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, bool cascade);

// Reads sessions anew, as they are now; those that are gone are left out. Stored sessions in the order of ids.
uint64 read_sessions(const pg_uuid_t& tenant, std::span<const pg_uuid_t> ids);

} // namespace curfew
