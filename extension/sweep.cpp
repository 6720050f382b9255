#include "sweep.hpp"

#include "core/expiry.hpp"
#include "lifecycle_cache.hpp"
#include "open_transactions.hpp"
#include "rfc3339.hpp"
#include "store_batch.hpp"
#include "store_chore.hpp"

#include <sched.h>

namespace curfew {
namespace {

constexpr int64 kQuietFor = 10 * USECS_PER_SEC;
constexpr int64 kTidyEvery = USECS_PER_SEC; // where one run of the worker follows another
constexpr int kMostChores = 1000; // at once, of each kind

// Between two statements whoever waits for this processor has it: the system would leave it to a process that is never idle for
// milliseconds more. Held are the locks of rows that are due.
void give_way() { sched_yield(); }

// One run.
struct Sweep {
    core::Instant now;
    int64 most;
    bool quiet; // the worker's, one of many
    int64 written = 0;
    bool holds_progress;
};

const pg_uuid_t& tenant_of(SPITupleTable* rows, uint64 row) {
    bool null;
    return *DatumGetUUIDP(SPI_getbinval(rows->vals[row], rows->tupdesc, kDueTenant + 1, &null));
}

Value expiry_details(core::Instant deadline) {
    const char* at = TextDatumGetCString(rfc3339_datum(deadline, 6));
    return {DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{\"deadline\":\"%s\"}", at))), false};
}

// Adds what the deadline makes of the session in the result's row. False where the row says what no lifecycle knows.
bool add_expiry(Batch* batch, uint64 index, core::Instant now) {
    SessionRow row = session_row(index, kDueSession);
    TransactionId written_by = DatumGetTransactionId(result_value(index, kDueWrittenBy).datum);
    LifecycleVersion version = {DatumGetInt32(result_value(index, kDueRevision).datum),
                                DatumGetTransactionId(result_value(index, kDueLifecycleWrittenBy).datum)};
    const core::Lifecycle& lifecycle = compiled_lifecycle(text_view(row.column[kSessionLifecycle].datum), version);
    bool known = core::FindState(lifecycle, text_view(row.column[kSessionState].datum)) != core::kNone;
    core::SessionFacts facts;
    if (known)
        facts = session_facts(row, lifecycle);
    if (!known || !core::CanExpire(facts) || !core::HasExpired(false, facts.deadline, now)) {
        ereport(WARNING,
                (errmsg("curfew: a session that is due is in a state that its lifecycle lacks; it is not swept"),
                 errdetail("It is the session %s.",
                           DatumGetCString(DirectFunctionCall1(uuid_out, row.column[kSessionId].datum)))));
        return false;
    }

    int taken = core::ExpiringAction(lifecycle, facts);
    Change change;
    change.session = *DatumGetUUIDP(row.column[kSessionId].datum);
    change.version = facts.version;
    change.written_by = written_by;
    change.lifecycle = &lifecycle;
    change.after = core::Expire(lifecycle, facts);
    change.note.via = "clock";
    change.note.event = taken != core::kNone ? lifecycle.actions[taken].event.View() : "session.expired";
    change.note.action = taken != core::kNone ? lifecycle.actions[taken].name.View() : std::string_view{};
    change.note.relation = core::WordOf(core::Relation::clock);
    change.note.from_state = lifecycle.states[facts.state].name.View();
    change.note.to_state = lifecycle.states[change.after.state].name.View();
    change.note.details = expiry_details(facts.deadline);
    change.note.db_role = GetUserId();
    add_change(batch, change);
    return true;
}

// Writes down the expiries in the last result, tenant by tenant. What cannot be written now is to be looked at again. How many
// those are.
//   again  they are what was to be looked at again
uint64 write_down(Sweep* sweep, uint64 count, bool again) {
    uint64 unwritten = 0;
    SPITupleTable* rows = SPI_tuptable;
    bool* done = static_cast<bool*>(palloc0(sizeof(bool) * count + 1));
    pg_uuid_t* ids = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t) * (count + 1)));
    for (uint64 first = 0; first < count; ++first) {
        if (done[first])
            continue;
        pg_uuid_t tenant = tenant_of(rows, first);
        Batch batch = begin_batch(tenant);
        for (uint64 i = first; i < count; ++i) {
            if (done[i] || memcmp(tenant_of(rows, i).data, tenant.data, UUID_LEN) != 0)
                continue;
            done[i] = true;
            SPI_tuptable = rows;
            pg_uuid_t id = *DatumGetUUIDP(result_value(i, kDueSession + int{kSessionId}).datum);
            if (add_expiry(&batch, i, sweep->now))
                ids[batch.count - 1] = id;
            else if (sweep->holds_progress)
                forget_again(tenant, id);
        }
        give_way();
        int written = write_batch(&batch, Locked::skip);
        sweep->written += written;
        unwritten += batch.count - written;
        give_way();
        for (int i = 0; i < batch.count && sweep->holds_progress; ++i)
            if (batch.written[i] && again)
                forget_again(tenant, ids[i]);
            else if (!batch.written[i] && !again)
                look_again(tenant, ids[i]);
        end_batch(&batch);
    }
    SPI_freetuptable(rows);
    return unwritten;
}

