#include "store_bulk.hpp"

namespace curfew {

Portal open_sessions_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, bool cascade) {
#define CURFEW_SESSIONS_OF(victims)                                                                                \
    "WITH " victims " SELECT " CURFEW_STORED_COLUMNS                                                               \
    " FROM victim v JOIN curfew.session s ON s.tenant_id = $1 AND s.id = v.id"                                     \
    " JOIN curfew.lifecycle l ON l.name = s.lifecycle WHERE s.ended_at IS NULL ORDER BY s.id"
#define CURFEW_OWN                                                                                                 \
    "SELECT s.id FROM curfew.session s WHERE s.tenant_id = $1 AND s.agent_id = $2"                                 \
    " UNION SELECT s.id FROM curfew.session s WHERE s.tenant_id = $1 AND s.owner_id = $2"
    static Statement own = {CURFEW_SESSIONS_OF("victim AS (" CURFEW_OWN ")"), {UUIDOID, UUIDOID}};
    static Statement descendants = {
        CURFEW_SESSIONS_OF("RECURSIVE victim AS (" CURFEW_OWN
                           " UNION SELECT s.id FROM curfew.session s JOIN victim p ON s.parent_id = p.id"
                           " WHERE s.tenant_id = $1)"),
        {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(principal);
    return open_cursor(cascade ? descendants : own, parameters);
}

uint64 read_sessions(const pg_uuid_t& tenant, std::span<const pg_uuid_t> ids) {
    static Statement statement = {"SELECT " CURFEW_STORED_COLUMNS
                                  " FROM curfew.session s JOIN curfew.lifecycle l ON l.name = s.lifecycle"
                                  " WHERE s.tenant_id = $1 AND s.id = ANY ($2) ORDER BY s.id",
                                  {UUIDOID, UUIDARRAYOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(uuid_array(ids));
    return run(statement, parameters);
}

void insert_run(const Identity& identity, const BulkRun& begun) {
    static Statement statement = {
        "INSERT INTO curfew.bulk_run (tenant_id, id, principal_id, db_role, filter, action, reason, matched, pid,"
        "  started_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp(), clock_timestamp())",
        {UUIDOID, UUIDOID, UUIDOID, TEXTOID, JSONBOID, TEXTOID, TEXTOID, INT8OID, INT4OID}};
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(begun.id);
    parameters.Add(identity.principal);
    parameters.Add(CStringGetTextDatum(GetUserNameFromId(begun.db_role, false)));
    add(&parameters, begun.filter);
    add(&parameters, begun.action);
    add(&parameters, begun.reason);
    parameters.Add(Int64GetDatum(begun.matched));
    parameters.Add(Int32GetDatum(MyProcPid));
    run(statement, parameters);
}

void add_to_run(const pg_uuid_t& tenant, const pg_uuid_t& id, const int64* counts, const pg_uuid_t& last,
                bool finished) {
    static Statement statement = {
        "UPDATE curfew.bulk_run SET ended = ended + $3, already = already + $4, forbidden = forbidden + $5,"
        " invalid_state = invalid_state + $6, last_id = $7, updated_at = clock_timestamp(),"
        " finished_at = CASE WHEN $8 THEN clock_timestamp() END WHERE tenant_id = $1 AND id = $2",
        {UUIDOID, UUIDOID, INT8OID, INT8OID, INT8OID, INT8OID, UUIDOID, BOOLOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(id);
    for (int i = 0; i < 4; ++i)
        parameters.Add(Int64GetDatum(counts[i]));
    parameters.Add(last);
    parameters.Add(BoolGetDatum(finished));
    run(statement, parameters);
}

uint64 read_runs(const pg_uuid_t& tenant) {
    static Statement statement = {
        "SELECT r.id, CASE WHEN r.finished_at IS NOT NULL THEN 'done' WHEN EXISTS (SELECT FROM pg_stat_activity a"
        "  WHERE a.pid = r.pid AND a.state = 'active' AND a.query_start <= r.started_at) THEN 'running'"
        "  ELSE 'interrupted' END, r.principal_id, r.db_role, r.filter, r.action, r.reason, r.started_at, r.updated_at,"
        " r.finished_at, r.matched, r.ended, r.already, r.forbidden, r.invalid_state, r.pid"
        " FROM curfew.bulk_run r WHERE r.tenant_id = $1 ORDER BY r.started_at DESC, r.id",
        {UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    return run(statement, parameters);
}

} // namespace curfew
