// SQL-callable: tenants, workspaces and principals.
#include "acquaintances.hpp"
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "idempotency.hpp"
#include "secrets.hpp"
#include "store_admin.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"
#include "store_signing.hpp"

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

Datum set_tenant_status(FunctionCallInfo fcinfo, std::string_view status, std::string_view event) {
    Store store = open_store(fcinfo);
    Administration call;
    call.now = GetCurrentTimestamp();
    if (!find_tenant(required_text(fcinfo, 0, "tenant"), &call.tenant))
        raise_refusal(core::Refusal::tenant_not_found, "tenant");
    if (change_tenant_status(call.tenant, status))
        call.log(event, {0, true}, reason_argument(fcinfo, 1));
    close_store(store);
    PG_RETURN_VOID();
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
    signing_key(); // made here at the latest: a standby, which seals cursors too, cannot make it
    Datum result = uuid_for_caller(call.tenant);
    close_store(store);
    return result;
}

// suspend_tenant, resume_tenant (tenant text, reason text) return void
CURFEW_FUNCTION(suspend_tenant) { return set_tenant_status(fcinfo, "suspended", "tenant.suspend"); }
CURFEW_FUNCTION(resume_tenant) { return set_tenant_status(fcinfo, "active", "tenant.resume"); }

// create_workspace(slug text, name text, operator boolean, tenant text, idempotency_key text) returns uuid
CURFEW_FUNCTION(create_workspace) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 3);
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    std::string_view slug = required_text(fcinfo, 0, "slug");
    check_slug(slug);
    std::string_view name = PG_ARGISNULL(1) ? slug : text_argument(fcinfo, 1);
    check_name(name, "name");
    pg_uuid_t id = new_uuid(true);
    if (!insert_workspace(call.tenant, id, slug, name, !PG_ARGISNULL(2) && PG_GETARG_BOOL(2)))
        raise_taken("slug", slug);
    call.log("workspace.create", details_object({{"workspace_id", uuid_text(id)}, {"slug", text_value(slug)}}));
    Datum result = uuid_for_caller(id);
    keep_answer(fcinfo, once, result);
    close_store(store);
    return result;
}

// create_principal(name text, kind text, role text, scopes text[], email text, full_name text, tenant text,
//                  idempotency_key text) returns uuid
CURFEW_FUNCTION(create_principal) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 6);
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
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
    if (!principal.email.null)
        check_name(text_view(principal.email.datum), "email");
    if (!principal.full_name.null)
        check_name(text_view(principal.full_name.datum), "full_name");
    if (!insert_principal(call.tenant, principal))
        raise_taken("name", principal.name);
    call.log("principal.create", details_object({{"principal_id", uuid_text(principal.id)},
                                                 {"name", text_value(principal.name)},
                                                 {"kind", text_value(principal.kind)},
                                                 {"role", text_value(principal.role)}}));
    Datum result = uuid_for_caller(principal.id);
    keep_answer(fcinfo, once, result);
    close_store(store);
    return result;
}

// add_member(workspace text, principal uuid, role text, tenant text, idempotency_key text) returns void
CURFEW_FUNCTION(add_member) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 3);
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    pg_uuid_t workspace = existing_workspace(required_text(fcinfo, 0, "workspace"), call.tenant);
    pg_uuid_t principal = existing_principal(fcinfo, 1, "principal", call.tenant);
    std::string_view role = check_word(required_text(fcinfo, 2, "role"), "role", {"admin", "member", "reader"});
    if (upsert_member(call.tenant, workspace, principal, role))
        call.log("member.add", details_object({{"workspace_id", uuid_text(workspace)},
                                           {"principal_id", uuid_text(principal)},
                                           {"role", text_value(role)}}));
    keep_answer(fcinfo, once, Datum(0));
    close_store(store);
    PG_RETURN_VOID();
}

// remove_member(workspace text, principal uuid, tenant text, idempotency_key text) returns void
CURFEW_FUNCTION(remove_member) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Administration call = begin_administration(fcinfo, 2);
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    pg_uuid_t workspace = existing_workspace(required_text(fcinfo, 0, "workspace"), call.tenant);
    pg_uuid_t principal = existing_principal(fcinfo, 1, "principal", call.tenant);
    if (delete_member(call.tenant, workspace, principal))
        call.log("member.remove", details_object({{"workspace_id", uuid_text(workspace)},
                                              {"principal_id", uuid_text(principal)}}));
    keep_answer(fcinfo, once, Datum(0));
    close_store(store);
    PG_RETURN_VOID();
}

// get_principal(id uuid) returns (id, kind, role, status, name, email, full_name): oneself or somebody of a common
// workspace; for administrators and services, anybody of the tenant
CURFEW_FUNCTION(get_principal) {
    Store store = open_store(fcinfo);
    pg_uuid_t id = required_uuid(fcinfo, 0, "id");
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    if (read_acquaintances(acquaintances_of(identity, loaded), {uuid_value(id), {0, true}, {0, true}}) == 0)
        raise_refusal(core::Refusal::principal_not_found, "id");
    Value columns[kPrincipalColumns];
    for (int i = 0; i < kPrincipalColumns; ++i)
        columns[i] = result_value(0, i);
    Datum result = composite_result(fcinfo, columns, kPrincipalColumns);
    close_store(store);
    return result;
}
