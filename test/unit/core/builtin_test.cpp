// The lifecycles that come with the extension, against the contracts' words, and one of a user's own
// invention.
#include "core/duration.hpp"

#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

#include <bit>
#include <filesystem>
#include <set>

using namespace curfew;
using namespace curfew::test;

namespace {

// The states that have a flag, by name.
std::set<std::string> StatesThat(const core::Lifecycle& lifecycle, bool core::State::*flag) {
    std::set<std::string> names;
    for (int i = 0; i < lifecycle.state_count; ++i)
        if (lifecycle.states[i].*flag)
            names.emplace(lifecycle.states[i].name.View());
    return names;
}

using Names = std::set<std::string>;

void CheckStates(const std::string& name, const std::string& initial, const Names& live,
                 const Names& terminal, const Names& metered) {
    const core::Lifecycle& lifecycle = BuiltIn(name);
    BOOST_TEST(lifecycle.states[lifecycle.initial].name.View() == initial, name);
    BOOST_TEST(StatesThat(lifecycle, &core::State::live) == live, name);
    BOOST_TEST(StatesThat(lifecycle, &core::State::terminal) == terminal, name);
    BOOST_TEST(StatesThat(lifecycle, &core::State::metered) == metered, name);
}

void CheckTimer(const std::string& name, const std::string& state, const std::string& setting,
                core::Anchor anchor, core::Instant usual, core::Instant minimum, core::Instant maximum) {
    const core::Lifecycle& lifecycle = BuiltIn(name);
    core::TimerMask timers = lifecycle.states[StateOf(lifecycle, state)].timers;
    BOOST_TEST_REQUIRE(std::popcount(timers) == 1, name << " " << state);
    const core::Timer& timer = lifecycle.timers[std::countr_zero(timers)];
    BOOST_TEST(timer.parameter.View() == setting);
    BOOST_TEST((timer.anchor == anchor), name << " " << state);
    BOOST_TEST(timer.usual == usual);
    BOOST_TEST(timer.minimum == minimum);
    BOOST_TEST(timer.maximum == maximum);
}

std::string_view EventOf(const std::string& name, const std::string& action) {
    const core::Lifecycle& lifecycle = BuiltIn(name);
    return lifecycle.actions[ActionOf(lifecycle, action)].event.View();
}

} // namespace

BOOST_AUTO_TEST_SUITE(builtin)

