// What is refused about a definition as a whole, its states, and its options.
#include "refused.hpp"

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr char kName[] = "is not a name: a letter, then letters, digits or _, 63 at most";
constexpr char kFlag[] = "is neither true nor false";
constexpr char kScope[] = "is not a scope (letters, digits and ._:*- )";

nlohmann::json ManyStates(int count) {
    nlohmann::json definition = SmallDefinition();
    for (int i = 3; i <= count; ++i) {
        std::string state = "s" + std::to_string(i);
        definition["states"][state] = {{"terminal", true}};
        definition["actions"]["to_" + state] = {{"from", {"open"}}, {"to", state}, {"by", {"owner"}}};
    }
    return definition;
}

} // namespace

BOOST_AUTO_TEST_SUITE(definition_states)

BOOST_AUTO_TEST_CASE(a_small_definition_is_taken) { CheckTaken(SmallDefinition()); }

BOOST_AUTO_TEST_CASE(a_definition_that_is_no_object_is_refused) {
    for (const char* text : {"null", "[]", "\"open\"", "1", "true"})
        CheckRefused(nlohmann::json::parse(text), "", "a definition is a JSON object");
}
BOOST_AUTO_TEST_CASE(an_unknown_member_of_a_definition_is_refused) {
    CheckRefused(SmallDefinition(R"({"colour": "red"})"), "", "has no member \"colour\"");
}
BOOST_AUTO_TEST_CASE(a_description_is_taken) {
    CheckTaken(SmallDefinition(R"({"description": "anything"})"));
}

BOOST_AUTO_TEST_CASE(a_definition_without_states_is_refused) {
    CheckRefused(SmallDefinition(R"({"states": null})"), "states",
                 "is missing: an object with a member per state");
    CheckRefused(SmallDefinition(R"({"states": ["open"]})"), "states",
                 "is missing: an object with a member per state");
}
BOOST_AUTO_TEST_CASE(a_state_without_a_proper_name_is_refused) {
    CheckRefused(SmallDefinition(R"({"states": {"2nd": {}}})"), "states.2nd", kName);
    CheckRefused(SmallDefinition(R"({"states": {"": {}}})"), "states.", kName);
}
BOOST_AUTO_TEST_CASE(a_state_that_is_no_object_is_refused) {
    CheckRefused(SmallDefinition(R"({"states": {"open": true}})"), "states.open", "is not an object");
}
BOOST_AUTO_TEST_CASE(thirty_two_states_are_taken_and_a_thirty_third_is_refused) {
    CheckTaken(ManyStates(32));
    CheckRefused(ManyStates(33), "states", "are more than 32");
}
BOOST_AUTO_TEST_CASE(every_state_is_meant_by_a_star_even_the_thirty_second) {
    nlohmann::json definition = ManyStates(32);
    definition["actions"]["keep"] = {{"from", "*"}, {"mark", "kept"}, {"by", {"owner"}}};
    core::Lifecycle lifecycle = Compiled(definition);
    BOOST_TEST(lifecycle.actions[ActionOf(lifecycle, "keep")].from == 0xffffffffu);
    lifecycle =
        Compiled(SmallDefinition(R"({"actions": {"keep": {"from": "*", "mark": "kept", "by": ["owner"]}}})"));
    BOOST_TEST(lifecycle.actions[ActionOf(lifecycle, "keep")].from == 0b11u);
}
BOOST_AUTO_TEST_CASE(an_unknown_member_of_a_state_is_refused) {
    CheckRefused(SmallDefinition(R"({"states": {"open": {"alive": true}}})"), "states.open",
                 "has no member \"alive\"");
}
BOOST_AUTO_TEST_CASE(a_states_flag_that_is_neither_true_nor_false_is_refused) {
    for (const char* flag : {"live", "terminal", "metered"}) {
        nlohmann::json definition = SmallDefinition();
        definition["states"]["open"][flag] = "yes";
        CheckRefused(definition, std::string("states.open.") + flag, kFlag);
        definition["states"]["open"][flag] = nullptr;
        CheckRefused(definition, std::string("states.open.") + flag, kFlag);
    }
}

