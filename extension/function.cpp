#include "function.hpp"

#include "errors.hpp"

namespace curfew {

std::string_view text_argument(FunctionCallInfo fcinfo, int index) {
    return PG_ARGISNULL(index) ? std::string_view{} : text_view(PG_GETARG_DATUM(index));
}

std::string_view required_text(FunctionCallInfo fcinfo, int index, const char* name) {
    if (PG_ARGISNULL(index))
        raise_refusal(core::Refusal::missing_field, name, psprintf("The argument \"%s\" is null.", name));
    return text_argument(fcinfo, index);
}

pg_uuid_t required_uuid(FunctionCallInfo fcinfo, int index, const char* name) {
    if (PG_ARGISNULL(index))
        raise_refusal(core::Refusal::missing_field, name, psprintf("The argument \"%s\" is null.", name));
    return *PG_GETARG_UUID_P(index);
}

int64 version_argument(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index))
        return -1;
    if (PG_GETARG_INT64(index) < 0)
        raise_refusal(core::Refusal::value_out_of_range, "expected_version", "A version is not negative.");
    return PG_GETARG_INT64(index);
}

int rows_argument(FunctionCallInfo fcinfo, int index, int usual, int most) {
    int rows = PG_ARGISNULL(index) ? usual : PG_GETARG_INT32(index);
    if (rows < 1 || rows > most)
        raise_refusal(core::Refusal::value_out_of_range, "max_rows",
                      psprintf("It is %d; it can be from 1 to %d.", rows, most));
    return rows;
}

TriggerData* trigger_data(FunctionCallInfo fcinfo) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED), errmsg("this is a trigger's function")));
    return reinterpret_cast<TriggerData*>(fcinfo->context);
}

std::string_view check_word(std::string_view word, const char* argument, std::initializer_list<const char*> words) {
    StringInfoData known;
    initStringInfo(&known);
    for (const char* candidate : words) {
        if (word == candidate)
            return word;
        appendStringInfo(&known, "%s%s", known.len > 0 ? ", " : "", candidate);
    }
    raise_refusal(core::Refusal::unknown_value, argument,
                  psprintf("\"%s\" is not one of: %s.", excerpt(word), known.data));
}

Datum composite_result(FunctionCallInfo fcinfo, const Value* columns, int count) {
    // A type by name has its description kept; that of columns given as OUT is made each time.
    Oid type = get_func_rettype(fcinfo->flinfo->fn_oid);
    bool named = type != RECORDOID;
    TupleDesc descriptor = named ? lookup_rowtype_tupdesc(type, -1) : nullptr;
    bool fits = named || get_call_result_type(fcinfo, nullptr, &descriptor) == TYPEFUNC_COMPOSITE;
    if (!fits || descriptor->natts != count)
        elog(ERROR, "curfew: the declared result of %s does not fit", get_func_name(fcinfo->flinfo->fn_oid));
    Datum values[kMaxParameters];
    bool nulls[kMaxParameters];
    for (int i = 0; i < count; ++i) {
        values[i] = columns[i].datum;
        nulls[i] = columns[i].null;
    }
    HeapTuple tuple = heap_form_tuple(named ? descriptor : BlessTupleDesc(descriptor), values, nulls);
    Datum result = HeapTupleHeaderGetDatum(SPI_returntuple(tuple, descriptor));
    if (named)
        ReleaseTupleDesc(descriptor);
    return result;
}

void session_info(const Viewed& viewed, Value* columns) {
    const SessionRow& row = viewed.row;
    const core::Lifecycle& lifecycle = *viewed.lifecycle;
    core::SessionFacts facts = session_facts(row, lifecycle);
    core::Present present = core::PresentOf(lifecycle, facts, viewed.now);
    const core::State& state = lifecycle.states[present.state];
    bool ended = present.ended_at != core::kUnset;

    int next = 0;
    auto put = [&](const Value& value) { columns[next++] = value; };
    put(row.column[kSessionId]);
    put(row.column[kSessionLifecycle]);
    put({text_datum(state.name.View()), false});
    put(row.column[kSessionVersion]);
    put({BoolGetDatum(state.live), false});
    put({BoolGetDatum(state.terminal), false});
    put(row.column[kSessionOwner]);
    put(row.column[kSessionAgent]);
    put(row.column[kSessionWorkspace]);
    put(row.column[kSessionOperatorWorkspace]);
    put(row.column[kSessionParent]);
    put(row.column[kSessionScopes]);
    put(row.column[kSessionMarks]);
    put(row.column[kSessionCreatedAt]);
    put({TimestampDatum(present.expired ? Max(facts.updated_at, facts.deadline) : facts.updated_at), false});
    put(row.column[kSessionStartedAt]);
    put({ended ? TimestampDatum(present.ended_at) : 0, !ended});
    bool has_deadline = facts.deadline != core::kNever;
    put({has_deadline ? TimestampDatum(facts.deadline) : 0, !has_deadline});
    put({Int64GetDatum(present.metered / 1000), false});
    put({BoolGetDatum(viewed.replayed), false});
    Assert(next == kSessionInfoColumns);
}

Datum session_result(FunctionCallInfo fcinfo, const Viewed& viewed) {
    Value columns[kSessionInfoColumns];
    session_info(viewed, columns);
    return composite_result(fcinfo, columns, kSessionInfoColumns);
}

RowSet begin_rows(FunctionCallInfo fcinfo) {
    begin_materialized_set(fcinfo);
    return {reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)};
}

void RowSet::put(const Value* columns) {
    Datum values[kMaxParameters];
    bool nulls[kMaxParameters];
    for (int i = 0; i < info->setDesc->natts; ++i) {
        values[i] = columns[i].datum;
        nulls[i] = columns[i].null;
    }
    tuplestore_putvalues(info->setResult, info->setDesc, values, nulls);
}

} // namespace curfew
