#include "inside.hpp"

namespace curfew {
namespace {

Marker marker;

void on_transaction_end(XactEvent event, void*) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
        marker = {};
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId, void*) {
    if (event == SUBXACT_EVENT_ABORT_SUB && marker.subtransaction == mine)
        marker = {};
}

Marker enter(const Marker& next) {
    Marker before = marker;
    marker = next;
    return before;
}

} // namespace

Marker EnterEngine(const pg_uuid_t& session, int64 version) {
    return enter({Mode::one_row, GetCurrentSubTransactionId(), session, version});
}

Marker EnterMaintenance() { return enter({Mode::maintenance, GetCurrentSubTransactionId(), {}, 0}); }

void LeaveEngine(const Marker& before) { marker = before; }

bool IsOutsideMaintenance() {
    return marker.mode != Mode::maintenance || marker.subtransaction != GetCurrentSubTransactionId();
}

bool IsOutsideEngine(const pg_uuid_t& session, int64 version) {
    if (!IsOutsideMaintenance())
        return false;
    return marker.mode != Mode::one_row || marker.subtransaction != GetCurrentSubTransactionId() ||
           marker.version != version || memcmp(marker.row.data, session.data, UUID_LEN) != 0;
}

void register_inside_callbacks() {
    RegisterXactCallback(on_transaction_end, nullptr);
    RegisterSubXactCallback(on_subtransaction_end, nullptr);
}

} // namespace curfew
