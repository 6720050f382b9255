// Deadlines, uses and extensions: what the timers of a session's state make of its facts.
#include "core/decide.hpp"

#include <algorithm>

namespace curfew::core {
namespace {

// Calls f(index, timer) for each timer that runs in the session's state, in the order of the definition.
template <class F> void ForEachTimer(const Lifecycle& lifecycle, const SessionFacts& session, F f) noexcept {
    for (int i = 0; i < lifecycle.timer_count; ++i)
        if (lifecycle.states[session.state].timers & TimerBit(i))
            f(i, lifecycle.timers[i]);
}

Instant AnchorOf(const Timer& timer, const SessionFacts& session) noexcept {
    if (timer.anchor == Anchor::created)
        return session.created_at;
    if (timer.anchor == Anchor::started && session.started_at != kUnset)
        return session.started_at;
    if (timer.anchor == Anchor::used) // who enters a state uses the session
        return std::max(session.used_at, session.entered_at);
    return session.entered_at;
}

Microseconds LengthOf(const Timer& timer, int index, const SessionFacts& session) noexcept {
    return session.settings[index] > 0 ? session.settings[index] : timer.usual;
}

} // namespace

void SetDeadline(const Lifecycle& lifecycle, SessionFacts& session) noexcept {
    session.deadline = kNever;
    session.deadline_state = kNone;
    // A state does not end before it began, nor before it was last used.
    Instant earliest = std::max(session.entered_at, session.used_at);
    ForEachTimer(lifecycle, session, [&](int i, const Timer& timer) {
        Instant due = std::max(AnchorOf(timer, session) + LengthOf(timer, i, session), earliest);
        if (due < session.deadline) {
            session.deadline = due;
            session.deadline_state = lifecycle.actions[timer.action].target;
        }
    });
}

Refusal MayUse(const Lifecycle& lifecycle, const SessionFacts& session, const Standing& standing, Instant now) noexcept {
    constexpr RelationMask kUsers =
        Bit(Relation::owner) | Bit(Relation::agent) | Bit(Relation::party) | Bit(Relation::service);
    if (!(standing.relations & kUsers))
        return Refusal::not_owner;
    if (standing.reader)
        return Refusal::reader;
    bool over = lifecycle.states[PresentOf(lifecycle, session, now).state].terminal;
    return over ? Refusal::invalid_state : Refusal::none;
}

bool UseIsDue(const Lifecycle& lifecycle, const SessionFacts& session, Instant used, Instant now,
              Microseconds granularity) noexcept {
    bool over = session.ended_at != kUnset || PresentOf(lifecycle, session, now).expired;
    if (!lifecycle.records_use || over)
        return false;
    if (session.used_at == kUnset)
        return true;
    ForEachTimer(lifecycle, session, [&](int i, const Timer& timer) {
        if (timer.anchor == Anchor::used)
            granularity = std::min(granularity, LengthOf(timer, i, session) / 10);
    });
    return used > session.used_at && used - session.used_at >= granularity;
}

void RecordUse(const Lifecycle& lifecycle, SessionFacts& session, Instant used) noexcept {
    session.used_at = used;
    bool idles = false;
    ForEachTimer(lifecycle, session, [&](int, const Timer& timer) { idles = idles || timer.anchor == Anchor::used; });
    if (idles)
        SetDeadline(lifecycle, session);
}

Extension ExtensionOf(const Lifecycle& lifecycle, const Action& action, const SessionFacts& session, Instant now) noexcept {
    Extension extension;
    if (!(action.from & StateBit(session.state)) || PresentOf(lifecycle, session, now).expired)
        return extension;
    std::string_view setting = lifecycle.timers[action.target].parameter.View();
    SessionFacts used = session;
    used.used_at = std::max({now, session.updated_at, session.used_at});
    ForEachTimer(lifecycle, session, [&](int i, const Timer& timer) {
        if (!(timer.parameter == setting))
            return;
        extension.timer = i;
        extension.due = AnchorOf(timer, used) + LengthOf(timer, i, session);
        extension.limit = AnchorOf(timer, used) + timer.maximum;
    });
    return extension;
}

} // namespace curfew::core
