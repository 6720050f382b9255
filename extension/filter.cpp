#include "filter.hpp"

#include "core/rfc3339.hpp"
#include "errors.hpp"
#include "json.hpp"
#include "secrets.hpp"
#include "store_identity.hpp"

namespace curfew {
namespace {

constexpr int kMostAlternatives = 10000;
constexpr int kMostValues = 1000;    // of labels or fields: each session is compared with each
constexpr int kLongestSearch = 200; // characters

// What is wrong with a filter: `member` is which of its members, the rest a sentence about it.
[[noreturn]] void raise_filter(core::Refusal refusal, std::string_view member, const char* sentence) {
    raise_refusal(refusal, "filter", psprintf("\"%s\" %s.", excerpt(member), sentence));
}

// The texts of a text or of a list of texts.
std::span<const std::string_view> texts_of(std::string_view member, const JsonNode& node, const char* kind) {
    int room = 0;
    node.ForEachElement([&](const JsonNode&) { return ++room <= kMostAlternatives; });
    std::string_view* texts = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (room + 1)));
    std::size_t count = 0;
    auto take = [&](const JsonNode& element) {
        if (!element.IsText())
            raise_filter(core::Refusal::wrong_type, member, psprintf("is not %s, nor a list of such", kind));
        if (count == kMostAlternatives)
            raise_filter(core::Refusal::value_out_of_range, member,
                         psprintf("has more than %d elements", kMostAlternatives));
        texts[count++] = element.Text();
        return true;
    };
    if (node.IsArray())
        node.ForEachElement(take);
    else
        take(node);
    if (count == 0)
        raise_filter(core::Refusal::value_out_of_range, member, "is an empty list");
    return {texts, count};
}

Choice text_choice(std::span<const std::string_view> texts) {
    if (texts.size() == 1)
        return {{text_datum(texts[0]), false}, {0, true}};
    return {{0, true}, text_array(texts)};
}

std::span<const pg_uuid_t> ids_of(std::string_view member, std::span<const std::string_view> texts) {
    pg_uuid_t* ids = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t) * texts.size()));
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (!ParseUuid(texts[i], &ids[i]))
            raise_filter(core::Refusal::malformed_id, member, psprintf("has \"%s\", which is no UUID", excerpt(texts[i])));
    return {ids, texts.size()};
}

std::span<const pg_uuid_t> workspaces_of(std::string_view member, std::span<const std::string_view> texts,
                                         const pg_uuid_t& tenant) {
    pg_uuid_t* ids = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t) * texts.size()));
    for (std::size_t i = 0; i < texts.size(); ++i)
        if (!find_workspace(tenant, texts[i], &ids[i]))
            raise_filter(core::Refusal::workspace_not_found, member,
                         psprintf("has \"%s\", which is none of the tenant's workspaces", excerpt(texts[i])));
    return {ids, texts.size()};
}

Choice id_choice(std::span<const pg_uuid_t> ids) {
    if (ids.size() == 1)
        return {{UUIDPGetDatum(const_cast<pg_uuid_t*>(ids.data())), false}, {0, true}};
    return {{0, true}, {uuid_array(ids), false}};
}

Wish wish_of(std::string_view member, const JsonNode& node) {
    if (!node.IsBool())
        raise_filter(core::Refusal::wrong_type, member, "is neither true nor false");
    return node.Bool() ? Wish::yes : Wish::no;
}

std::string_view text_of(std::string_view member, const JsonNode& node) {
    if (!node.IsText())
        raise_filter(core::Refusal::wrong_type, member, "is not a text");
    return node.Text();
}

core::Instant instant_of(std::string_view member, const JsonNode& node) {
    core::Instant instant = core::ParseRfc3339(text_of(member, node));
    if (instant == core::kUnset)
        raise_filter(core::Refusal::unknown_value, member, "is not a time such as \"2026-01-31T12:00:00Z\"");
    return instant;
}

Value search_of(std::string_view member, const JsonNode& node) {
    std::string_view text = text_of(member, node);
    int length = pg_mbstrlen_with_len(text.data(), static_cast<int>(text.size()));
    if (length < 1 || length > kLongestSearch)
        raise_filter(core::Refusal::value_out_of_range, member,
                     psprintf("has %d characters; it can have from 1 to %d", length, kLongestSearch));
    return {text_datum(text), false};
}

void check_members(std::string_view member, const JsonNode& node) {
    bool has_member = false;
    if (!node.IsObject())
        raise_filter(core::Refusal::wrong_type, member, "is not an object");
    node.ForEachMember([&](std::string_view, const JsonNode&) {
        has_member = true;
        return false;
    });
    if (!has_member)
        raise_filter(core::Refusal::value_out_of_range, member, "is an empty object");
}

