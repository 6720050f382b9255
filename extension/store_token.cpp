#include "store_token.hpp"

#include "secrets.hpp"

namespace curfew {

bool lock_refresh_token(std::string_view token, FoundToken* found) {
    static Statement statement = {
        "SELECT k.tenant_id, COALESCE(s.agent_id, s.owner_id), k.used_at, k.salt, l.revision, l.xmin, o.status, a.status,"
        " t.status, s.xmin, " CURFEW_SESSION_COLUMNS("s") ""
        " FROM curfew.tenant t"
        " JOIN curfew.session_token k ON k.tenant_id = t.id AND k.digest = $2 AND k.kind = 'refresh'"
        " JOIN curfew.session s ON s.tenant_id = k.tenant_id AND s.id = k.session_id"
        " JOIN curfew.lifecycle l ON l.name = s.lifecycle"
        " JOIN curfew.principal o ON o.tenant_id = s.tenant_id AND o.id = s.owner_id"
        " LEFT JOIN curfew.principal a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id"
        " WHERE t.tag = $1 FOR NO KEY UPDATE OF k",
        {BYTEAOID, BYTEAOID}};
    TokenLookup lookup;
    if (!token_lookup(token, &lookup))
        return false;
    Parameters parameters;
    parameters.Add(lookup.tag);
    parameters.Add(lookup.digest);
    if (run(statement, parameters) == 0)
        return false;

    found->identity.kind = IdentityKind::session_token;
    found->identity.tenant = *DatumGetUUIDP(result_value(0, 0).datum);
    found->identity.principal = *DatumGetUUIDP(result_value(0, 1).datum);
    found->used_at = result_value(0, 2);
    found->salt = result_value(0, 3);
    found->version = {DatumGetInt32(result_value(0, 4).datum), DatumGetTransactionId(result_value(0, 5).datum)};
    found->refusal = StatusRefusal(text_view(result_value(0, 6).datum));
    Value agent_status = result_value(0, 7);
    if (!agent_status.null && found->refusal == core::Refusal::none)
        found->refusal = StatusRefusal(text_view(agent_status.datum));
    if (text_view(result_value(0, 8).datum) != "active")
        found->refusal = core::Refusal::tenant_suspended;
    found->written_by = DatumGetTransactionId(result_value(0, 9).datum);
    found->session = session_row(0, 10);
    found->identity.credential = *DatumGetUUIDP(found->session.column[kSessionId].datum);
    return true;
}

Value read_refreshed_at(const pg_uuid_t& tenant, const pg_uuid_t& session) {
    static Statement statement = {
        "SELECT max(used_at) FROM curfew.session_token WHERE tenant_id = $1 AND session_id = $2", {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    run(statement, parameters);
    return result_value(0, 0);
}

bool is_unused(const pg_uuid_t& tenant, Datum digest) {
    static Statement statement = {
        "SELECT 1 FROM curfew.session_token WHERE tenant_id = $1 AND digest = $2 AND used_at IS NULL",
        {UUIDOID, BYTEAOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(digest);
    return run(statement, parameters) > 0;
}

void write_rotation(const FoundToken& found, const Rotation& rotation, const AuditNote& note) {
    static Statement statement = {
        "WITH used AS ("
        " UPDATE curfew.session_token SET used_at = $3, salt = $17 WHERE tenant_id = $1 AND digest = $16), erased AS ("
        " UPDATE curfew.session_token SET salt = NULL WHERE tenant_id = $1 AND session_id = $15 AND kind = 'refresh'"
        "  AND salt IS NOT NULL AND used_at < $18 AND digest <> $16), gone AS ("
        " DELETE FROM curfew.session_token WHERE tenant_id = $1 AND session_id = $15 AND kind = 'access'), added AS ("
        " INSERT INTO curfew.session_token (tenant_id, digest, session_id, kind, created_at)"
        " VALUES ($1, $19, $15, 'access', $3), ($1, $20, $15, 'refresh', $3))"
        "INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id) VALUES (" CURFEW_AUDIT_VALUES ", $15)",
        {CURFEW_AUDIT_TYPES, UUIDOID, BYTEAOID, BYTEAOID, TIMESTAMPTZOID, BYTEAOID, BYTEAOID}};
    Parameters parameters;
    add_audit(&parameters, found.identity.tenant, note, rotation.now);
    add(&parameters, found.session.column[kSessionId]);
    parameters.Add(rotation.presented_digest);
    parameters.Add(rotation.salt);
    parameters.Add(TimestampDatum(rotation.salts_before));
    parameters.Add(rotation.access_digest);
    parameters.Add(rotation.refresh_digest);
    run(statement, parameters);
}

} // namespace curfew
