// What a caller sends along: a reason, and the version that is expected.
#include "sessions.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;
using namespace curfew::test;

namespace {

core::Lifecycle WithReason(const char* rule) {
    nlohmann::json definition = SmallDefinition();
    definition["actions"]["end"]["reason"] = rule;
    return Compiled(definition);
}

// The answer to an owner's `end` with a reason of so many characters; -1: none.
std::string_view Answer(const core::Lifecycle& lifecycle, int length, bool require = false) {
    core::Attempt attempt = Try(lifecycle, "end");
    attempt.reason_length = length;
    attempt.require_reason = require;
    return AnswerOf(core::Decide(lifecycle, NewSession(lifecycle), Holding({core::Relation::owner}),
                                 Everything(), attempt, kBegan));
}

std::string_view AnswerToVersion(const core::SessionFacts& session, const core::Lifecycle& lifecycle,
                                 const char* action, std::int64_t version) {
    core::Attempt attempt = Try(lifecycle, action);
    attempt.expected_version = version;
    return AnswerOf(core::Decide(lifecycle, session, Holding({core::Relation::owner}), Everything(), attempt,
                                 kBegan + kSecond));
}

} // namespace

BOOST_AUTO_TEST_SUITE(attempt)

BOOST_AUTO_TEST_CASE(an_optional_reason_has_up_to_1024_characters) {
    core::Lifecycle lifecycle = WithReason("optional");
    for (int length : {-1, 0, 1, 1023, 1024})
        BOOST_TEST(Answer(lifecycle, length) == "apply", length);
    BOOST_TEST(Answer(lifecycle, 1025) == "reason_too_long");
}
BOOST_AUTO_TEST_CASE(a_required_reason_has_1_to_1024_characters) {
    core::Lifecycle lifecycle = WithReason("required");
    BOOST_TEST(Answer(lifecycle, -1) == "reason_required");
    BOOST_TEST(Answer(lifecycle, 0) == "reason_required");
    BOOST_TEST(Answer(lifecycle, 1) == "apply");
    BOOST_TEST(Answer(lifecycle, 1024) == "apply");
    BOOST_TEST(Answer(lifecycle, 1025) == "reason_too_long");
}
BOOST_AUTO_TEST_CASE(an_edit_needs_what_it_changes_and_nothing_else_takes_that) {
    core::Lifecycle lifecycle =
        Compiled(SmallDefinition(R"({"actions": {"note": {"from": ["open"], "edit": true, "by": ["owner"]}}})"));
    auto answer = [&](const char* action, bool edits, core::Refusal bad, core::SessionFacts session) {
        core::Attempt attempt = Try(lifecycle, action);
        attempt.edits = edits;
        attempt.bad_input = bad;
        return AnswerOf(core::Decide(lifecycle, session, Holding({core::Relation::owner}), Everything(), attempt,
                                     kBegan));
    };
    core::SessionFacts open = NewSession(lifecycle), done = SessionIn(lifecycle, "done");
    BOOST_TEST(answer("note", true, core::Refusal::none, open) == "apply");
    BOOST_TEST(answer("note", false, core::Refusal::none, open) == "unknown_value");
    BOOST_TEST(answer("end", true, core::Refusal::none, open) == "unknown_value");
    BOOST_TEST(answer("note", true, core::Refusal::wrong_type, open) == "wrong_type");
    BOOST_TEST(answer("note", true, core::Refusal::wrong_type, done) == "wrong_type");
    BOOST_TEST(answer("note", true, core::Refusal::none, done) == "invalid_state");
}
BOOST_AUTO_TEST_CASE(an_edit_changes_nothing_but_the_version) {
    core::Lifecycle lifecycle =
        Compiled(SmallDefinition(R"({"actions": {"note": {"from": "*", "edit": true, "by": ["owner"]}}})"));
    core::SessionFacts before = NewSession(lifecycle);
    core::SessionFacts after = After(lifecycle, before, "note", kBegan + kMinute);
    BOOST_TEST(after.version == before.version + 1);
    BOOST_TEST(after.updated_at == kBegan + kMinute);
    BOOST_TEST(after.state == before.state);
    BOOST_TEST(after.marks == before.marks);
    BOOST_TEST(after.entered_at == before.entered_at);
    BOOST_TEST(after.deadline == before.deadline);
}
BOOST_AUTO_TEST_CASE(an_action_that_takes_no_reason_takes_an_empty_one_for_none) {
    core::Lifecycle lifecycle = WithReason("none");
    BOOST_TEST(Answer(lifecycle, -1) == "apply");
    BOOST_TEST(Answer(lifecycle, 0) == "apply");
    BOOST_TEST(Answer(lifecycle, 1) == "reason_not_taken");
    BOOST_TEST(Answer(lifecycle, 1025) == "reason_not_taken");
}
BOOST_AUTO_TEST_CASE(a_caller_may_require_the_reason_that_the_lifecycle_leaves_open) {
    core::Lifecycle lifecycle = WithReason("optional");
    BOOST_TEST(Answer(lifecycle, -1, true) == "reason_required");
    BOOST_TEST(Answer(lifecycle, 0, true) == "reason_required");
    BOOST_TEST(Answer(lifecycle, 1, true) == "apply");
    BOOST_TEST(Answer(lifecycle, 1024, true) == "apply");
    BOOST_TEST(Answer(lifecycle, 1025, true) == "reason_too_long");
}
BOOST_AUTO_TEST_CASE(an_agents_termination_wants_a_reason_on_one_surface_and_not_on_the_other) {
    const core::Lifecycle& agent = BuiltIn("agent");
    core::Attempt attempt = Try(agent, "terminate");
    auto answer = [&] {
        return AnswerOf(core::Decide(agent, NewSession(agent), Holding({core::Relation::agent}),
                                     core::Grants(), attempt, kBegan));
    };
    BOOST_TEST(answer() == "apply");
    attempt.require_reason = true;
    BOOST_TEST(answer() == "reason_required");
}

