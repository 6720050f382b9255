// SQL-callable: how long what is over is kept, what is due, and letting it leave.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "rfc3339.hpp"
#include "server_settings.hpp"
#include "store_lifecycle.hpp"
#include "store_procedure.hpp"
#include "store_feed.hpp"
#include "store_retention.hpp"
#include "store_write.hpp"

extern "C" {
#include "storage/latch.h"
#include "utils/wait_event.h"
}

using namespace curfew;

namespace {

constexpr int kMostAhead = 24;
constexpr int kUsualAhead = 2;
constexpr int kMostInBatch = 10000;
constexpr int kFirstBatch = 100;
constexpr int kLockAttempts = 5; // to lock the log
constexpr long kPause = 100; // milliseconds between them

void set_retention(std::string_view lifecycle, const Value& keep, const char* what) {
    if (!keep.null && !is_retention(keep.datum))
        raise_refusal(core::Refusal::value_out_of_range, "keep", "It is from 1 day to 1000 years.",
                      "Null keeps for good.");
    write_retention(lifecycle, keep);
    const char* time = keep.null ? "for good" : DatumGetCString(DirectFunctionCall1(interval_out, keep.datum));
    ereport(LOG, (errmsg("curfew: %s kept %s, set by %s", what, time, GetUserNameFromId(GetUserId(), false))));
}

void sleep_for(long milliseconds) {
    WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds, PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
}

void note_not_made(const Month& month, Made outcome) {
    if (outcome == Made::is_locked)
        ereport(NOTICE, (errmsg("the audit log's partition %s was not made: the log is in use", month.table),
                         errhint("Try again; until it is made, its rows go to the default partition.")));
    if (outcome == Made::has_rows)
        ereport(NOTICE, (errmsg("the audit log's partition %s was not made: rows of it are in the default partition",
                                month.table),
                         errhint("curfew.create_audit_partition makes it and moves them; call it in a quiet hour.")));
}

// Writes down what left; `members` are the details, without braces.
void log_departure(const pg_uuid_t& tenant, std::string_view event, const char* members) {
    AuditNote note;
    note.event = event;
    note.db_role = GetUserId();
    note.details = {DirectFunctionCall1(jsonb_in, CStringGetDatum(psprintf("{%s}", members))), false};
    write_event(tenant, note, GetCurrentTimestamp());
}

const char* iso(core::Instant instant) {
    return text_to_cstring(DatumGetTextPP(rfc3339_datum(instant, 6)));
}

// What apply_retention() did.
struct Applied {
    int64 sessions = 0;
    int32 dropped = 0;
    int32 left = 0;
    int32 made = 0;
};

// Batches that lock rows no longer than half of what a request may wait.
void remove_all_sessions(int batch_size, core::Instant now, Applied* applied) {
    begin_step();
    std::span<Leaving> all = leaving_sessions();
    end_step();
    core::Instant longest = MaintenanceLockTimeout() * USECS_PER_SEC / 1000 / 2;
    int size = Min(batch_size, kFirstBatch);
    for (Leaving& leaving : all)
        for (bool more = true; more;) {
            begin_step();
            core::Instant begun = GetCurrentTimestamp();
            Departure departure = remove_sessions(&leaving, size, now);
            if (departure.removed > 0)
                log_departure(leaving.tenant, "retention.sessions",
                              psprintf("\"lifecycle\": \"%s\", \"count\": " INT64_FORMAT ", \"ended_before\": \"%s\"",
                                       NameStr(leaving.lifecycle), departure.removed, iso(departure.ended_before)));
            end_step();
            core::Instant took = GetCurrentTimestamp() - begun;
            if (took > longest)
                size = Max(size / 2, 1);
            else if (took < longest / 4 && departure.removed == size)
                size = Min(size * 2, batch_size);
            applied->sessions += departure.removed;
            more = departure.more;
            CHECK_FOR_INTERRUPTS();
        }
}

// One month, in one transaction. While it is locked against writing, what is found to hold nothing back stays so: rows
// that come late, such as the end of a session at its deadline, wait and go to the default partition.
bool remove_month(const Partition& partition) {
    const char* name = get_rel_name(partition.table);
    if (name == nullptr || !lock_month(partition)) {
        ereport(NOTICE, (errmsg("the audit log's month of %s stays for now: it is in use", iso(partition.begin))));
        return false;
    }
    if (int64 holding = sessions_holding(partition)) {
        ereport(NOTICE, (errmsg("the audit log's partition %s stays: " INT64_FORMAT " sessions that exist hold it back",
                                name, holding),
                         errhint("SELECT * FROM curfew.retention_plan() shows which.")));
        return false;
    }
    uint64 tenants = count_month(partition);
    SPITupleTable* counts = SPI_tuptable;
    for (uint64 i = 0; i < tenants; ++i) {
        SPI_tuptable = counts;
        log_departure(*DatumGetUUIDP(result_value(i, 0).datum), "retention.audit",
                      psprintf("\"partition\": \"%s\", \"count\": " INT64_FORMAT ", \"from\": \"%s\", \"to\": \"%s\"", name,
                               DatumGetInt64(result_value(i, 1).datum), iso(partition.begin), iso(partition.end)));
    }
    for (int attempt = 1; !drop_month(partition); ++attempt) {
        if (attempt == kLockAttempts)
            return false;
        sleep_for(kPause);
    }
    ereport(LOG, (errmsg("curfew: the audit log's partition %s was removed by %s", name,
                         GetUserNameFromId(GetUserId(), false))));
    return true;
}

// A step that deletes a batch of the feed's numbers of events that went with the month; whether there may be more.
bool delete_numbers(const Partition& partition) {
    constexpr int kBatch = 10000;
    begin_step();
    bool more = delete_numbers_between(partition.begin, partition.end, kBatch) == kBatch;
    end_step();
    return more;
}

} // namespace

