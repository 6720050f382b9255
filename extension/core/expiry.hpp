// What a deadline makes of a session, for whoever writes it down. Pure C++.
#pragma once

#include "core/decide.hpp"

namespace curfew::core {

// Whether the session has a deadline at all, and states that its lifecycle has.
constexpr bool CanExpire(const SessionFacts& session) noexcept {
    return session.state != kNone && session.deadline_state != kNone && session.ended_at == kUnset &&
           session.deadline != kNever;
}

// The clock's action by which the session becomes what its deadline makes it; kNone when its lifecycle was defined anew
// since and has none.
int ExpiringAction(const Lifecycle& lifecycle, const SessionFacts& session) noexcept;

// The facts after the deadline, in the next version: what PresentOf() said from then on. The session CanExpire().
SessionFacts Expire(const Lifecycle& lifecycle, const SessionFacts& session) noexcept;

} // namespace curfew::core
