#include "inside.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
}

namespace curfew {
namespace {

struct Mark {
    SubTransactionId subtransaction;
    int32 depth;
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

bool IsEngineAt(int32 depth) { return mark_count > 0 && marks[mark_count - 1].depth == depth; }

} // namespace

int EnterEngine() {
    if (mark_count == kMostMarks)
        ereport(ERROR, (errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
                        errmsg("curfew is called by triggers of its own changes, too deep inside of each other")));
    marks[mark_count] = {GetCurrentSubTransactionId(), TriggerDepth()};
    return mark_count++;
}

void LeaveEngine(int before) { mark_count = before; }

bool IsOutsideEngine() { return !IsEngineAt(TriggerDepth()); }
bool IsFiredOutsideEngine() { return !IsEngineAt(TriggerDepth() - 1); }

void register_inside_callbacks() {
    RegisterXactCallback(on_transaction_end, nullptr);
    RegisterSubXactCallback(on_subtransaction_end, nullptr);
}

} // namespace curfew