// set_session_retention(lifecycle text, keep interval) returns void
CURFEW_FUNCTION(set_session_retention) {
    Store store = open_store(fcinfo);
    std::string_view name = required_text(fcinfo, 0, "lifecycle");
    if (!read_lifecycle(name).found)
        raise_refusal(core::Refusal::lifecycle_not_found, "lifecycle");
    set_retention(name, argument(fcinfo, 1), psprintf("ended sessions of lifecycle \"%s\" are", excerpt(name)));
    close_store(store);
    PG_RETURN_VOID();
}

// set_audit_retention(keep interval) returns void
CURFEW_FUNCTION(set_audit_retention) {
    Store store = open_store(fcinfo);
    set_retention({}, argument(fcinfo, 0), "the audit log is");
    close_store(store);
    PG_RETURN_VOID();
}

// retention_plan() returns setof (what text, lifecycle text, partition text, keep interval, older_than timestamptz,
//     number bigint, oldest timestamptz, removable boolean, holding bigint, held_by uuid[], note text)
CURFEW_FUNCTION(retention_plan) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    uint64 count = read_plan(GetCurrentTimestamp());
    for (uint64 i = 0; i < count; ++i) {
        Value columns[kPlanColumns];
        for (int column = 0; column < kPlanColumns; ++column)
            columns[column] = result_value(i, column);
        rows.put(columns);
    }
    close_store(store);
    return Datum(0);
}

// make_audit_partitions(ahead integer) returns integer: how many were made
CURFEW_FUNCTION(make_audit_partitions) {
    Store store = open_store(fcinfo);
    if (PG_ARGISNULL(0))
        raise_refusal(core::Refusal::missing_field, "ahead", "The argument \"ahead\" is null.");
    int ahead = PG_GETARG_INT32(0);
    if (ahead < 0 || ahead > kMostAhead)
        raise_refusal(core::Refusal::value_out_of_range, "ahead", "It is from 0 to 24 months.");
    if (IsolationUsesXactSnapshot())
        ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                        errmsg("partitions of the audit log are made in READ COMMITTED only")));
    core::Instant now = GetCurrentTimestamp();
    int32 made = 0;
    for (int later = 0; later <= ahead; ++later) {
        Month month = MonthAt(now, later);
        Made outcome = make_month(month, now);
        made += outcome == Made::made;
        note_not_made(month, outcome);
    }
    close_store(store);
    PG_RETURN_INT32(made);
}

// CALL apply_retention(batch_size integer, INOUT sessions_removed bigint, INOUT partitions_removed integer,
//     INOUT partitions_left integer, INOUT partitions_made integer)
CURFEW_FUNCTION(apply_retention) {
    Store store = open_procedure(fcinfo);
    if (PG_ARGISNULL(0))
        raise_refusal(core::Refusal::missing_field, "batch_size", "The argument \"batch_size\" is null.");
    int batch_size = PG_GETARG_INT32(0);
    if (batch_size < 1 || batch_size > kMostInBatch)
        raise_refusal(core::Refusal::value_out_of_range, "batch_size", "It is from 1 to 10000.");
    end_step();
    Applied applied;
    core::Instant now = GetCurrentTimestamp();

    for (int later = 0; later <= kUsualAhead; ++later) {
        Month month = MonthAt(now, later);
        Made outcome = Made::is_locked;
        for (int attempt = 1; outcome == Made::is_locked && attempt <= kLockAttempts; ++attempt) {
            if (attempt > 1)
                sleep_for(kPause);
            begin_step();
            outcome = make_month(month, now);
            end_step();
        }
        applied.made += outcome == Made::made;
        note_not_made(month, outcome);
    }
    remove_all_sessions(batch_size, now, &applied);

    begin_step();
    core::Instant kept_from = audit_kept_from(now);
    std::span<const Partition> months;
    if (kept_from != core::kUnset)
        months = months_before(kept_from);
    end_step();
    for (const Partition& partition : months) {
        begin_step();
        bool removed = remove_month(partition);
        removed ? end_step() : undo_step();
        while (removed && delete_numbers(partition)) // of the feed, in steps of their own
            CHECK_FOR_INTERRUPTS();
        ++(removed ? applied.dropped : applied.left);
    }

    Value columns[] = {{Int64GetDatum(applied.sessions), false},
                       {Int32GetDatum(applied.dropped), false},
                       {Int32GetDatum(applied.left), false},
                       {Int32GetDatum(applied.made), false}};
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}
