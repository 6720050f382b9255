// SQL-callable: what a front's statements need to read ids, bodies and query parameters, and to write times. They
// refuse what is malformed with the argument's name, and decide nothing.
#include "function.hpp"

#include "core/json_shape.hpp"
#include "core/rfc3339.hpp"
#include "core/slice.hpp"
#include "errors.hpp"
#include "json.hpp"
#include "request_values.hpp"
#include "rfc3339.hpp"
#include "secrets.hpp"
#include "listing.hpp"
#include "store_filter.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"

#include <charconv>

using namespace curfew;

namespace curfew {

JsonNode body_member(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0))
        return {};
    JsonNode member = JsonNode::of_datum(PG_GETARG_DATUM(0)).Member(required_text(fcinfo, 1, "field"));
    return member.IsNull() ? JsonNode{} : member;
}

[[noreturn]] void raise_type(FunctionCallInfo fcinfo, const char* wanted) {
    const char* field = excerpt(text_argument(fcinfo, 1));
    raise_refusal(core::Refusal::wrong_type, field, psprintf("\"%s\" must be %s.", field, wanted));
}

[[noreturn]] void raise_range(FunctionCallInfo fcinfo, const char* sentence) {
    const char* field = excerpt(text_argument(fcinfo, 1));
    raise_refusal(core::Refusal::value_out_of_range, field, psprintf("\"%s\" %s.", field, sentence));
}

Datum uuid_datum(const pg_uuid_t& id) {
    pg_uuid_t* copy = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    *copy = id;
    return UUIDPGetDatum(copy);
}

} // namespace curfew

namespace {

constexpr int kShortestPrefix = 4; // hex digits

[[noreturn]] void raise_malformed(const char* argument) { raise_refusal(core::Refusal::malformed_id, argument); }

pg_uuid_t only_one(uint64 count, const pg_uuid_t& id) {
    if (count == 0)
        raise_refusal(core::Refusal::session_not_found);
    if (count > 1)
        raise_refusal(core::Refusal::ambiguous_id, "session_id");
    return id;
}

// The only session between two ids that the caller may read. What he may not read, he cannot find by guessing.
pg_uuid_t only_readable(const Identity& identity, const Loaded& loaded, std::string_view lifecycle, const Value& within,
                        const pg_uuid_t& first, const pg_uuid_t& last) {
    uint64 found = 0;
    pg_uuid_t id = {};
    Portal cursor = open_id_range(identity, lifecycle, first, last);
    while (found < 2 && fetch(cursor, 100) > 0) {
        SPITupleTable* batch = SPI_tuptable;
        uint64 count = SPI_processed;
        for (uint64 i = 0; i < count && found < 2; ++i) {
            SPI_tuptable = batch;
            ListedSession listed = listed_session(i, loaded.caller);
            if (!IsInWorkspace(listed.row, within) || readable(*listed.lifecycle, listed.row, listed.caller, loaded.grants,
                                                 GetCurrentTimestamp()) != core::Refusal::none)
                continue;
            id = *DatumGetUUIDP(listed.row.column[kSessionId].datum);
            ++found;
        }
    }
    SPI_cursor_close(cursor);
    return only_one(found, id);
}

// A prefix of hex digits, with or without hyphens, as the least and the greatest id that begin with it.
bool prefix_range(std::string_view text, pg_uuid_t* first, pg_uuid_t* last) {
    char low[2 * UUID_LEN], high[2 * UUID_LEN];
    memset(low, '0', sizeof low);
    memset(high, 'f', sizeof high);
    int digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool hyphen_place = i == 8 || i == 13 || i == 18 || i == 23;
        if (text[i] == '-' && hyphen_place)
            continue;
        if (digits == 2 * UUID_LEN)
            return false;
        low[digits] = high[digits] = text[i];
        ++digits;
    }
    return digits >= kShortestPrefix && HexBytes({low, sizeof low}, first->data, UUID_LEN) &&
           HexBytes({high, sizeof high}, last->data, UUID_LEN);
}

