// SQL-callable: values of a request that are more than one text or number. They refuse what is malformed with the
// field's name, and decide nothing.
#include "request_values.hpp"

#include "errors.hpp"
#include "secrets.hpp"

using namespace curfew;

namespace {

// Refused as unknown_value unless the text is one of the choices, argument 2.
void check_choice(FunctionCallInfo fcinfo, std::string_view text) {
    StringInfoData known;
    initStringInfo(&known);
    for (std::string_view choice : text_views(argument(fcinfo, 2))) {
        if (choice == text)
            return;
        appendStringInfo(&known, "%s\"%s\"", known.len > 0 ? ", " : "", excerpt(choice));
    }
    const char* field = excerpt(text_argument(fcinfo, 1));
    raise_refusal(core::Refusal::unknown_value, field, psprintf("\"%s\" must be one of %s.", field, known.data));
}

Datum choice_of(FunctionCallInfo fcinfo, std::string_view text) {
    check_choice(fcinfo, text);
    return text_datum(text);
}

// A jsonb object that is built member by member; each member is a list of texts.
struct ListsBuilder {
    JsonbParseState* state = nullptr;

    static JsonbValue Text(std::string_view text) {
        JsonbValue value;
        value.type = jbvString;
        value.val.string.val = const_cast<char*>(text.data());
        value.val.string.len = static_cast<int>(text.size());
        return value;
    }
    void push_text(JsonbIteratorToken token, std::string_view text) {
        JsonbValue value = Text(text);
        pushJsonbValue(&state, token, &value);
    }
};

} // namespace

// given(value anyelement, field text) returns the value
CURFEW_FUNCTION(given) {
    if (PG_ARGISNULL(0)) {
        const char* field = excerpt(text_argument(fcinfo, 1));
        raise_refusal(core::Refusal::missing_field, field, psprintf("\"%s\" is missing.", field));
    }
    return PG_GETARG_DATUM(0);
}

// body_choice(body jsonb, field text, choices text[]) returns text
CURFEW_FUNCTION(body_choice) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    if (!member.IsText())
        raise_type(fcinfo, "a string");
    return choice_of(fcinfo, member.Text());
}

// body_labels(body jsonb, field text) returns jsonb
CURFEW_FUNCTION(body_labels) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    constexpr const char* kWanted = "an object of lists of strings";
    if (!member.IsObject())
        raise_type(fcinfo, kWanted);
    member.ForEachMember([&](std::string_view, JsonNode values) {
        if (!values.IsArray())
            raise_type(fcinfo, kWanted);
        values.ForEachElement([&](JsonNode value) {
            if (!value.IsText())
                raise_type(fcinfo, kWanted);
            return true;
        });
        return true;
    });
    return member.to_datum();
}

// body_uuids(body jsonb, field text, fewest integer, most integer) returns uuid[]
CURFEW_FUNCTION(body_uuids) {
    JsonNode member = body_member(fcinfo);
    if (!member.Present())
        PG_RETURN_NULL();
    if (!member.IsArray())
        raise_type(fcinfo, "a list of UUIDs");
    ArrayBuildState* state = initArrayResult(UUIDOID, CurrentMemoryContext, false);
    int count = 0;
    member.ForEachElement([&](JsonNode element) {
        pg_uuid_t id;
        if (!element.IsText() || !ParseUuid(element.Text(), &id))
            raise_type(fcinfo, "a list of UUIDs");
        state = accumArrayResult(state, UUIDPGetDatum(&id), false, UUIDOID, CurrentMemoryContext);
        ++count;
        return true;
    });
    if ((!PG_ARGISNULL(2) && count < PG_GETARG_INT32(2)) || (!PG_ARGISNULL(3) && count > PG_GETARG_INT32(3)))
        raise_range(fcinfo, psprintf("has %d elements, too %s", count,
                                     !PG_ARGISNULL(2) && count < PG_GETARG_INT32(2) ? "few" : "many"));
    return makeArrayResult(state, CurrentMemoryContext);
}

// query_boolean(value text, field text) returns boolean
CURFEW_FUNCTION(query_boolean) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    std::string_view text = text_argument(fcinfo, 0);
    if (text != "true" && text != "false")
        raise_type(fcinfo, "true or false");
    PG_RETURN_BOOL(text == "true");
}

// query_choice(value text, field text, choices text[]) returns text
CURFEW_FUNCTION(query_choice) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    return choice_of(fcinfo, text_argument(fcinfo, 0));
}

// query_choices(given text[], field text, choices text[]) returns text[]
CURFEW_FUNCTION(query_choices) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    for (std::string_view text : text_views(argument(fcinfo, 0)))
        check_choice(fcinfo, text);
    return PG_GETARG_DATUM(0);
}

// query_text(value text, field text, most integer) returns text
CURFEW_FUNCTION(query_text) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    std::string_view text = text_argument(fcinfo, 0);
    if (!PG_ARGISNULL(2) && pg_mbstrlen_with_len(text.data(), static_cast<int>(text.size())) > PG_GETARG_INT32(2))
        raise_range(fcinfo, psprintf("has more than %d characters", PG_GETARG_INT32(2)));
    return PG_GETARG_DATUM(0);
}

// query_uuids(given text[], field text) returns uuid[]
CURFEW_FUNCTION(query_uuids) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    ArrayBuildState* state = initArrayResult(UUIDOID, CurrentMemoryContext, false);
    for (std::string_view text : text_views(argument(fcinfo, 0))) {
        pg_uuid_t id;
        if (!ParseUuid(text, &id))
            raise_type(fcinfo, "a UUID");
        state = accumArrayResult(state, UUIDPGetDatum(&id), false, UUIDOID, CurrentMemoryContext);
    }
    return makeArrayResult(state, CurrentMemoryContext);
}

// query_labels(given text[], field text) returns jsonb: {key: [value, …]} of texts that are key:value
CURFEW_FUNCTION(query_labels) {
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    std::span<const std::string_view> pairs = text_views(argument(fcinfo, 0));
    std::size_t* colons = static_cast<std::size_t*>(palloc(sizeof(std::size_t) * (pairs.size() + 1)));
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        colons[i] = pairs[i].find(':');
        if (colons[i] == std::string_view::npos || colons[i] == 0 || colons[i] + 1 == pairs[i].size())
            raise_type(fcinfo, "a key, a colon and a value");
    }
    auto key_of = [&](std::size_t i) { return std::string_view(pairs[i].data(), colons[i]); };
    ListsBuilder lists;
    pushJsonbValue(&lists.state, WJB_BEGIN_OBJECT, nullptr);
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        bool first = true;
        for (std::size_t j = 0; j < i && first; ++j)
            first = key_of(j) != key_of(i);
        if (!first)
            continue;
        lists.push_text(WJB_KEY, key_of(i));
        pushJsonbValue(&lists.state, WJB_BEGIN_ARRAY, nullptr);
        for (std::size_t j = i; j < pairs.size(); ++j)
            if (key_of(j) == key_of(i))
                lists.push_text(WJB_ELEM, {pairs[j].data() + colons[j] + 1, pairs[j].size() - colons[j] - 1});
        pushJsonbValue(&lists.state, WJB_END_ARRAY, nullptr);
    }
    return PointerGetDatum(JsonbValueToJsonb(pushJsonbValue(&lists.state, WJB_END_OBJECT, nullptr)));
}
