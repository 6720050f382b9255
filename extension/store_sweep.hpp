// Queries of the sweeper: how far it has come, what is due, and what it must look at again. They go through all tenants.
#pragma once

#include "store_session.hpp"

namespace curfew {

// A place in the order of deadlines: everything before it, and itself.
struct DeadlinePosition {
    TimestampTz deadline = DT_NOBEGIN;
    pg_uuid_t id = {};
};

// The row of curfew.sweep_progress.
struct SweepProgress {
    TimestampTz watermark = DT_NOBEGIN; // no session with an earlier deadline can come to light any more
    DeadlinePosition position;          // whatever was visible up to here was swept
    Value pass_until = {0, true};       // of a pass that is not finished: up to which deadline it goes
    Value pass_oldest = {0, true};      // and what the watermark is when it is
};

// Reads the row, and takes it for this transaction where nobody has it; whether it was taken.
bool take_progress(SweepProgress* progress);
// Writes what was taken, a run's time and how many expiries it has written down.
void write_progress(const SweepProgress& progress, core::Instant now, int64 written);

// The prepared transaction of this database that is there longest, or null: text.
Value oldest_prepared();

// A session that is due, in columns of the result.
enum DueColumn {
    kDueTenant,
    kDueWrittenBy,
    kDueRevision,
    kDueLifecycleWrittenBy,
    kDueSession
};

// The first `count` sessions after the position whose deadline is at most `until` and that have not ended, in the order
// of (deadline, id). No lock is taken.
uint64 read_due(const DeadlinePosition& after, TimestampTz until, int count);

// Up to `count` of those to look at again that are due, locked. What somebody else has locked is left out.
uint64 lock_due_again(TimestampTz until, int count);

// Sessions to look at again whatever the position: they were locked, or their deadline was moved by hand. Without a
// session: all of them.
void look_again(const pg_uuid_t& tenant, const pg_uuid_t& session);
void look_at_all_again();
// Whether all are to be looked at again; that is then forgotten.
bool take_all_again();
// Forgets those that are not due any more.
void forget_done(TimestampTz until);
void forget_again(const pg_uuid_t& tenant, const pg_uuid_t& session);

// How far the sweeper has come and the deadline of the session that is due longest, null where none is, in columns of the
// result: last_run, last_written, written, watermark, that deadline. False where curfew.sweep_progress has no row.
bool read_sweep_status(TimestampTz now);

// For the worker: SELECT curfew.sweep(count); -1 without the extension, or while somebody drops it.
int64 call_sweep(int count);

// Has this and the next months' partitions of the audit log made, by an SQL call of its own; for the worker.
void call_make_months();

} // namespace curfew
