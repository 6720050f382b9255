// SQL-callable: the audit log's guards, what was changed behind the engine's back, and its months.
#include "administration.hpp"
#include "function.hpp"

#include "access.hpp"
#include "errors.hpp"
#include "inside.hpp"
#include "store_feed.hpp"
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

TriggerData* trigger_data(FunctionCallInfo fcinfo) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("this is a trigger's function")));
    return reinterpret_cast<TriggerData*>(fcinfo->context);
}

} // namespace

// outside_engine(id uuid, version bigint) returns boolean: whether a write to that row is not the engine's
CURFEW_FUNCTION(outside_engine) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
        PG_RETURN_BOOL(true);
    PG_RETURN_BOOL(IsOutsideEngine(*PG_GETARG_UUID_P(0), PG_GETARG_INT64(1)));
}

// Trigger on curfew.session, AFTER UPDATE OR DELETE FOR EACH ROW and BEFORE TRUNCATE (while the tenants
// are still there): writes down what somebody
// changed without the engine.
CURFEW_FUNCTION(record_outside_change) {
    TriggerData* data = trigger_data(fcinfo);
    if (TRIGGER_FIRED_BY_TRUNCATE(data->tg_event) && !IsOutsideMaintenance())
        return PointerGetDatum(nullptr);
    Store store = open_store(fcinfo);
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
    close_store(store);
    return PointerGetDatum(nullptr);
}

// Trigger on curfew.audit_event, BEFORE UPDATE OR DELETE FOR EACH ROW and BEFORE TRUNCATE.
CURFEW_FUNCTION(refuse_audit_change) {
    TriggerData* data = trigger_data(fcinfo);
    if (IsOutsideMaintenance())
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
    const char* name = psprintf("audit_event_%04d_%02d", year, month);
    const char* from = psprintf("%04d-%02d-01 00:00:00+00", year, month);
    const char* to = psprintf("%04d-%02d-01 00:00:00+00", month == 12 ? year + 1 : year, month == 12 ? 1 : month + 1);

    Oid schema = get_namespace_oid("curfew", false);
    if (IsolationUsesXactSnapshot())
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("a partition of the audit log is made in READ COMMITTED only"),
                        errdetail("Rows that this transaction's snapshot lacks have to move too.")));
    // One maker at a time, and writers wait before they choose a partition.
    run_utility("LOCK TABLE curfew.audit_event IN SHARE ROW EXCLUSIVE MODE");
    if (!OidIsValid(get_relname_relid(name, schema))) {
        // Attached, never PARTITION OF: a restore makes the parent first, and fills months of its own.
        run_utility("LOCK TABLE curfew.audit_event_default IN ACCESS EXCLUSIVE MODE");
        Marker before = EnterMaintenance();
        run_utility(psprintf("CREATE TABLE curfew.%s (LIKE curfew.audit_event_default INCLUDING ALL)", name));
        run_utility(psprintf("WITH moved AS (DELETE FROM curfew.audit_event_default WHERE at >= '%s' AND at < '%s'"
                             " RETURNING *) INSERT INTO curfew.%s SELECT * FROM moved",
                             from, to, name));
        run_utility(psprintf("ALTER TABLE curfew.audit_event ATTACH PARTITION curfew.%s FOR VALUES FROM ('%s') TO ('%s')",
                             name, from, to));
        run_utility(psprintf("CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON curfew.%s FOR EACH STATEMENT"
                             " EXECUTE FUNCTION curfew.refuse_audit_change()",
                             name));
        run_utility(psprintf("ALTER TABLE curfew.%s ENABLE ALWAYS TRIGGER refuse_truncate", name));
        close_schema();
        LeaveEngine(before);
        forget_how_far_numbered();
    }
    Datum result = for_caller(CStringGetTextDatum(name));
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
