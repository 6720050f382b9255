// The marker that tells the engine's own writes from others: which row, at which version, in which subtransaction.
#pragma once

#include "pg.hpp"

namespace curfew {

// From here on, until LeaveEngine() or the end of the (sub)transaction, an update of this very row at this very
// version is the engine's.
void EnterEngine(const pg_uuid_t& session, int64 version);

// The same for maintenance, which moves or removes many rows.
void EnterMaintenance();
void LeaveEngine();

// Whether a write to that row is somebody else's.
bool IsOutsideEngine(const pg_uuid_t& session, int64 version);
bool IsOutsideMaintenance();

void register_inside_callbacks();

} // namespace curfew
