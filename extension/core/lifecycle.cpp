#include "core/lifecycle.hpp"

namespace curfew::core {

int FindState(const Lifecycle& lifecycle, std::string_view name) noexcept {
    for (int i = 0; i < lifecycle.state_count; ++i)
        if (lifecycle.states[i].name == name)
            return i;
    return kNone;
}

int FindMark(const Lifecycle& lifecycle, std::string_view name) noexcept {
    for (int i = 0; i < lifecycle.mark_count; ++i)
        if (lifecycle.marks[i] == name)
            return i;
    return kNone;
}

int FindAction(const Lifecycle& lifecycle, std::string_view name) noexcept {
    for (int i = 0; i < lifecycle.action_count; ++i)
        if (lifecycle.actions[i].name == name)
            return i;
    return kNone;
}

int FindTimer(const Lifecycle& lifecycle, std::string_view setting) noexcept {
    for (int i = 0; i < lifecycle.timer_count; ++i)
        if (lifecycle.timers[i].parameter == setting)
            return i;
    return kNone;
}

int ForcedAction(const Lifecycle& lifecycle, int state) noexcept {
    for (int i = 0; i < lifecycle.action_count; ++i)
        if ((lifecycle.forced >> i & 1) && (lifecycle.actions[i].from & StateBit(state)))
            return i;
    return kNone;
}

StateMask AssignableFrom(const Lifecycle& lifecycle) noexcept {
    StateMask mask = 0;
    for (int i = 0; i < lifecycle.action_count; ++i)
        if (lifecycle.actions[i].assigns)
            mask |= lifecycle.actions[i].from;
    return mask;
}

} // namespace curfew::core
