// SQL-callable: who and what there is, as far as the caller may know.
#include "acquaintances.hpp"
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "store_directory.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"

using namespace curfew;

namespace {

constexpr int kMostPrincipals = 1000;

// Puts the last result's rows as they are.
void put_rows(RowSet* rows, uint64 count, int width) {
    for (uint64 i = 0; i < count; ++i) {
        Value columns[kMaxParameters];
        for (int c = 0; c < width; ++c)
            columns[c] = result_value(i, c);
        rows->put(columns);
    }
}

} // namespace

// find_principals(id uuid, name text, email text) returns setof the columns of get_principal, by the same rule
CURFEW_FUNCTION(find_principals) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    put_rows(&rows,
             read_acquaintances(acquaintances_of(identity, loaded),
                                {argument(fcinfo, 0), argument(fcinfo, 1), argument(fcinfo, 2)}),
             kPrincipalColumns);
    close_store(store);
    return Datum(0);
}

// list_principals(kind text, status text, max_rows integer, after uuid, tenant text) returns setof (id, name,
// principal_kind, role, principal_status, scopes, email, full_name, created_at)
CURFEW_FUNCTION(list_principals) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    Administration call = begin_administration(fcinfo, 4);
    PrincipalFilter filter = {argument(fcinfo, 0), argument(fcinfo, 1), argument(fcinfo, 3),
                              rows_argument(fcinfo, 2, 50, kMostPrincipals)};
    if (!filter.kind.null)
        check_word(text_argument(fcinfo, 0), "kind", {"user", "service", "agent"});
    if (!filter.status.null)
        check_word(text_argument(fcinfo, 1), "status", {"active", "suspended", "revoked"});
    if (!filter.after.null && !read_standing(call.tenant, *DatumGetUUIDP(filter.after.datum)).found)
        raise_refusal(core::Refusal::unknown_value, "after", "There is no principal of that id to go on from.");
    put_rows(&rows, list_principals(call.tenant, filter), kPrincipalListColumns);
    close_store(store);
    return Datum(0);
}

// own_or_administered(principal uuid) returns uuid
CURFEW_FUNCTION(own_or_administered) {
    Store store = open_store(fcinfo);
    pg_uuid_t principal = required_uuid(fcinfo, 0, "principal");
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    if (!read_standing(identity.tenant, principal).found)
        raise_refusal(core::Refusal::principal_not_found, "principal");
    bool own = memcmp(principal.data, identity.principal.data, UUID_LEN) == 0;
    if (!own && (loaded.caller.role != core::Role::admin || loaded.caller.bound_workspace.set))
        raise_refusal(core::Refusal::not_admin);
    Datum result = uuid_for_caller(principal);
    close_store(store);
    return result;
}

// resolve_workspace(workspace text) returns uuid
CURFEW_FUNCTION(resolve_workspace) {
    Store store = open_store(fcinfo);
    std::string_view name = required_text(fcinfo, 0, "workspace");
    Identity identity = verified_caller();
    pg_uuid_t workspace;
    if (!find_workspace(identity.tenant, name, &workspace))
        raise_refusal(core::Refusal::workspace_not_found, "workspace");
    Loaded loaded = load_as_caller(&identity, {nullptr, &workspace, false}, GetCurrentTimestamp());
    const core::CallerFacts& caller = loaded.caller;
    bool bound_elsewhere = caller.bound_workspace.set && caller.bound_workspace.id != ToCore(workspace);
    bool member = caller.workspace_role != core::Role::none || caller.role == core::Role::admin;
    if (bound_elsewhere || !member)
        raise_refusal(core::Refusal::workspace_not_found, "workspace");
    Datum result = uuid_for_caller(workspace);
    close_store(store);
    return result;
}

// list_lifecycles(lifecycle text) returns setof (name text, revision integer, builtin boolean, definition jsonb).
// SL404 lifecycle_not_found
CURFEW_FUNCTION(list_lifecycles) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    uint64 count = read_definitions(argument(fcinfo, 0));
    if (count == 0 && !PG_ARGISNULL(0))
        raise_refusal(core::Refusal::lifecycle_not_found, "lifecycle");
    put_rows(&rows, count, kLifecycleListColumns);
    close_store(store);
    return Datum(0);
}
