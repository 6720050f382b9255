// The actions by which a session is ended over everybody's head: a revoked principal, a stolen refresh token.
#include "sessions.hpp"

#include "refused.hpp"

using namespace curfew;
using namespace curfew::test;

namespace {

// The name of the action that ends a session in this state by force; "" where there is none.
std::string_view Ends(const core::Lifecycle& lifecycle, std::string_view state) {
    int action = core::ForcedAction(lifecycle, StateOf(lifecycle, state));
    return action == core::kNone ? "" : lifecycle.actions[action].name.View();
}

} // namespace

BOOST_AUTO_TEST_SUITE(forced)

BOOST_AUTO_TEST_CASE(forced_actions_that_are_no_list_are_refused) {
    CheckRefused(SmallDefinition(R"({"forced": "end"})"), "forced", "is not a list of actions");
}
BOOST_AUTO_TEST_CASE(a_forced_action_that_is_unknown_is_refused) {
    CheckRefused(SmallDefinition(R"({"forced": ["end", "vanish"]})"), "forced",
                 "the action \"vanish\" is unknown");
    CheckRefused(SmallDefinition(R"({"forced": [true]})"), "forced", "the action \"\" is unknown");
}
BOOST_AUTO_TEST_CASE(a_forced_action_that_ends_nothing_is_refused) {
    CheckRefused(SandboxDefinition(R"({"forced": ["stop", "pause"]})"), "forced",
                 "the action \"pause\" does not lead to a terminal state");
    CheckRefused(SmallDefinition(R"({"forced": ["keep"], "actions": {
                     "keep": {"from": ["open"], "mark": "kept", "by": ["owner"]}}})"),
                 "forced", "the action \"keep\" does not lead to a terminal state");
    CheckTaken(SandboxDefinition(R"({"forced": ["stop"]})"));
}
BOOST_AUTO_TEST_CASE(sessions_with_refresh_tokens_can_be_ended_from_every_live_state) {
    CheckRefused(SmallDefinition(R"({"tokens": "access+refresh"})"), "forced",
                 "has no action that ends the live state \"open\", as a stolen refresh token must");
    CheckTaken(SmallDefinition(R"({"tokens": "access+refresh", "forced": ["end"]})"));
    CheckTaken(SmallDefinition(R"({"tokens": "access"})"));
    CheckRefused(SandboxDefinition(R"({"tokens": "access+refresh", "forced": ["stop"],
                                       "timers": null,
                                       "actions": {"stop": {"by": ["owner"],
                                                            "from": ["creating", "paused"]}}})"),
                 "forced",
                 "has no action that ends the live state \"running\", as a stolen refresh token must");
}

BOOST_AUTO_TEST_CASE(by_force_a_session_ends_by_the_action_that_starts_from_its_state) {
    BOOST_TEST(Ends(BuiltIn("login"), "active") == "end");
    BOOST_TEST(Ends(BuiltIn("run"), "working") == "terminate");
    BOOST_TEST(Ends(BuiltIn("run"), "blocked") == "terminate");
    BOOST_TEST(Ends(BuiltIn("agent"), "active") == "terminate");
    BOOST_TEST(Ends(BuiltIn("visual"), "REQUESTED") == "cancel");
    for (const char* state : {"ASSIGNED", "LIVE", "PAUSED"})
        BOOST_TEST(Ends(BuiltIn("visual"), state) == "end", state);
}
BOOST_AUTO_TEST_CASE(what_has_ended_is_not_ended_again) {
    for (const std::string& name : BuiltInNames())
        for (int i = 0; i < BuiltIn(name).state_count; ++i)
            if (BuiltIn(name).states[i].terminal)
                BOOST_TEST(core::ForcedAction(BuiltIn(name), i) == core::kNone, name);
}
BOOST_AUTO_TEST_CASE(a_conversation_is_not_ended_by_force_since_it_has_no_end) {
    BOOST_TEST(Ends(BuiltIn("conversation"), "open") == "");
}

BOOST_AUTO_TEST_CASE(an_action_that_is_taken_by_force_has_the_same_effect) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::SessionFacts live = NewSession(visual);
    for (const char* action : {"accept", "start"})
        live = core::Take(visual, ActionOf(visual, action), live, kBegan + kMinute);
    core::SessionFacts ended = core::Take(visual, ActionOf(visual, "end"), live, kBegan + 2 * kMinute);
    BOOST_TEST(StateAt(visual, ended, kBegan + kHour) == "ENDED");
    BOOST_TEST(ended.version == kVersion + 3);
    BOOST_TEST(ended.metered == kMinute);
    BOOST_TEST(ended.ended_at == kBegan + 2 * kMinute);
    BOOST_TEST(ended.updated_at == kBegan + 2 * kMinute);
    core::SessionFacts marked = core::Take(visual, ActionOf(visual, "authorize"), live, kBegan + 2 * kMinute);
    BOOST_TEST(marked.marks == core::MarkBit(MarkOf(visual, "authorized")));
    BOOST_TEST(marked.state == live.state);
}

BOOST_AUTO_TEST_SUITE_END()
