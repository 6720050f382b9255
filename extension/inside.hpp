// The marker that tells the engine's own writes from others: which row, at which version, in which subtransaction.
#pragma once

#include "pg.hpp"

namespace curfew {

enum class Mode : uint8 { outside, one_row, maintenance };

struct Marker {
    Mode mode = Mode::outside;
    SubTransactionId subtransaction = InvalidSubTransactionId;
    pg_uuid_t row = {};
    int64 version = 0;
};

// From here on, until LeaveEngine() or the end of the (sub)transaction, an update of this very row at this very
// version is the engine's. Gives the marker that was there before, for LeaveEngine().
Marker EnterEngine(const pg_uuid_t& session, int64 version);

// The same for maintenance, which moves or changes many rows.
Marker EnterMaintenance();
void LeaveEngine(const Marker& before);

// Whether a write to that row is somebody else's.
bool IsOutsideEngine(const pg_uuid_t& session, int64 version);
bool IsOutsideMaintenance();

void register_inside_callbacks();

} // namespace curfew
