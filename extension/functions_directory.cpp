// SQL-callable: who and what there is.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "store_directory.hpp"
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

// list_principals(kind text, status text, max_rows integer, after uuid, tenant text) returns setof (id, name,
// principal_kind, role, principal_status, scopes, email, full_name, created_at)
CURFEW_FUNCTION(list_principals) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    Administration call = begin_administration(fcinfo, 4);
    PrincipalFilter filter = {argument(fcinfo, 0), argument(fcinfo, 1), argument(fcinfo, 3),
                              PG_ARGISNULL(2) ? 50 : PG_GETARG_INT32(2)};
    if (!filter.kind.null)
        check_word(text_argument(fcinfo, 0), "kind", {"user", "service", "agent"});
    if (!filter.status.null)
        check_word(text_argument(fcinfo, 1), "status", {"active", "suspended", "revoked"});
    if (filter.rows < 1 || filter.rows > kMostPrincipals)
        raise_refusal(core::Refusal::value_out_of_range, "max_rows",
                      psprintf("It is %d; it can be from 1 to %d.", filter.rows, kMostPrincipals));
    if (!filter.after.null && !read_standing(call.tenant, *DatumGetUUIDP(filter.after.datum)).found)
        raise_refusal(core::Refusal::unknown_value, "after", "There is no principal of that id to go on from.");
    put_rows(&rows, read_principals(call.tenant, filter), kPrincipalListColumns);
    close_store(store);
    return Datum(0);
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
