#include "store_read.hpp"

#include "secrets.hpp"

namespace curfew {
void read_detail(const pg_uuid_t& tenant, const pg_uuid_t& session, Value* columns) {
    static Statement statement = {"SELECT d.title, COALESCE(d.labels, '{}'), COALESCE(d.metadata, '{}'),"
                                  " COALESCE(d.fields, '{}') FROM (VALUES (1)) one"
                                  " LEFT JOIN curfew.session_detail d ON d.tenant_id = $1 AND d.session_id = $2",
                                  {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    run(statement, parameters);
    for (int i = 0; i < kDetailColumns; ++i)
        columns[i] = result_value(0, i);
}

// The columns of a row of a list, and where they come from. $1 tenant, $2 principal.
#define CURFEW_LISTED_COLUMNS                                                                                      \
    "SELECT " CURFEW_SESSION_COLUMNS("s") ", l.revision, l.xmin,"                                                  \
    " (SELECT r.role FROM curfew.workspace_member r WHERE r.tenant_id = $1"                                        \
    "  AND r.workspace_id = s.workspace_id AND r.principal_id = $2),"                                              \
    " (SELECT r.role FROM curfew.workspace_member r WHERE r.tenant_id = $1"                                        \
    "  AND r.workspace_id = s.operator_workspace_id AND r.principal_id = $2)"                                      \
    " FROM curfew.session s JOIN curfew.lifecycle l ON l.name = s.lifecycle"

Portal open_session_list(const Identity& identity, const core::CallerFacts& caller, const SessionFilter& filter) {
// $1 tenant, $2 principal, $3 bound workspace, $4 may take operators' places, $5 lifecycle, $6 owner, $7 agent,
// $8 workspace, $9 and $10 the last row seen.
#define CURFEW_LIST(whose)                                                                                         \
    CURFEW_LISTED_COLUMNS " WHERE s.tenant_id = $1 AND ($5 IS NULL OR s.lifecycle = $5) AND ($6 IS NULL OR s.owner_id = $6)"             \
    " AND ($7 IS NULL OR s.agent_id = $7) AND ($8 IS NULL OR s.workspace_id = $8)"                                 \
    " AND ($9 IS NULL OR (s.created_at, s.id) < ($9, $10))" whose " ORDER BY s.created_at DESC, s.id DESC"
#define CURFEW_LIST_TYPES                                                                                          \
    UUIDOID, UUIDOID, UUIDOID, BOOLOID, TEXTOID, UUIDOID, UUIDOID, UUIDOID, TIMESTAMPTZOID, UUIDOID
    static Statement everything = {CURFEW_LIST(""), {CURFEW_LIST_TYPES}};
    static Statement own = {
        CURFEW_LIST(" AND (s.owner_id = $2 OR s.agent_id = $2 OR s.workspace_id = $3 OR s.operator_workspace_id = $3"
                    " OR ($4 AND s.operator_workspace_id IS NULL)"
                    " OR s.workspace_id IN (SELECT m.workspace_id FROM curfew.workspace_member m"
                    "  WHERE m.tenant_id = $1 AND m.principal_id = $2)"
                    " OR s.operator_workspace_id IN (SELECT m.workspace_id FROM curfew.workspace_member m"
                    "  WHERE m.tenant_id = $1 AND m.principal_id = $2))"),
        {CURFEW_LIST_TYPES}};

    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    pg_uuid_t bound;
    if (caller.bound_workspace.set)
        memcpy(bound.data, caller.bound_workspace.id.data(), UUID_LEN);
    caller.bound_workspace.set ? parameters.Add(bound) : parameters.AddNull();
    parameters.Add(BoolGetDatum(caller.bound_is_operator));
    add(&parameters, filter.lifecycle);
    add(&parameters, filter.owner);
    add(&parameters, filter.agent);
    add(&parameters, filter.workspace);
    add(&parameters, filter.after_created_at);
    add(&parameters, filter.after_id);
    return open_cursor(filter.everything ? everything : own, parameters);
}

Value read_created_at(const pg_uuid_t& tenant, const pg_uuid_t& session) {
    static Statement statement = {"SELECT created_at FROM curfew.session WHERE tenant_id = $1 AND id = $2",
                                  {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    if (run(statement, parameters) == 0)
        return {0, true};
    return result_value(0, 0);
}

bool read_token_session(const pg_uuid_t& tenant, std::string_view token) {
    static Statement statement = {
        "SELECT " CURFEW_SESSION_COLUMNS("s") ", l.revision, l.xmin, o.status, a.status"
        " FROM curfew.session_token k"
        " JOIN curfew.session s ON s.tenant_id = k.tenant_id AND s.id = k.session_id"
        " JOIN curfew.lifecycle l ON l.name = s.lifecycle"
        " JOIN curfew.principal o ON o.tenant_id = s.tenant_id AND o.id = s.owner_id"
        " LEFT JOIN curfew.principal a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id"
        " WHERE k.tenant_id = $1 AND k.digest = $2 AND k.kind = 'access'",
        {UUIDOID, BYTEAOID}};
    TokenLookup lookup;
    if (!token_lookup(token, &lookup))
        return false;
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(lookup.digest);
    return run(statement, parameters) > 0;
}

uint64 read_audit(const pg_uuid_t& tenant, const AuditFilter& filter) {
#define CURFEW_AUDIT(where)                                                                                        \
    "SELECT " CURFEW_AUDIT_ENTRY("e") " FROM curfew.audit_event e WHERE e.tenant_id = $1 AND " where                                                 \
    " ($3 IS NULL OR e.event = $3) AND ($4 IS NULL OR e.actor_id = $4)"                                            \
    " AND ($5 IS NULL OR e.at >= $5) AND ($6 IS NULL OR e.at < $6)"                                                \
    " AND ($7 IS NULL OR (e.at, COALESCE(e.version, 0), e.id) > (SELECT x.at, COALESCE(x.version, 0), x.id FROM curfew.audit_event x"                              \
    "  WHERE x.tenant_id = $1 AND x.id = $7))"                                                                     \
    " ORDER BY e.at, COALESCE(e.version, 0), e.id LIMIT $8"
#define CURFEW_AUDIT_FILTER_TYPES                                                                                  \
    UUIDOID, UUIDOID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDOID, INT4OID
    static Statement of_session = {CURFEW_AUDIT("e.session_id = $2 AND"), {CURFEW_AUDIT_FILTER_TYPES}};
    static Statement of_tenant = {CURFEW_AUDIT(""), {CURFEW_AUDIT_FILTER_TYPES}};

    Parameters parameters;
    parameters.Add(tenant);
    add(&parameters, filter.session);
    add(&parameters, filter.event);
    add(&parameters, filter.actor);
    add(&parameters, filter.since);
    add(&parameters, filter.until);
    add(&parameters, filter.after);
    parameters.Add(Int32GetDatum(filter.rows));
    return run(filter.session.null ? of_tenant : of_session, parameters);
}

bool is_event(const pg_uuid_t& tenant, const pg_uuid_t& event) {
    static Statement statement = {"SELECT 1 FROM curfew.audit_event WHERE tenant_id = $1 AND id = $2 LIMIT 1",
                                  {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(event);
    return run(statement, parameters) > 0;
}

bool read_principal(const pg_uuid_t& tenant, const pg_uuid_t& principal, Value* columns) {
    static Statement statement = {"SELECT id, kind, role, status, name, email, full_name FROM curfew.principal"
                                  " WHERE tenant_id = $1 AND id = $2",
                                  {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(principal);
    if (run(statement, parameters) == 0)
        return false;
    for (int i = 0; i < kPrincipalColumns; ++i)
        columns[i] = result_value(0, i);
    return true;
}

PrincipalStanding read_standing(const pg_uuid_t& tenant, const pg_uuid_t& principal) {
    static Statement statement = {
        "SELECT status, scopes, kind FROM curfew.principal WHERE tenant_id = $1 AND id = $2", {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(principal);
    PrincipalStanding standing;
    if (run(statement, parameters) == 0)
        return standing;
    standing.found = true;
    standing.refusal = StatusRefusal(text_view(result_value(0, 0).datum));
    standing.scopes = text_views(result_value(0, 1));
    standing.kind = core::KindOf(text_view(result_value(0, 2).datum));
    return standing;
}

bytea* read_tag(const pg_uuid_t& tenant) {
    static Statement statement = {"SELECT tag FROM curfew.tenant WHERE id = $1", {UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    if (run(statement, parameters) == 0)
        elog(ERROR, "curfew: the caller's tenant is gone");
    return DatumGetByteaP(result_value(0, 0).datum);
}

Portal open_id_range(const Identity& identity, std::string_view lifecycle, const pg_uuid_t& first,
                     const pg_uuid_t& last) {
    static Statement statement = {
        CURFEW_LISTED_COLUMNS " WHERE s.tenant_id = $1 AND s.lifecycle = $3 AND s.id >= $4 AND s.id <= $5",
        {UUIDOID, UUIDOID, TEXTOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    parameters.Add(text_datum(lifecycle));
    parameters.Add(first);
    parameters.Add(last);
    return open_cursor(statement, parameters);
}

uint64 read_ids_ending(const pg_uuid_t& tenant, std::string_view lifecycle, const uint8* tail) {
    static Statement statement = {"SELECT id FROM curfew.session WHERE tenant_id = $1 AND lifecycle = $2"
                                  " AND lifecycle = 'agent' AND substr(uuid_send(id), 9) = $3 LIMIT 2",
                                  {UUIDOID, TEXTOID, BYTEAOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(text_datum(lifecycle));
    parameters.Add(bytea_datum(tail, 8));
    return run(statement, parameters);
}

bool share_workspace(const pg_uuid_t& tenant, const pg_uuid_t& one, const pg_uuid_t& other) {
    static Statement statement = {"SELECT 1 FROM curfew.workspace_member a JOIN curfew.workspace_member b"
                                  " ON b.tenant_id = a.tenant_id AND b.workspace_id = a.workspace_id"
                                  " WHERE a.tenant_id = $1 AND a.principal_id = $2 AND b.principal_id = $3 LIMIT 1",
                                  {UUIDOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(one);
    parameters.Add(other);
    return run(statement, parameters) > 0;
}

} // namespace curfew
