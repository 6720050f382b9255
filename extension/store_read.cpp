#include "store_read.hpp"

#include "keyed_table.hpp"
#include "secrets.hpp"

namespace curfew {

void read_detail(const pg_uuid_t& tenant, const pg_uuid_t& session, bool is_operator, Value* columns) {
    static Statement statement = {"SELECT d.title, COALESCE(d.labels, '{}'), COALESCE(d.metadata, '{}'),"
                                  " CASE WHEN $3 THEN COALESCE(d.fields, '{}')"
                                  " ELSE COALESCE(d.fields, '{}') - 'operator' END, d.last_message_at, s.used_at"
                                  " FROM curfew.session s"
                                  " LEFT JOIN curfew.session_detail d ON d.tenant_id = s.tenant_id AND d.session_id = s.id"
                                  " WHERE s.tenant_id = $1 AND s.id = $2",
                                  {UUIDOID, UUIDOID, BOOLOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    parameters.Add(BoolGetDatum(is_operator));
    uint64 rows = run(statement, parameters);
    for (int i = 0; i < kDetailColumns; ++i)
        columns[i] = rows > 0 ? result_value(0, i) : Value{0, true};
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

bool read_token_session(const pg_uuid_t& tenant, std::string_view token, SessionRow* row) {
    static constexpr Oid types[] = {UUIDOID, TEXTOID};
    static KeyedTable tokens = {"session_token", "k.session_id, k.kind", types};
    static Statement statement = {
        "SELECT " CURFEW_SESSION_COLUMNS("s") " FROM curfew.session_token k"
        " JOIN curfew.session s ON s.tenant_id = k.tenant_id AND s.id = k.session_id"
        " WHERE k.tenant_id = $1 AND k.digest = $2 AND k.kind = 'access'",
        {UUIDOID, BYTEAOID}};
    TokenLookup lookup;
    if (!token_lookup(token, &lookup))
        return false;
    Value found[2];
    if (read_by_key(tokens, {tenant_key(tenant), {"digest", BYTEAOID, lookup.digest}}, Snapshots::own, found) &&
        !found[0].null && !found[1].null)
        return text_view(found[1].datum) == "access" &&
               read_session(tenant, *DatumGetUUIDP(found[0].datum), Snapshots::own, row);
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(lookup.digest);
    if (run(statement, parameters) == 0)
        return false;
    *row = session_row(0, 0);
    return true;
}

uint64 read_audit(const pg_uuid_t& tenant, const AuditFilter& filter) {
#define CURFEW_AUDIT(where)                                                                                        \
    "SELECT " CURFEW_AUDIT_ENTRY("e") " FROM curfew.audit_event e WHERE e.tenant_id = $1 AND " where                                                 \
    " ($3 IS NULL OR e.event = $3) AND ($4 IS NULL OR e.actor_id = $4)"                                            \
    " AND ($5 IS NULL OR e.at >= $5) AND ($6 IS NULL OR e.at < $6)"                                                \
    " AND ($7 IS NULL OR (e.at, COALESCE(e.version, 0), e.id) > (SELECT x.at, COALESCE(x.version, 0), x.id FROM curfew.audit_event x"                              \
    "  WHERE x.tenant_id = $1 AND x.id = $7))"                                                                     \
    " AND ($9 IS NULL OR $9 = CASE WHEN e.session_id IS NULL THEN split_part(e.event, '.', 1) ELSE 'session' END)"  \
    " ORDER BY e.at, COALESCE(e.version, 0), e.id LIMIT $8"
#define CURFEW_AUDIT_FILTER_TYPES                                                                                  \
    UUIDOID, UUIDOID, TEXTOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDOID, INT4OID, TEXTOID
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
    add(&parameters, filter.about);
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

} // namespace curfew