// An object of values and lists of values, with every value in a list.
Value alternatives_of(std::string_view member, const JsonNode& node) {
    check_members(member, node);
    JsonbParseState* state = nullptr;
    int keys = 0, count = 0;
    pushJsonbValue(&state, WJB_BEGIN_OBJECT, nullptr);
    auto check_count = [&](int counted) {
        if (counted > kMostValues)
            raise_filter(core::Refusal::value_out_of_range, member, psprintf("has more than %d values", kMostValues));
    };
    node.ForEachMember([&](std::string_view key, const JsonNode& values) {
        check_count(++keys);
        auto push = [&](JsonNode value) {
            check_count(++count);
            if (!value.IsText() && !value.IsNumber() && !value.IsBool() && !value.IsNull())
                raise_filter(core::Refusal::wrong_type, key,
                             "is not a text, a number, true, false or null, nor a list of such");
            JsonbValue scalar = value.ToScalar();
            pushJsonbValue(&state, WJB_ELEM, &scalar);
            return true;
        };
        JsonbValue name;
        name.type = jbvString;
        name.val.string.val = const_cast<char*>(key.data());
        name.val.string.len = static_cast<int>(key.size());
        pushJsonbValue(&state, WJB_KEY, &name);
        pushJsonbValue(&state, WJB_BEGIN_ARRAY, nullptr);
        values.IsArray() ? values.ForEachElement(push) : static_cast<void>(push(values));
        pushJsonbValue(&state, WJB_END_ARRAY, nullptr);
        return true;
    });
    return {PointerGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, nullptr))), false};
}

void read_marks(std::string_view member, const JsonNode& node, SessionFilter* filter) {
    check_members(member, node);
    constexpr std::size_t kMostMarks = 100;
    std::string_view set[kMostMarks], clear[kMostMarks];
    std::size_t set_count = 0, clear_count = 0;
    node.ForEachMember([&](std::string_view mark, const JsonNode& wanted) {
        if (set_count + clear_count == kMostMarks)
            raise_filter(core::Refusal::value_out_of_range, member, "has too many marks");
        if (wish_of(mark, wanted) == Wish::yes)
            set[set_count++] = mark;
        else
            clear[clear_count++] = mark;
        return true;
    });
    if (set_count > 0)
        filter->marked = text_array({set, set_count});
    if (clear_count > 0)
        filter->unmarked = text_array({clear, clear_count});
}

void limit_creation(SessionFilter* filter, core::Instant before) {
    filter->created_before =
        filter->created_before == core::kUnset ? before : Min(filter->created_before, before);
}

void read_member(std::string_view member, const JsonNode& node, const pg_uuid_t& tenant, core::Instant now,
                 SessionFilter* filter) {
    constexpr const char* kText = "a text";
    constexpr const char* kId = "an id, as a text";
    constexpr const char* kWorkspace = "a workspace's slug or id";
    if (member == "lifecycle")
        filter->lifecycle = text_choice(texts_of(member, node, kText));
    else if (member == "state")
        filter->states = texts_of(member, node, kText);
    else if (member == "owner")
        filter->owner = id_choice(ids_of(member, texts_of(member, node, kId)));
    else if (member == "agent")
        filter->agent = id_choice(ids_of(member, texts_of(member, node, kId)));
    else if (member == "workspace")
        filter->workspace = id_choice(workspaces_of(member, texts_of(member, node, kWorkspace), tenant));
    else if (member == "operator_workspace")
        filter->operator_workspace = id_choice(workspaces_of(member, texts_of(member, node, kWorkspace), tenant));
    else if (member == "party")
        filter->party = {uuid_array(workspaces_of(member, texts_of(member, node, kWorkspace), tenant)), false};
    else if (member == "live")
        filter->live = wish_of(member, node);
    else if (member == "ended")
        filter->ended = wish_of(member, node);
    else if (member == "label")
        filter->labels = alternatives_of(member, node);
    else if (member == "fields")
        filter->fields = alternatives_of(member, node);
    else if (member == "mark")
        read_marks(member, node, filter);
    else if (member == "search")
        filter->search = search_of(member, node);
    else if (member == "created_after")
        filter->created_from = instant_of(member, node);
    else if (member == "created_before")
        limit_creation(filter, instant_of(member, node));
    else if (member == "older_than") {
        core::Microseconds age = core::ParseDuration(text_of(member, node));
        if (age < 0)
            raise_filter(core::Refusal::unknown_value, member, "is not an age such as \"90 seconds\", \"2 days\"");
        limit_creation(filter, now - age);
    } else if (member == "ids")
        filter->ids = {uuid_array(ids_of(member, texts_of(member, node, kId))), false};
    else
        raise_refusal(core::Refusal::unknown_value, "filter", psprintf("It has no member \"%s\".", excerpt(member)),
                      "Its members are lifecycle, state, owner, agent, workspace, operator_workspace, party, live, ended, "
                      "label, fields, mark, search, older_than, created_after, created_before and ids.");
    filter->narrows = true;
}

} // namespace

SessionFilter read_filter(const Value& given, const pg_uuid_t& tenant, core::Instant now) {
    if (given.null)
        raise_refusal(core::Refusal::missing_field, "filter", "The argument \"filter\" is null.");
    JsonNode node = JsonNode::of_datum(given.datum);
    if (!node.IsObject())
        raise_refusal(core::Refusal::wrong_type, "filter", "The filter is not a JSON object.");
    SessionFilter filter;
    node.ForEachMember([&](std::string_view member, const JsonNode& value) {
        read_member(member, value, tenant, now, &filter);
        return true;
    });
    return filter;
}

bool Matches(const SessionFilter& filter, const core::Lifecycle& lifecycle, const core::Present& present) {
    const core::State& state = lifecycle.states[present.state];
    bool ended = present.ended_at != core::kUnset;
    if (filter.live != Wish::any && state.live != (filter.live == Wish::yes))
        return false;
    if (filter.ended != Wish::any && ended != (filter.ended == Wish::yes))
        return false;
    for (std::string_view name : filter.states)
        if (state.name == name)
            return true;
    return filter.states.empty();
}

} // namespace curfew
