#include "store_admin.hpp"

namespace curfew {

bool insert_tenant(const pg_uuid_t& id, std::string_view slug, std::string_view name, const uint8* tag,
                   int tag_size) {
    static Statement statement = {"INSERT INTO curfew.tenant (id, slug, name, tag, created_at)"
                                  " VALUES ($1, $2, $3, $4, now()) ON CONFLICT (slug) DO NOTHING",
                                  {UUIDOID, TEXTOID, TEXTOID, BYTEAOID}};
    Parameters parameters;
    parameters.Add(id);
    parameters.Add(text_datum(slug));
    parameters.Add(text_datum(name));
    parameters.Add(bytea_datum(tag, tag_size));
    return run(statement, parameters) > 0;
}

bool merge_settings(const pg_uuid_t& tenant, Datum settings, Datum* merged) {
    static Statement statement = {
        "WITH before AS (SELECT settings FROM curfew.tenant WHERE id = $1 FOR NO KEY UPDATE)"
        "UPDATE curfew.tenant t SET settings = jsonb_strip_nulls(b.settings || $2) FROM before b WHERE t.id = $1"
        " RETURNING t.settings, t.settings <> b.settings",
        {UUIDOID, JSONBOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(settings);
    run(statement, parameters);
    *merged = result_value(0, 0).datum;
    return DatumGetBool(result_value(0, 1).datum);
}

Value read_setting(const pg_uuid_t& tenant, std::string_view name) {
    static Statement statement = {"SELECT settings ->> $2 FROM curfew.tenant WHERE id = $1", {UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(text_datum(name));
    run(statement, parameters);
    return result_value(0, 0);
}

bool insert_workspace(const pg_uuid_t& tenant, const pg_uuid_t& id, std::string_view slug, std::string_view name,
                      bool is_operator) {
    static Statement statement = {"INSERT INTO curfew.workspace (tenant_id, id, slug, name, operator, created_at)"
                                  " VALUES ($1, $2, $3, $4, $5, now()) ON CONFLICT (tenant_id, slug) DO NOTHING",
                                  {UUIDOID, UUIDOID, TEXTOID, TEXTOID, BOOLOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(id);
    parameters.Add(text_datum(slug));
    parameters.Add(text_datum(name));
    parameters.Add(BoolGetDatum(is_operator));
    return run(statement, parameters) > 0;
}

bool insert_principal(const pg_uuid_t& tenant, const NewPrincipal& principal) {
    static Statement statement = {
        "INSERT INTO curfew.principal (tenant_id, id, name, kind, role, scopes, email, full_name, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now()) ON CONFLICT (tenant_id, name) DO NOTHING",
        {UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, TEXTOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(principal.id);
    parameters.Add(text_datum(principal.name));
    parameters.Add(text_datum(principal.kind));
    parameters.Add(text_datum(principal.role));
    add(&parameters, principal.scopes);
    add(&parameters, principal.email);
    add(&parameters, principal.full_name);
    return run(statement, parameters) > 0;
}

bool upsert_member(const pg_uuid_t& tenant, const pg_uuid_t& workspace, const pg_uuid_t& principal,
                   std::string_view role) {
    static Statement statement = {
        "INSERT INTO curfew.workspace_member (tenant_id, workspace_id, principal_id, role) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (tenant_id, workspace_id, principal_id) DO UPDATE SET role = $4 WHERE workspace_member.role <> $4",
        {UUIDOID, UUIDOID, UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(workspace);
    parameters.Add(principal);
    parameters.Add(text_datum(role));
    return run(statement, parameters) > 0;
}

bool delete_member(const pg_uuid_t& tenant, const pg_uuid_t& workspace, const pg_uuid_t& principal) {
    static Statement statement = {
        "DELETE FROM curfew.workspace_member WHERE tenant_id = $1 AND workspace_id = $2 AND principal_id = $3",
        {UUIDOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(workspace);
    parameters.Add(principal);
    return run(statement, parameters) > 0;
}

void insert_key(const pg_uuid_t& tenant, const NewKey& key) {
    static Statement statement = {
        "WITH issued AS (INSERT INTO curfew.api_key (tenant_id, id, principal_id, workspace_id, prefix, digest, scopes, expires_at,"
        " revoke_grace, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, COALESCE($9, '0'), now()))"
        "INSERT INTO curfew.api_key_use (tenant_id, key_id) VALUES ($1, $2)",
        {UUIDOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, BYTEAOID, TEXTARRAYOID, TIMESTAMPTZOID, INTERVALOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(key.id);
    parameters.Add(key.principal);
    add(&parameters, key.workspace);
    parameters.Add(text_datum(key.prefix));
    parameters.Add(key.digest);
    add(&parameters, key.scopes);
    add(&parameters, key.expires_at);
    add(&parameters, key.revoke_grace);
    run(statement, parameters);
}

Revocation revoke_key(const pg_uuid_t& tenant, const pg_uuid_t& key, bool at_once, TimestampTz now) {
    static Statement statement = {
        "WITH before AS MATERIALIZED (SELECT revoked_at, CASE WHEN $3 THEN $4 ELSE $4 + revoke_grace END AS wanted"
        "  FROM curfew.api_key WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE),"
        " changed AS (UPDATE curfew.api_key k SET revoked_at = b.wanted FROM before b"
        "  WHERE k.tenant_id = $1 AND k.id = $2 AND (b.revoked_at IS NULL OR ($3 AND b.revoked_at > b.wanted))"
        "  RETURNING 1)"
        "SELECT EXISTS (SELECT FROM changed),"
        " CASE WHEN EXISTS (SELECT FROM changed) THEN wanted ELSE revoked_at END FROM before",
        {UUIDOID, UUIDOID, BOOLOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(key);
    parameters.Add(BoolGetDatum(at_once));
    parameters.Add(TimestampTzGetDatum(now));
    Revocation revocation;
    if (run(statement, parameters) == 0)
        return revocation;
    revocation.found = true;
    revocation.changed = DatumGetBool(result_value(0, 0).datum);
    revocation.from = DatumGetTimestampTz(result_value(0, 1).datum);
    return revocation;
}

bool read_usable_key(const pg_uuid_t& tenant, const pg_uuid_t& key, TimestampTz now, Value* prefix, Value* digest) {
    static Statement statement = {"SELECT prefix, digest FROM curfew.api_key WHERE tenant_id = $1 AND id = $2"
                                  " AND (revoked_at IS NULL OR revoked_at > $3) AND (expires_at IS NULL OR expires_at > $3)",
                                  {UUIDOID, UUIDOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(key);
    parameters.Add(TimestampTzGetDatum(now));
    if (run(statement, parameters) == 0)
        return false;
    *prefix = result_value(0, 0);
    *digest = result_value(0, 1);
    return true;
}

uint64 read_keys(const pg_uuid_t& tenant, const Value& principal) {
    static Statement statement = {
        "SELECT k.id, k.principal_id, k.workspace_id, k.prefix, k.scopes, k.created_at, k.expires_at, k.revoked_at,"
        " u.last_used_at FROM curfew.api_key k"
        " LEFT JOIN curfew.api_key_use u ON u.tenant_id = k.tenant_id AND u.key_id = k.id"
        " WHERE k.tenant_id = $1 AND ($2 IS NULL OR k.principal_id = $2) ORDER BY k.created_at DESC, k.id",
        {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    add(&parameters, principal);
    return run(statement, parameters);
}

void touch_key(const pg_uuid_t& tenant, const pg_uuid_t& key, TimestampTz now) {
    static Statement statement = {
        "WITH idle AS (SELECT FROM curfew.api_key_use WHERE tenant_id = $1 AND key_id = $2"
        "  AND (last_used_at IS NULL OR last_used_at <= $3 - interval '1 minute') FOR NO KEY UPDATE SKIP LOCKED)"
        "UPDATE curfew.api_key_use SET last_used_at = $3"
        " WHERE tenant_id = $1 AND key_id = $2 AND EXISTS (SELECT FROM idle)",
        {UUIDOID, UUIDOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(key);
    parameters.Add(TimestampTzGetDatum(now));
    run(statement, parameters);
}

bool change_tenant_status(const pg_uuid_t& tenant, std::string_view status) {
    static Statement statement = {"UPDATE curfew.tenant SET status = $2 WHERE id = $1 AND status <> $2", {UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(text_datum(status));
    return run(statement, parameters) > 0;
}

std::string_view change_status(const pg_uuid_t& tenant, const pg_uuid_t& principal, std::string_view status,
                               std::string_view* kind) {
    static Statement statement = {
        "WITH before AS (SELECT status, kind FROM curfew.principal WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE),"
        " changed AS (UPDATE curfew.principal p SET status = $3 FROM before b"
        "  WHERE p.tenant_id = $1 AND p.id = $2 AND b.status <> $3 AND b.status <> 'revoked')"
        "SELECT status, kind FROM before",
        {UUIDOID, UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(principal);
    parameters.Add(text_datum(status));
    if (run(statement, parameters) == 0)
        return {};
    *kind = text_view(result_value(0, 1).datum);
    return text_view(result_value(0, 0).datum);
}

bool upsert_mapping(Oid role, const pg_uuid_t& tenant, const pg_uuid_t& principal) {
    static Statement statement = {
        "INSERT INTO curfew.role_mapping (role, role_name, tenant_id, principal_id)"
        " VALUES ($1, pg_get_userbyid($1), $2, $3) ON CONFLICT (role) DO UPDATE"
        " SET role_name = pg_get_userbyid($1), tenant_id = $2, principal_id = $3"
        " WHERE role_mapping.tenant_id = $2 OR role_mapping.role_name <> pg_get_userbyid($1)",
        {REGROLEOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(ObjectIdGetDatum(role));
    parameters.Add(tenant);
    parameters.Add(principal);
    return run(statement, parameters) > 0;
}

bool delete_mapping(Oid role, const pg_uuid_t& tenant) {
    static Statement statement = {"DELETE FROM curfew.role_mapping WHERE role = $1 AND tenant_id = $2",
                                  {REGROLEOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(ObjectIdGetDatum(role));
    parameters.Add(tenant);
    return run(statement, parameters) > 0;
}

} // namespace curfew
