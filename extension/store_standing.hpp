// The standing of callers, read or kept.
#pragma once

#include "standing_cache.hpp"

namespace curfew {

// Whoever the caller is by the latest snapshot; false when there is no such caller. With a session's token it is whom the
// token stands for, by himself.
bool standing_of(const Identity& identity, core::Instant now, Standing* standing);

// The same of a principal by himself.
bool standing_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, core::Instant now, Standing* standing);

// Whether an API key's last use was noted within the minute.
bool IsUsedLately(const Standing& standing, core::Instant now);

} // namespace curfew
