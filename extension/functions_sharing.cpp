// SQL-callable: what a front does between two callers in one transaction.
#include "function.hpp"

#include "errors.hpp"

using namespace curfew;

namespace {

constexpr int64 kLongestLockWait = 60 * USECS_PER_SEC;

// Fires the deferred triggers that wait for the commit, and has those that come from now on wait for it again.
void fire_deferred_triggers() {
    ConstraintsSetStmt* all = makeNode(ConstraintsSetStmt);
    for (bool deferred : {false, true}) {
        all->deferred = deferred;
        AfterTriggerSetState(all);
    }
}

// No lock is waited for longer than until so many microseconds after the transaction's start, to its end.
void bound_lock_waits(int64 lock_wait) {
    int64 left = (lock_wait - (GetCurrentTimestamp() - GetCurrentTransactionStartTimestamp())) / 1000;
    set_config_option("lock_timeout", psprintf("%d", static_cast<int>(Max(left, 1))), PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
                      true, 0, false);
}

} // namespace

// next_caller(lock_wait interval) returns void. SL422 value_out_of_range
CURFEW_FUNCTION(next_caller) {
    if (PG_ARGISNULL(0))
        raise_refusal(core::Refusal::missing_field, "lock_wait");
    const Interval* lock_wait = PG_GETARG_INTERVAL_P(0);
    if (lock_wait->month != 0 || lock_wait->day != 0 || lock_wait->time < 1000 || lock_wait->time > kLongestLockWait)
        raise_refusal(core::Refusal::value_out_of_range, "lock_wait", "It can be from a millisecond to a minute.");
    fire_deferred_triggers();
    bound_lock_waits(lock_wait->time);
    PG_RETURN_VOID();
}
