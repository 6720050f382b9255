// SQL-callable: what a front does between two callers in one transaction.
#include "function.hpp"

#include "consistency.hpp"
#include "core/caller_before.hpp"
#include "errors.hpp"
#include "store_signing.hpp"

using namespace curfew;

namespace {

constexpr int64 kLongestLockWait = 60 * USECS_PER_SEC;
constexpr int64 kLongestSharing = USECS_PER_SEC;

// Each lock is waited for no longer than that, in microseconds, to the transaction's end; nor than the caller has set.
void bound_lock_waits(int64 longest) {
    int64 milliseconds = Max(longest / 1000, 1);
    if (LockTimeout > 0 && LockTimeout <= milliseconds)
        return;
    set_config_option("lock_timeout", psprintf("%d", static_cast<int>(milliseconds)), PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
                      true, 0, false);
}

// A backend reports what it can sign.
void know_signing_key(FunctionCallInfo fcinfo) {
    if (KnownSigningKey() != nullptr || XactReadOnly)
        return;
    Store store = open_store(fcinfo);
    signing_key();
    close_store(store);
}

void say_whose(void*) { errcontext("%s", core::kTriggersOfCallerBefore); }

void fire_deferred_triggers() {
    ErrorContextCallback context = {error_context_stack, say_whose, nullptr};
    error_context_stack = &context;
    AfterTriggerFireDeferred();
    error_context_stack = context.previous;
}

} // namespace

// next_caller(lock_wait interval, report_token boolean) returns void. SL422 value_out_of_range, 55P03 after a second
CURFEW_FUNCTION(next_caller) {
    if (PG_ARGISNULL(0))
        raise_refusal(core::Refusal::missing_field, "lock_wait");
    const Interval* lock_wait = PG_GETARG_INTERVAL_P(0);
    if (lock_wait->month != 0 || lock_wait->day != 0 || lock_wait->time < 1000 || lock_wait->time > kLongestLockWait)
        raise_refusal(core::Refusal::value_out_of_range, "lock_wait", "It can be from a millisecond to a minute.");
    int64 elapsed = GetCurrentTimestamp() - GetCurrentTransactionStartTimestamp();
    if (elapsed > kLongestSharing)
        ereport(ERROR, (errcode(ERRCODE_LOCK_NOT_AVAILABLE), errmsg("the transaction takes too long for another caller to be in it")));
    fire_deferred_triggers();
    bound_lock_waits(lock_wait->time - elapsed);
    if (!PG_ARGISNULL(1) && PG_GETARG_BOOL(1)) {
        know_signing_key(fcinfo);
        report_token();
    }
    PG_RETURN_VOID();
}
