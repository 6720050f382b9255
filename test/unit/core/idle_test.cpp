// Several timers in one state, and those that count from the last use.
#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr core::Relation kOwns = core::Relation::owner;

// A desk closes eight hours after it was opened, or when nobody has used it for half an hour.
nlohmann::json DeskDefinition(std::string_view patch = "{}") {
    nlohmann::json definition = nlohmann::json::parse(R"({
        "initial": "open",
        "states":  {"open": {"live": true}, "away": {"live": true},
                    "closed": {"terminal": true}, "idle": {"terminal": true}},
        "actions": {"close": {"from": ["open", "away"], "to": "closed", "by": ["owner", "clock"]},
                    "doze":  {"from": ["open"], "to": "idle", "by": ["clock"]},
                    "leave": {"from": ["open"], "to": "away", "by": ["owner"]},
                    "back":  {"from": ["away"], "to": "open", "by": ["owner"]},
                    "pin":   {"from": "*", "mark": "pinned", "by": ["owner"]}},
        "timers":  {"open": [{"after": "ttl", "from": "created", "default": "8 hours", "do": "close"},
                             {"after": "idle", "from": "used", "default": "30 minutes", "do": "doze"}],
                    "away": {"after": "ttl", "from": "created", "default": "8 hours", "do": "close"}}
    })");
    definition.merge_patch(nlohmann::json::parse(patch));
    return definition;
}

std::string_view DeadlineStateOf(const core::Lifecycle& lifecycle, const core::SessionFacts& session) {
    return session.deadline_state == core::kNone ? "" : lifecycle.states[session.deadline_state].name.View();
}

// The setting of a session, for every timer that has it.
void Set(const core::Lifecycle& lifecycle, core::SessionFacts& session, std::string_view setting, core::Instant value) {
    for (int i = 0; i < lifecycle.timer_count; ++i)
        if (lifecycle.timers[i].parameter == setting)
            session.settings[i] = value;
    core::SetDeadline(lifecycle, session);
}

} // namespace

BOOST_AUTO_TEST_SUITE(idle)

