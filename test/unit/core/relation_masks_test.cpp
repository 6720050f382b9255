// Callers who are several things to a session at once, over every action of the five lifecycles.
#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

constexpr int kMasks = 1 << core::kRelations;

bool Allowed(const core::Lifecycle& lifecycle, const core::SessionFacts& session, int action, int mask,
             bool reader, bool candidate) {
    core::Standing standing;
    standing.relations = static_cast<core::RelationMask>(mask);
    standing.reader = reader;
    standing.candidate = candidate;
    if (lifecycle.members_only)
        standing.relations |= core::Bit(core::Relation::member);
    core::Attempt attempt;
    attempt.action = action;
    core::Decision decision = core::Decide(lifecycle, session, standing, Everything(), attempt, kBegan);
    return decision.verdict != core::Verdict::refuse || decision.refusal == core::Refusal::invalid_state;
}

template <class F>
void ForEveryAction(F f) {
    for (const std::string& name : BuiltInNames()) {
        const core::Lifecycle& lifecycle = BuiltIn(name);
        core::SessionFacts session = NewSession(lifecycle);
        for (int action = 0; action < lifecycle.action_count; ++action)
            f(lifecycle, session, action, name + " " + std::string(lifecycle.actions[action].name.View()));
    }
}

// Whether every set of relations may do what one of them may, and nothing else.
bool SetsAreSums(const core::Lifecycle& lifecycle, const core::SessionFacts& session, int action,
                 bool candidate) {
    bool right = true;
    bool none = Allowed(lifecycle, session, action, 0, false, candidate);
    for (int mask = 0; mask < kMasks; ++mask) {
        bool any = none;
        for (int i = 0; i < core::kRelations; ++i)
            any = any || ((mask >> i & 1) && Allowed(lifecycle, session, action, 1 << i, false, candidate));
        right = right && Allowed(lifecycle, session, action, mask, false, candidate) == any;
    }
    return right;
}

} // namespace

BOOST_AUTO_TEST_SUITE(relation_masks)

BOOST_AUTO_TEST_CASE(who_is_several_things_may_do_what_any_one_of_them_may_and_no_more) {
    ForEveryAction([](const auto& lifecycle, const auto& session, int action, const std::string& where) {
        BOOST_TEST(SetsAreSums(lifecycle, session, action, false), where);
        BOOST_TEST(SetsAreSums(lifecycle, session, action, true), where << ", candidate");
    });
}
BOOST_AUTO_TEST_CASE(the_clock_is_nobody_who_calls) {
    ForEveryAction([](const auto& lifecycle, const auto& session, int action, const std::string& where) {
        int clock = core::Bit(core::Relation::clock);
        for (int mask = 0; mask < kMasks; ++mask)
            if (!(mask & clock))
                BOOST_TEST(Allowed(lifecycle, session, action, mask | clock, false, false) ==
                               Allowed(lifecycle, session, action, mask, false, false),
                           where);
        bool by_scope = where == "agent terminate" || where == "agent hand_off";
        BOOST_TEST(Allowed(lifecycle, session, action, clock, false, false) == by_scope, where);
    });
}
BOOST_AUTO_TEST_CASE(a_candidate_may_only_take_the_operators_place) {
    ForEveryAction([](const auto& lifecycle, const auto& session, int action, const std::string& where) {
        bool by_anybody = Allowed(lifecycle, session, action, 0, false, false);
        BOOST_TEST(Allowed(lifecycle, session, action, 0, false, true) ==
                       (by_anybody || where == "visual accept"),
                   where);
    });
}
BOOST_AUTO_TEST_CASE(a_reader_may_end_a_login_and_nothing_else) {
    ForEveryAction([](const auto& lifecycle, const auto& session, int action, const std::string& where) {
        bool may = false;
        for (int mask = 0; mask < kMasks; ++mask)
            may = may || Allowed(lifecycle, session, action, mask, true, true);
        BOOST_TEST(may == (where == "login end"), where);
    });
}
BOOST_AUTO_TEST_CASE(the_relation_that_is_written_down_is_the_nearest_that_allows) {
    const core::Lifecycle& run = BuiltIn("run");
    auto relation = [&](const char* action, std::initializer_list<core::Relation> held) {
        core::Decision decision =
            core::Decide(run, NewSession(run), Holding(held), Everything(), Try(run, action), kBegan);
        return core::WordOf(decision.relation);
    };
    using enum core::Relation;
    BOOST_TEST(relation("terminate", {owner, agent, admin, service}) == "owner");
    BOOST_TEST(relation("terminate", {agent, admin, service, member}) == "admin");
    BOOST_TEST(relation("terminate", {agent, service}) == "service");
    BOOST_TEST(relation("finish", {owner, agent, admin, service}) == "agent");
    BOOST_TEST(relation("finish", {owner, admin, service}) == "service");
}
BOOST_AUTO_TEST_CASE(who_acts_by_a_scope_alone_is_written_down_as_that) {
    const core::Lifecycle& agent = BuiltIn("agent");
    auto relation = [&](core::Relation held) {
        return core::WordOf(DecideAs(held, agent, NewSession(agent), "terminate", kBegan).relation);
    };
    BOOST_TEST(relation(core::Relation::admin) == "scope");
    BOOST_TEST(relation(core::Relation::member) == "scope");
    BOOST_TEST(relation(core::Relation::agent) == "agent");
}
BOOST_AUTO_TEST_CASE(a_scope_in_the_hands_of_a_key_that_is_bound_elsewhere_is_no_relation) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::Standing elsewhere;
    elsewhere.elsewhere = true;
    core::Attempt attempt = Try(agent, "terminate");
    BOOST_TEST(AnswerOf(core::Decide(agent, NewSession(agent), elsewhere, Everything(), attempt, kBegan)) ==
               "not_owner");
    BOOST_TEST(AnswerOf(core::Decide(agent, NewSession(agent), core::Standing(), Everything(), attempt,
                                     kBegan)) == "apply");
}
BOOST_AUTO_TEST_CASE(who_takes_the_operators_place_is_written_down_as_the_operator) {
    const core::Lifecycle& visual = BuiltIn("visual");
    core::Standing standing;
    standing.candidate = true;
    core::Decision decision =
        core::Decide(visual, NewSession(visual), standing, Everything(), Try(visual, "accept"), kBegan);
    BOOST_TEST(AnswerOf(decision) == "apply");
    BOOST_TEST(core::WordOf(decision.relation) == "operator");
}

BOOST_AUTO_TEST_SUITE_END()