[[noreturn]] void raise_beyond(FunctionCallInfo fcinfo) {
    raise_range(fcinfo, "is too far from zero");
}

// `minimum` and `maximum` are the arguments at these places, null for no bound.
void check_range(FunctionCallInfo fcinfo, int64 value, const char* name, int minimum, int maximum) {
    bool low = !PG_ARGISNULL(minimum) && value < PG_GETARG_INT64(minimum);
    bool high = !PG_ARGISNULL(maximum) && value > PG_GETARG_INT64(maximum);
    if (low || high)
        raise_refusal(core::Refusal::value_out_of_range, name,
                      psprintf("\"%s\" is " INT64_FORMAT ", which is too %s.", name, value, low ? "small" : "large"));
}

} // namespace

// session_id(id text, prefix text) returns uuid
CURFEW_FUNCTION(session_id) {
    std::string_view text = text_argument(fcinfo, 0), prefix = text_argument(fcinfo, 1);
    pg_uuid_t id;
    if (!text.starts_with(prefix) || !ParseUuid(core::After(text, prefix.size()), &id))
        raise_malformed("session_id");
    return uuid_datum(id);
}

// resolve_session(id text, lifecycle text, workspace text) returns uuid
CURFEW_FUNCTION(resolve_session) {
    Store store = open_store(fcinfo);
    constexpr std::string_view kMaip = "maip-sess:";
    std::string_view text = text_argument(fcinfo, 0);
    std::string_view lifecycle = required_text(fcinfo, 1, "lifecycle");
    Loaded loaded;
    const Identity identity = verified_caller(&loaded);
    pg_uuid_t id, last, workspace;
    Value within = {0, true};
    if (!PG_ARGISNULL(2)) {
        if (!find_workspace(identity.tenant, text_argument(fcinfo, 2), &workspace))
            raise_refusal(core::Refusal::workspace_not_found, "workspace");
        within = {UUIDPGetDatum(&workspace), false};
    }

    if (ParseUuid(text, &id)) {
        // complete
    } else if (text.starts_with(kMaip)) {
        uint8 tag[4], tail[8];
        std::string_view rest = core::After(text, kMaip.size());
        if (rest.size() != 25 || rest[8] != ':' || !HexBytes(core::First(rest, 8), tag, sizeof tag) ||
            !HexBytes(core::After(rest, 9), tail, sizeof tail))
            raise_malformed("session_id");
        if (memcmp(tag, VARDATA_ANY(read_tag(identity.tenant)), sizeof tag) != 0)
            raise_refusal(core::Refusal::session_not_found);
        uint64 count = read_ids_ending(identity.tenant, lifecycle, tail);
        id = only_one(count, count > 0 ? *DatumGetUUIDP(result_value(0, 0).datum) : pg_uuid_t{});
    } else if (prefix_range(text, &id, &last)) {
        id = only_readable(identity, loaded, lifecycle, within, id, last);
    } else {
        raise_malformed("session_id");
    }
    close_store(store);
    return uuid_datum(id);
}

// maip_session_id(id uuid) returns text
CURFEW_FUNCTION(maip_session_id) {
    Store store = open_store(fcinfo);
    pg_uuid_t id = required_uuid(fcinfo, 0, "id");
    char tag[9] = {}, tail[17] = {};
    HexText(reinterpret_cast<const uint8*>(VARDATA_ANY(read_tag(verified_caller().tenant))), 4, tag);
    HexText(id.data + 8, 8, tail);
    close_store(store);
    return CStringGetTextDatum(psprintf("maip-sess:%s:%s", tag, tail));
}

