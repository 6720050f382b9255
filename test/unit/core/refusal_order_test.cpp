// When several things are wrong, the first is told: not found, forbidden, bad input, version conflict,
// invalid state.
#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

// In the order in which they are told.
enum Fault { kNotFound, kNotOwner, kReader, kScope, kReason, kVersionFault, kState, kFaults };
constexpr std::string_view kWords[] = {
    "session_not_found", "not_owner",        "reader",        "scope_missing",
    "reason_required",   "version_conflict", "invalid_state", "apply"};

const core::Lifecycle& Strict() {
    static const core::Lifecycle lifecycle = Compiled(SmallDefinition(
        R"({"members_only": true, "actions": {
            "end":  {"scope": "things:end", "reason": "required"},
            "keep": {"from": ["open"], "mark": "kept", "by": ["owner"], "again": "same",
                     "reason": "required"}}})"));
    return lifecycle;
}

// What the caller of `action` is told with these faults, each a bit.
std::string_view Told(int faults, const char* action = "end") {
    auto has = [&](Fault fault) { return (faults >> fault & 1) != 0; };
    core::Standing standing;
    if (!has(kNotFound))
        standing.relations |= core::Bit(core::Relation::member);
    if (!has(kNotOwner))
        standing.relations |= core::Bit(core::Relation::owner);
    standing.reader = has(kReader);
    core::Grants grants = has(kScope) ? core::Grants() : Everything();
    core::Attempt attempt = Try(Strict(), action);
    attempt.reason_length = has(kReason) ? 0 : 5;
    attempt.expected_version = has(kVersionFault) ? kVersion - 1 : kVersion;
    core::SessionFacts session = SessionIn(Strict(), has(kState) ? "done" : "open");
    return AnswerOf(core::Decide(Strict(), session, standing, grants, attempt, kBegan + kMinute));
}

} // namespace

BOOST_AUTO_TEST_SUITE(refusal_order)

BOOST_AUTO_TEST_CASE(of_any_two_faults_the_first_is_told) {
    for (int first = 0; first < kFaults; ++first) {
        BOOST_TEST(Told(1 << first) == kWords[first]);
        for (int second = first + 1; second < kFaults; ++second)
            BOOST_TEST(Told(1 << first | 1 << second) == kWords[first],
                       kWords[first] << " before " << kWords[second]);
    }
}
BOOST_AUTO_TEST_CASE(of_any_faults_at_all_the_first_is_told_and_of_none_none) {
    for (int faults = 0; faults < 1 << kFaults; ++faults) {
        int first = 0;
        while (first < kFaults && !(faults >> first & 1))
            ++first;
        BOOST_TEST(Told(faults) == kWords[first]);
    }
}
BOOST_AUTO_TEST_CASE(who_may_not_act_is_told_the_same_whatever_the_state_and_the_version) {
    for (Fault fault : {kNotFound, kNotOwner, kReader, kScope})
        for (int rest = 0; rest < 8; ++rest)
            BOOST_TEST(Told(1 << fault | rest << kReason) == kWords[fault]);
}
BOOST_AUTO_TEST_CASE(the_scope_that_is_missing_is_named) {
    core::Standing standing = Holding({core::Relation::owner, core::Relation::member});
    core::Decision decision = core::Decide(Strict(), SessionIn(Strict(), "open"), standing, core::Grants(),
                                           Try(Strict(), "end"), kBegan);
    BOOST_TEST(decision.missing_scope == "things:end");
}
BOOST_AUTO_TEST_CASE(an_unknown_action_is_told_to_whom_the_session_is_there_for) {
    core::Attempt unknown;
    core::SessionFacts session = SessionIn(Strict(), "open");
    auto told = [&](std::initializer_list<core::Relation> held) {
        return AnswerOf(core::Decide(Strict(), session, Holding(held), Everything(), unknown, kBegan));
    };
    BOOST_TEST(told({core::Relation::owner, core::Relation::member}) == "unknown_action");
    BOOST_TEST(told({core::Relation::owner}) == "session_not_found");
}
BOOST_AUTO_TEST_CASE(who_is_nothing_to_the_session_is_forbidden_before_he_learns_that_an_action_is_unknown) {
    core::Lifecycle open = Compiled(SmallDefinition());
    auto told = [&](const core::Standing& standing) {
        return AnswerOf(
            core::Decide(open, NewSession(open), standing, Everything(), core::Attempt(), kBegan));
    };
    core::Standing candidate;
    candidate.candidate = true;
    BOOST_TEST(told(core::Standing()) == "not_owner");
    BOOST_TEST(told(candidate) == "unknown_action");
    BOOST_TEST(told(Holding({core::Relation::member})) == "unknown_action");
}
BOOST_AUTO_TEST_CASE(a_repeat_without_the_reason_that_is_asked_for_is_bad_input) {
    core::SessionFacts session = SessionIn(Strict(), "open");
    session.marks = core::MarkBit(MarkOf(Strict(), "kept"));
    core::Attempt attempt = Try(Strict(), "keep");
    core::Standing standing = Holding({core::Relation::owner, core::Relation::member});
    BOOST_TEST(AnswerOf(core::Decide(Strict(), session, standing, Everything(), attempt, kBegan)) ==
               "reason_required");
    attempt.reason_length = 1;
    BOOST_TEST(AnswerOf(core::Decide(Strict(), session, standing, Everything(), attempt, kBegan)) ==
               "replay");
}
BOOST_AUTO_TEST_CASE(who_may_not_act_may_not_repeat_either) {
    core::SessionFacts session = SessionIn(Strict(), "open");
    session.marks = core::MarkBit(MarkOf(Strict(), "kept"));
    core::Standing standing = Holding({core::Relation::member});
    BOOST_TEST(AnswerOf(core::Decide(Strict(), session, standing, Everything(), Try(Strict(), "keep"),
                                     kBegan)) == "not_owner");
}

BOOST_AUTO_TEST_SUITE_END()
