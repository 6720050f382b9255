// A lifecycle in its compiled form: flat arrays and bit masks, no pointer. Pure C++.
#pragma once

#include "core/name.hpp"
#include "core/relations.hpp"

#include <array>
#include <cstdint>

namespace curfew::core {

inline constexpr int kMaxStates = 32;
inline constexpr int kMaxMarks = 16;
inline constexpr int kMaxActions = 64;
inline constexpr int kMaxTimers = 16;

using StateIndex = std::int8_t;
using StateMask = std::uint32_t;
using MarkMask = std::uint16_t;
using TimerMask = std::uint16_t;
using Microseconds = std::int64_t;

inline constexpr int kNone = -1; // "no such state, mark, action or timer"

constexpr StateMask StateBit(int state) noexcept { return StateMask{1} << state; }
constexpr MarkMask MarkBit(int mark) noexcept { return static_cast<MarkMask>(1u << mark); }
constexpr TimerMask TimerBit(int timer) noexcept { return static_cast<TimerMask>(1u << timer); }

enum class ReasonRule : std::uint8_t { optional, required, none };
enum class Again : std::uint8_t { refuse, same };
enum class Effect : std::uint8_t { enter, set_mark, clear_mark, extend, edit }; // edit: of what people read, which is not here

// Whether the target of such an action is a mark.
constexpr bool ConcernsMark(Effect effect) noexcept { return effect == Effect::set_mark || effect == Effect::clear_mark; }

enum class Anchor : std::uint8_t { entered, created, started, used }; // what a timer counts from

struct State {
    Name name;
    bool live = false;     // tokens are accepted
    bool terminal = false; // nothing leads out
    bool metered = false;  // time spent here is added to the meter
    TimerMask timers = 0;  // that run here, in the order of the definition
};

struct Action {
    Name name;
    Name event;    // what the audit row calls it
    Name scope;    // needed whatever the relation; empty: none
    Name by_scope; // whoever of the tenant holds it may act; empty: nobody by that
    StateMask from = 0;
    Effect effect = Effect::enter;
    std::int8_t target = kNone; // the state entered, the mark, or the first timer of the setting that is extended; kNone for an edit
    RelationMask by = 0;
    ReasonRule reason = ReasonRule::optional;
    Again again = Again::refuse;
    bool readers = false; // a reader may take it too
    bool assigns = false; // the caller's workspace becomes the operator
    bool dispatches = false; // the operator workspace that is online and idle longest becomes the operator
};

struct Timer {
    Name parameter; // the per-session setting that may replace the default; empty: fixed
    Anchor anchor = Anchor::entered;
    Microseconds usual = 0;
    Microseconds minimum = 0;
    Microseconds maximum = 0;
    std::int8_t action = kNone;
};

struct Lifecycle {
    std::array<State, kMaxStates> states;
    std::array<Name, kMaxMarks> marks;
    std::array<Action, kMaxActions> actions;
    std::array<Timer, kMaxTimers> timers;
    std::int8_t state_count = 0;
    std::int8_t mark_count = 0;
    std::int8_t action_count = 0;
    std::int8_t timer_count = 0;
    std::int8_t initial = kNone;
    bool random_ids = false;        // UUIDv4 instead of UUIDv7
    bool workspace_parties = false; // owner and operator are workspaces
    bool members_only = false;      // to others of the tenant, a session is not found
    bool access_token = false;      // create gives a token
    bool refresh_token = false;     // and one to renew it with
    bool records_use = false;       // when a session was last used is kept
    Microseconds refresh_grace = 0; // how long a used refresh token gets its answer again
    std::uint64_t forced = 0;       // the actions by which a session is ended over everybody's head, a bit each
    Name create_scope;
    Name create_event;
    RelationMask read_by = 0;
    Name read_scope;
};

int FindState(const Lifecycle& lifecycle, std::string_view name) noexcept;
int FindMark(const Lifecycle& lifecycle, std::string_view name) noexcept;
int FindAction(const Lifecycle& lifecycle, std::string_view name) noexcept;

// The action that ends a session in `state` when its principal is revoked or its refresh token was stolen, or kNone.
int ForcedAction(const Lifecycle& lifecycle, int state) noexcept;

// The first timer of a setting, or kNone.
int FindTimer(const Lifecycle& lifecycle, std::string_view setting) noexcept;

// The states from which some action gives the operator's place away.
StateMask AssignableFrom(const Lifecycle& lifecycle) noexcept;

} // namespace curfew::core
