// SQL-callable: ending many sessions at once, tried first where that is wished.
#include "function.hpp"

#include "bulk.hpp"
#include "errors.hpp"
#include "idempotency.hpp"
#include "secrets.hpp"
#include "store_preview.hpp"

using namespace curfew;

namespace {

constexpr int kMostRows = 10000;
constexpr int kSample = 20;

// What the answer needs beside what was found.
struct Answer {
    const BulkResult& result;
    bool ends_here; // nothing is to be gone on with
    Value preview;
};

Datum outcomes_of(const BulkResult& result) {
    StringInfoData json; // of ids and words alone, none of which JSON would escape
    initStringInfo(&json);
    appendStringInfoChar(&json, '[');
    for (int i = 0; i < result.shown; ++i) {
        const Tried& tried = result.tried[i];
        appendStringInfo(&json, "%s{\"id\":\"%s\",\"outcome\":\"%s\"", i > 0 ? "," : "",
                         DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&result.tried[i].id))),
                         kOutcomeWords[static_cast<int>(tried.outcome)].data());
        if (!tried.state.Empty())
            appendStringInfo(&json, ",\"state\":\"%s\"", pnstrdup(tried.state.View().data(), tried.state.View().size()));
        if (tried.refusal != core::Refusal::none)
            appendStringInfo(&json, ",\"reason\":\"%s\"", core::TextOf(tried.refusal).word.data());
        appendStringInfoChar(&json, '}');
    }
    appendStringInfoChar(&json, ']');
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

Datum bulk_result(FunctionCallInfo fcinfo, const Answer& answer) {
    const BulkResult& result = answer.result;
    pg_uuid_t last = result.last;
    bool more = !answer.ends_here && result.remaining > 0;
    Value columns[] = {{Int64GetDatum(result.matched), false},   {Int64GetDatum(result.counts[0]), false},
                       {Int64GetDatum(result.counts[1]), false}, {Int64GetDatum(result.counts[2]), false},
                       {Int64GetDatum(result.counts[3]), false}, {Int64GetDatum(result.remaining), false},
                       {UUIDPGetDatum(&last), !more},            answer.preview,
                       {outcomes_of(result), false}};
    return composite_result(fcinfo, columns, lengthof(columns));
}

// The same answer without the preview's token, which is shown once.
Datum without_preview(FunctionCallInfo fcinfo, Datum answer) {
    constexpr int kColumns = 9, kPreview = 7;
    HeapTupleHeader row = DatumGetHeapTupleHeader(answer);
    Value columns[kColumns];
    for (int i = 0; i < kColumns; ++i)
        columns[i].datum = GetAttributeByNum(row, static_cast<AttrNumber>(i + 1), &columns[i].null);
    columns[kPreview] = {0, true};
    return composite_result(fcinfo, columns, kColumns);
}

// Looks at everything and changes nothing; where the set is small enough, the token with which it can be ended.
Datum try_out(FunctionCallInfo fcinfo, const Identity& identity, const Loaded& loaded, BulkRequest request,
              const Preview& asked) {
    request.room = PG_INT64_MAX;
    request.shown = kSample;
    request.collected = kMostRows;
    BulkResult result = take_in_bulk(identity, loaded, request);
    Value token = {0, true};
    if (result.matched <= kMostRows && !XactReadOnly) {
        uint8 bytes[kKeyRandomSize];
        char text[kKeyTextSize];
        fill_random(bytes, sizeof bytes);
        KeyText(bytes, text);
        token = {text_datum({text, sizeof text}), false};
        Preview preview = asked;
        preview.ids = {result.ids, static_cast<std::size_t>(result.id_count)};
        write_preview(identity, digest_datum({text, sizeof text}), preview, GetCurrentTimestamp());
    }
    return bulk_result(fcinfo, {result, true, token});
}

// A few of the ids that are in the first list and not in the second, both in their order, and how many they are.
void append_missing(StringInfo text, std::span<const pg_uuid_t> of, std::span<const pg_uuid_t> in, const char* verb) {
    constexpr int kNamed = 3;
    StringInfoData names;
    initStringInfo(&names);
    int count = 0;
    std::size_t other = 0;
    for (const pg_uuid_t& id : of) {
        while (other < in.size() && memcmp(in[other].data, id.data, UUID_LEN) < 0)
            ++other;
        if (other < in.size() && memcmp(in[other].data, id.data, UUID_LEN) == 0)
            continue;
        if (count++ < kNamed)
            appendStringInfo(&names, "%s%s", count > 1 ? ", " : "",
                             DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&id))));
    }
    if (count > 0)
        appendStringInfo(text, "%s%d %s%s %s", text->len > 0 ? "; " : "", count, verb,
                         count > kNamed ? ", such as" : ":", names.data);
}

