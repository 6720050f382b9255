#include "administration.hpp"

#include "core/scopes.hpp"
#include "errors.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"
#include "store_write.hpp"

namespace curfew {

void Administration::log(std::string_view event, const Value& details, const Value& reason) const {
    AuditNote note;
    note.identity = has_identity ? &identity : nullptr;
    note.event = event;
    note.db_role = GetUserId();
    note.details = details;
    note.reason = reason;
    write_event(tenant, note, now);
}

bool administers_installation() {
    Oid schema = get_namespace_oid("curfew", false);
    Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("administers_installation"),
                                   PointerGetDatum(buildoidvector(nullptr, 0)), ObjectIdGetDatum(schema));
    return OidIsValid(function) && may_execute(function, GetUserId());
}

bool MayAudit(const Loaded& loaded) {
    bool is_admin = loaded.caller.role == core::Role::admin && loaded.grants.Cover(kAdminScope);
    return !loaded.caller.bound_workspace.set && (is_admin || loaded.grants.Cover("audit:read"));
}

Administration begin_administration(FunctionCallInfo fcinfo, int tenant_argument, std::string_view scope,
                                    bool needed) {
    Administration call;
    call.now = GetCurrentTimestamp();
    bool named = !PG_ARGISNULL(tenant_argument);
    const Identity* set = TransactionIdentity();

    if (named && set == nullptr && administers_installation()) {
        if (!find_tenant(text_argument(fcinfo, tenant_argument), &call.tenant))
            raise_refusal(core::Refusal::tenant_not_found, "tenant");
        return call;
    }
    Identity mapped;
    if (!named && set == nullptr && !find_mapping(GetUserId(), &mapped) && administers_installation())
        raise_refusal(core::Refusal::missing_field, "tenant", "A database role without a principal names the tenant.",
                      "Give tenant => 'slug', or use curfew.act_as(tenant, principal) in this transaction.");

    call.identity = caller_identity();
    call.has_identity = true;
    Loaded loaded = load_as_caller(&call.identity, {}, call.now, get_func_name(fcinfo->flinfo->fn_oid));
    call.tenant = call.identity.tenant;
    pg_uuid_t tenant;
    if (named && (!find_tenant(text_argument(fcinfo, tenant_argument), &tenant) ||
                  memcmp(tenant.data, call.tenant.data, UUID_LEN) != 0))
        raise_refusal(core::Refusal::tenant_not_found, "tenant");
    bool unbound = !loaded.caller.bound_workspace.set;
    bool is_admin = unbound && loaded.caller.role == core::Role::admin && loaded.grants.Cover(kAdminScope);
    bool has_scope = unbound && !scope.empty() && loaded.grants.Cover(scope);
    if (needed && !has_scope)
        raise_refusal(core::Refusal::scope_missing, nullptr,
                      psprintf("This needs the scope \"%s\".", pnstrdup(scope.data(), scope.size())));
    if (!is_admin && !has_scope)
        raise_refusal(core::Refusal::not_admin);
    call.by_scope = !is_admin;
    return call;
}

void check_scopes(const Value& scopes) {
    core::Scopes words = text_views(scopes);
    if (words.size() > kMostScopes)
        raise_refusal(core::Refusal::value_out_of_range, "scopes",
                      psprintf("There are %zu; there can be %zu.", words.size(), kMostScopes));
    for (std::string_view scope : words)
        if (!core::IsScope(scope))
            raise_refusal(core::Refusal::unknown_value, "scopes", psprintf("\"%s\" is not a scope.", excerpt(scope)));
}

Value reason_argument(FunctionCallInfo fcinfo, int index) {
    Value reason = argument(fcinfo, index);
    if (reason.null)
        return reason;
    std::string_view text = text_view(reason.datum);
    if (pg_mbstrlen_with_len(text.data(), static_cast<int>(text.size())) > core::kLongestReason)
        raise_refusal(core::Refusal::reason_too_long, "reason");
    return text.empty() ? Value{0, true} : reason;
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

} // namespace curfew
