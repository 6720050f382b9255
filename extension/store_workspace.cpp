#include "store_workspace.hpp"

namespace curfew {

Membership read_membership(const pg_uuid_t& tenant, const pg_uuid_t& workspace, const pg_uuid_t& principal) {
    static Statement statement = {
        "SELECT w.operator, m.role FROM curfew.workspace w"
        " JOIN curfew.workspace_member m ON m.tenant_id = w.tenant_id AND m.workspace_id = w.id"
        " WHERE w.tenant_id = $1 AND w.id = $2 AND m.principal_id = $3",
        {UUIDOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(workspace);
    parameters.Add(principal);
    if (run(statement, parameters) == 0)
        return {};
    return {DatumGetBool(result_value(0, 0).datum), core::RoleOf(text_view(result_value(0, 1).datum))};
}

uint64 read_operator_workspaces(const pg_uuid_t& tenant, const pg_uuid_t& principal, const Value& but_for) {
    static Statement statement = {
        "SELECT w.id FROM curfew.workspace_member m"
        " JOIN curfew.workspace w ON w.tenant_id = m.tenant_id AND w.id = m.workspace_id"
        " WHERE m.tenant_id = $1 AND m.principal_id = $2 AND m.role <> 'reader' AND w.operator"
        "  AND ($3 IS NULL OR w.id <> $3) LIMIT 2",
        {UUIDOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(principal);
    add(&parameters, but_for);
    return run(statement, parameters);
}

bool lock_idle_operator(const pg_uuid_t& tenant, const Value& but_for, core::Instant now, pg_uuid_t* workspace) {
    static Statement statement = {
        "SELECT w.id FROM curfew.workspace w CROSS JOIN LATERAL ("
        " SELECT COALESCE(bool_or(s.ended_at IS NULL AND s.deadline > $3), false) AS busy,"
        "  max(COALESCE(s.ended_at, s.deadline)) AS until FROM curfew.session s"
        "  WHERE s.tenant_id = w.tenant_id AND s.operator_workspace_id = w.id) work"
        " WHERE w.tenant_id = $1 AND w.operator AND w.online_since IS NOT NULL AND w.id <> $2 AND NOT work.busy"
        " ORDER BY greatest(w.online_since, work.until), w.id LIMIT 1 FOR NO KEY UPDATE OF w SKIP LOCKED",
        {UUIDOID, UUIDOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(tenant);
    add(&parameters, but_for);
    parameters.Add(TimestampTzGetDatum(now));
    if (run(statement, parameters) == 0)
        return false;
    *workspace = *DatumGetUUIDP(result_value(0, 0).datum);
    return true;
}

bool is_busy(const pg_uuid_t& tenant, const pg_uuid_t& workspace, core::Instant now) {
    static Statement statement = {"SELECT 1 FROM curfew.session WHERE tenant_id = $1 AND operator_workspace_id = $2"
                                  " AND ended_at IS NULL AND deadline > $3 LIMIT 1",
                                  {UUIDOID, UUIDOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(workspace);
    parameters.Add(TimestampTzGetDatum(now));
    return run(statement, parameters) > 0;
}

bool change_online(const pg_uuid_t& tenant, const pg_uuid_t& workspace, bool online, core::Instant now) {
    static Statement statement = {
        "UPDATE curfew.workspace SET online_since = CASE WHEN $3 THEN $4 END"
        " WHERE tenant_id = $1 AND id = $2 AND (online_since IS NOT NULL) <> $3",
        {UUIDOID, UUIDOID, BOOLOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(workspace);
    parameters.Add(BoolGetDatum(online));
    parameters.Add(TimestampTzGetDatum(now));
    return run(statement, parameters) > 0;
}

} // namespace curfew
