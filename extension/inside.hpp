// The marker that tells the engine's own writes from others: which row, in which subtransaction. It is for one write.
#pragma once

#include "pg.hpp"

namespace curfew {

enum class Mode : uint8 { outside, one_row, maintenance };

struct Marker {
    Mode mode = Mode::outside;
    SubTransactionId subtransaction = InvalidSubTransactionId;
    pg_uuid_t row = {};
};

// The next write to this very row, until LeaveEngine() or the end of the (sub)transaction, is the engine's: the one that
// the statement makes, and none that somebody's trigger makes after it. Gives the marker that was there before, for
// LeaveEngine().
Marker EnterEngine(const pg_uuid_t& session);

// The same for maintenance, which moves or changes many rows.
Marker EnterMaintenance();
Marker PresentMarker();
void LeaveEngine(const Marker& before);

// Whether a write to that row is somebody else's. The engine's own is told once.
bool IsOutsideEngine(const pg_uuid_t& session);
bool IsOutsideMaintenance();

void register_inside_callbacks();

} // namespace curfew
