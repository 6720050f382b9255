#include "refusal_worker.hpp"

#include "refusal_ring.hpp"
#include "server_settings.hpp"
#include "store_refusal.hpp"
#include "worker.hpp"

extern "C" {
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/procarray.h"

PGDLLEXPORT void curfew_refusal_worker_main(Datum database);
}

namespace curfew {
namespace {

constexpr long kPause = 50;          // ms between batches, so that they are batches
constexpr int kFarewell = 200;       // ms that the others of a server that is stopped get to be refused in
constexpr int64 kPatience = 60 * USECS_PER_SEC; // how long refusals wait for an extension that is not there

bool is_worker = false;
bool is_orderly = false;

void at_exit(int, Datum) { ReleaseDatabase(is_orderly); }

[[noreturn]] void leave() {
    is_orderly = true;
    proc_exit(0);
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

} // namespace

bool IsRefusalWorker() { return is_worker; }

} // namespace curfew

using namespace curfew;

void curfew_refusal_worker_main(Datum database) {
    is_worker = true;
    begin_worker(DatumGetObjectId(database));
    if (!HasRefusalRing() || !ClaimDatabase())
        proc_exit(0);
    before_shmem_exit(at_exit, 0);
    NameData name = database_of_worker();

    for (;;) {
        CHECK_FOR_INTERRUPTS();
        heed_reload();
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
