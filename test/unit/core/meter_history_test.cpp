// The meter against a second, simple computation: a history is a list of moments and of the states entered then; what is
// metered is the sum of the stretches in metered states, none of which is longer than the clock and the deadline let it be.
#include "sessions.hpp"

#include "core/check.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <random>
#include <vector>

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr int kHistories = 4'000, kSteps = 14;

using Chance = std::mt19937_64;

std::int64_t Below(Chance& chance, std::int64_t limit) {
    return static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(limit));
}

// A lifecycle of up to five states that people move between, some metered, some timed from the entry, the creation or the
// start, with two ends: the owner's and the clock's.
nlohmann::json RandomDefinition(Chance& chance) {
    using Json = nlohmann::json;
    int count = 1 + static_cast<int>(Below(chance, 5));
    Json names = Json::array(), states, actions, timers = Json::object();
    for (int i = 0; i < count; ++i) {
        std::string name = "s" + std::to_string(i);
        names.push_back(name);
        states[name] = {{"live", true}, {"metered", Below(chance, 2) == 0}};
    }
    states["over"] = {{"terminal", true}};
    actions["finish"] = {{"from", names}, {"to", "over"}, {"by", {"owner"}}};
    for (int i = 0; count > 1 && i < count; ++i)
        actions["to_s" + std::to_string(i)] = {{"from", names}, {"to", names[i]}, {"by", {"owner"}}};
    actions["flag"] = {{"from", "*"}, {"mark", "flagged"}, {"by", {"owner"}}};
    actions["unflag"] = {{"from", "*"}, {"clear", "flagged"}, {"by", {"owner"}}};
    const char* anchors[] = {"entered", "created", "started"};
    for (int i = 0; i < count; ++i)
        if (Below(chance, 2) == 0)
            timers[names[i].get<std::string>()] = {{"after", "t" + std::to_string(i)},
                                                   {"from", anchors[Below(chance, 3)]},
                                                   {"default", std::to_string(1 + Below(chance, 60)) + " seconds"},
                                                   {"do", "lapse"}};
    if (!timers.empty()) {
        states["gone"] = {{"terminal", true}};
        actions["lapse"] = {{"from", names}, {"to", "gone"}, {"by", {"clock"}}};
    }
    return {{"initial", "s0"}, {"states", states}, {"actions", actions}, {"timers", timers}};
}

// What happened, as an audit log has it.
struct Entry {
    core::Instant at;
    std::string state;
};

// The moment at which the clock ends a session of that history, by the definition's words.
core::Instant DeadlineOf(const nlohmann::json& definition, const std::vector<Entry>& history) {
    const nlohmann::json& timers = definition.at("timers");
    const Entry& last = history.back();
    if (!timers.contains(last.state))
        return core::kNever;
    const nlohmann::json& timer = timers.at(last.state);
    core::Instant anchor = last.at;
    if (timer.at("from") == "created")
        anchor = history.front().at;
    if (timer.at("from") == "started")
        for (const Entry& entry : history)
            if (definition.at("states").at(entry.state).value("metered", false)) {
                anchor = entry.at;
                break;
            }
    return std::max<core::Instant>(last.at, anchor + std::stoll(timer.at("default").get<std::string>()) * kSecond);
}

core::Microseconds Sum(const nlohmann::json& definition, const std::vector<Entry>& history, core::Instant now) {
    core::Microseconds sum = 0;
    for (std::size_t i = 0; i < history.size(); ++i) {
        core::Instant until = i + 1 < history.size() ? history[i + 1].at : std::min(now, DeadlineOf(definition, history));
        if (definition.at("states").at(history[i].state).value("metered", false) && until > history[i].at)
            sum += until - history[i].at;
    }
    return sum;
}

// The moment of the next attempt: often the very same one, or the deadline's, or one beside it; at times the clock was
// put back.
core::Instant NextMoment(Chance& chance, core::Instant now, core::Instant deadline) {
    switch (Below(chance, 8)) {
    case 0:
        return now;
    case 1:
        return now - Below(chance, 20 * kSecond);
    case 2:
        return deadline == core::kNever ? now + 1 : deadline + Below(chance, 3) - 1;
    case 3:
        return now + Below(chance, 3);
    default:
        return now + Below(chance, 12 * kSecond);
    }
}

