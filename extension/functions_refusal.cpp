// SQL-callable: what became of the refusals that are kept.
#include "function.hpp"

#include "refusal_worker.hpp"
#include "server_settings.hpp"
#include "store_refusal.hpp"

extern "C" {
#include "commands/dbcommands.h"
}

using namespace curfew;

// refusal_status() returns setof (database text, worker integer, waiting bigint, written bigint, counted bigint,
//                                 lost bigint); nothing where the library is not preloaded
CURFEW_FUNCTION(refusal_status) {
    RowSet rows = begin_rows(fcinfo);
    if (!HasRefusalRing())
        return Datum(0);
    RefusalStatus* status = static_cast<RefusalStatus*>(palloc(sizeof(RefusalStatus) * kMostDatabases));
    int count = ReadRefusalStatus(status, kMostDatabases);
    for (int i = 0; i < count; ++i) {
        const char* name = get_database_name(status[i].database);
        Value columns[] = {{name != nullptr ? CStringGetTextDatum(name) : 0, name == nullptr},
                           {Int32GetDatum(status[i].worker), status[i].worker == 0},
                           {Int64GetDatum(status[i].waiting), false},
                           {Int64GetDatum(status[i].written), false},
                           {Int64GetDatum(status[i].counted), false},
                           {Int64GetDatum(status[i].lost), false}};
        rows.put(columns);
    }
    return Datum(0);
}

// write_refusals("all" boolean) returns integer: one batch of those that are due; how many rows. For the worker, which
// acknowledges them when they are committed.
CURFEW_FUNCTION(write_refusals) {
    if (!IsRefusalWorker())
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("this is for curfew's background worker")));
    Store store = open_store(fcinfo);
    KeptRefusal* batch = static_cast<KeptRefusal*>(palloc(sizeof(KeptRefusal) * kRefusalBatch));
    int count = TakeRefusals(batch, PG_GETARG_BOOL(0));
    for (int i = 0; i < count; ++i)
        write_refusal(batch[i]);
    close_store(store);
    PG_RETURN_INT32(count);
}
