// The one place that catches an error. PostgreSQL has no other way to queue for a lock and give up: asking without
// waiting never comes to its turn on a busy table. The catching is a subtransaction's, and nothing but taking the locks
// is inside.
#include "lock_attempt.hpp"

extern "C" {
#include "storage/lmgr.h"
#include "utils/resowner.h"
}

namespace curfew {
namespace {

// lock_timeout, until the settings' nest level ends.
void set_lock_timeout(long milliseconds) {
    char text[32];
    snprintf(text, sizeof text, "%ld", milliseconds);
    set_config_option("lock_timeout", text, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

} // namespace

bool attempt_locks(const WantedLock* wanted, int count, int milliseconds) {
    MemoryContext context = CurrentMemoryContext;
    ResourceOwner resources = CurrentResourceOwner;
    TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);
    volatile bool taken = true;

    BeginInternalSubTransaction(nullptr);
    PG_TRY();
    {
        int settings = NewGUCNestLevel();
        for (int i = 0; i < count; ++i) {
            long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);
            set_lock_timeout(Max(left, 1L));
            LockRelationOid(wanted[i].relation, wanted[i].mode);
        }
        AtEOXact_GUC(true, settings);
        ReleaseCurrentSubTransaction();
    }
    PG_CATCH();
    {
        MemoryContextSwitchTo(context);
        ErrorData* error = CopyErrorData();
        FlushErrorState();
        RollbackAndReleaseCurrentSubTransaction();
        if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE && error->sqlerrcode != ERRCODE_T_R_DEADLOCK_DETECTED)
            ReThrowError(error);
        FreeErrorData(error);
        taken = false;
    }
    PG_END_TRY();
    MemoryContextSwitchTo(context);
    CurrentResourceOwner = resources;
    return taken;
}

} // namespace curfew
