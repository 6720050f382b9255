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
    Instant used_at = kUnset; // last use that was written down
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
    bool extends = false;               // how long to extend is given: the action has to be one that extends
    Instant until = kUnset;             // to when an action that extends does; kUnset: as long as it may
    bool edits = false;                 // what is to be changed of what people read is given
    Refusal bad_input = Refusal::none;  // what is wrong with what was given
};

// May whoever may read the session use it without a token: its owner, its agent, its operator or a service; none,
// `not_owner`, `reader` or, once it is over, `invalid_state`.
Refusal MayUse(const Lifecycle& lifecycle, const SessionFacts& session, const Standing& standing, Instant now) noexcept;

// What an action that extends could do to a session as it is.
struct Extension {
    int timer = kNone;      // the timer of the session's state that it extends; kNone: none, or the time is up
    Instant due = kNever;   // when that would go off without it, the action being a use
    Instant limit = kNever; // the latest to which it can be extended
};
Extension ExtensionOf(const Lifecycle& lifecycle, const Action& action, const SessionFacts& session, Instant now) noexcept;

enum class Verdict : std::uint8_t { refuse, replay, apply };

struct Decision {
    Verdict verdict = Verdict::refuse;
    Refusal refusal = Refusal::none;
    Relation relation = Relation::owner;
    std::string_view missing_scope; // with Refusal::scope_missing
    Extension extension;            // with an action that extends
    SessionFacts after;             // with Verdict::apply; the version is the next one
};

// May the caller see the session at all? `none`, `not_owner`, `scope_missing` or, in a members-only lifecycle,
// `session_not_found`.
Refusal MayRead(const Lifecycle& lifecycle, const Present& present, const Standing& standing, const Grants& grants) noexcept;

// Decides. Order of refusals: not found, forbidden, bad input, version conflict, invalid state. What is written bears
// a time that is never before the row's last change.
Decision Decide(const Lifecycle& lifecycle, const SessionFacts& session, const Standing& standing, const Grants& grants,
                const Attempt& attempt, Instant now) noexcept;

// Whether the session is already what the action would make it; never for an edit.
bool HasHadItsEffect(const Action& action, const SessionFacts& session, const Present& present) noexcept;

// The facts after the action has had its effect at `now`: state or mark, meter, deadline, next version. Of an action that
// extends, all but the extension; of an edit, the last. Whether it is a use of the session is not in it.
SessionFacts Take(const Lifecycle& lifecycle, int action, const SessionFacts& session, Instant now) noexcept;

// The deadline and deadline state of a session that is in `state` by these facts: those of the timer that goes off first,
// of several the one that is listed first; kNever without a timer.
void SetDeadline(const Lifecycle& lifecycle, SessionFacts& session) noexcept;

// Whether a use at `used` is to be written down: the lifecycle keeps uses, the session is not over at `now`, and the last
// one written is at least `granularity` older, or a tenth of the shortest idle time that runs where that is less.
bool UseIsDue(const Lifecycle& lifecycle, const SessionFacts& session, Instant used, Instant now,
              Microseconds granularity) noexcept;

// The facts after a use at that time; a deadline that depends on it moves. The session has not ended.
void RecordUse(const Lifecycle& lifecycle, SessionFacts& session, Instant used) noexcept;

} // namespace curfew::core
