// SQL-callable: tenants, workspaces, principals and their keys.
#include "administration.hpp"
#include "function.hpp"

#include "core/scopes.hpp"
#include "errors.hpp"
#include "rfc3339.hpp"
#include "secrets.hpp"
#include "store_admin.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"

using namespace curfew;

namespace {

constexpr int kLongestText = 200; // characters of a name

void check_slug(std::string_view slug) {
    bool valid = !slug.empty() && slug.size() <= core::Name::kCapacity && slug.front() != '-' && slug.back() != '-';
    for (char c : slug)
        valid = valid && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-');
    pg_uuid_t id;
    if (!valid || ParseUuid(slug, &id))
        raise_refusal(core::Refusal::unknown_value, "slug",
                      psprintf("\"%s\" is not a slug: lower-case letters, digits and hyphens, not an id.",
                               excerpt(slug)));
}

void check_name(std::string_view name, const char* argument) {
    int length = pg_mbstrlen_with_len(name.data(), static_cast<int>(name.size()));
    if (length < 1 || length > kLongestText)
        raise_refusal(core::Refusal::value_out_of_range, argument,
                      psprintf("It has %d characters; it can have from 1 to %d.", length, kLongestText));
}

void check_scopes(const Value& scopes) {
    for (std::string_view scope : text_views(scopes))
        if (!core::IsScope(scope))
            raise_refusal(core::Refusal::unknown_value, "scopes", psprintf("\"%s\" is not a scope.", excerpt(scope)));
}

// A grace is from nothing to a day: within it a revoked key still opens what it opened.
void check_grace(const Value& grace) {
    if (grace.null)
        return;
    Interval none = {0, 0, 0}, longest = {0, 1, 0};
    Datum given = grace.datum;
    if (DatumGetBool(DirectFunctionCall2(interval_lt, given, IntervalPGetDatum(&none))) ||
        DatumGetBool(DirectFunctionCall2(interval_gt, given, IntervalPGetDatum(&longest))))
        raise_refusal(core::Refusal::value_out_of_range, "revoke_grace", "It is from nothing to one day.");
}

pg_uuid_t existing_principal(FunctionCallInfo fcinfo, int index, const char* name, const pg_uuid_t& tenant) {
    pg_uuid_t principal = required_uuid(fcinfo, index, name);
    if (!read_standing(tenant, principal).found)
        raise_refusal(core::Refusal::principal_not_found, name);
    return principal;
}

pg_uuid_t existing_workspace(std::string_view slug_or_id, const pg_uuid_t& tenant) {
    pg_uuid_t workspace;
    if (!find_workspace(tenant, slug_or_id, &workspace))
        raise_refusal(core::Refusal::workspace_not_found, "workspace");
    return workspace;
}

[[noreturn]] void raise_taken(const char* argument, std::string_view name) {
    raise_refusal(core::Refusal::already_exists, argument, psprintf("\"%s\" is taken.", excerpt(name)));
}

} // namespace

// create_tenant(slug text, name text) returns uuid
CURFEW_FUNCTION(create_tenant) {
    Store store = open_store(fcinfo);
    std::string_view slug = required_text(fcinfo, 0, "slug");
    check_slug(slug);
    std::string_view name = PG_ARGISNULL(1) ? slug : text_argument(fcinfo, 1);
    check_name(name, "name");
    uint8 tag[kTagSize];
    fill_random(tag, kTagSize);
    Administration call;
    call.tenant = new_uuid();
    call.now = GetCurrentTimestamp();
    if (!insert_tenant(call.tenant, slug, name, tag, kTagSize))
        raise_taken("slug", slug);
    call.log("tenant.create", details_object({{"slug", text_value(slug)}}));
    Datum result = uuid_for_caller(call.tenant);
    close_store(store);
    return result;
}

// create_workspace(slug text, name text, operator boolean, tenant text) returns uuid
CURFEW_FUNCTION(create_workspace) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 3);
    std::string_view slug = required_text(fcinfo, 0, "slug");
    check_slug(slug);
    std::string_view name = PG_ARGISNULL(1) ? slug : text_argument(fcinfo, 1);
    check_name(name, "name");
    pg_uuid_t id = new_uuid(true);
    if (!insert_workspace(call.tenant, id, slug, name, !PG_ARGISNULL(2) && PG_GETARG_BOOL(2)))
        raise_taken("slug", slug);
    call.log("workspace.create", details_object({{"workspace_id", uuid_text(id)}, {"slug", text_value(slug)}}));
    Datum result = uuid_for_caller(id);
    close_store(store);
    return result;
}

// create_principal(name text, kind text, role text, scopes text[], email text, full_name text, tenant text)
// returns uuid
CURFEW_FUNCTION(create_principal) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 6);
    NewPrincipal principal;
    principal.id = new_uuid();
    principal.name = required_text(fcinfo, 0, "name");
    check_name(principal.name, "name");
    principal.kind = check_word(required_text(fcinfo, 1, "kind"), "kind", {"user", "service", "agent"});
    principal.role = check_word(required_text(fcinfo, 2, "role"), "role", {"admin", "member", "reader"});
    principal.scopes = argument(fcinfo, 3);
    check_scopes(principal.scopes);
    static constexpr std::string_view kEverything[] = {"*"};
    if (principal.scopes.null)
        principal.scopes = text_array({kEverything, principal.role == "admin" ? 1u : 0u});
    principal.email = argument(fcinfo, 4);
    principal.full_name = argument(fcinfo, 5);
    if (!insert_principal(call.tenant, principal))
        raise_taken("name", principal.name);
    call.log("principal.create", details_object({{"principal_id", uuid_text(principal.id)},
                                                 {"name", text_value(principal.name)},
                                                 {"kind", text_value(principal.kind)},
                                                 {"role", text_value(principal.role)}}));
    Datum result = uuid_for_caller(principal.id);
    close_store(store);
    return result;
}