// json_body(body text) returns jsonb, an object; '' or null: {}
CURFEW_FUNCTION(json_body) {
    std::string_view given = text_argument(fcinfo, 0);
    if (given.empty())
        return DirectFunctionCall1(jsonb_in, CStringGetDatum("{}"));
    core::JsonShape shape = core::ShapeOf(given);
    if (shape == core::JsonShape::number_too_large)
        raise_refusal(core::Refusal::value_out_of_range, "body", "It has a number that is too long or too large.");
    if (shape == core::JsonShape::too_deep)
        raise_refusal(core::Refusal::not_json, nullptr, psprintf("Its arrays and objects nest deeper than %d.", core::kDeepest));
    if (!is_json(PG_GETARG_TEXT_PP(0)))
        raise_refusal(core::Refusal::not_json, nullptr,
                      given.find("\\u0000") != std::string_view::npos ? "It has the character U+0000, which no text can hold."
                                                                      : nullptr);
    Datum body = DirectFunctionCall1(jsonb_in, CStringGetDatum(pnstrdup(given.data(), given.size())));
    if (!JsonNode::of_datum(body).IsObject())
        raise_refusal(core::Refusal::not_object);
    return body;
}

// body_text(body jsonb, field text) returns text
CURFEW_FUNCTION(body_text) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    if (!member.IsText())
        raise_type(fcinfo, "a string");
    return text_datum(member.Text());
}

// body_integer(body jsonb, field text, minimum bigint, maximum bigint) returns bigint
CURFEW_FUNCTION(body_integer) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    int64 value = 0;
    Whole whole = member.IsNumber() ? WholeNumber(member.Number(), &value) : Whole::no;
    if (whole == Whole::no)
        raise_type(fcinfo, "a whole number");
    if (whole == Whole::beyond)
        raise_beyond(fcinfo);
    check_range(fcinfo, value, excerpt(text_argument(fcinfo, 1)), 2, 3);
    PG_RETURN_INT64(value);
}

// body_number(body jsonb, field text, minimum numeric, maximum numeric) returns numeric
CURFEW_FUNCTION(body_number) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    if (!member.IsNumber())
        raise_type(fcinfo, "a number");
    Datum value = NumericGetDatum(member.Number());
    bool low = !PG_ARGISNULL(2) && DatumGetBool(DirectFunctionCall2(numeric_lt, value, PG_GETARG_DATUM(2)));
    bool high = !PG_ARGISNULL(3) && DatumGetBool(DirectFunctionCall2(numeric_gt, value, PG_GETARG_DATUM(3)));
    if (low || high)
        raise_refusal(core::Refusal::value_out_of_range, excerpt(text_argument(fcinfo, 1)),
                      psprintf("It is too %s.", low ? "small" : "large"));
    return value;
}

// require_fields(body jsonb, fields text[]) returns jsonb, the body; one of the fields that is absent or null is refused
CURFEW_FUNCTION(require_fields) {
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
        PG_RETURN_NULL();
    JsonNode body = JsonNode::of_datum(PG_GETARG_DATUM(0));
    for (std::string_view field : text_views(argument(fcinfo, 1))) {
        JsonNode member = body.Member(field);
        if (!member.Present() || member.IsNull())
            raise_refusal(core::Refusal::missing_field, excerpt(field), psprintf("\"%s\" is missing.", excerpt(field)));
    }
    PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

// body_object(body jsonb, field text, most_bytes integer) returns jsonb
CURFEW_FUNCTION(body_object) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    if (!member.IsObject())
        raise_type(fcinfo, "an object");
    Datum object = member.to_datum();
    if (!PG_ARGISNULL(2)) {
        Jsonb* value = DatumGetJsonbP(object);
        char* text = JsonbToCString(nullptr, &value->root, VARSIZE(value));
        if (strlen(text) > static_cast<std::size_t>(PG_GETARG_INT32(2)))
            raise_range(fcinfo, psprintf("is longer than %d bytes", PG_GETARG_INT32(2)));
    }
    return object;
}

