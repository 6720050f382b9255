#include "inside.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
}

namespace curfew {
namespace {

enum class Scope : uint8 { one_session, sessions, maintenance };

struct Mark {
    SubTransactionId subtransaction;
    int32 depth;
    Scope scope;
    pg_uuid_t session;
};

// The engine's functions that are running a statement, each inside of a trigger that the one before it has fired.
constexpr int kMostMarks = 1000;
Mark marks[kMostMarks];
int mark_count = 0;

void on_transaction_end(XactEvent event, void*) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
        mark_count = 0;
}

void on_subtransaction_end(SubXactEvent event, SubTransactionId mine, SubTransactionId, void*) {
    while (event == SUBXACT_EVENT_ABORT_SUB && mark_count > 0 && marks[mark_count - 1].subtransaction >= mine)
        --mark_count;
}

// How many triggers the current statement is inside of.
int32 TriggerDepth() { return DatumGetInt32(DirectFunctionCall1(pg_trigger_depth, 0)); }

// The mark of the statements at that depth; null: they are not the engine's.
const Mark* MarkAt(int32 depth) {
    const Mark* last = mark_count > 0 ? &marks[mark_count - 1] : nullptr;
    return last != nullptr && last->depth == depth ? last : nullptr;
}

int enter(Scope scope, const pg_uuid_t& session) {
    if (mark_count == kMostMarks)
        ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
                        errmsg("curfew is called by triggers of its own changes, too deep inside of each other")));
    marks[mark_count] = {GetCurrentSubTransactionId(), TriggerDepth(), scope, session};
    return mark_count++;
}

} // namespace

int EnterEngine(const pg_uuid_t& session) { return enter(Scope::one_session, session); }
int EnterEngine() { return enter(Scope::sessions, {}); }
int EnterMaintenance() { return enter(Scope::maintenance, {}); }
void LeaveEngine(int before) { mark_count = before; }

bool IsOutsideEngine(const pg_uuid_t* session) {
    const Mark* mark = MarkAt(TriggerDepth());
    if (mark == nullptr || mark->scope != Scope::one_session || session == nullptr)
        return mark == nullptr;
    return memcmp(mark->session.data, session->data, UUID_LEN) != 0;
}

bool IsFiredOutsideMaintenance() {
    const Mark* mark = MarkAt(TriggerDepth() - 1);
    return mark == nullptr || mark->scope != Scope::maintenance;
}

void register_inside_callbacks() {
    RegisterXactCallback(on_transaction_end, nullptr);
    RegisterSubXactCallback(on_subtransaction_end, nullptr);
}

} // namespace curfew