// So many can be written down at once.
int RoomOf(const Sweep& sweep) { return static_cast<int>(Min(sweep.most - sweep.written, int64{kBatchRoom})); }

// The same for what is due after the position, which moves along. Whether that was all of it.
bool write_down_next(Sweep* sweep, DeadlinePosition* position, TimestampTz until) {
    int room = RoomOf(*sweep);
    uint64 count = read_due(*position, until, room);
    if (count > 0) {
        position->deadline =
            DatumGetTimestampTz(result_value(count - 1, kDueSession + int{kSessionDeadline}).datum);
        position->id = *DatumGetUUIDP(result_value(count - 1, kDueSession + int{kSessionId}).datum);
    }
    write_down(sweep, count, false);
    return count < static_cast<uint64>(room);
}

// What the watermark may be after all that is due has been read; as it is, where nothing is known of some transaction, and
// never past `now`, up to which a pass reads. The open ones are read before the prepared ones, which they become, and both
// before the sessions.
TimestampTz next_watermark(TimestampTz watermark, TimestampTz now) {
    OpenTransactions open = read_open_transactions();
    bool unknown = open.untracked || !oldest_prepared().null;
    return unknown ? watermark : Max(watermark, Min(open.oldest, now));
}

// A pass goes from where the last one ended, or, when a transaction that held the watermark back has ended, from the
// watermark: what it has written has come to light only now.
void begin_pass(SweepProgress* progress, core::Instant now) {
    TimestampTz next = next_watermark(progress->watermark, now);
    if (next > progress->watermark)
        progress->position = {progress->watermark, {}};
    progress->pass_oldest = {TimestampTzGetDatum(next), false};
    progress->pass_until = {TimestampTzGetDatum(now), false};
}

void end_pass(SweepProgress* progress) {
    progress->watermark = DatumGetTimestampTz(progress->pass_oldest.datum);
    progress->position = {DatumGetTimestampTz(progress->pass_until.datum), {}};
    progress->pass_until = progress->pass_oldest = {0, true};
}

// What was to be looked at again. What somebody keeps from being written stays, and others behind it come to their turn as
// long as it is fewer than a batch has room for.
void write_down_again(Sweep* sweep, MemoryContext memory, bool tidy) {
    bool more = true;
    while (more && sweep->written < sweep->most) {
        CHECK_FOR_INTERRUPTS();
        int room = sweep->quiet ? kBatchRoom : RoomOf(*sweep);
        uint64 count = lock_due_again(sweep->now, room);
        more = count == static_cast<uint64>(room);
        more = write_down(sweep, count, true) < count && more;
        MemoryContextReset(memory);
    }
    if (!more && tidy)
        forget_done(sweep->now);
    give_way();
}

} // namespace

int64 sweep(int64 most, bool quiet) {
    static TimestampTz kept_at = 0;
    static TimestampTz tidied_at = 0;
    SweepProgress progress;
    Sweep sweep = {GetCurrentTimestamp(), most, quiet, 0, take_progress(&progress)};
    bool tidy = !quiet || sweep.now - tidied_at >= kTidyEvery;
    MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext, "curfew sweep", ALLOCSET_DEFAULT_SIZES);
    MemoryContext outer = MemoryContextSwitchTo(memory);
    if (sweep.holds_progress) {
        if (take_all_again()) {
            progress = SweepProgress{};
            kept_at = 0;
        }
        give_way();
        write_down_again(&sweep, memory, tidy);
    }
    if (progress.pass_until.null || !sweep.holds_progress)
        begin_pass(&progress, sweep.now);
    bool all = false;
    while (!all && sweep.written < most) {
        CHECK_FOR_INTERRUPTS();
        all = write_down_next(&sweep, &progress.position, DatumGetTimestampTz(progress.pass_until.datum));
        MemoryContextReset(memory);
    }
    MemoryContextSwitchTo(outer);
    MemoryContextDelete(memory);
    give_way();
    if (all)
        end_pass(&progress);
    if (sweep.holds_progress && (!quiet || sweep.written > 0 || !all || sweep.now - kept_at >= kQuietFor)) {
        write_progress(progress, sweep.now, sweep.written);
        kept_at = sweep.now;
        if (tidy) {
            do_chores(sweep.now, kMostChores); // last, so that their locks are the shortest
            tidied_at = sweep.now;
        }
    }
    return sweep.written;
}

} // namespace curfew
