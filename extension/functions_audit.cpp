// SQL-callable: the audit log's guards, what was changed behind the engine's back, and its months.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "inside.hpp"
#include "store_month.hpp"
#include "store_sweep.hpp"
#include "store_write.hpp"

extern "C" {
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
}

using namespace curfew;

namespace {

Value column(HeapTuple tuple, TupleDesc descriptor, const char* name) {
    Value value;
    value.datum = SPI_getbinval(tuple, descriptor, SPI_fnumber(descriptor, name), &value.null);
    return value;
}

Datum row_json(HeapTuple tuple, TupleDesc descriptor) {
    Datum row = heap_copy_tuple_as_datum(tuple, descriptor);
    FmgrInfo to_json;
    fmgr_info(F_ROW_TO_JSON_RECORD, &to_json);
    return FunctionCall1(&to_json, row);
}

// {"before": row, "after": row}; a deleted row has no after.
Value before_and_after(Datum before, Datum after, bool updated) {
    const char* json = updated ? psprintf("{\"before\":%s,\"after\":%s}", TextDatumGetCString(before),
                                          TextDatumGetCString(after))
                               : psprintf("{\"before\":%s}", TextDatumGetCString(before));
    return {DirectFunctionCall1(jsonb_in, CStringGetDatum(json)), false};
}

// Whether the sweeper may have passed the row's deadline: he never passes one that is later than the start of a
// transaction which is still open.
bool IsBehindSweeper(HeapTuple row, TupleDesc descriptor) {
    return column(row, descriptor, "ended_at").null &&
           DatumGetTimestampTz(column(row, descriptor, "deadline").datum) <= GetCurrentTransactionStartTimestamp();
}

} // namespace

// outside_engine(id uuid) returns boolean: whether a write to that session, or to none in particular, is not the engine's
CURFEW_FUNCTION(outside_engine) { PG_RETURN_BOOL(IsOutsideEngine(PG_ARGISNULL(0) ? nullptr : PG_GETARG_UUID_P(0))); }

// Trigger on curfew.session, AFTER UPDATE OR DELETE FOR EACH ROW and BEFORE TRUNCATE (while the tenants are still
// there): writes down what somebody changed without the engine. And AFTER INSERT FOR EACH STATEMENT, for the sweeper,
// who has to look at deadlines that were put behind his back.
CURFEW_FUNCTION(record_outside_change) {
    TriggerData* data = trigger_data(fcinfo);
    if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event) && !IsFiredOutsideMaintenance())
        return PointerGetDatum(nullptr);
    Store store = open_store(fcinfo);
    if (TRIGGER_FIRED_BY_INSERT(data->tg_event)) {
        look_at_all_again();
        close_store(store);
        return PointerGetDatum(nullptr);
    }
    AuditNote note;
    note.identity = TransactionIdentity();
    note.db_role = GetUserId();
    core::Instant now = GetCurrentTimestamp();

    if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event)) {
        note.event = "session.truncate_outside";
        note.details = details_object({{"table", text_value("curfew.session")}});
        write_event_in_every_tenant(note, now);
        close_store(store);
        return PointerGetDatum(nullptr);
    }
    TupleDesc descriptor = RelationGetDescr(data->tg_relation);
    HeapTuple before = data->tg_trigtuple;
    bool updated = TRIGGER_FIRED_BY_UPDATE(data->tg_event);
    HeapTuple after = updated ? data->tg_newtuple : nullptr;
    note.event = updated ? "session.update_outside" : "session.delete_outside";
    note.session = column(before, descriptor, "id");
    note.from_state = text_view(column(before, descriptor, "state").datum);
    if (updated)
        note.to_state = text_view(column(after, descriptor, "state").datum);
    note.details = before_and_after(row_json(before, descriptor), updated ? row_json(after, descriptor) : 0, updated);
    write_event(*DatumGetUUIDP(column(before, descriptor, "tenant_id").datum), note,
                Max(now, DatumGetTimestampTz(column(before, descriptor, "updated_at").datum)));
    if (updated && IsBehindSweeper(after, descriptor))
        look_again(*DatumGetUUIDP(column(after, descriptor, "tenant_id").datum),
                   *DatumGetUUIDP(column(after, descriptor, "id").datum));
    close_store(store);
    return PointerGetDatum(nullptr);
}

// Trigger on curfew.audit_event, BEFORE UPDATE OR DELETE FOR EACH ROW and BEFORE TRUNCATE.
CURFEW_FUNCTION(refuse_audit_change) {
    TriggerData* data = trigger_data(fcinfo);
    if (IsFiredOutsideMaintenance())
        raise_refusal(core::Refusal::append_only);
    return PointerGetDatum(TRIGGER_FIRED_FOR_ROW(data->tg_event) ? data->tg_trigtuple : nullptr);
}

// create_audit_partition(month date) returns text: the partition's name, made now or before
CURFEW_FUNCTION(create_audit_partition) {
    Store store = open_store(fcinfo);
    if (PG_ARGISNULL(0) || DATE_NOT_FINITE(PG_GETARG_DATEADT(0)))
        raise_refusal(core::Refusal::missing_field, "month", "It is a day of the month in question.");
    int year, month, day;
    j2date(PG_GETARG_DATEADT(0) + POSTGRES_EPOCH_JDATE, &year, &month, &day);
    if (year < 2000 || year > 9998)
        raise_refusal(core::Refusal::value_out_of_range, "month", "It is from the year 2000 to the year 9998.");
    if (IsolationUsesXactSnapshot())
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("a partition of the audit log is made in READ COMMITTED only"),
                        errdetail("Rows that this transaction's snapshot lacks have to move too.")));
    Month of = MonthOf(year, month);
    make_month_with_its_rows(of);
    Datum result = for_caller(CStringGetTextDatum(of.table));
    close_store(store);
    return result;
}

// effective_state(state text, deadline timestamptz, deadline_state text, ended_at timestamptz, at timestamptz)
// returns text: what a session of these columns is at that time
CURFEW_FUNCTION(effective_state) {
    bool timed = !PG_ARGISNULL(1) && !PG_ARGISNULL(2) && !PG_ARGISNULL(4);
    bool expired = timed && core::HasExpired(!PG_ARGISNULL(3), PG_GETARG_TIMESTAMPTZ(1), PG_GETARG_TIMESTAMPTZ(4));
    if (PG_ARGISNULL(expired ? 2 : 0))
        PG_RETURN_NULL();
    PG_RETURN_DATUM(PG_GETARG_DATUM(expired ? 2 : 0));
}

// effective_ended_at(deadline timestamptz, deadline_state text, ended_at timestamptz, at timestamptz)
// returns timestamptz: when a session of these columns ended; its deadline, where that has ended it
CURFEW_FUNCTION(effective_ended_at) {
    bool timed = !PG_ARGISNULL(0) && !PG_ARGISNULL(1) && !PG_ARGISNULL(3);
    if (timed && core::HasExpired(!PG_ARGISNULL(2), PG_GETARG_TIMESTAMPTZ(0), PG_GETARG_TIMESTAMPTZ(3)))
        PG_RETURN_DATUM(PG_GETARG_DATUM(0));
    if (PG_ARGISNULL(2))
        PG_RETURN_NULL();
    PG_RETURN_DATUM(PG_GETARG_DATUM(2));
}
