// SQL-callable: a row as the JSON object that an answer shows.
#include "function.hpp"

#include "rfc3339.hpp"

extern "C" {
#include "utils/json.h"
}

using namespace curfew;

namespace {

void append_text(StringInfo out, std::string_view text) {
    escape_json(out, pnstrdup(text.data(), text.size()));
}

void append_value(StringInfo out, Oid type, Datum datum) {
    switch (type) {
    case BOOLOID:
        appendStringInfoString(out, DatumGetBool(datum) ? "true" : "false");
        return;
    case INT4OID:
        appendStringInfo(out, "%d", DatumGetInt32(datum));
        return;
    case INT8OID:
        appendStringInfo(out, INT64_FORMAT, DatumGetInt64(datum));
        return;
    case TEXTOID:
        append_text(out, text_view(datum));
        return;
    case UUIDOID:
        appendStringInfo(out, "\"%s\"", DatumGetCString(DirectFunctionCall1(uuid_out, datum)));
        return;
    case TIMESTAMPTZOID:
        appendStringInfoChar(out, '"');
        append_rfc3339(out, DatumGetTimestampTz(datum), 3);
        appendStringInfoChar(out, '"');
        return;
    case JSONBOID: {
        Jsonb* json = DatumGetJsonbP(datum);
        JsonbToCString(out, &json->root, VARSIZE(json));
        return;
    }
    case TEXTARRAYOID: {
        const char* comma = "";
        appendStringInfoChar(out, '[');
        for (std::string_view element : text_views({datum, false})) {
            appendStringInfoString(out, comma);
            append_text(out, element);
            comma = ",";
        }
        appendStringInfoChar(out, ']');
        return;
    }
    default: {
        Oid function;
        bool is_varlena;
        getTypeOutputInfo(type, &function, &is_varlena);
        escape_json(out, OidOutputFunctionCall(function, datum));
    }
    }
}

} // namespace

// row_json(shown record) returns json: times by RFC 3339, to the millisecond. Much faster than row_to_json of a sub-select.
CURFEW_FUNCTION(row_json) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
    TupleDesc descriptor = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
    HeapTupleData tuple = {};
    tuple.t_len = HeapTupleHeaderGetDatumLength(header);
    tuple.t_data = header;
    Datum* values = static_cast<Datum*>(palloc(sizeof(Datum) * descriptor->natts));
    bool* nulls = static_cast<bool*>(palloc(sizeof(bool) * descriptor->natts));
    heap_deform_tuple(&tuple, descriptor, values, nulls);

    StringInfoData out;
    initStringInfo(&out);
    appendStringInfoSpaces(&out, VARHDRSZ); // the length
    char before = '{';
    for (int i = 0; i < descriptor->natts; ++i) {
        const FormData_pg_attribute& column = *TupleDescAttr(descriptor, i);
        if (column.attisdropped)
            continue;
        appendStringInfoChar(&out, before);
        escape_json(&out, NameStr(column.attname));
        appendStringInfoChar(&out, ':');
        if (nulls[i])
            appendStringInfoString(&out, "null");
        else
            append_value(&out, column.atttypid, values[i]);
        before = ',';
    }
    appendStringInfoString(&out, before == '{' ? "{}" : "}");
    ReleaseTupleDesc(descriptor);
    SET_VARSIZE(out.data, out.len);
    PG_RETURN_TEXT_P(reinterpret_cast<text*>(out.data));
}
