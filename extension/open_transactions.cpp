#include "open_transactions.hpp"

extern "C" {
#include "postmaster/bgworker.h"
}

namespace curfew {

OpenTransactions read_open_transactions() {
    OpenTransactions open;
    open.oldest = GetCurrentTimestamp();
    pgstat_clear_backend_activity_snapshot(); // else it is the transaction's first look again
    int count = pgstat_fetch_stat_numbackends();
    for (int i = 1; i <= count; ++i) {
        const PgBackendStatus& backend = backend_status(i);
        // Those that can write sessions. Parallel workers bear their leader's start.
        bool writes = backend.st_backendType == B_BACKEND || backend.st_backendType == B_BG_WORKER;
        if (!writes || backend.st_databaseid != MyDatabaseId || backend.st_procpid == MyProcPid)
            continue;
        bool untracked = backend.st_state == STATE_DISABLED;
        TimestampTz start = untracked ? DT_NOBEGIN : backend.st_xact_start_timestamp;
        if (start != 0 && start < open.oldest)
            open = {start, backend.st_procpid, untracked};
    }
    return open;
}

int worker_of_type(Oid database, const char* type) {
    pgstat_clear_backend_activity_snapshot();
    int count = pgstat_fetch_stat_numbackends();
    for (int i = 1; i <= count; ++i) {
        const PgBackendStatus& backend = backend_status(i);
        if (backend.st_backendType != B_BG_WORKER || backend.st_databaseid != database)
            continue;
        const char* its_type = GetBackgroundWorkerTypeByPid(backend.st_procpid);
        if (its_type != nullptr && strcmp(its_type, type) == 0)
            return backend.st_procpid;
    }
    return 0;
}

} // namespace curfew
