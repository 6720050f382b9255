#include "worker.hpp"

#include "open_transactions.hpp"
#include "refusal_ring.hpp"
#include "server_settings.hpp"

extern "C" {
#include "access/heapam.h"
#include "access/tableam.h"
#include "catalog/pg_database.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "utils/rel.h"
#include "utils/wait_event.h"

PGDLLEXPORT void curfew_launcher_main(Datum);
}

namespace curfew {
namespace {

constexpr int kRestart = 5; // s between two starts of a worker, and of the launcher
constexpr int64 kFirstDelay = kRestart * USECS_PER_SEC;
constexpr int64 kLongestDelay = 60 * USECS_PER_SEC; // after several that failed
constexpr long kPoll = 5000;                        // ms
constexpr long kPollForWorker = 1000;               // ms, while one is missing

// When a worker of a database may be started next.
struct Start {
    const WorkerKind* kind;
    Oid database; // InvalidOid: free
    TimestampTz next;
    int64 delay;
    bool refused; // the server had no room for it; that was said
};

Start starts[2 * kMostDatabases];

Start* StartOf(const WorkerKind& kind, Oid database) {
    Start* free = &starts[0];
    for (Start& start : starts) {
        if (start.database == database && start.kind == &kind)
            return &start;
        if (start.next < free->next)
            free = &start;
    }
    *free = {&kind, database, 0, kFirstDelay, false};
    return free;
}

const RefusalStatus* Find(const RefusalStatus* status, int count, Oid database) {
    for (int i = 0; i < count; ++i)
        if (status[i].database == database)
            return &status[i];
    return nullptr;
}

void start(const WorkerKind& kind, Oid database, const char* name, bool failed) {
    Start* start = StartOf(kind, database);
    TimestampTz now = GetCurrentTimestamp();
    if (now < start->next || is_database_wanted(database))
        return;
    start->delay = failed ? Min(2 * start->delay, kLongestDelay) : kFirstDelay;
    start->next = now + start->delay;
    bool started = start_worker(kind, database, name);
    if (!started && !start->refused)
        ereport(WARNING, (errmsg("curfew: the server has no room for a background worker for database \"%s\"", name),
                          errhint("max_worker_processes can be raised.")));
    start->refused = !started;
}

// A sweeper that lives for less than a while has failed, whatever the reason.
bool HasSweeperFailed(Oid database) {
    const Start* last = StartOf(kSweeper, database);
    return last->next != 0 && GetCurrentTimestamp() - last->next < kLongestDelay;
}

// Starts the workers that are missing, and forgets databases that are gone. How long to sleep then; 0: until woken.
long look_after_workers() {
    static RefusalStatus status[kMostDatabases];
    static bool seen[kMostDatabases];
    // Before the catalog is read: a database that has refusals now and is not in it then is gone.
    int count = ReadRefusalStatus(status, kMostDatabases);
    if (count == 0 && !any_database_is_listed())
        return 0;
    memset(seen, 0, sizeof seen);
    long sleep = kPoll;

    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    PushActiveSnapshot(GetTransactionSnapshot());
    Relation catalog = table_open(DatabaseRelationId, AccessShareLock);
    TableScanDesc scan = table_beginscan_catalog(catalog, 0, nullptr);
    while (HeapTuple tuple = heap_getnext(scan, ForwardScanDirection)) {
        Form_pg_database row = reinterpret_cast<Form_pg_database>(GETSTRUCT(tuple));
        const RefusalStatus* known = Find(status, count, row->oid);
        if (known != nullptr)
            seen[known - status] = true;
        if (!row->datallowconn || row->datconnlimit < -1)
            continue;
        bool listed = database_is_listed(NameStr(row->datname));
        bool has_refusals = known != nullptr && known->waiting > 0;
        if ((listed || has_refusals) && (known == nullptr || known->worker == 0)) {
            start(kRefusalWorker, row->oid, NameStr(row->datname), known != nullptr && !known->orderly);
            sleep = kPollForWorker;
        }
        if (listed && SweepInterval() == 0) // ended because it was told to, and not failed
            *StartOf(kSweeper, row->oid) = {&kSweeper, row->oid, 0, kFirstDelay, false};
        if (listed && SweepInterval() > 0 && worker_of_type(row->oid, kSweeper.type) == 0) {
            start(kSweeper, row->oid, NameStr(row->datname), HasSweeperFailed(row->oid));
            sleep = kPollForWorker;
        }
    }
    table_endscan(scan);
    table_close(catalog, AccessShareLock);
    PopActiveSnapshot();
    CommitTransactionCommand();

    for (int i = 0; i < count; ++i)
        if (!seen[i])
            ForgetDatabase(status[i].database);
    return sleep;
}

} // namespace

void register_launcher() {
    if (IsBinaryUpgrade)
        return;
    BackgroundWorker worker;
    memset(&worker, 0, sizeof worker);
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = kRestart;
    strlcpy(worker.bgw_name, "curfew launcher", sizeof worker.bgw_name);
    strlcpy(worker.bgw_type, "curfew launcher", sizeof worker.bgw_type);
    strlcpy(worker.bgw_library_name, "curfew", sizeof worker.bgw_library_name);
    strlcpy(worker.bgw_function_name, "curfew_launcher_main", sizeof worker.bgw_function_name);
    RegisterBackgroundWorker(&worker);
}

} // namespace curfew

using namespace curfew;

void curfew_launcher_main(Datum) {
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, SignalHandlerForShutdownRequest);
    BackgroundWorkerUnblockSignals();
    BackgroundWorkerInitializeConnection(nullptr, nullptr, 0);
    pgstat_report_appname(MyBgworkerEntry->bgw_name);

    while (!ShutdownRequestPending) {
        CHECK_FOR_INTERRUPTS();
        heed_reload();
        long sleep = look_after_workers();
        int events = WL_LATCH_SET | WL_EXIT_ON_PM_DEATH | (sleep > 0 ? WL_TIMEOUT : 0);
        WaitLatch(MyLatch, events, sleep, PG_WAIT_EXTENSION);
        ResetLatch(MyLatch);
    }
    proc_exit(1); // 0 would be for good
}
