// What a new revision of a lifecycle may change while sessions of it exist.
#include "core/check.hpp"

#include "refused.hpp"

using namespace curfew;
using namespace curfew::test;

namespace {

void CheckNoSuccessor(std::string_view patch, std::string_view place, std::string_view sentence) {
    core::Lifecycle current = Compiled(SandboxDefinition()), next = Compiled(SandboxDefinition(patch));
    CheckProblem(core::CheckSuccessor(current, next), place, sentence);
}

void CheckSuccessorTaken(std::string_view patch) {
    core::Lifecycle current = Compiled(SandboxDefinition()), next = Compiled(SandboxDefinition(patch));
    core::Problem problem = core::CheckSuccessor(current, next);
    BOOST_TEST(!problem, problem.Place() << ": " << problem.Sentence());
}

} // namespace

BOOST_AUTO_TEST_SUITE(successor)

BOOST_AUTO_TEST_CASE(the_same_definition_may_follow_itself) { CheckSuccessorTaken("{}"); }

BOOST_AUTO_TEST_CASE(a_state_may_be_added) {
    CheckSuccessorTaken(R"({"states": {"broken": {}}, "actions": {
        "crash": {"from": ["running"], "to": "broken", "by": ["owner"]}}})");
}
BOOST_AUTO_TEST_CASE(a_state_that_comes_before_the_others_may_be_added) {
    CheckSuccessorTaken(R"({"states": {"aborted": {"terminal": true}}, "actions": {
        "abort": {"from": ["running"], "to": "aborted", "by": ["owner"]}}})");
}
BOOST_AUTO_TEST_CASE(a_state_is_not_taken_away) {
    CheckNoSuccessor(
        R"({"states": {"paused": null}, "actions": {"pause": null, "start": {"from": ["creating"]},
                         "stop": {"from": ["creating", "running"]}}})",
        "states.paused", "a state cannot be taken away, since sessions may be in it");
}
BOOST_AUTO_TEST_CASE(a_state_does_not_become_terminal_nor_cease_to_be) {
    CheckNoSuccessor(R"({"states": {"stopped": {"terminal": false}},
                         "actions": {"stop": {"by": ["owner"]}}, "timers": null})",
                     "states.stopped", "whether a state is terminal cannot change");
    CheckNoSuccessor(R"({"states": {"paused": {"terminal": true, "live": false}}, "actions": {
                         "start": {"from": ["creating"]}, "stop": {"from": ["creating", "running"]}}})",
                     "states.paused", "whether a state is terminal cannot change");
}
BOOST_AUTO_TEST_CASE(a_mark_is_not_taken_away) {
    CheckNoSuccessor(R"({"actions": {"archive": null}})", "actions",
                     "the mark \"archived\" cannot be taken away, since sessions may bear it");
}
BOOST_AUTO_TEST_CASE(a_mark_that_can_only_be_cleared_any_more_stays) {
    CheckSuccessorTaken(R"({"actions": {"archive": {"mark": null, "clear": "archived"}}})");
}
BOOST_AUTO_TEST_CASE(whose_the_sessions_are_does_not_change) {
    CheckNoSuccessor(R"({"parties": "workspaces"})", "parties",
                     "cannot change, since sessions have their parties");
}
BOOST_AUTO_TEST_CASE(actions_relations_timers_and_what_is_live_may_change) {
    CheckSuccessorTaken(R"({"actions": {"stop": {"by": ["owner", "admin", "clock"], "reason": "optional"}},
                            "timers": {"running": {"default": "2 hours"}},
                            "states": {"paused": {"live": false}}})");
    CheckSuccessorTaken(R"({"timers": null, "actions": {"stop": {"by": ["admin"]}, "pause": null,
                            "halt": {"from": ["running"], "to": "paused", "by": ["admin"]}}})");
}

BOOST_AUTO_TEST_SUITE_END()
