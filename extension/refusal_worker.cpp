#include "refusal_worker.hpp"

#include "refusal_ring.hpp"
#include "server_settings.hpp"
#include "store_refusal.hpp"

extern "C" {
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "storage/lmgr.h"
#include "storage/procarray.h"
#include "tcop/tcopprot.h"
#include "utils/wait_event.h"

PGDLLEXPORT void curfew_refusal_worker_main(Datum database);
}

namespace curfew {
namespace {

constexpr long kLongestSleep = 2000; // ms: DROP DATABASE waits 5 s for others to go
constexpr long kPause = 50;          // ms between batches, so that they are batches
constexpr int kFarewell = 200;       // ms that the others of a server that is stopped get to be refused in
constexpr int64 kPatience = 60 * USECS_PER_SEC; // how long refusals wait for an extension that is not there

bool is_worker = false;
bool is_orderly = false;

// The first asks for the end, the second does not wait for it.
void on_terminate(SIGNAL_ARGS) {
    if (ShutdownRequestPending)
        die(postgres_signal_arg);
    else
        SignalHandlerForShutdownRequest(postgres_signal_arg);
}

void at_exit(int, Datum) { ReleaseDatabase(is_orderly); }

[[noreturn]] void leave() {
    is_orderly = true;
    proc_exit(0);
}

void sleep_for(long milliseconds) {
    WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
}

// Lets refusals gather, unless there are many already.
void gather() {
    TimestampTz end = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), kPause);
    while (!ShutdownRequestPending && !IsRingFilling()) {
        long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), end);
        if (left <= 0)
            break;
        sleep_for(left);
    }
}

// One transaction. The number of rows; -1 without the extension.
int write_batch(bool all) {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    PushActiveSnapshot(GetTransactionSnapshot());
    pgstat_report_activity(STATE_RUNNING, "writing refusals into the audit log");
    int rows = write_due_refusals(all);
    PopActiveSnapshot();
    CommitTransactionCommand();
    AcknowledgeRefusals();
    pgstat_report_stat(true);
    pgstat_report_activity(STATE_IDLE, nullptr);
    return rows;
}

enum class Outcome { nothing, written, no_extension };

// Writes what is due.
Outcome write_all_due(bool all) {
    Outcome outcome = Outcome::nothing;
    while (IsRefusalDue(all)) {
        if (write_batch(all) < 0)
            return Outcome::no_extension;
        outcome = Outcome::written;
        CHECK_FOR_INTERRUPTS();
    }
    return outcome;
}

void report_lost() {
    static int64 reported = 0;
    static TimestampTz reported_at = 0;
    RefusalStatus status[kMostDatabases];
    int count = ReadRefusalStatus(status, kMostDatabases);
    for (int i = 0; i < count; ++i) {
        if (status[i].database != MyDatabaseId || status[i].lost == reported ||
            GetCurrentTimestamp() < reported_at + USECS_PER_MINUTE)
            continue;
        ereport(LOG, (errmsg("curfew: " INT64_FORMAT " refusals in this database were not kept", status[i].lost),
                      errhint("There was no room for them; curfew.refusal_slots can be raised.")));
        reported = status[i].lost;
        reported_at = GetCurrentTimestamp();
    }
}

// The last words: whoever is ended with the server may be refused meanwhile.
[[noreturn]] void finish() {
    for (int waited = 0; waited < kFarewell && CountDBConnections(MyDatabaseId) > 0; waited += 10)
        pg_usleep(10 * 1000);
    write_all_due(true);
    leave();
}

// Settings of the database or of roles must not keep it from writing, and no standby makes it wait.
void fix_settings() {
    static constexpr const char* kSettings[][2] = {
        {"search_path", "pg_catalog, pg_temp"},    {"default_transaction_read_only", "off"},
        {"default_transaction_isolation", "read committed"}, {"default_transaction_deferrable", "off"},
        {"statement_timeout", "0"},                {"lock_timeout", "2s"},
        {"idle_in_transaction_session_timeout", "0"},        {"synchronous_commit", "local"},
    };
    for (const auto& setting : kSettings)
        SetConfigOption(setting[0], setting[1], PGC_SUSET, PGC_S_OVERRIDE);
}

} // namespace

bool IsRefusalWorker() { return is_worker; }

bool start_refusal_worker(Oid database, const char* name) {
    BackgroundWorker worker;
    memset(&worker, 0, sizeof worker);
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = BGW_NEVER_RESTART; // the launcher knows better when
    worker.bgw_main_arg = ObjectIdGetDatum(database);
    worker.bgw_notify_pid = MyProcPid;
    snprintf(worker.bgw_name, sizeof worker.bgw_name, "curfew refusals %s", name);
    strlcpy(worker.bgw_type, "curfew refusals", sizeof worker.bgw_type);
    strlcpy(worker.bgw_library_name, "curfew", sizeof worker.bgw_library_name);
    strlcpy(worker.bgw_function_name, "curfew_refusal_worker_main", sizeof worker.bgw_function_name);
    return RegisterDynamicBackgroundWorker(&worker, nullptr);
}

bool is_database_wanted(Oid database) {
    LOCKTAG tag;
    SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, database, 0);
    if (LockAcquire(&tag, RowExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
        return true;
    LockRelease(&tag, RowExclusiveLock, true);
    return false;
}

} // namespace curfew

using namespace curfew;

void curfew_refusal_worker_main(Datum database) {
    is_worker = true;
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, on_terminate);
    BackgroundWorkerUnblockSignals();
    fix_settings();
    BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database), InvalidOid, 0);
    if (!HasRefusalRing() || !ClaimDatabase())
        proc_exit(0);
    before_shmem_exit(at_exit, 0);
    pgstat_report_appname(MyBgworkerEntry->bgw_name);
    pgstat_report_activity(STATE_IDLE, nullptr);

    StartTransactionCommand();
    NameData name;
    namestrcpy(&name, get_database_name(MyDatabaseId));
    CommitTransactionCommand();

    for (;;) {
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
            ConfigReloadPending = false;
            ProcessConfigFile(PGC_SIGHUP);
        }
        if (is_database_wanted(MyDatabaseId))
            leave(); // what waits is written when it is back
        if (ShutdownRequestPending)
            finish();
        bool listed = database_is_listed(NameStr(name));
        Outcome outcome = write_all_due(!listed);
        report_lost();
        if (!listed)
            leave();
        if (outcome == Outcome::written) {
            gather();
        } else if (outcome == Outcome::no_extension) {
            LoseRefusals(GetCurrentTimestamp() - kPatience);
            sleep_for(kLongestSleep);
        } else if (FallAsleep()) {
            sleep_for(kLongestSleep);
        }
    }
}
