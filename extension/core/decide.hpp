// The decision: may this caller take this action on this session now, and what becomes of it. Pure C++:
// no allocation, no exception, no PostgreSQL header.
#pragma once

#include "core/duration.hpp"
#include "core/lifecycle.hpp"
#include "core/refusals.hpp"
#include "core/relations.hpp"
#include "core/scopes.hpp"

#include <limits>

namespace curfew::core {

using Instant = std::int64_t; // microseconds; PostgreSQL's TimestampTz
inline constexpr Instant kNever = std::numeric_limits<Instant>::max();
inline constexpr Instant kUnset = std::numeric_limits<Instant>::min();
inline constexpr int kLongestReason = 1024; // characters

// The row, as it was read.
struct SessionFacts {
    int state = kNone;
    int deadline_state = kNone; // what the session is from `deadline` on
    MarkMask marks = 0;
    std::int64_t version = 0;
    Instant created_at = 0;
    Instant updated_at = 0;
    Instant entered_at = 0;
    Instant started_at = kUnset; // first time in a metered state
    Instant ended_at = kUnset;
    Instant deadline = kNever;
    Microseconds metered = 0;                               // up to entered_at
    std::array<Microseconds, kMaxTimers> settings = {};     // per timer; 0: its default
};

// The rule of time: a session that has not ended is, from its deadline on, what its timer makes it.
constexpr bool HasExpired(bool ended, Instant deadline, Instant now) noexcept { return !ended && deadline <= now; }

// What the session is at one moment: past its deadline it is what its timer makes it. A session's time does not run
// backwards, though the server's clock may: a moment before its last change counts as that of the change.
struct Present {
    int state = kNone;
    bool expired = false; // by a deadline that nobody has written down yet
    Instant ended_at = kUnset;
    Microseconds metered = 0;
};
Present PresentOf(const Lifecycle& lifecycle, const SessionFacts& session, Instant now) noexcept;

struct Attempt {
    int action = kNone;            // kNone: the lifecycle has no such action
    int reason_length = -1;        // in characters; -1: none given
    bool require_reason = false;   // the caller's own contract asks for one
    std::int64_t expected_version = -1; // -1: any
};

enum class Verdict : std::uint8_t { refuse, replay, apply };

struct Decision {
    Verdict verdict = Verdict::refuse;
    Refusal refusal = Refusal::none;
    Relation relation = Relation::owner;
    std::string_view missing_scope; // with Refusal::scope_missing
    SessionFacts after;             // with Verdict::apply; the version is the next one
};

// May the caller see the session at all? `none`, `not_owner`, `scope_missing` or, in a members-only lifecycle,
// `session_not_found`.
Refusal MayRead(const Lifecycle& lifecycle, const Present& present, const Standing& standing, const Grants& grants) noexcept;

// Decides. Order of refusals: not found, forbidden, bad input, version conflict, invalid state. What is written bears
// a time that is never before the row's last change.
Decision Decide(const Lifecycle& lifecycle, const SessionFacts& session, const Standing& standing, const Grants& grants,
                const Attempt& attempt, Instant now) noexcept;

// The facts after the action has had its effect at `now`: state or mark, meter, deadline, next version.
SessionFacts Take(const Lifecycle& lifecycle, int action, const SessionFacts& session, Instant now) noexcept;

// The deadline and deadline state of a session that is in `state` by these facts; kNever without a timer.
void SetDeadline(const Lifecycle& lifecycle, SessionFacts& session) noexcept;

} // namespace curfew::core
