#include "core/expiry.hpp"

#include <algorithm>

namespace curfew::core {
namespace {

bool LeadsThere(const Action& action, const SessionFacts& session) noexcept {
    return action.effect == Effect::enter && action.target == session.deadline_state &&
           (action.from & StateBit(session.state));
}

} // namespace

int ExpiringAction(const Lifecycle& lifecycle, const SessionFacts& session) noexcept {
    for (int i = 0; i < lifecycle.timer_count; ++i)
        if (LeadsThere(lifecycle.actions[lifecycle.timers[i].action], session))
            return lifecycle.timers[i].action;
    for (int i = 0; i < lifecycle.action_count; ++i)
        if ((lifecycle.actions[i].by & Bit(Relation::clock)) && LeadsThere(lifecycle.actions[i], session))
            return i;
    return kNone;
}

SessionFacts Expire(const Lifecycle& lifecycle, const SessionFacts& session) noexcept {
    Present present = PresentOf(lifecycle, session, session.deadline);
    SessionFacts after = session;
    after.version += 1;
    after.state = present.state;
    after.metered = present.metered;
    after.entered_at = session.deadline;
    after.ended_at = present.ended_at;
    after.updated_at = std::max(session.updated_at, session.deadline);
    return after;
}

} // namespace curfew::core
