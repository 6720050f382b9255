#include "core/check.hpp"

#include "core/definition_reader.hpp"

namespace curfew::core {
namespace {

constexpr RelationMask kClock = Bit(Relation::clock);

// An extension needs something to extend, wherever it starts.
Problem CheckExtension(const Lifecycle& lifecycle, const Action& action) noexcept {
    std::string_view name = action.name.View();
    const Timer& timer = lifecycle.timers[action.target];
    std::string_view setting = timer.parameter.View();
    if (timer.minimum == timer.maximum)
        return Problem(Place{"actions", name, "extend"}, {"the setting \"", setting, "\" is fixed: its min is its max"});
    if (action.again == Again::same)
        return Problem(Place{"actions", name, "again"}, {"a repeat extends it again"});
    for (int s = 0; s < lifecycle.state_count; ++s) {
        bool timed = false;
        for (int t = 0; t < lifecycle.timer_count; ++t)
            timed = timed || ((lifecycle.states[s].timers & TimerBit(t)) && lifecycle.timers[t].parameter == setting);
        if ((action.from & StateBit(s)) && !timed)
            return Problem(Place{"actions", name, "from"}, {"no timer of the state \"", lifecycle.states[s].name.View(),
                                                            "\" has the setting \"", setting, "\""});
    }
    return {};
}

Problem CheckAction(const Lifecycle& lifecycle, const Action& action) noexcept {
    std::string_view name = action.name.View();
    if (action.by == 0)
        return Problem(Place{"actions", name, "by"}, {"nobody may take this action"});
    if (action.by & kClock) {
        bool timed = false;
        for (int i = 0; i < lifecycle.timer_count; ++i)
            timed = timed || &lifecycle.actions[lifecycle.timers[i].action] == &action;
        if (!timed)
            return Problem(Place{"actions", name, "by"}, {"no timer does this action, so the clock cannot"});
        if (action.reason == ReasonRule::required)
            return Problem(Place{"actions", name, "reason"}, {"the clock gives no reason"});
    }
    if ((action.by & Bit(Relation::party)) && !lifecycle.workspace_parties)
        return Problem(Place{"actions", name, "by"}, {"\"operator\" needs \"parties\": \"workspaces\""});
    if (action.assigns && !(action.by & Bit(Relation::party)))
        return Problem(Place{"actions", name, "assigns"}, {"needs \"operator\" among those who may act"});
    if (action.dispatches && !lifecycle.workspace_parties)
        return Problem(Place{"actions", name, "assigns"}, {"\"idle_operator\" needs \"parties\": \"workspaces\""});
    if ((action.assigns || action.dispatches) && action.again == Again::same)
        return Problem(Place{"actions", name, "again"}, {"another's place is not one's own: who assigns is refused a repeat"});
    if (action.effect == Effect::extend)
        return CheckExtension(lifecycle, action);
    if (action.effect == Effect::edit && (action.by & kClock))
        return Problem(Place{"actions", name, "by"}, {"the clock edits nothing"});
    if (action.effect == Effect::edit && action.assigns)
        return Problem(Place{"actions", name, "assigns"}, {"an edit assigns nobody"});
    if (action.effect == Effect::edit && action.again == Again::same)
        return Problem(Place{"actions", name, "again"}, {"an edit can be made again, and is another one then"});
    if (action.effect != Effect::enter)
        return {};

    for (int i = 0; i < lifecycle.state_count; ++i) {
        const State& state = lifecycle.states[i];
        if ((action.from & StateBit(i)) && state.terminal)
            return Problem(Place{"actions", name, "from"},
                           {"leads out of the terminal state \"", state.name.View(), "\""});
    }
    if (action.from == StateBit(action.target))
        return Problem(Place{"actions", name, "to"}, {"leads only to where it starts"});
    return {};
}

StateMask Reachable(const Lifecycle& lifecycle) noexcept {
    StateMask reached = StateBit(lifecycle.initial);
    for (StateMask before = 0; before != reached;) {
        before = reached;
        for (int i = 0; i < lifecycle.action_count; ++i) {
            const Action& action = lifecycle.actions[i];
            if (action.effect == Effect::enter && (action.from & reached))
                reached |= StateBit(action.target);
        }
    }
    return reached;
}

Problem CheckTimer(const Lifecycle& lifecycle, int state, int index) noexcept {
    const Timer& timer = lifecycle.timers[index];
    const Action& action = lifecycle.actions[timer.action];
    std::string_view name = lifecycle.states[state].name.View();
    if (lifecycle.states[state].terminal)
        return Problem(Place{"timers", name}, {"a terminal state needs no timer"});
    if (!(action.by & kClock))
        return Problem(Place{"timers", name, "do"},
                       {"the action \"", action.name.View(), "\" does not name \"clock\" among those who may take it"});
    if (!(action.from & StateBit(state)))
        return Problem(Place{"timers", name, "do"},
                       {"the action \"", action.name.View(), "\" does not start from this state"});
    if (action.effect != Effect::enter || !lifecycle.states[action.target].terminal)
        return Problem(Place{"timers", name, "do"}, {"a timer leads to a terminal state"});
    for (int i = 0; i < lifecycle.timer_count; ++i) {
        const Timer& other = lifecycle.timers[i];
        bool same_setting = !timer.parameter.Empty() && other.parameter == timer.parameter.View();
        if (same_setting &&
            (other.usual != timer.usual || other.minimum != timer.minimum || other.maximum != timer.maximum))
            return Problem(Place{"timers", name, "after"},
                           {"the setting \"", timer.parameter.View(), "\" has two different defaults or limits"});
        if (same_setting && i != index && (lifecycle.states[state].timers & TimerBit(i)))
            return Problem(Place{"timers", name, "after"},
                           {"two timers of the state have the setting \"", timer.parameter.View(), "\""});
    }
    return {};
}

Problem CheckForced(const Lifecycle& lifecycle) noexcept {
    for (int i = 0; i < lifecycle.action_count; ++i) {
        const Action& action = lifecycle.actions[i];
        bool forced = lifecycle.forced >> i & 1;
        if (forced && (action.effect != Effect::enter || !lifecycle.states[action.target].terminal))
            return Problem("forced", {"the action \"", action.name.View(), "\" does not lead to a terminal state"});
    }
    for (int i = 0; lifecycle.refresh_token && i < lifecycle.state_count; ++i)
        if (lifecycle.states[i].live && ForcedAction(lifecycle, i) == kNone)
            return Problem("forced", {"has no action that ends the live state \"", lifecycle.states[i].name.View(),
                                      "\", as a stolen refresh token must"});
    return {};
}

} // namespace

bool IsName(std::string_view text) noexcept {
    if (text.empty() || text.size() > Name::kCapacity)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        bool later = i > 0 && ((c >= '0' && c <= '9') || c == '_');
        if (!letter && !later)
            return false;
    }
    return true;
}