BOOST_AUTO_TEST_CASE(the_folder_has_the_five_lifecycles_of_the_contracts_and_no_other) {
    Names found;
    for (const auto& entry : std::filesystem::directory_iterator("extension/lifecycles"))
        found.insert(entry.path().filename().string());
    Names expected;
    for (const std::string& name : BuiltInNames())
        expected.insert(name + ".json");
    BOOST_TEST(found == expected, boost::test_tools::per_element());
}
BOOST_AUTO_TEST_CASE(each_of_the_five_passes_the_checks_and_may_follow_itself) {
    for (const std::string& name : BuiltInNames()) {
        core::Lifecycle lifecycle;
        core::Problem problem = Compile(BuiltInDefinition(name), name, lifecycle);
        BOOST_TEST(!problem, name << ": " << problem.Place() << ": " << problem.Sentence());
    }
}
BOOST_AUTO_TEST_CASE(states_begin_live_and_end_as_the_contracts_say) {
    CheckStates("login", "active", {"active"}, {"ended"}, {});
    CheckStates("conversation", "open", {"open"}, {}, {});
    CheckStates("run", "working", {"working", "blocked"}, {"finished", "expired", "terminated"}, {});
    CheckStates("agent", "active", {"active"}, {"terminated", "expired", "handed_off"}, {});
    CheckStates("visual", "REQUESTED", {"REQUESTED", "ASSIGNED", "LIVE", "PAUSED"},
                {"ENDED", "EXPIRED", "CANCELLED"}, {"LIVE"});
}
BOOST_AUTO_TEST_CASE(an_agents_session_lives_an_hour_and_may_live_a_minute_to_a_day) {
    CheckTimer("agent", "active", "ttl", core::Anchor::created, kHour, kMinute, 24 * kHour);
}
BOOST_AUTO_TEST_CASE(of_a_login_alone_the_last_use_is_kept) {
    for (const std::string& name : BuiltInNames())
        BOOST_TEST(BuiltIn(name).records_use == (name == "login"), name);
}
BOOST_AUTO_TEST_CASE(
    a_video_request_waits_five_minutes_from_its_creation_and_may_wait_five_seconds_to_an_hour) {
    for (const char* state : {"REQUESTED", "ASSIGNED"})
        CheckTimer("visual", state, "wait", core::Anchor::created, 300 * kSecond, 5 * kSecond, kHour);
}
BOOST_AUTO_TEST_CASE(a_video_lasts_from_its_start_paused_or_not) {
    for (const char* state : {"LIVE", "PAUSED"})
        CheckTimer("visual", state, "max_duration", core::Anchor::started, 10 * kMinute, kSecond, 24 * kHour);
}
BOOST_AUTO_TEST_CASE(a_run_expires_working_or_blocked_by_one_and_the_same_deadline) {
    for (const char* state : {"working", "blocked"})
        CheckTimer("run", state, "ttl", core::Anchor::created, 30 * 24 * kHour, kSecond, core::kLongest);
}
BOOST_AUTO_TEST_CASE(a_login_gives_a_token_and_an_agents_session_one_to_renew_it_with) {
    BOOST_TEST(BuiltIn("login").access_token);
    BOOST_TEST(!BuiltIn("login").refresh_token);
    BOOST_TEST(BuiltIn("agent").access_token);
    BOOST_TEST(BuiltIn("agent").refresh_token);
    for (const char* name : {"conversation", "run", "visual"})
        BOOST_TEST(!BuiltIn(name).access_token, name);
}
BOOST_AUTO_TEST_CASE(conversations_are_told_apart_by_short_prefixes_and_hidden_from_others) {
    for (const std::string& name : BuiltInNames()) {
        BOOST_TEST(BuiltIn(name).random_ids == (name == "conversation"), name);
        BOOST_TEST(BuiltIn(name).members_only == (name == "conversation"), name);
        BOOST_TEST(BuiltIn(name).workspace_parties == (name == "visual"), name);
    }
}
BOOST_AUTO_TEST_CASE(a_video_session_is_read_and_made_with_its_scopes) {
    BOOST_TEST(BuiltIn("visual").read_scope.View() == "sessions:read");
    BOOST_TEST(BuiltIn("visual").create_scope.View() == "sessions:create");
}
BOOST_AUTO_TEST_CASE(events_are_named_as_the_contract_names_them_or_after_lifecycle_and_action) {
    BOOST_TEST(EventOf("agent", "terminate") == "AGENT_SESSION_TERMINATED");
    BOOST_TEST(EventOf("login", "end") == "login.end");
    BOOST_TEST(EventOf("conversation", "archive") == "conversation.archive");
    BOOST_TEST(EventOf("visual", "cancel_assignment") == "visual.cancel_assignment");
    BOOST_TEST(BuiltIn("run").create_event.View() == "run.create");
}
BOOST_AUTO_TEST_CASE(no_two_actions_of_a_lifecycle_have_the_same_event) {
    for (const std::string& name : BuiltInNames()) {
        const core::Lifecycle& lifecycle = BuiltIn(name);
        Names events = {std::string(lifecycle.create_event.View())};
        for (int i = 0; i < lifecycle.action_count; ++i)
            BOOST_TEST(events.emplace(lifecycle.actions[i].event.View()).second, name);
    }
}
BOOST_AUTO_TEST_CASE(a_reason_may_be_given_with_every_action_of_the_five_and_need_not) {
    for (const std::string& name : BuiltInNames())
        for (int i = 0; i < BuiltIn(name).action_count; ++i)
            BOOST_TEST((BuiltIn(name).actions[i].reason == core::ReasonRule::optional), name);
}

BOOST_AUTO_TEST_CASE(a_sandbox_is_defined_and_goes_its_way) {
    core::Lifecycle sandbox = Compiled(SandboxDefinition(), "sandbox");
    core::SessionFacts session = NewSession(sandbox);
    BOOST_TEST(StateAt(sandbox, session, kBegan) == "creating");
    for (auto [action, state] : {std::pair{"start", "running"},
                                 {"pause", "paused"},
                                 {"start", "running"},
                                 {"archive", "running"},
                                 {"stop", "stopped"}}) {
        session = After(sandbox, session, action, kBegan + kMinute);
        BOOST_TEST(StateAt(sandbox, session, kBegan + kMinute) == state);
    }
    BOOST_TEST(session.version == kVersion + 5);
    BOOST_TEST(session.marks == core::MarkBit(MarkOf(sandbox, "archived")));
    BOOST_TEST(AnswerOf(DecideAs(core::Relation::owner, sandbox, session, "stop", kBegan + kHour)) ==
               "invalid_state");
    BOOST_TEST(AnswerOf(DecideAs(core::Relation::owner, sandbox, session, "archive", kBegan + kHour)) ==
               "replay");
}

BOOST_AUTO_TEST_SUITE_END()