BOOST_AUTO_TEST_CASE(of_several_timers_the_one_that_goes_off_first_makes_the_deadline) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = NewSession(desk);
    BOOST_TEST(session.deadline == kBegan + 30 * kMinute);
    BOOST_TEST(DeadlineStateOf(desk, session) == "idle");
    core::RecordUse(desk, session, kBegan + 7 * kHour + 40 * kMinute);
    BOOST_TEST(session.deadline == kBegan + 8 * kHour);
    BOOST_TEST(DeadlineStateOf(desk, session) == "closed");
}
BOOST_AUTO_TEST_CASE(of_two_timers_that_go_off_together_the_one_listed_first_wins) {
    nlohmann::json definition = DeskDefinition();
    definition["timers"]["open"][1]["default"] = "8 hours";
    core::Lifecycle desk = Compiled(definition);
    BOOST_TEST(DeadlineStateOf(desk, NewSession(desk)) == "closed");
    std::swap(definition["timers"]["open"][0], definition["timers"]["open"][1]);
    core::Lifecycle swapped = Compiled(definition);
    BOOST_TEST(DeadlineStateOf(swapped, NewSession(swapped)) == "idle");
}
BOOST_AUTO_TEST_CASE(each_timer_has_its_own_setting) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = NewSession(desk);
    Set(desk, session, "idle", 10 * kHour);
    BOOST_TEST(session.deadline == kBegan + 8 * kHour);
    Set(desk, session, "ttl", 9 * kHour);
    BOOST_TEST(session.deadline == kBegan + 9 * kHour);
}
BOOST_AUTO_TEST_CASE(a_session_that_was_never_used_idles_from_its_entry_into_the_state) {
    core::Lifecycle desk = Compiled(DeskDefinition(R"({"actions": {"leave": {"by": ["owner"]}}})"));
    core::SessionFacts session = NewSession(desk);
    session.entered_at = kBegan + kHour;
    core::SetDeadline(desk, session);
    BOOST_TEST(session.used_at == core::kUnset);
    BOOST_TEST(session.deadline == kBegan + kHour + 30 * kMinute);
}
BOOST_AUTO_TEST_CASE(an_action_is_a_use_and_moves_the_idle_deadline) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = After(desk, NewSession(desk), "pin", kBegan + 20 * kMinute);
    BOOST_TEST(session.used_at == kBegan + 20 * kMinute);
    BOOST_TEST(session.deadline == kBegan + 50 * kMinute);
    session = After(desk, session, "leave", kBegan + 40 * kMinute);
    BOOST_TEST(session.used_at == kBegan + 40 * kMinute);
    BOOST_TEST(session.deadline == kBegan + 8 * kHour);
    session = After(desk, session, "back", kBegan + 3 * kHour);
    BOOST_TEST(session.deadline == kBegan + 3 * kHour + 30 * kMinute);
}
BOOST_AUTO_TEST_CASE(an_action_that_ends_a_session_is_no_use_of_it) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = After(desk, NewSession(desk), "close", kBegan + kMinute);
    BOOST_TEST(session.used_at == core::kUnset);
}
BOOST_AUTO_TEST_CASE(a_mark_on_a_session_that_idled_out_is_no_use_and_brings_nothing_back) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = After(desk, NewSession(desk), "pin", kBegan + kHour);
    BOOST_TEST(session.used_at == core::kUnset);
    BOOST_TEST(session.deadline == kBegan + 30 * kMinute);
    BOOST_TEST(StateAt(desk, session, kBegan + kHour) == "idle");
}
BOOST_AUTO_TEST_CASE(where_nothing_keeps_uses_an_action_writes_none) {
    core::Lifecycle sandbox = Compiled(SandboxDefinition());
    core::SessionFacts session = After(sandbox, NewSession(sandbox), "start", kBegan + kMinute);
    BOOST_TEST(session.used_at == core::kUnset);
    BOOST_TEST(!core::UseIsDue(sandbox, session, kBegan + kHour / 2, kBegan + kHour / 2, 0));
}
BOOST_AUTO_TEST_CASE(a_lifecycle_may_keep_the_last_use_without_an_idle_timer) {
    core::Lifecycle sandbox = Compiled(SandboxDefinition(R"({"last_use": true})"));
    core::SessionFacts session = After(sandbox, NewSession(sandbox), "start", kBegan + kMinute);
    BOOST_TEST(session.used_at == kBegan + kMinute);
    core::Instant deadline = session.deadline;
    BOOST_TEST(core::UseIsDue(sandbox, session, kBegan + 2 * kMinute, kBegan + 2 * kMinute, kMinute));
    core::RecordUse(sandbox, session, kBegan + 2 * kMinute);
    BOOST_TEST(session.used_at == kBegan + 2 * kMinute);
    BOOST_TEST(session.deadline == deadline);
}
BOOST_AUTO_TEST_CASE(the_first_use_is_due_and_the_next_one_when_the_last_is_old_enough) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = NewSession(desk);
    auto due = [&](core::Instant at, core::Microseconds granularity) {
        return core::UseIsDue(desk, session, at, at, granularity);
    };
    BOOST_TEST(due(kBegan + 1, kMinute));
    core::RecordUse(desk, session, kBegan + kSecond);
    BOOST_TEST(!due(kBegan + kMinute + kSecond - 1, kMinute));
    BOOST_TEST(due(kBegan + kMinute + kSecond, kMinute));
    BOOST_TEST(due(kBegan + kSecond + 1, 0));
    BOOST_TEST(!due(kBegan + kSecond, 0)); // the use that is written already
}
BOOST_AUTO_TEST_CASE(a_use_is_due_after_a_tenth_of_the_idle_time_at_the_latest) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = NewSession(desk);
    core::RecordUse(desk, session, kBegan);
    auto due = [&](core::Instant at) { return core::UseIsDue(desk, session, at, at, kHour); };
    BOOST_TEST(!due(kBegan + 3 * kMinute - 1));
    BOOST_TEST(due(kBegan + 3 * kMinute));
    Set(desk, session, "idle", kMinute);
    BOOST_TEST(!due(kBegan + 6 * kSecond - 1));
    BOOST_TEST(due(kBegan + 6 * kSecond));
}
BOOST_AUTO_TEST_CASE(no_use_is_due_of_a_session_that_is_over_or_was_by_the_commit) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = NewSession(desk);
    BOOST_TEST(!core::UseIsDue(desk, session, kBegan + 30 * kMinute, kBegan + 30 * kMinute, 0));
    BOOST_TEST(core::UseIsDue(desk, session, kBegan + 29 * kMinute, kBegan + 30 * kMinute - 1, 0));
    BOOST_TEST(!core::UseIsDue(desk, session, kBegan + 29 * kMinute, kBegan + 30 * kMinute, 0));
    session = After(desk, session, "close", kBegan + kMinute);
    BOOST_TEST(!core::UseIsDue(desk, session, kBegan + 2 * kMinute, kBegan + 2 * kMinute, 0));
}
BOOST_AUTO_TEST_CASE(a_definition_that_gives_less_time_ends_no_session_before_its_last_use) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = NewSession(desk);
    core::RecordUse(desk, session, kBegan + 5 * kHour);
    nlohmann::json definition = DeskDefinition();
    definition["timers"]["open"][0]["default"] = definition["timers"]["away"]["default"] = "1 hour";
    core::Lifecycle shorter = Compiled(definition);
    core::RecordUse(shorter, session, kBegan + 5 * kHour + kMinute);
    BOOST_TEST(session.deadline == kBegan + 5 * kHour + kMinute);
}
BOOST_AUTO_TEST_CASE(a_session_is_used_by_its_parties_and_services_while_it_is_not_over) {
    core::Lifecycle desk = Compiled(DeskDefinition());
    core::SessionFacts session = NewSession(desk);
    auto answer = [&](core::Standing standing, core::Instant now = kBegan) {
        return WordOf(core::MayUse(desk, session, standing, now));
    };
    for (core::Relation relation : {kOwns, core::Relation::agent, core::Relation::party, core::Relation::service})
        BOOST_TEST(answer(Holding({relation})) == "", core::WordOf(relation));
    for (core::Relation relation : {core::Relation::admin, core::Relation::scope, core::Relation::member})
        BOOST_TEST(answer(Holding({relation})) == "not_owner", core::WordOf(relation));
    core::Standing reader = Holding({kOwns});
    reader.reader = true;
    BOOST_TEST(answer(reader) == "reader");
    BOOST_TEST(answer(Holding({kOwns}), kBegan + 30 * kMinute) == "invalid_state");
}

BOOST_AUTO_TEST_SUITE_END()
