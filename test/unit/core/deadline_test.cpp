// Time is a fact: from its deadline on a session is what its timer makes it, written down or not.
#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr core::Relation kOwns = core::Relation::owner, kOperates = core::Relation::party;

std::string_view DeadlineStateOf(const core::Lifecycle& lifecycle, const core::SessionFacts& session) {
    return session.deadline_state == core::kNone ? "" : lifecycle.states[session.deadline_state].name.View();
}

// The timer setting of a session, for every timer that has it.
void Set(const core::Lifecycle& lifecycle, core::SessionFacts& session, std::string_view setting,
         core::Instant value) {
    for (int i = 0; i < lifecycle.timer_count; ++i)
        if (lifecycle.timers[i].parameter == setting)
            session.settings[i] = value;
    core::SetDeadline(lifecycle, session);
}

} // namespace

BOOST_AUTO_TEST_SUITE(deadline)

BOOST_AUTO_TEST_CASE(a_session_has_expired_at_its_deadline_and_not_a_microsecond_before) {
    BOOST_TEST(!core::HasExpired(false, kBegan, kBegan - 1));
    BOOST_TEST(core::HasExpired(false, kBegan, kBegan));
    BOOST_TEST(core::HasExpired(false, kBegan, kBegan + 1));
}
BOOST_AUTO_TEST_CASE(a_session_that_has_ended_does_not_expire) {
    BOOST_TEST(!core::HasExpired(true, kBegan, kBegan));
    BOOST_TEST(!core::HasExpired(true, kBegan, kBegan + kHour));
}
BOOST_AUTO_TEST_CASE(a_session_without_a_timer_never_expires) {
    const core::Lifecycle& login = BuiltIn("login");
    core::SessionFacts session = NewSession(login);
    BOOST_TEST(session.deadline == core::kNever);
    BOOST_TEST(DeadlineStateOf(login, session) == "");
    BOOST_TEST(StateAt(login, session, core::kNever - 1) == "active");
    BOOST_TEST(StateAt(login, session, core::kNever) == "active");
}

BOOST_AUTO_TEST_CASE(a_timer_from_the_creation_runs_on_through_other_states) {
    const core::Lifecycle& run = BuiltIn("run");
    core::SessionFacts session = NewSession(run);
    core::Instant deadline = kBegan + 30 * 24 * kHour;
    BOOST_TEST(session.deadline == deadline);
    session = After(run, session, "block", kBegan + kHour, core::Relation::agent);
    BOOST_TEST(session.deadline == deadline);
    session = After(run, session, "wake", kBegan + 2 * kHour);
    BOOST_TEST(session.deadline == deadline);
    BOOST_TEST(DeadlineStateOf(run, session) == "expired");
}
BOOST_AUTO_TEST_CASE(a_timer_from_the_entry_begins_anew_with_each_entry_and_stops_with_the_state) {
    core::Lifecycle sandbox = Compiled(SandboxDefinition());
    core::SessionFacts session = NewSession(sandbox);
    BOOST_TEST(session.deadline == core::kNever);
    session = After(sandbox, session, "start", kBegan + kMinute);
    BOOST_TEST(session.deadline == kBegan + kMinute + kHour);
    BOOST_TEST(DeadlineStateOf(sandbox, session) == "stopped");
    session = After(sandbox, session, "pause", kBegan + 2 * kMinute);
    BOOST_TEST(session.deadline == core::kNever);
    BOOST_TEST(DeadlineStateOf(sandbox, session) == "");
    session = After(sandbox, session, "start", kBegan + 5 * kHour);
    BOOST_TEST(session.deadline == kBegan + 6 * kHour);
}
BOOST_AUTO_TEST_CASE(a_timer_from_the_start_counts_from_the_first_time_in_a_metered_state) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::SessionFacts session = NewSession(visual);
    BOOST_TEST(session.deadline == kBegan + 300 * kSecond);
    session = After(visual, session, "accept", kBegan + kMinute, kOperates);
    BOOST_TEST(session.deadline == kBegan + 300 * kSecond);
    session = After(visual, session, "start", kBegan + 2 * kMinute, kOperates);
    BOOST_TEST(session.deadline == kBegan + 12 * kMinute);
    session = After(visual, session, "pause", kBegan + 3 * kMinute, kOperates);
    BOOST_TEST(session.deadline == kBegan + 12 * kMinute);
    session = After(visual, session, "resume", kBegan + 4 * kMinute, kOperates);
    BOOST_TEST(session.deadline == kBegan + 12 * kMinute);
    BOOST_TEST(DeadlineStateOf(visual, session) == "EXPIRED");
}
BOOST_AUTO_TEST_CASE(a_timer_from_a_start_that_has_not_been_counts_from_the_entry) {
    core::Lifecycle sandbox = Compiled(
        SandboxDefinition(R"({"timers": {"paused": {"from": "started", "default": "1 minute", "do": "stop"}},
                              "actions": {"pause": {"from": ["creating", "running"]}}})"));
    core::SessionFacts session = After(sandbox, NewSession(sandbox), "pause", kBegan + kHour);
    BOOST_TEST(session.deadline == kBegan + kHour + kMinute);
}
BOOST_AUTO_TEST_CASE(a_sessions_own_setting_replaces_the_default_of_every_timer_that_has_it) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::SessionFacts session = NewSession(visual);
    Set(visual, session, "wait", 20 * kSecond);
    Set(visual, session, "max_duration", 30 * kSecond);
    BOOST_TEST(session.deadline == kBegan + 20 * kSecond);
    session = After(visual, session, "accept", kBegan + kSecond, kOperates);
    BOOST_TEST(session.deadline == kBegan + 20 * kSecond);
    session = After(visual, session, "live", kBegan + 2 * kSecond, kOperates);
    BOOST_TEST(session.deadline == kBegan + 32 * kSecond);
    session = After(visual, session, "pause", kBegan + 3 * kSecond, kOperates);
    BOOST_TEST(session.deadline == kBegan + 32 * kSecond);
}
BOOST_AUTO_TEST_CASE(a_setting_of_nothing_is_the_default) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    Set(agent, session, "ttl", 0);
    BOOST_TEST(session.deadline == kBegan + kHour);
}