// body_texts(body jsonb, field text, most integer) returns text[]
CURFEW_FUNCTION(body_texts) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    if (!member.IsArray())
        raise_type(fcinfo, "a list of strings");
    ArrayBuildState* state = initArrayResult(TEXTOID, CurrentMemoryContext, false);
    int count = 0;
    member.ForEachElement([&](JsonNode element) {
        if (!element.IsText())
            raise_type(fcinfo, "a list of strings");
        if (!PG_ARGISNULL(2) && ++count > PG_GETARG_INT32(2))
            raise_range(fcinfo, psprintf("has more than %d elements", PG_GETARG_INT32(2)));
        state = accumArrayResult(state, text_datum(element.Text()), false, TEXTOID, CurrentMemoryContext);
        return true;
    });
    return makeArrayResult(state, CurrentMemoryContext);
}

// body_boolean(body jsonb, field text) returns boolean
CURFEW_FUNCTION(body_boolean) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    if (!member.IsBool())
        raise_type(fcinfo, "true or false");
    PG_RETURN_BOOL(member.Bool());
}

// body_uuid(body jsonb, field text) returns uuid
CURFEW_FUNCTION(body_uuid) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    pg_uuid_t id;
    if (!member.IsText() || !ParseUuid(member.Text(), &id))
        raise_type(fcinfo, "a UUID");
    return uuid_datum(id);
}

// query_integer(value text, name text, minimum bigint, maximum bigint) returns bigint
CURFEW_FUNCTION(query_integer) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    std::string_view text = text_argument(fcinfo, 0);
    int64 value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || error == std::errc::invalid_argument)
        raise_type(fcinfo, "a whole number");
    if (error == std::errc::result_out_of_range)
        raise_beyond(fcinfo);
    check_range(fcinfo, value, excerpt(text_argument(fcinfo, 1)), 2, 3);
    PG_RETURN_INT64(value);
}

// query_uuid(value text, name text) returns uuid
CURFEW_FUNCTION(query_uuid) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    pg_uuid_t id;
    if (!ParseUuid(text_argument(fcinfo, 0), &id))
        raise_type(fcinfo, "a UUID");
    return uuid_datum(id);
}

// refuse_parameter(name text, doubled boolean) returns never. SL422 unknown_parameter, doubled_parameter
CURFEW_FUNCTION(refuse_parameter) {
    bool doubled = !PG_ARGISNULL(1) && PG_GETARG_BOOL(1);
    raise_refusal(doubled ? core::Refusal::doubled_parameter : core::Refusal::unknown_parameter,
                  excerpt(text_argument(fcinfo, 0)));
}

// query_timestamp(value text, name text) returns timestamptz
CURFEW_FUNCTION(query_timestamp) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    core::Instant at = core::ParseRfc3339(text_argument(fcinfo, 0));
    if (at == core::kUnset)
        raise_type(fcinfo, "a time such as 2026-11-21T12:00:00.5Z");
    PG_RETURN_TIMESTAMPTZ(at);
}

// refuse(reason text, argument text) returns text: never; raises the refusal of that word
CURFEW_FUNCTION(refuse) {
    std::string_view word = required_text(fcinfo, 0, "reason");
    const char* argument = PG_ARGISNULL(1) ? nullptr : excerpt(text_argument(fcinfo, 1));
    for (std::size_t i = 1; i < lengthof(core::kRefusalTexts); ++i)
        if (core::kRefusalTexts[i].word == word)
            raise_refusal(static_cast<core::Refusal>(i), argument);
    raise_refusal(core::Refusal::unknown_value, "reason", psprintf("\"%s\" is no reason.", excerpt(word)));
}

// rfc3339(at timestamptz, digits integer) returns text
CURFEW_FUNCTION(rfc3339) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    int digits = PG_ARGISNULL(1) ? 3 : PG_GETARG_INT32(1);
    if (digits < 0 || digits > 6)
        raise_refusal(core::Refusal::value_out_of_range, "digits", "It is from 0 to 6.");
    return rfc3339_datum(PG_GETARG_TIMESTAMPTZ(0), digits);
}

// version() returns text, the library's
CURFEW_FUNCTION(version) {
    (void)fcinfo;
    return CStringGetTextDatum(CURFEW_VERSION);
}
