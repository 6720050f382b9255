#include "store_identity.hpp"

#include "directory_watch.hpp"
#include "secrets.hpp"
#include "standing_cache.hpp"

namespace curfew {
namespace {

// Reads (tenant, principal, credential) from the only row of the result.
void read_ids(Identity* identity) {
    identity->tenant = *DatumGetUUIDP(result_value(0, 0).datum);
    identity->principal = *DatumGetUUIDP(result_value(0, 1).datum);
    Value credential = result_value(0, 2);
    if (!credential.null)
        identity->credential = *DatumGetUUIDP(credential.datum);
}

} // namespace

bool find_mapping(Oid role, Identity* identity) {
    static Statement statement = {
        "SELECT tenant_id, principal_id, NULL::uuid FROM curfew.role_mapping"
        " WHERE role = $1 AND role_name = pg_get_userbyid($1)",
        {REGROLEOID}};
    Parameters parameters;
    parameters.Add(ObjectIdGetDatum(role));
    if (run(statement, parameters) == 0)
        return false;
    read_ids(identity);
    identity->kind = IdentityKind::mapped_role;
    identity->role = role;
    return true;
}

bool find_api_key(std::string_view key, Identity* identity) {
    static Statement statement = {"SELECT tenant_id, principal_id, id FROM curfew.api_key WHERE digest = $1",
                                  {BYTEAOID}};
    Datum digest = digest_datum(key);
    identity->kind = IdentityKind::api_key;
    uint64 generation = directory_generation();
    if (find_kept_key(digest, generation, identity))
        return true;
    Parameters parameters;
    parameters.Add(digest);
    if (run_latest(statement, parameters) == 0)
        return false;
    read_ids(identity);
    keep_key(digest, generation, *identity);
    return true;
}

bool find_session_token(std::string_view token, Identity* identity) {
    static Statement statement = {
        "SELECT k.tenant_id, COALESCE(s.agent_id, s.owner_id), s.id"
        " FROM curfew.tenant t"
        " JOIN curfew.session_token k ON k.tenant_id = t.id AND k.digest = $2 AND k.kind = 'access'"
        " JOIN curfew.session s ON s.tenant_id = k.tenant_id AND s.id = k.session_id"
        " WHERE t.tag = $1",
        {BYTEAOID, BYTEAOID}};
    TokenLookup lookup;
    if (!token_lookup(token, &lookup))
        return false;
    Parameters parameters;
    parameters.Add(lookup.tag);
    parameters.Add(lookup.digest);
    if (run(statement, parameters) == 0)
        return false;
    read_ids(identity);
    identity->kind = IdentityKind::session_token;
    return true;
}

bool find_tenant(std::string_view slug_or_id, pg_uuid_t* tenant) {
    static Statement by_id = {"SELECT id FROM curfew.tenant WHERE id = $1", {UUIDOID}};
    static Statement by_slug = {"SELECT id FROM curfew.tenant WHERE slug = $1", {TEXTOID}};
    Parameters parameters;
    bool is_id = ParseUuid(slug_or_id, tenant);
    is_id ? parameters.Add(*tenant) : parameters.Add(text_datum(slug_or_id));
    if (run(is_id ? by_id : by_slug, parameters) == 0)
        return false;
    *tenant = *DatumGetUUIDP(result_value(0, 0).datum);
    return true;
}

bool find_workspace(const pg_uuid_t& tenant, std::string_view slug_or_id, pg_uuid_t* workspace) {
    static Statement by_id = {"SELECT id FROM curfew.workspace WHERE tenant_id = $1 AND id = $2", {UUIDOID, UUIDOID}};
    static Statement by_slug = {"SELECT id FROM curfew.workspace WHERE tenant_id = $1 AND slug = $2",
                                {UUIDOID, TEXTOID}};
    Parameters parameters;
    parameters.Add(tenant);
    bool is_id = ParseUuid(slug_or_id, workspace);
    is_id ? parameters.Add(*workspace) : parameters.Add(text_datum(slug_or_id));
    if (run(is_id ? by_id : by_slug, parameters) == 0)
        return false;
    *workspace = *DatumGetUUIDP(result_value(0, 0).datum);
    return true;
}

} // namespace curfew
