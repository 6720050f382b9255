// What the two tables of the lifecycle `visual` share.
#pragma once

#include "table.hpp"

namespace curfew::test {

inline Table VisualTable() {
    return {.lifecycle = "visual",
            .states = {"REQUESTED", "ASSIGNED", "LIVE", "PAUSED", "ENDED", "EXPIRED", "CANCELLED"},
            .actions = {"cancel", "accept", "dispatch", "authorize", "start", "publish", "live", "pause", "resume", "end",
                        "cancel_assignment", "expire"},
            .lapses = {{"ASSIGNED", "EXPIRED"}, {"LIVE", "EXPIRED"}, {"PAUSED", "EXPIRED"}},
            .groups = {{"over", {"ENDED", "EXPIRED", "CANCELLED"}},
                       {"taken", {"ASSIGNED", "LIVE", "PAUSED", "ENDED", "EXPIRED", "CANCELLED"}}},
            .without_operator = {"REQUESTED"}};
}

} // namespace curfew::test
