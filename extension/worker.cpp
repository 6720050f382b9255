#include "worker.hpp"

extern "C" {
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lock.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/wait_event.h"
}

namespace curfew {
namespace {

void on_terminate(SIGNAL_ARGS) {
    if (ShutdownRequestPending)
        die(postgres_signal_arg);
    else
        SignalHandlerForShutdownRequest(postgres_signal_arg);
}

void fix_settings() {
    static constexpr const char* kSettings[][2] = {
        {"search_path", "pg_catalog, pg_temp"},    {"default_transaction_read_only", "off"},
        {"default_transaction_isolation", "read committed"}, {"default_transaction_deferrable", "off"},
        {"statement_timeout", "0"},                {"lock_timeout", "2s"},
        {"idle_in_transaction_session_timeout", "0"},        {"synchronous_commit", "local"},
        {"jit", "off"},
    };
    for (const auto& setting : kSettings)
        SetConfigOption(setting[0], setting[1], PGC_SUSET, PGC_S_OVERRIDE);
}

} // namespace

bool start_worker(const WorkerKind& kind, Oid database, const char* name) {
    BackgroundWorker worker;
    memset(&worker, 0, sizeof worker);
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = BGW_NEVER_RESTART; // the launcher knows better when
    worker.bgw_main_arg = ObjectIdGetDatum(database);
    worker.bgw_notify_pid = MyProcPid;
    snprintf(worker.bgw_name, sizeof worker.bgw_name, "%s %s", kind.type, name);
    strlcpy(worker.bgw_type, kind.type, sizeof worker.bgw_type);
    strlcpy(worker.bgw_library_name, "curfew", sizeof worker.bgw_library_name);
    strlcpy(worker.bgw_function_name, kind.function, sizeof worker.bgw_function_name);
    return RegisterDynamicBackgroundWorker(&worker, nullptr);
}

void begin_worker(Oid database) {
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, on_terminate);
    BackgroundWorkerUnblockSignals();
    fix_settings();
    BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
    pgstat_report_appname(MyBgworkerEntry->bgw_name);
    pgstat_report_activity(STATE_IDLE, nullptr);
}

NameData database_of_worker() {
    StartTransactionCommand();
    NameData name;
    namestrcpy(&name, get_database_name(MyDatabaseId));
    CommitTransactionCommand();
    return name;
}

bool is_database_wanted(Oid database) {
    LOCKTAG tag;
    SET_LOCKTAG_OBJECT(tag, InvalidOid, DatabaseRelationId, database, 0);
    if (LockAcquire(&tag, RowExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
        return true;
    LockRelease(&tag, RowExclusiveLock, true);
    return false;
}

void sleep_for(long milliseconds) {
    WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
}

void heed_reload() {
    if (!ConfigReloadPending)
        return;
    ConfigReloadPending = false;
    ProcessConfigFile(PGC_SIGHUP);
}

} // namespace curfew