bool differs(const Value& given, const Value& kept, PGFunction equal) {
    if (given.null)
        return false;
    if (kept.null)
        return true;
    FmgrInfo flinfo = {};
    LOCAL_FCINFO(call, 2);
    InitFunctionCallInfoData(*call, &flinfo, 2, DEFAULT_COLLATION_OID, nullptr, nullptr);
    call->args[0] = {given.datum, false};
    call->args[1] = {kept.datum, false};
    return !DatumGetBool(equal(call));
}

// Ends the very set that a preview showed, if that is still the one that matches.
Datum end_previewed(FunctionCallInfo fcinfo, const Identity& identity, const Loaded& loaded, const Preview& asked,
                    std::string_view token) {
    Preview preview;
    if (!take_preview(identity, digest_datum(token), GetCurrentTimestamp(), &preview))
        raise_refusal(core::Refusal::preview_not_found, "preview");
    const char* other = differs(asked.filter, preview.filter, jsonb_eq) ? "filter"
                        : differs(asked.action, preview.action, texteq) ? "action"
                        : differs(asked.reason, preview.reason, texteq) ? "reason"
                                                                        : nullptr;
    if (other != nullptr)
        raise_refusal(core::Refusal::unknown_value, other, psprintf("The preview was made with another %s.", other),
                      "Leave it out, or have another preview made.");

    BulkRequest request = bulk_request(identity, preview.filter,
                                       preview.action.null ? std::string_view{} : text_view(preview.action.datum),
                                       preview.reason);
    request.room = PG_INT64_MAX;
    request.collected = kMostRows + 1;
    BulkResult present = take_in_bulk(identity, loaded, request);
    std::span<const pg_uuid_t> matching = {present.ids, static_cast<std::size_t>(present.id_count)};
    StringInfoData changes;
    initStringInfo(&changes);
    append_missing(&changes, matching, preview.ids, "came");
    append_missing(&changes, preview.ids, matching, "went");
    if (changes.len > 0)
        raise_refusal(core::Refusal::preview_changed, "preview", psprintf("%s.", changes.data));

    if (!preview.ids.empty()) {
        request.filter.ids = {uuid_array(preview.ids), false};
        request.writes = true;
        request.collected = 0;
        request.shown = kMostRows;
        present = take_in_bulk(identity, loaded, request);
    }
    return bulk_result(fcinfo, {present, true, {0, true}});
}

} // namespace

// end_sessions(filter jsonb, action text, reason text, dry_run boolean, preview text, max_rows integer, after uuid)
// returns bulk_result
CURFEW_FUNCTION(end_sessions) {
    Store store = open_store(fcinfo);
    Once once = begin_idempotent(fcinfo);
    Loaded loaded;
    Identity identity = verified_caller(&loaded, "end_sessions");
    if (once.repeated)
        return kept_answer(fcinfo, once, store);
    Preview asked = {argument(fcinfo, 0), argument(fcinfo, 1), argument(fcinfo, 2), {}};
    bool dry_run = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
    bool has_preview = !PG_ARGISNULL(4);
    int rows = PG_ARGISNULL(5) ? 1000 : PG_GETARG_INT32(5);
    if (rows < 1 || rows > kMostRows)
        raise_refusal(core::Refusal::value_out_of_range, "max_rows",
                      psprintf("It is %d; it can be from 1 to %d.", rows, kMostRows));
    if (dry_run && has_preview)
        raise_refusal(core::Refusal::unknown_value, "preview", "A dry run makes a preview; it takes none.");
    if ((dry_run || has_preview) && !PG_ARGISNULL(6))
        raise_refusal(core::Refusal::unknown_value, "after", "A dry run and a preview are of the whole set.");

    Datum answer;
    if (has_preview) {
        answer = end_previewed(fcinfo, identity, loaded, asked, text_argument(fcinfo, 4));
    } else {
        BulkRequest request = bulk_request(identity, asked.filter, text_argument(fcinfo, 1), asked.reason);
        if (dry_run) {
            answer = try_out(fcinfo, identity, loaded, request, asked);
        } else {
            request.writes = true;
            request.after = argument(fcinfo, 6);
            request.room = request.shown = rows;
            answer = bulk_result(fcinfo, {take_in_bulk(identity, loaded, request), false, {0, true}});
        }
    }
    if (once.keyed)
        keep_answer(fcinfo, once, dry_run ? without_preview(fcinfo, answer) : answer);
    close_store(store);
    return answer;
}