BOOST_AUTO_TEST_CASE(a_definition_without_an_initial_state_is_refused) {
    CheckRefused(SmallDefinition(R"({"initial": null})"), "initial",
                 "is missing: the name of the state a session begins in");
    CheckRefused(SmallDefinition(R"({"initial": 1})"), "initial",
                 "is missing: the name of the state a session begins in");
}
BOOST_AUTO_TEST_CASE(an_unknown_initial_state_is_refused) {
    CheckRefused(SmallDefinition(R"({"initial": "shut"})"), "initial", "the state \"shut\" is unknown");
    CheckRefused(SmallDefinition(R"({"states": {"open": null, "done": null}})"), "initial",
                 "the state \"open\" is unknown");
}
BOOST_AUTO_TEST_CASE(an_option_that_is_none_of_its_words_is_refused) {
    CheckRefused(SmallDefinition(R"({"ids": "serial"})"), "ids", "is not one of its words, such as \"time\"");
    CheckRefused(SmallDefinition(R"({"parties": true})"), "parties",
                 "is not one of its words, such as \"principals\"");
    CheckRefused(SmallDefinition(R"({"tokens": "refresh"})"), "tokens",
                 "is not one of its words, such as \"none\"");
}
BOOST_AUTO_TEST_CASE(a_refresh_grace_is_a_duration_and_ten_seconds_where_nothing_is_said) {
    BOOST_TEST(Compiled(SmallDefinition()).refresh_grace == 10'000'000);
    BOOST_TEST(Compiled(SmallDefinition(R"({"refresh_grace": "1 minute"})")).refresh_grace == 60'000'000);
    CheckRefused(SmallDefinition(R"({"refresh_grace": 5})"), "refresh_grace",
                 "is not a duration such as \"90 seconds\", \"5 minutes\", \"1 hour\", \"2 days\"");
}
BOOST_AUTO_TEST_CASE(members_only_that_is_neither_true_nor_false_is_refused) {
    CheckRefused(SmallDefinition(R"({"members_only": 1})"), "members_only", kFlag);
}
BOOST_AUTO_TEST_CASE(a_create_that_is_not_right_is_refused) {
    CheckRefused(SmallDefinition(R"({"create": []})"), "create", "is not an object");
    CheckRefused(SmallDefinition(R"({"create": {"by": ["owner"]}})"), "create", "has no member \"by\"");
    CheckRefused(SmallDefinition(R"({"create": {"scope": "a b"}})"), "create.scope", kScope);
    CheckRefused(SmallDefinition(R"({"create": {"event": "a b"}})"), "create.event",
                 "is not an event's name (letters, digits and _.- )");
}
BOOST_AUTO_TEST_CASE(a_read_that_is_not_right_is_refused) {
    CheckRefused(SmallDefinition(R"({"read": "owner"})"), "read", "is not an object");
    CheckRefused(SmallDefinition(R"({"read": {"event": "x"}})"), "read", "has no member \"event\"");
    CheckRefused(SmallDefinition(R"({"read": {"by": "owner"}})"), "read.by", "is not a list of relations");
    CheckRefused(SmallDefinition(R"({"read": {"by": ["friend"]}})"), "read.by",
                 "\"friend\" is not a relation");
    CheckRefused(SmallDefinition(R"({"read": {"by": [1]}})"), "read.by", "\"\" is not a relation");
    CheckRefused(SmallDefinition(R"({"read": {"by": ["scope"]}})"), "read.by", "\"scope\" is not a relation");
    CheckRefused(SmallDefinition(R"({"read": {"scope": ""}})"), "read.scope", kScope);
}

BOOST_AUTO_TEST_CASE(of_two_things_that_are_wrong_the_first_is_told) {
    CheckRefused(SmallDefinition(R"({"initial": "shut", "ids": "serial"})"), "initial",
                 "the state \"shut\" is unknown");
}

BOOST_AUTO_TEST_SUITE_END()
