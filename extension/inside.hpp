// The marks that tell the engine's own writes from others: of which session, and how deep in triggers.
#pragma once

#include "pg.hpp"

namespace curfew {

// From here on, until LeaveEngine() or the end of the (sub)transaction, a write to that session by the statements that this
// function runs is the engine's; one by a trigger of theirs is not. Gives what LeaveEngine() is given.
int EnterEngine(const pg_uuid_t& session);

// The same for statements that write many sessions, or new ones. A function of somebody's own that they call by themselves,
// in a trigger's condition or a check, is not told from them.
int EnterEngine();

// The same for statements that may also move and remove rows of the audit log.
int EnterMaintenance();
void LeaveEngine(int before);

// Whether a write is somebody else's: asked by the statement that writes, in a trigger's condition.
//   session  null: a statement that writes no row that was there before
bool IsOutsideEngine(const pg_uuid_t* session);

// Whether the statement that fired the trigger whose function asks is none of maintenance.
bool IsFiredOutsideMaintenance();

void register_inside_callbacks();

} // namespace curfew
