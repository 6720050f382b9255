#include "core/decide.hpp"

#include <algorithm>

namespace curfew::core {
namespace {

constexpr RelationMask kPeople = static_cast<RelationMask>(~Bit(Relation::clock));

// The relation that allows the action, or `clock` for none.
Relation AllowingRelation(const Action& action, const Standing& standing, const Grants& grants) noexcept {
    RelationMask held = standing.relations;
    if (action.assigns && standing.candidate)
        held |= Bit(Relation::party);
    if (!action.by_scope.Empty() && !standing.elsewhere && grants.Cover(action.by_scope.View()))
        held |= Bit(Relation::scope);
    held &= action.by & kPeople;
    for (int i = 0; i < kRelations; ++i)
        if (held & Bit(static_cast<Relation>(i)))
            return static_cast<Relation>(i);
    return Relation::clock;
}

Refusal CheckReason(const Action& action, const Attempt& attempt) noexcept {
    bool given = attempt.reason_length > 0; // an empty reason is none
    bool required = action.reason == ReasonRule::required || attempt.require_reason;
    if (given && action.reason == ReasonRule::none)
        return Refusal::reason_not_taken;
    if (!given && required)
        return Refusal::reason_required;
    return attempt.reason_length > kLongestReason ? Refusal::reason_too_long : Refusal::none;
}

// How long to extend may only be given to an action that does. An edit is taken with what it changes, and nothing is
// changed but by an edit.
Refusal CheckGiven(const Action& action, const Attempt& attempt) noexcept {
    if (attempt.bad_input != Refusal::none)
        return attempt.bad_input;
    if (attempt.extends && action.effect != Effect::extend)
        return Refusal::unknown_value;
    return (action.effect == Effect::edit) == attempt.edits ? Refusal::none : Refusal::unknown_value;
}

// Extends the session's timer to the wanted time, in whole seconds from its anchor and never beyond what was asked for.
// Refused where that is beyond the limit, or no later than the timer goes off anyway.
Refusal Extend(const Lifecycle& lifecycle, const Extension& extension, const Attempt& attempt,
               SessionFacts& after) noexcept {
    const Timer& timer = lifecycle.timers[extension.timer];
    Instant until = attempt.until == kUnset ? extension.limit : attempt.until;
    if (until > extension.limit || until <= extension.due)
        return Refusal::value_out_of_range;
    Instant anchor = extension.limit - timer.maximum;
    Microseconds setting = (until - anchor) / kSecond * kSecond;
    if (anchor + setting <= extension.due)
        return Refusal::value_out_of_range;
    for (int i = 0; i < lifecycle.timer_count; ++i)
        if (lifecycle.timers[i].parameter == timer.parameter.View())
            after.settings[i] = setting;
    SetDeadline(lifecycle, after);
    return Refusal::none;
}

void Enter(const Lifecycle& lifecycle, int state, Instant now, SessionFacts& session) noexcept {
    if (lifecycle.states[session.state].metered)
        session.metered += now - session.entered_at;
    session.state = state;
    session.entered_at = now;
    if (lifecycle.states[state].metered && session.started_at == kUnset)
        session.started_at = now;
    if (lifecycle.states[state].terminal)
        session.ended_at = now; // the deadline stays as it is: nothing reads it once the session has ended
    else
        SetDeadline(lifecycle, session);
}

} // namespace

bool HasHadItsEffect(const Action& action, const SessionFacts& session, const Present& present) noexcept {
    switch (action.effect) {
    case Effect::enter:
        return present.state == action.target;
    case Effect::set_mark:
        return session.marks & MarkBit(action.target);
    case Effect::clear_mark:
        return !(session.marks & MarkBit(action.target));
    case Effect::extend:
    case Effect::edit:
        return false;
    }
    return false;
}

Present PresentOf(const Lifecycle& lifecycle, const SessionFacts& session, Instant now) noexcept {
    now = std::max(now, session.updated_at);
    Present present;
    present.expired =
        session.deadline_state != kNone && HasExpired(session.ended_at != kUnset, session.deadline, now);
    present.state = present.expired ? session.deadline_state : session.state;
    present.ended_at = present.expired ? session.deadline : session.ended_at;
    present.metered = session.metered;
    if (lifecycle.states[session.state].metered)
        present.metered += std::max<Microseconds>(0, std::min(now, session.deadline) - session.entered_at);
    return present;
}

SessionFacts Take(const Lifecycle& lifecycle, int index, const SessionFacts& session, Instant now) noexcept {
    const Action& action = lifecycle.actions[index];
    SessionFacts after = session;
    after.version += 1;
    after.updated_at = now;
    if (action.effect == Effect::enter)
        Enter(lifecycle, action.target, now, after);
    else if (action.effect == Effect::set_mark)
        after.marks |= MarkBit(action.target);
    else if (action.effect == Effect::clear_mark)
        after.marks &= static_cast<MarkMask>(~MarkBit(action.target));
    return after;
}

Refusal MayRead(const Lifecycle& lifecycle, const Present& present, const Standing& standing,
                const Grants& grants) noexcept {
    RelationMask held = standing.relations;
    if (standing.candidate && (AssignableFrom(lifecycle) & StateBit(present.state)))
        held |= Bit(Relation::party);
    if (lifecycle.members_only && !(held & Bit(Relation::member)))
        return Refusal::session_not_found;
    if (!(held & lifecycle.read_by))
        return Refusal::not_owner;
    return grants.Cover(lifecycle.read_scope.View()) ? Refusal::none : Refusal::scope_missing;
}

Decision Decide(const Lifecycle& lifecycle, const SessionFacts& session, const Standing& standing, const Grants& grants,
                const Attempt& attempt, Instant now) noexcept {
    Decision decision;
    if (lifecycle.members_only && !(standing.relations & Bit(Relation::member))) {
        decision.refusal = Refusal::session_not_found;
        return decision;
    }
    if (attempt.action == kNone) {
        bool stranger = standing.relations == 0 && !standing.candidate;
        decision.refusal = stranger ? Refusal::not_owner : Refusal::unknown_action;
        return decision;
    }
    const Action& action = lifecycle.actions[attempt.action];

    decision.relation = AllowingRelation(action, standing, grants);
    if (decision.relation == Relation::clock) {
        decision.refusal = Refusal::not_owner;
        return decision;
    }
    if (standing.reader && !action.readers) {
        decision.refusal = Refusal::reader;
        return decision;
    }
    if (!grants.Cover(action.scope.View())) {
        decision.refusal = Refusal::scope_missing;
        decision.missing_scope = action.scope.View();
        return decision;
    }

    decision.refusal = CheckReason(action, attempt);
    if (decision.refusal == Refusal::none)
        decision.refusal = CheckGiven(action, attempt);
    if (decision.refusal != Refusal::none)
        return decision;

    Present present = PresentOf(lifecycle, session, now);
    Instant at = std::max(now, session.updated_at);
    SessionFacts after = Take(lifecycle, attempt.action, session, at);
    if (lifecycle.records_use && after.ended_at == kUnset && !present.expired)
        RecordUse(lifecycle, after, std::max(at, session.used_at));
    if (action.effect == Effect::extend) {
        decision.extension = ExtensionOf(lifecycle, action, session, std::max(now, session.updated_at));
        if (decision.extension.timer != kNone)
            decision.refusal = Extend(lifecycle, decision.extension, attempt, after);
        if (decision.refusal != Refusal::none)
            return decision;
    }
    if (action.again == Again::same && HasHadItsEffect(action, session, present)) {
        decision.verdict = Verdict::replay;
        return decision;
    }
    if (attempt.expected_version >= 0 && attempt.expected_version != session.version) {
        decision.refusal = Refusal::version_conflict;
        return decision;
    }
    if (!(action.from & StateBit(present.state)) || HasHadItsEffect(action, session, present)) {
        decision.refusal = Refusal::invalid_state;
        return decision;
    }

    decision.verdict = Verdict::apply;
    decision.after = after;
    return decision;
}

} // namespace curfew::core
