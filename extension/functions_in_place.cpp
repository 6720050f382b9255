// SQL-callable: what the engine's own statement asks of a row.
#include "function.hpp"

#include "store_in_place.hpp"

using namespace curfew;

// decides(ticket bytea, tenant_id uuid, the columns of CURFEW_SESSION_COLUMNS) returns boolean
CURFEW_FUNCTION(decides) {
    constexpr int kFirst = 2;
    Assert(PG_NARGS() == kFirst + kSessionColumns);
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(kFirst + kSessionId))
        PG_RETURN_BOOL(false);
    SessionRow row;
    for (int i = 0; i < kSessionColumns; ++i)
        row.column[i] = argument(fcinfo, kFirst + i);
    PG_RETURN_BOOL(decide_in_place(PG_GETARG_DATUM(0), *PG_GETARG_UUID_P(1), row));
}
