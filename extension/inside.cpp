#include "inside.hpp"

namespace curfew {
namespace {

enum class Mode { outside, one_row, maintenance };

Mode mode = Mode::outside;
SubTransactionId subtransaction = InvalidSubTransactionId;
pg_uuid_t row;
int64 row_version;

void on_transaction_end(XactEvent event, void*) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
        mode = Mode::outside;
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId, void*) {
    if (event == SUBXACT_EVENT_ABORT_SUB && subtransaction == mine)
        mode = Mode::outside;
}

} // namespace

void EnterEngine(const pg_uuid_t& session, int64 version) {
    mode = Mode::one_row;
    subtransaction = GetCurrentSubTransactionId();
    row = session;
    row_version = version;
}

void EnterMaintenance() {
    mode = Mode::maintenance;
    subtransaction = GetCurrentSubTransactionId();
}

void LeaveEngine() { mode = Mode::outside; }

bool IsOutsideMaintenance() {
    return mode != Mode::maintenance || subtransaction != GetCurrentSubTransactionId();
}

bool IsOutsideEngine(const pg_uuid_t& session, int64 version) {
    if (!IsOutsideMaintenance())
        return false;
    return mode != Mode::one_row || subtransaction != GetCurrentSubTransactionId() || row_version != version ||
           memcmp(row.data, session.data, UUID_LEN) != 0;
}

void register_inside_callbacks() {
    RegisterXactCallback(on_transaction_end, nullptr);
    RegisterSubXactCallback(on_subtransaction_end, nullptr);
}

} // namespace curfew