BOOST_AUTO_TEST_CASE(what_was_allowed_just_before_the_deadline_is_refused_from_it_on) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    core::Instant deadline = kBegan + kHour;
    BOOST_TEST(AnswerOf(DecideAs(kOwns, agent, session, "terminate", deadline - 1)) == "apply");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, agent, session, "terminate", deadline)) == "invalid_state");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, agent, session, "terminate", deadline + kHour)) == "invalid_state");
    BOOST_TEST(StateAt(agent, session, deadline - 1) == "active");
    BOOST_TEST(StateAt(agent, session, deadline) == "expired");
}
BOOST_AUTO_TEST_CASE(a_session_past_its_deadline_ended_at_the_deadline) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    core::Present before = core::PresentOf(agent, session, kBegan + kHour - 1);
    BOOST_TEST(!before.expired);
    BOOST_TEST(before.ended_at == core::kUnset);
    core::Present after = core::PresentOf(agent, session, kBegan + 5 * kHour);
    BOOST_TEST(after.expired);
    BOOST_TEST(after.ended_at == kBegan + kHour);
}
BOOST_AUTO_TEST_CASE(a_session_that_ended_in_time_stays_what_it_is_when_the_deadline_passes) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = After(agent, NewSession(agent), "terminate", kBegan + kMinute);
    core::Present present = core::PresentOf(agent, session, kBegan + 5 * kHour);
    BOOST_TEST(StateAt(agent, session, kBegan + 5 * kHour) == "terminated");
    BOOST_TEST(!present.expired);
    BOOST_TEST(present.ended_at == kBegan + kMinute);
}
BOOST_AUTO_TEST_CASE(a_mark_set_past_the_deadline_brings_no_session_back) {
    core::Lifecycle sandbox = Compiled(SandboxDefinition());
    core::SessionFacts session = After(sandbox, NewSession(sandbox), "start", kBegan);
    core::Instant late = kBegan + 2 * kHour;
    session = After(sandbox, session, "archive", late);
    BOOST_TEST(StateAt(sandbox, session, late) == "stopped");
    BOOST_TEST(core::PresentOf(sandbox, session, late).ended_at == kBegan + kHour);
    BOOST_TEST(core::PresentOf(sandbox, session, late).metered == kHour);
    BOOST_TEST(AnswerOf(DecideAs(kOwns, sandbox, session, "pause", late)) == "invalid_state");
}
BOOST_AUTO_TEST_CASE(a_mark_is_set_only_where_the_state_that_time_made_allows_it) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::SessionFacts session = NewSession(visual);
    BOOST_TEST(AnswerOf(DecideAs(kOwns, visual, session, "authorize", kBegan + 300 * kSecond - 1)) ==
               "apply");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, visual, session, "authorize", kBegan + 300 * kSecond)) ==
               "invalid_state");
}
BOOST_AUTO_TEST_CASE(what_time_has_done_already_is_a_repeat_and_what_it_undid_is_none) {
    core::Lifecycle sandbox = Compiled(
        SandboxDefinition(R"({"actions": {"stop": {"again": "same"}, "start": {"again": "same"}}})"));
    core::SessionFacts session = After(sandbox, NewSession(sandbox), "start", kBegan);
    BOOST_TEST(AnswerOf(DecideAs(kOwns, sandbox, session, "stop", kBegan + kHour - 1)) == "apply");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, sandbox, session, "start", kBegan + kHour - 1)) == "replay");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, sandbox, session, "stop", kBegan + kHour)) == "replay");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, sandbox, session, "start", kBegan + kHour)) == "invalid_state");
}
BOOST_AUTO_TEST_CASE(a_request_that_has_expired_is_neither_accepted_nor_cancelled) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::SessionFacts session = NewSession(visual);
    core::Instant deadline = kBegan + 300 * kSecond;
    BOOST_TEST(AnswerOf(DecideAs(kOperates, visual, session, "accept", deadline - 1)) == "apply");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, visual, session, "cancel", deadline - 1)) == "apply");
    BOOST_TEST(AnswerOf(DecideAs(kOperates, visual, session, "accept", deadline)) == "invalid_state");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, visual, session, "cancel", deadline)) == "invalid_state");
}
BOOST_AUTO_TEST_CASE(the_operators_place_can_be_seen_until_the_request_expires) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::SessionFacts session = NewSession(visual);
    core::Standing rival;
    rival.candidate = true;
    auto answer = [&](core::Instant now) {
        return WordOf(core::MayRead(visual, core::PresentOf(visual, session, now), rival, Everything()));
    };
    BOOST_TEST(answer(kBegan + 300 * kSecond - 1) == "");
    BOOST_TEST(answer(kBegan + 300 * kSecond) == "not_owner");
}

BOOST_AUTO_TEST_SUITE_END()
