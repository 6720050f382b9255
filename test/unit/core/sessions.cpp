#include "sessions.hpp"

#include <stdexcept>

namespace curfew::test {

core::SessionFacts NewSession(const core::Lifecycle& lifecycle) {
    core::SessionFacts session;
    session.state = lifecycle.initial;
    session.version = kVersion;
    session.created_at = session.updated_at = session.entered_at = kBegan;
    if (lifecycle.states[lifecycle.initial].metered)
        session.started_at = kBegan;
    core::SetDeadline(lifecycle, session);
    return session;
}

core::SessionFacts SessionIn(const core::Lifecycle& lifecycle, std::string_view state) {
    core::SessionFacts session;
    session.state = StateOf(lifecycle, state);
    session.version = kVersion;
    session.created_at = session.updated_at = session.entered_at = kBegan;
    if (lifecycle.states[session.state].terminal)
        session.ended_at = kBegan;
    return session;
}

core::Attempt Try(const core::Lifecycle& lifecycle, std::string_view action) {
    core::Attempt attempt;
    attempt.action = ActionOf(lifecycle, action);
    attempt.edits = lifecycle.actions[attempt.action].effect == core::Effect::edit;
    return attempt;
}

core::Decision DecideAs(core::Relation relation, const core::Lifecycle& lifecycle,
                        const core::SessionFacts& session, std::string_view action, core::Instant now) {
    return core::Decide(lifecycle, session, Holding({relation}), Everything(), Try(lifecycle, action), now);
}

core::SessionFacts After(const core::Lifecycle& lifecycle, const core::SessionFacts& session,
                         std::string_view action, core::Instant now, core::Relation relation) {
    core::Decision decision = DecideAs(relation, lifecycle, session, action, now);
    if (decision.verdict != core::Verdict::apply)
        throw std::runtime_error(std::string(action) + ": " + std::string(AnswerOf(decision)));
    return decision.after;
}

core::Grants Everything() {
    static constexpr std::string_view kAll[] = {"*"};
    core::Grants grants;
    grants.principal = kAll;
    return grants;
}

std::string_view AnswerOf(const core::Decision& decision) {
    if (decision.verdict == core::Verdict::refuse)
        return WordOf(decision.refusal);
    return decision.verdict == core::Verdict::replay ? "replay" : "apply";
}

std::string_view WordOf(core::Refusal refusal) { return core::TextOf(refusal).word; }

std::string_view StateAt(const core::Lifecycle& lifecycle, const core::SessionFacts& session,
                         core::Instant now) {
    return lifecycle.states[core::PresentOf(lifecycle, session, now).state].name.View();
}

} // namespace curfew::test