BOOST_AUTO_TEST_CASE(the_version_that_is_expected_is_the_one_that_there_is_or_any) {
    core::Lifecycle lifecycle = Compiled(SmallDefinition());
    core::SessionFacts session = NewSession(lifecycle);
    BOOST_TEST(AnswerToVersion(session, lifecycle, "end", kVersion) == "apply");
    BOOST_TEST(AnswerToVersion(session, lifecycle, "end", -1) == "apply");
    for (std::int64_t version : {std::int64_t{0}, kVersion - 1, kVersion + 1})
        BOOST_TEST(AnswerToVersion(session, lifecycle, "end", version) == "version_conflict", version);
}
BOOST_AUTO_TEST_CASE(a_version_of_zero_is_a_version_like_any_other) {
    core::Lifecycle lifecycle = Compiled(SmallDefinition());
    core::SessionFacts session = NewSession(lifecycle);
    session.version = 0;
    BOOST_TEST(AnswerToVersion(session, lifecycle, "end", 0) == "apply");
    BOOST_TEST(AnswerToVersion(session, lifecycle, "end", 1) == "version_conflict");
}
BOOST_AUTO_TEST_CASE(an_idempotent_repeat_is_the_same_with_the_version_that_was_first_expected) {
    const core::Lifecycle& conversation = BuiltIn("conversation");
    core::Standing owner = Holding({core::Relation::owner, core::Relation::member});
    core::Attempt attempt = Try(conversation, "archive");
    attempt.expected_version = kVersion;
    core::Decision first =
        core::Decide(conversation, NewSession(conversation), owner, Everything(), attempt, kBegan);
    BOOST_TEST(AnswerOf(first) == "apply");
    BOOST_TEST(first.after.version == kVersion + 1);
    core::Decision second =
        core::Decide(conversation, first.after, owner, Everything(), attempt, kBegan + kHour);
    BOOST_TEST(AnswerOf(second) == "replay");
}
BOOST_AUTO_TEST_CASE(a_repeat_is_refused_even_where_the_action_starts_from_where_it_leads) {
    core::Lifecycle lifecycle = Compiled(SmallDefinition(
        R"({"states": {"shut": {}}, "actions": {
            "keep": {"from": "*", "mark": "kept", "by": ["owner"]},
            "drop": {"from": "*", "clear": "kept", "by": ["owner"]},
            "shut": {"from": ["open", "shut"], "to": "shut", "by": ["owner"]}}})"));
    core::SessionFacts session = NewSession(lifecycle);
    BOOST_TEST(AnswerToVersion(session, lifecycle, "drop", -1) == "invalid_state");
    session = After(lifecycle, After(lifecycle, session, "keep", kBegan), "shut", kBegan);
    BOOST_TEST(AnswerToVersion(session, lifecycle, "keep", -1) == "invalid_state");
    BOOST_TEST(AnswerToVersion(session, lifecycle, "shut", -1) == "invalid_state");
    BOOST_TEST(AnswerToVersion(session, lifecycle, "drop", -1) == "apply");
}
BOOST_AUTO_TEST_CASE(what_is_written_bears_a_time_that_is_never_before_the_last_change) {
    core::Lifecycle lifecycle = Compiled(SmallDefinition());
    core::SessionFacts session = NewSession(lifecycle);
    session.updated_at = kBegan + kMinute;
    core::SessionFacts ended = After(lifecycle, session, "end", kBegan + kSecond);
    BOOST_TEST(ended.updated_at == kBegan + kMinute);
    BOOST_TEST(ended.entered_at == kBegan + kMinute);
    BOOST_TEST(ended.ended_at == kBegan + kMinute);
    BOOST_TEST(After(lifecycle, session, "end", kBegan + kHour).updated_at == kBegan + kHour);
}
BOOST_AUTO_TEST_CASE(a_repeat_that_is_refused_is_refused_for_its_version_first) {
    core::Lifecycle lifecycle = Compiled(SmallDefinition());
    core::SessionFacts ended = After(lifecycle, NewSession(lifecycle), "end", kBegan);
    BOOST_TEST(AnswerToVersion(ended, lifecycle, "end", kVersion) == "version_conflict");
    BOOST_TEST(AnswerToVersion(ended, lifecycle, "end", kVersion + 1) == "invalid_state");
}

BOOST_AUTO_TEST_SUITE_END()
