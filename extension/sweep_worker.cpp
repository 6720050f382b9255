#include "sweep_worker.hpp"

#include "server_settings.hpp"
#include "store_sweep.hpp"
#include "worker.hpp"

extern "C" {
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/lock.h"

PGDLLEXPORT void curfew_sweep_worker_main(Datum database);
}

namespace curfew {
namespace {

constexpr int kMostInBatch = 500; // expiries in a transaction
constexpr int kBatchesPerSecond = 250; // where there is a rate
constexpr int64 kMonthsInterval = USECS_PER_HOUR;

bool is_worker = false;

// For as long as this process lives, it alone is the sweeper of the database; false when there is another.
bool claim_database() {
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, 0x5357); // SQL's advisory locks have 1 and 2 there
    return LockAcquire(&tag, ExclusiveLock, true, true) != LOCKACQUIRE_NOT_AVAIL;
}

// With a rate, work and rest take turns so often that nobody's statement waits long for a processor.
int BatchSize() {
    return SweepRate() == 0 ? kMostInBatch : Max(1, Min(SweepRate() / kBatchesPerSecond, kMostInBatch));
}

// Until so many sessions, written down since then, are no more than the rate allows; or until there is something to heed.
void rest_after(int64 written, TimestampTz began) {
    if (SweepRate() == 0)
        return;
    long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), began + written * USECS_PER_SEC / SweepRate());
    if (left > 0)
        sleep_for(Min(left, kLongestSleep));
}

// One transaction. How many were written down; -1 without the extension.
int64 sweep_batch(int most) {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    PushActiveSnapshot(GetTransactionSnapshot());
    int64 written = call_sweep(most);
    PopActiveSnapshot();
    CommitTransactionCommand();
    pgstat_report_stat(true);
    return written;
}

// One transaction.
void make_months() {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    PushActiveSnapshot(GetTransactionSnapshot());
    pgstat_report_activity(STATE_RUNNING, "making the audit log's months");
    call_make_months();
    PopActiveSnapshot();
    CommitTransactionCommand();
    pgstat_report_activity(STATE_IDLE, nullptr);
}

// What is due, in batches, for a second at most: then there is more to heed than a stop of the server, which ends it after a
// batch. How it went on.
enum class Swept { all, some, nothing }; // nothing: the extension is not there
Swept sweep_for_a_while() {
    static int64 altogether = 0;
    TimestampTz over = GetCurrentTimestamp() + USECS_PER_SEC;
    TimestampTz began;
    int64 written;
    int most;
    do {
        char activity[64];
        snprintf(activity, sizeof activity, "sweeping: " INT64_FORMAT " written", altogether);
        pgstat_report_activity(STATE_RUNNING, activity);
        most = BatchSize();
        began = GetCurrentTimestamp();
        written = sweep_batch(most);
        altogether += Max(written, int64{0});
        CHECK_FOR_INTERRUPTS();
        rest_after(written, began);
        heed_reload();
    } while (written >= most && began < over && SweepInterval() > 0 && !ShutdownRequestPending &&
             !is_database_wanted(MyDatabaseId));
    if (written >= most)
        return Swept::some;
    altogether = 0;
    pgstat_report_activity(STATE_IDLE, nullptr);
    return written >= 0 ? Swept::all : Swept::nothing;
}

} // namespace

bool IsSweepWorker() { return is_worker; }

} // namespace curfew

using namespace curfew;

void curfew_sweep_worker_main(Datum database) {
    is_worker = true;
    begin_worker(DatumGetObjectId(database));
    if (!claim_database())
        proc_exit(0);
    NameData name = database_of_worker();

    TimestampTz next = GetCurrentTimestamp();
    TimestampTz next_months = next;
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        heed_reload();
        if (ShutdownRequestPending || is_database_wanted(MyDatabaseId) || !database_is_listed(NameStr(name)) ||
            SweepInterval() == 0)
            proc_exit(0);
        TimestampTz now = GetCurrentTimestamp();
        if (now >= next || next > now + SweepInterval()) {
            Swept swept = sweep_for_a_while();
            if (swept != Swept::nothing && now >= next_months) {
                make_months();
                next_months = now + kMonthsInterval;
            }
            next = GetCurrentTimestamp();
            if (swept != Swept::some)
                next += swept == Swept::all ? SweepInterval() : kLongestSleep * 1000;
        }
        long left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), next);
        if (left > 0)
            sleep_for(Min(left, kLongestSleep));
    }
}