bool IsEventName(std::string_view text) noexcept {
    if (text.empty() || text.size() > Name::kCapacity)
        return false;
    for (char c : text) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '_' && c != '.' && c != '-')
            return false;
    }
    return true;
}

Problem Check(const Lifecycle& lifecycle) noexcept {
    if (lifecycle.states[lifecycle.initial].terminal)
        return Problem("initial", {"a session cannot begin in the terminal state \"",
                                   lifecycle.states[lifecycle.initial].name.View(), "\""});
    if (lifecycle.read_by == 0)
        return Problem("read.by", {"nobody may read these sessions"});
    if (lifecycle.read_by == Bit(Relation::party) && !lifecycle.workspace_parties)
        return Problem("read.by", {"\"operator\" needs \"parties\": \"workspaces\""});
    if (lifecycle.read_by & kClock)
        return Problem("read.by", {"the clock does not read"});
    for (int i = 0; i < lifecycle.action_count; ++i)
        if (Problem problem = CheckAction(lifecycle, lifecycle.actions[i]))
            return problem;

    if (Problem problem = CheckForced(lifecycle))
        return problem;
    StateMask reached = Reachable(lifecycle);
    for (int i = 0; i < lifecycle.state_count; ++i) {
        const State& state = lifecycle.states[i];
        if (!(reached & StateBit(i)))
            return Problem(Place{"states", state.name.View()}, {"nothing leads to this state"});
        if (state.terminal && state.live)
            return Problem(Place{"states", state.name.View()}, {"a terminal state is not live"});
        if (state.terminal && state.metered)
            return Problem(Place{"states", state.name.View()}, {"a terminal state is not metered"});
        for (int t = 0; t < lifecycle.timer_count; ++t)
            if (state.timers & TimerBit(t))
                if (Problem problem = CheckTimer(lifecycle, i, t))
                    return problem;
    }
    return {};
}

Problem CheckSuccessor(const Lifecycle& current, const Lifecycle& next) noexcept {
    for (int i = 0; i < current.state_count; ++i) {
        std::string_view name = current.states[i].name.View();
        int index = FindState(next, name);
        if (index == kNone)
            return Problem(Place{"states", name}, {"a state cannot be taken away, since sessions may be in it"});
        if (next.states[index].terminal != current.states[i].terminal)
            return Problem(Place{"states", name}, {"whether a state is terminal cannot change"});
        if (next.states[index].metered != current.states[i].metered)
            return Problem(Place{"states", name}, {"whether a state is metered cannot change, since sessions have been in it"});
    }
    for (int i = 0; i < current.mark_count; ++i)
        if (FindMark(next, current.marks[i].View()) == kNone)
            return Problem("actions", {"the mark \"", current.marks[i].View(),
                                       "\" cannot be taken away, since sessions may bear it"});
    if (next.workspace_parties != current.workspace_parties)
        return Problem("parties", {"cannot change, since sessions have their parties"});
    return {};
}

} // namespace curfew::core
