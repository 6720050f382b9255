#include "store_admin.hpp"

namespace curfew {

bool insert_tenant(const pg_uuid_t& id, std::string_view slug, std::string_view name, const uint8* tag,
                   int tag_size) {
    static Statement statement = {"INSERT INTO curfew.tenant (id, slug, name, tag, created_at)"
                                  " VALUES ($1, $2, $3, $4, now()) ON CONFLICT (slug) DO NOTHING",
                                  {UUIDOID, TEXTOID, TEXTOID, BYTEAOID}};
    bytea* tag_value = static_cast<bytea*>(palloc(VARHDRSZ + tag_size));
    SET_VARSIZE(tag_value, VARHDRSZ + tag_size);
    memcpy(VARDATA(tag_value), tag, tag_size);
    Parameters parameters;
    parameters.Add(id);
    parameters.Add(text_datum(slug));
    parameters.Add(text_datum(name));
    parameters.Add(PointerGetDatum(tag_value));
    return run(statement, parameters) > 0;
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

void upsert_member(const pg_uuid_t& tenant, const pg_uuid_t& workspace, const pg_uuid_t& principal,
                   std::string_view role) {
    static Statement statement = {
        "INSERT INTO curfew.workspace_member (tenant_id, workspace_id, principal_id, role) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (tenant_id, workspace_id, principal_id) DO UPDATE SET role = $4",
        {UUIDOID, UUIDOID, UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(workspace);
    parameters.Add(principal);
    parameters.Add(text_datum(role));
    run(statement, parameters);
}

void insert_key(const pg_uuid_t& tenant, const NewKey& key) {
    static Statement statement = {
        "INSERT INTO curfew.api_key (tenant_id, id, principal_id, workspace_id, prefix, digest, scopes, expires_at,"
        " created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now())",
        {UUIDOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, BYTEAOID, TEXTARRAYOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(key.id);
    parameters.Add(key.principal);
    add(&parameters, key.workspace);
    parameters.Add(text_datum(key.prefix));
    parameters.Add(key.digest);
    add(&parameters, key.scopes);
    add(&parameters, key.expires_at);
    run(statement, parameters);
}

bool revoke_key(const pg_uuid_t& tenant, const pg_uuid_t& key, bool* changed) {
    static Statement statement = {
        "WITH before AS (SELECT revoked_at FROM curfew.api_key WHERE tenant_id = $1 AND id = $2 FOR UPDATE),"
        " revoked AS (UPDATE curfew.api_key SET revoked_at = statement_timestamp()"
        "  WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL)"
        "SELECT revoked_at IS NULL FROM before",
        {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(key);
    if (run(statement, parameters) == 0)
        return false;
    *changed = DatumGetBool(result_value(0, 0).datum);
    return true;
}

std::string_view change_status(const pg_uuid_t& tenant, const pg_uuid_t& principal, std::string_view status) {
    static Statement statement = {
        "WITH before AS (SELECT status FROM curfew.principal WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE),"
        " changed AS (UPDATE curfew.principal p SET status = $3 FROM before b"
        "  WHERE p.tenant_id = $1 AND p.id = $2 AND b.status <> $3 AND b.status <> 'revoked')"
        "SELECT status FROM before",
        {UUIDOID, UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(principal);
    parameters.Add(text_datum(status));
    if (run(statement, parameters) == 0)
        return {};
    return text_view(result_value(0, 0).datum);
}

void upsert_mapping(Oid role, const pg_uuid_t& tenant, const pg_uuid_t& principal) {
    static Statement statement = {
        "INSERT INTO curfew.role_mapping (role, tenant_id, principal_id) VALUES ($1, $2, $3)"
        " ON CONFLICT (role) DO UPDATE SET tenant_id = $2, principal_id = $3",
        {REGROLEOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(ObjectIdGetDatum(role));
    parameters.Add(tenant);
    parameters.Add(principal);
    run(statement, parameters);
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
