// A longer time: up to the limit, in whole seconds, never less than before.
#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr core::Relation kOwns = core::Relation::owner;

core::Decision ExtendTo(const core::Lifecycle& lifecycle, const core::SessionFacts& session, core::Instant until,
                        core::Instant now = kBegan + kMinute) {
    core::Attempt attempt = Try(lifecycle, "extend");
    attempt.extends = true;
    attempt.until = until;
    return core::Decide(lifecycle, session, Holding({kOwns}), Everything(), attempt, now);
}

// The sandbox whose owner extends what he likes, and which idles.
core::Lifecycle Idling() {
    return Compiled(SandboxDefinition(R"({
        "actions": {"extend": {"from": ["running"], "extend": "idle", "by": ["owner"]}},
        "timers":  {"running": {"after": "idle", "from": "used", "default": "10 minutes", "min": "1 minute",
                                "max": "30 minutes", "do": "stop"}}})"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(extend)

BOOST_AUTO_TEST_CASE(without_a_time_it_is_as_long_as_it_may_be) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = After(agent, NewSession(agent), "extend", kBegan + kMinute);
    BOOST_TEST(session.deadline == kBegan + 24 * kHour);
    BOOST_TEST(session.settings[0] == 24 * kHour);
    BOOST_TEST(session.version == kVersion + 1);
    BOOST_TEST(session.entered_at == kBegan);
    BOOST_TEST(StateAt(agent, session, kBegan + 23 * kHour) == "active");
}
BOOST_AUTO_TEST_CASE(until_a_time_it_is_until_then_cut_to_a_second_of_its_length) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    session.created_at = session.created_at + 300;
    core::SetDeadline(agent, session);
    core::Decision decision = ExtendTo(agent, session, kBegan + 2 * kHour);
    BOOST_TEST(AnswerOf(decision) == "apply");
    BOOST_TEST(decision.after.deadline == kBegan + 300 + 2 * kHour - kSecond);
    BOOST_TEST(decision.after.settings[0] == 2 * kHour - kSecond);
}
BOOST_AUTO_TEST_CASE(it_reaches_the_limit_and_no_further) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    BOOST_TEST(AnswerOf(ExtendTo(agent, session, kBegan + 24 * kHour)) == "apply");
    core::Decision beyond = ExtendTo(agent, session, kBegan + 24 * kHour + 1);
    BOOST_TEST(AnswerOf(beyond) == "value_out_of_range");
    BOOST_TEST(beyond.extension.limit == kBegan + 24 * kHour);
    BOOST_TEST(AnswerOf(ExtendTo(agent, session, core::kNever)) == "value_out_of_range");
}
BOOST_AUTO_TEST_CASE(it_is_never_shorter_nor_the_same) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    for (core::Instant until : {core::kUnset + 1, kBegan, kBegan + kHour, kBegan + kHour + kSecond - 1}) {
        core::Decision decision = ExtendTo(agent, session, until);
        BOOST_TEST(AnswerOf(decision) == "value_out_of_range");
        BOOST_TEST(decision.extension.due == kBegan + kHour);
    }
    BOOST_TEST(AnswerOf(ExtendTo(agent, session, kBegan + kHour + kSecond)) == "apply");
}
BOOST_AUTO_TEST_CASE(a_repeat_is_another_extension_until_none_is_left) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = ExtendTo(agent, NewSession(agent), kBegan + 2 * kHour).after;
    session = ExtendTo(agent, session, kBegan + 3 * kHour).after;
    BOOST_TEST(session.version == kVersion + 2);
    session = After(agent, session, "extend", kBegan + kMinute);
    BOOST_TEST(AnswerOf(DecideAs(kOwns, agent, session, "extend", kBegan + kMinute)) == "value_out_of_range");
}
BOOST_AUTO_TEST_CASE(past_the_deadline_or_ended_nothing_is_extended_whatever_is_asked_for) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    for (core::Instant until : {core::kUnset, kBegan + 2 * kHour, core::kNever}) {
        BOOST_TEST(AnswerOf(ExtendTo(agent, session, until, kBegan + kHour)) == "invalid_state");
        core::SessionFacts ended = After(agent, session, "terminate", kBegan + kMinute);
        BOOST_TEST(AnswerOf(ExtendTo(agent, ended, until, kBegan + 2 * kMinute)) == "invalid_state");
    }
    BOOST_TEST(AnswerOf(ExtendTo(agent, session, core::kUnset, kBegan + kHour - 1)) == "apply");
}
BOOST_AUTO_TEST_CASE(bad_input_comes_before_a_version_conflict_and_after_what_is_forbidden) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::SessionFacts session = NewSession(agent);
    core::Attempt attempt = Try(agent, "extend");
    attempt.expected_version = kVersion + 1;
    auto answer = [&](core::Standing standing) {
        return AnswerOf(core::Decide(agent, session, standing, Everything(), attempt, kBegan));
    };
    BOOST_TEST(answer(Holding({kOwns})) == "version_conflict");
    attempt.until = kBegan;
    BOOST_TEST(answer(Holding({kOwns})) == "value_out_of_range");
    BOOST_TEST(answer(Holding({core::Relation::admin})) == "not_owner");
    attempt.bad_input = core::Refusal::value_out_of_range;
    attempt.until = core::kUnset;
    BOOST_TEST(answer(Holding({kOwns})) == "value_out_of_range");
    BOOST_TEST(answer(Holding({core::Relation::admin})) == "not_owner");
}
BOOST_AUTO_TEST_CASE(who_wants_an_extension_gets_no_other_action) {
    core::Lifecycle other = Compiled(SmallDefinition(
        R"({"actions": {"extend": {"from": ["open"], "mark": "longer", "by": ["owner"]}}})"));
    core::SessionFacts session = NewSession(other);
    BOOST_TEST(AnswerOf(ExtendTo(other, session, core::kUnset)) == "unknown_value");
    BOOST_TEST(AnswerOf(DecideAs(kOwns, other, session, "extend", kBegan)) == "apply");
}
BOOST_AUTO_TEST_CASE(a_setting_is_extended_in_every_state_that_has_it) {
    nlohmann::json definition = BuiltInDefinition("run");
    definition["actions"]["extend"] = {{"from", {"working"}}, {"extend", "ttl"}, {"by", {"owner"}}};
    core::Lifecycle run = Compiled(definition, "run");
    core::SessionFacts session = ExtendTo(run, NewSession(run), kBegan + 31 * 24 * kHour).after;
    session = After(run, session, "block", kBegan + kHour, core::Relation::agent);
    BOOST_TEST(session.deadline == kBegan + 31 * 24 * kHour);
    BOOST_TEST(AnswerOf(DecideAs(kOwns, run, session, "extend", kBegan + 2 * kHour)) == "invalid_state");
}
BOOST_AUTO_TEST_CASE(an_idle_time_is_extended_from_now_since_extending_is_a_use) {
    core::Lifecycle idling = Idling();
    core::Instant now = kBegan + 5 * kMinute;
    core::SessionFacts session = After(idling, NewSession(idling), "start", kBegan);
    BOOST_TEST(session.deadline == kBegan + 10 * kMinute);
    // A use alone would give it until then.
    BOOST_TEST(AnswerOf(ExtendTo(idling, session, now + 10 * kMinute, now)) == "value_out_of_range");
    core::Decision decision = ExtendTo(idling, session, now + 20 * kMinute, now);
    BOOST_TEST(decision.after.deadline == now + 20 * kMinute);
    BOOST_TEST(decision.after.used_at == now);
    core::RecordUse(idling, decision.after, now + 15 * kMinute);
    BOOST_TEST(decision.after.deadline == now + 35 * kMinute);
    BOOST_TEST(AnswerOf(ExtendTo(idling, session, now + 30 * kMinute + 1, now)) == "value_out_of_range");
    BOOST_TEST(ExtendTo(idling, session, core::kUnset, now).after.deadline == now + 30 * kMinute);
}
BOOST_AUTO_TEST_CASE(of_several_timers_the_deadline_stays_that_of_the_first_to_go_off) {
    nlohmann::json definition = SandboxDefinition(
        R"({"actions": {"extend": {"from": ["running"], "extend": "ttl", "by": ["owner"]}}})");
    definition["timers"]["running"] = nlohmann::json::parse(
        R"([{"after": "ttl", "default": "1 hour", "max": "24 hours", "do": "stop"}, {"default": "2 hours", "do": "stop"}])");
    core::Lifecycle sandbox = Compiled(definition);
    core::SessionFacts session = After(sandbox, NewSession(sandbox), "start", kBegan);
    session = After(sandbox, session, "extend", kBegan + kMinute);
    BOOST_TEST(session.settings[core::FindTimer(sandbox, "ttl")] == 24 * kHour);
    BOOST_TEST(session.deadline == kBegan + 2 * kHour);
}

BOOST_AUTO_TEST_SUITE_END()
