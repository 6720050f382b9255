// Queries that find many sessions to end.
#pragma once

#include "store_filter.hpp"

namespace curfew {

// Opens a cursor, in the order of ids, over the sessions that have not been ended and that run as the principal or are
// owned by it, and with `cascade` over those that descend from any that do. Its rows are stored sessions.
Portal open_sessions_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, bool cascade);

// A call of end_all_sessions, as it is kept.
struct BulkRun {
    pg_uuid_t id;
    Value filter, action, reason; // jsonb, text, text
    Oid db_role;
    int64 matched;
};
void insert_run(const Identity& identity, const BulkRun& run);

// Adds what one of its batches did, whose last session is `last`; `finished` with its last batch.
void add_to_run(const pg_uuid_t& tenant, const pg_uuid_t& run, const int64* counts, const pg_uuid_t& last, bool finished);

// The tenant's runs, newest first, as the columns of curfew.list_bulk_runs. One is `running` while the statement that
// began it is what its backend does.
inline constexpr int kRunColumns = 16;
uint64 read_runs(const pg_uuid_t& tenant);

// Reads sessions anew, as they are now; those that are gone are left out. Stored sessions in the order of ids.
uint64 read_sessions(const pg_uuid_t& tenant, std::span<const pg_uuid_t> ids);

} // namespace curfew
