// What is refused about a definition's actions.
#include "refused.hpp"

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr char kScope[] = "is not a scope (letters, digits and ._:*- )";
constexpr char kOneEffect[] = "has exactly one of \"to\", \"mark\", \"clear\", \"extend\" and \"edit\"";
constexpr char kMarkName[] = "the mark is not a name: a letter, then letters, digits or _, 63 at most";

// The small definition with its action `end` changed.
nlohmann::json WithEnd(std::string_view patch) {
    return SmallDefinition(R"({"actions": {"end": )" + std::string(patch) + "}}");
}

nlohmann::json ManyActions(int count, bool marking) {
    nlohmann::json definition = SmallDefinition();
    for (int i = 1; i <= count; ++i) {
        std::string number = std::to_string(i);
        nlohmann::json action = {{"from", {"open"}}, {"by", {"owner"}}};
        action[marking ? "mark" : "to"] = marking ? "m" + number : "done";
        definition["actions"]["a" + number] = action;
    }
    return definition;
}

} // namespace

BOOST_AUTO_TEST_SUITE(definition_actions)

BOOST_AUTO_TEST_CASE(actions_that_are_no_object_are_refused) {
    CheckRefused(SmallDefinition(R"({"actions": ["end"]})"), "actions",
                 "is not an object with a member per action");
}
BOOST_AUTO_TEST_CASE(an_action_without_a_proper_name_is_refused) {
    CheckRefused(SmallDefinition(R"({"actions": {"the-end": {}}})"), "actions.the-end",
                 "is not a name: a letter, then letters, digits or _, 63 at most");
}
BOOST_AUTO_TEST_CASE(an_action_that_is_no_object_is_refused) {
    CheckRefused(SmallDefinition(R"({"actions": {"end": "done"}})"), "actions.end", "is not an object");
}
BOOST_AUTO_TEST_CASE(sixty_four_actions_are_taken_and_a_sixty_fifth_is_refused) {
    CheckTaken(ManyActions(63, false));
    CheckRefused(ManyActions(64, false), "actions", "are more than 64");
}
BOOST_AUTO_TEST_CASE(an_unknown_member_of_an_action_is_refused) {
    CheckRefused(WithEnd(R"({"until": "done"})"), "actions.end", "has no member \"until\"");
}
BOOST_AUTO_TEST_CASE(an_actions_event_that_is_no_events_name_is_refused) {
    CheckRefused(WithEnd(R"({"event": "it ended"})"), "actions.end.event",
                 "is not an event's name (letters, digits and _.- )");
    CheckRefused(WithEnd(R"({"event": true})"), "actions.end.event",
                 "is not an event's name (letters, digits and _.- )");
}
BOOST_AUTO_TEST_CASE(an_event_that_would_be_longer_than_63_bytes_must_be_named) {
    nlohmann::json definition = SmallDefinition(R"({"create": {"event": "begun"}})");
    definition["actions"]["finish"] = definition["actions"]["end"];
    definition["actions"].erase("end");
    std::string name(56, 'n'), longer(57, 'n');
    core::Lifecycle fits, cut, named;
    BOOST_TEST(!Compile(definition, name, fits));
    BOOST_TEST(fits.actions[0].event.View() == name + ".finish");
    CheckProblem(Compile(definition, longer, cut), "actions.finish",
                 "needs an \"event\": \"" + longer + ".finish\" is longer than 63 bytes");
    definition["actions"]["finish"]["event"] = "finished";
    BOOST_TEST(!Compile(definition, longer, named));
}
BOOST_AUTO_TEST_CASE(an_actions_scope_that_is_no_scope_is_refused) {
    CheckRefused(WithEnd(R"({"scope": "end all"})"), "actions.end.scope", kScope);
    CheckRefused(WithEnd(R"({"by_scope": ["end"]})"), "actions.end.by_scope", kScope);
}
BOOST_AUTO_TEST_CASE(an_actions_relations_that_are_none_are_refused) {
    CheckRefused(WithEnd(R"({"by": "owner"})"), "actions.end.by", "is not a list of relations");
    CheckRefused(WithEnd(R"({"by": ["owner", "party"]})"), "actions.end.by", "\"party\" is not a relation");
    CheckRefused(WithEnd(R"({"by": ["scope"]})"), "actions.end.by", "\"scope\" is not a relation");
}
BOOST_AUTO_TEST_CASE(an_actions_rule_that_is_none_of_its_words_is_refused) {
    CheckRefused(WithEnd(R"({"reason": "maybe"})"), "actions.end.reason",
                 "is not one of its words, such as \"optional\"");
    CheckRefused(WithEnd(R"({"again": "twice"})"), "actions.end.again",
                 "is not one of its words, such as \"refuse\"");
    CheckRefused(WithEnd(R"({"assigns": "owner"})"), "actions.end.assigns",
                 "is not one of its words, such as \"operator\"");
    CheckRefused(WithEnd(R"({"readers": "yes"})"), "actions.end.readers", "is neither true nor false");
}
BOOST_AUTO_TEST_CASE(an_action_that_starts_from_nowhere_is_refused) {
    constexpr char kMissing[] = "is missing: a list of states, or \"*\" for all of them";
    CheckRefused(WithEnd(R"({"from": null})"), "actions.end.from", kMissing);
    CheckRefused(WithEnd(R"({"from": "open"})"), "actions.end.from", kMissing);
    CheckRefused(WithEnd(R"({"from": []})"), "actions.end.from", "names no state");
}
BOOST_AUTO_TEST_CASE(an_action_from_an_unknown_state_is_refused) {
    CheckRefused(WithEnd(R"({"from": ["open", "ajar"]})"), "actions.end.from",
                 "the state \"ajar\" is unknown");
    CheckRefused(WithEnd(R"({"from": [7]})"), "actions.end.from", "the state \"\" is unknown");
}
BOOST_AUTO_TEST_CASE(an_action_with_no_effect_or_two_is_refused) {
    CheckRefused(WithEnd(R"({"to": null})"), "actions.end", kOneEffect);
    CheckRefused(WithEnd(R"({"mark": "kept"})"), "actions.end", kOneEffect);
    CheckRefused(WithEnd(R"({"to": null, "mark": "kept", "clear": "kept"})"), "actions.end", kOneEffect);
    CheckRefused(WithEnd(R"({"edit": true})"), "actions.end", kOneEffect);
    CheckRefused(WithEnd(R"({"to": null, "edit": false})"), "actions.end", kOneEffect);
    CheckRefused(WithEnd(R"({"to": null, "edit": "yes"})"), "actions.end.edit", "is neither true nor false");
}
BOOST_AUTO_TEST_CASE(an_action_to_an_unknown_state_is_refused) {
    CheckRefused(WithEnd(R"({"to": "gone"})"), "actions.end.to", "the state \"gone\" is unknown");
    CheckRefused(WithEnd(R"({"to": ["done"]})"), "actions.end.to", "the state \"\" is unknown");
}
BOOST_AUTO_TEST_CASE(a_mark_without_a_proper_name_is_refused) {
    CheckRefused(WithEnd(R"({"to": null, "mark": "k p"})"), "actions.end", kMarkName);
    CheckRefused(WithEnd(R"({"to": null, "clear": 1})"), "actions.end", kMarkName);
}
BOOST_AUTO_TEST_CASE(sixteen_marks_are_taken_and_a_seventeenth_is_refused) {
    CheckTaken(ManyActions(16, true));
    CheckRefused(ManyActions(17, true), "actions", "have more than 16 marks");
}
BOOST_AUTO_TEST_CASE(setting_and_clearing_name_the_same_mark) {
    core::Lifecycle lifecycle = Compiled(SmallDefinition(
        R"({"actions": {"keep": {"from": "*", "mark": "kept", "by": ["owner"]},
                        "drop": {"from": "*", "clear": "kept", "by": ["owner"]}}})"));
    BOOST_TEST(int{lifecycle.mark_count} == 1);
}

BOOST_AUTO_TEST_CASE(an_action_says_nothing_and_gets_what_is_usual) {
    core::Lifecycle lifecycle = Compiled(SmallDefinition());
    const core::Action& end = lifecycle.actions[ActionOf(lifecycle, "end")];
    BOOST_TEST(end.event.View() == "thing.end");
    BOOST_TEST(lifecycle.create_event.View() == "thing.create");
    BOOST_TEST(end.scope.Empty());
    BOOST_TEST(end.by_scope.Empty());
    BOOST_TEST((end.reason == core::ReasonRule::optional));
    BOOST_TEST((end.again == core::Again::refuse));
    BOOST_TEST(!end.readers);
    BOOST_TEST(!end.assigns);
    BOOST_TEST(!end.dispatches);
}

BOOST_AUTO_TEST_SUITE_END()
