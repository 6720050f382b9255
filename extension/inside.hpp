// The marks that tell the engine's own statements from others: how deep in triggers they are.
#pragma once

#include "pg.hpp"

namespace curfew {

// From here on, until LeaveEngine() or the end of the (sub)transaction, the statements that this function runs are the
// engine's; those that a trigger of theirs runs are not. Gives what LeaveEngine() is given.
int EnterEngine();
void LeaveEngine(int before);

// Whether the statement that asks, in a trigger's condition, is somebody else's.
bool IsOutsideEngine();

// Whether the statement that fired the trigger whose function asks is somebody else's.
bool IsFiredOutsideEngine();

void register_inside_callbacks();

} // namespace curfew