// add_member(workspace text, principal uuid, role text, tenant text) returns void
CURFEW_FUNCTION(add_member) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 3);
    pg_uuid_t workspace = existing_workspace(required_text(fcinfo, 0, "workspace"), call.tenant);
    pg_uuid_t principal = existing_principal(fcinfo, 1, "principal", call.tenant);
    std::string_view role = check_word(required_text(fcinfo, 2, "role"), "role", {"admin", "member", "reader"});
    if (upsert_member(call.tenant, workspace, principal, role))
        call.log("member.add", details_object({{"workspace_id", uuid_text(workspace)},
                                           {"principal_id", uuid_text(principal)},
                                           {"role", text_value(role)}}));
    close_store(store);
    PG_RETURN_VOID();
}

// issue_api_key(principal uuid, prefix text, workspace text, scopes text[], expires_at timestamptz, tenant text,
//               revoke_grace interval)
// returns (id uuid, key text); the key is shown here and never again
CURFEW_FUNCTION(issue_api_key) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 5);
    NewKey key;
    key.id = new_uuid();
    key.principal = existing_principal(fcinfo, 0, "principal", call.tenant);
    pg_uuid_t workspace;
    key.workspace = {0, true};
    if (!PG_ARGISNULL(2)) {
        workspace = existing_workspace(text_argument(fcinfo, 2), call.tenant);
        key.workspace = {UUIDPGetDatum(&workspace), false};
    }
    key.scopes = argument(fcinfo, 3);
    check_scopes(key.scopes);
    key.expires_at = argument(fcinfo, 4);
    key.revoke_grace = argument(fcinfo, 6);
    check_grace(key.revoke_grace);

    std::string_view wanted = required_text(fcinfo, 1, "prefix");
    const char* prefix = pnstrdup(wanted.data(), wanted.size());
    if (strstr(prefix, "{workspace}") != nullptr) {
        if (key.workspace.null)
            raise_refusal(core::Refusal::missing_field, "workspace", "The prefix names a workspace.");
        char digits[7] = {};
        HexText(workspace.data, 3, digits);
        prefix = TextDatumGetCString(DirectFunctionCall3Coll(replace_text, C_COLLATION_OID, CStringGetTextDatum(prefix),
                                                         CStringGetTextDatum("{workspace}"),
                                                         CStringGetTextDatum(digits)));
    }
    key.prefix = prefix;
    bool plain = key.prefix.size() <= 32;
    for (char c : key.prefix)
        plain = plain && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-');
    if (!plain)
        raise_refusal(core::Refusal::unknown_value, "prefix", "It is at most 32 letters, digits, _ and -.");

    char secret[kKeyRandomSize / 3 * 4 + 1] = {};
    random_key_text(secret);
    const char* text = psprintf("%s%s", prefix, secret);
    key.digest = digest_datum(text);
    insert_key(call.tenant, key);
    call.log("api_key.issue", details_object({{"key_id", uuid_text(key.id)},
                                              {"principal_id", uuid_text(key.principal)},
                                              {"prefix", text_value(key.prefix)}}));
    Value columns[] = {{UUIDPGetDatum(&key.id), false}, {CStringGetTextDatum(text), false}};
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}

// revoke_api_key(id uuid, tenant text, at_once boolean) returns timestamptz, from when on it is refused; a revoked key
// stays revoked
CURFEW_FUNCTION(revoke_api_key) {
    Store store = open_store(fcinfo);
    Administration call = begin_administration(fcinfo, 1);
    pg_uuid_t id = required_uuid(fcinfo, 0, "id");
    Revocation revocation = revoke_key(call.tenant, id, !PG_ARGISNULL(2) && PG_GETARG_BOOL(2), call.now);
    if (!revocation.found)
        raise_refusal(core::Refusal::key_not_found, "id");
    if (revocation.changed)
        call.log("api_key.revoke", details_object({{"key_id", uuid_text(id)},
                                                   {"from", {rfc3339_datum(revocation.from, 3), false}}}));
    close_store(store);
    PG_RETURN_TIMESTAMPTZ(revocation.from);
}

// list_api_keys(principal uuid, tenant text) returns setof (id uuid, principal_id uuid, workspace_id uuid, prefix text,
// scopes text[], created_at, expires_at, revoked_at, last_used_at timestamptz); without a principal, of all
CURFEW_FUNCTION(list_api_keys) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    Administration call = begin_administration(fcinfo, 1);
    uint64 count = read_keys(call.tenant, argument(fcinfo, 0));
    for (uint64 i = 0; i < count; ++i) {
        Value columns[kKeyColumns];
        for (int c = 0; c < kKeyColumns; ++c)
            columns[c] = result_value(i, c);
        rows.put(columns);
    }
    close_store(store);
    return Datum(0);
}

// get_principal(id uuid) returns (id, kind, role, status, name, email, full_name): oneself or somebody of a common
// workspace; for administrators and services, anybody of the tenant
CURFEW_FUNCTION(get_principal) {
    Store store = open_store(fcinfo);
    pg_uuid_t id = required_uuid(fcinfo, 0, "id");
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    bool near = memcmp(id.data, identity.principal.data, UUID_LEN) == 0 || loaded.caller.role == core::Role::admin ||
                loaded.caller.kind == core::Kind::service || share_workspace(identity.tenant, identity.principal, id);
    Value columns[kPrincipalColumns];
    if (!near || !read_principal(identity.tenant, id, columns))
        raise_refusal(core::Refusal::principal_not_found, "id");
    Datum result = composite_result(fcinfo, columns, kPrincipalColumns);
    close_store(store);
    return result;
}