// One history; where the two computations differ the seed is told.
void CheckHistory(std::uint64_t seed) {
    Chance chance(seed);
    nlohmann::json definition = RandomDefinition(chance);
    core::Lifecycle lifecycle = Compiled(definition);
    core::SessionFacts session = NewSession(lifecycle);
    std::vector<Entry> history = {{session.created_at, "s0"}};
    core::Instant clock = kBegan, latest = kBegan;
    bool over = false;

    BOOST_TEST_CONTEXT("seed " << seed) {
        for (int step = 0; step < kSteps; ++step) {
            clock = NextMoment(chance, clock, over ? core::kNever : DeadlineOf(definition, history));
            core::Instant moment = std::max(clock, latest);
            core::Instant deadline = over ? core::kNever : DeadlineOf(definition, history);
            bool lapsed = deadline <= moment;

            core::Present present = core::PresentOf(lifecycle, session, clock);
            BOOST_REQUIRE_EQUAL(present.metered, Sum(definition, history, moment));
            BOOST_REQUIRE_EQUAL(std::string(lifecycle.states[present.state].name.View()),
                                lapsed ? "gone" : history.back().state);
            BOOST_REQUIRE(present.ended_at == (lapsed ? deadline : over ? history.back().at : core::kUnset));

            int index = static_cast<int>(Below(chance, lifecycle.action_count));
            const core::Action& action = lifecycle.actions[index];
            if (action.by & core::Bit(core::Relation::clock))
                continue;
            core::Decision decision = DecideAs(core::Relation::owner, lifecycle, session, action.name.View(), clock);
            if (action.effect == core::Effect::enter) {
                std::string target(lifecycle.states[action.target].name.View());
                bool goes = !over && !lapsed && target != history.back().state;
                BOOST_REQUIRE_EQUAL(AnswerOf(decision), goes ? "apply" : "invalid_state");
                if (goes) {
                    history.push_back({moment, target});
                    over = target == "over";
                }
            }
            if (decision.verdict == core::Verdict::apply) {
                session = decision.after;
                latest = moment;
                BOOST_REQUIRE_EQUAL(session.updated_at, moment);
            }
        }
        core::Instant end = latest + kHour;
        BOOST_REQUIRE_EQUAL(core::PresentOf(lifecycle, session, end).metered, Sum(definition, history, end));
    }
}

} // namespace

BOOST_AUTO_TEST_SUITE(meter_history)

BOOST_AUTO_TEST_CASE(the_meter_of_random_histories_is_the_sum_of_their_stretches) {
    for (std::uint64_t seed = 1; seed <= kHistories; ++seed)
        CheckHistory(seed);
}

BOOST_AUTO_TEST_CASE(a_clock_that_is_put_back_does_not_bring_an_expired_session_to_life) {
    const core::Lifecycle lifecycle = Compiled({{"initial", "on"},
                                                {"states", {{"on", {{"live", true}, {"metered", true}}},
                                                            {"off", {{"terminal", true}}},
                                                            {"gone", {{"terminal", true}}}}},
                                                {"actions", {{"stop", {{"from", {"on"}}, {"to", "off"}, {"by", {"owner"}}}},
                                                             {"lapse", {{"from", {"on"}}, {"to", "gone"}, {"by", {"clock"}}}},
                                                             {"flag", {{"from", "*"}, {"mark", "flagged"}, {"by", {"owner"}}}}}},
                                                {"timers", {{"on", {{"default", "10 seconds"}, {"do", "lapse"}}}}}});
    core::SessionFacts session = After(lifecycle, NewSession(lifecycle), "flag", kBegan + 15 * kSecond);
    core::Instant before = kBegan + 5 * kSecond;
    BOOST_TEST(StateAt(lifecycle, session, before) == "gone");
    BOOST_TEST(core::PresentOf(lifecycle, session, before).metered == 10 * kSecond);
    BOOST_TEST(AnswerOf(DecideAs(core::Relation::owner, lifecycle, session, "stop", before)) == "invalid_state");
}

BOOST_AUTO_TEST_CASE(a_state_that_sessions_have_been_in_stays_metered_or_not) {
    core::Lifecycle metered = Compiled(SmallDefinition(R"({"states": {"open": {"metered": true}}})"));
    core::Lifecycle free = Compiled(SmallDefinition(R"({"states": {"open": {"metered": false}}})"));
    BOOST_TEST(bool(core::CheckSuccessor(metered, free)));
    BOOST_TEST(bool(core::CheckSuccessor(free, metered)));
    BOOST_TEST(!core::CheckSuccessor(metered, metered));
}

BOOST_AUTO_TEST_SUITE_END()
