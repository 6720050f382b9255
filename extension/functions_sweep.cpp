// SQL-callable: the sweeper.
#include "function.hpp"

#include "errors.hpp"
#include "open_transactions.hpp"
#include "sweep.hpp"
#include "sweep_worker.hpp"
#include "worker.hpp"

using namespace curfew;

// sweep(max_rows integer) returns bigint: how many expiries were written down
CURFEW_FUNCTION(sweep) {
    constexpr int kMost = 1000000;
    if (PG_ARGISNULL(0))
        raise_refusal(core::Refusal::missing_field, "max_rows");
    int most = PG_GETARG_INT32(0);
    if (most < 1 || most > kMost)
        raise_refusal(core::Refusal::value_out_of_range, "max_rows", psprintf("It is from 1 to %d.", kMost));
    if (IsolationUsesXactSnapshot())
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("sweeping is done in READ COMMITTED only"),
                        errdetail("What this transaction's snapshot lacks would be passed over.")));
    Store store = open_store(fcinfo);
    int64 written = sweep(most, IsSweepWorker());
    close_store(store);
    PG_RETURN_INT64(written);
}

// sweep_status(OUT worker integer, last_run timestamptz, last_written bigint, written bigint, behind interval,
//              watermark timestamptz, held_by_pid integer, held_by_prepared text)
CURFEW_FUNCTION(sweep_status) {
    Store store = open_store(fcinfo);
    core::Instant now = GetCurrentTimestamp();
    OpenTransactions open = read_open_transactions();
    int worker = worker_of_type(MyDatabaseId, kSweeper.type);
    Value prepared = oldest_prepared();
    if (!prepared.null)
        prepared.datum = for_caller(prepared.datum);
    Value status[5] = {{0, true}, {0, true}, {0, true}, {0, true}, {0, true}};
    if (read_sweep_status(now))
        for (int i = 0; i < 5; ++i)
            status[i] = result_value(0, i);
    Datum behind = DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(now),
                                       status[4].null ? TimestampTzGetDatum(now) : status[4].datum);
    Value columns[] = {{Int32GetDatum(worker), worker == 0},
                       status[0],
                       status[1],
                       status[2],
                       {behind, false},
                       status[3],
                       {Int32GetDatum(open.pid), open.pid == 0},
                       prepared};
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}
