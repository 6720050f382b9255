#include "store_month.hpp"

#include "access.hpp"
#include "inside.hpp"
#include "lock_attempt.hpp"
#include "server_settings.hpp"
#include "store_session.hpp"

extern "C" {
#include "access/tableam.h"
#include "catalog/indexing.h"
#include "catalog/pg_constraint.h"
#include "storage/bufmgr.h"
#include "utils/datetime.h"
#include "utils/inval.h"
#include "utils/rel.h"
}

namespace curfew {
namespace {

// A default partition of so many pages is read, and rows are moved out of it, in a few milliseconds.
constexpr BlockNumber kFewPages = 128;

// A row's time is never that much later than the clock's.
constexpr core::Instant kSoon = USECS_PER_HOUR;

// The constraint that spares reading the default partition; it is there while a month is being attached.
constexpr const char* kNoneOfMonth = "audit_event_default_none_of_month";

Oid log_table() { return get_relname_relid("audit_event", get_namespace_oid("curfew", false)); }
Oid default_partition() { return get_relname_relid("audit_event_default", get_namespace_oid("curfew", false)); }

// Waiting for a lock, and working under it, each get half.
int lock_wait() { return Max(MaintenanceLockTimeout() / 2, 1); }

core::Instant first_of(int year, int month) {
    return (date2j(year + (month - 1) / 12, (month - 1) % 12 + 1, 1) - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY;
}

// A table that is ready to be attached.
void make_table(const Month& month) {
    run_utility(psprintf("CREATE TABLE curfew.%s (LIKE curfew.audit_event_default INCLUDING ALL)", month.table));
    run_utility(psprintf("CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON curfew.%s FOR EACH STATEMENT"
                         " EXECUTE FUNCTION curfew.refuse_audit_change()",
                         month.table));
    run_utility(psprintf("ALTER TABLE curfew.%s ENABLE ALWAYS TRIGGER refuse_truncate", month.table));
    close_schema();
}

void move_rows(const Month& month) {
    int before = EnterMaintenance();
    run_utility(psprintf("WITH moved AS (DELETE FROM curfew.audit_event_default WHERE at >= '%s' AND at < '%s'"
                         " RETURNING *) INSERT INTO curfew.%s SELECT * FROM moved",
                         month.from, month.to, month.table));
    LeaveEngine(before);
}

// Attached, never PARTITION OF: a restore makes the parent first, and fills months of its own.
void attach(const Month& month) {
    run_utility(psprintf("ALTER TABLE curfew.audit_event ATTACH PARTITION curfew.%s FOR VALUES FROM ('%s') TO ('%s')",
                         month.table, month.from, month.to));
}

// What ALTER TABLE … VALIDATE CONSTRAINT writes down at its end.
void mark_validated(Oid table, const char* name) {
    Relation catalog = table_open(ConstraintRelationId, RowExclusiveLock);
    HeapTuple row = SearchSysCacheCopy1(CONSTROID, ObjectIdGetDatum(get_relation_constraint_oid(table, name, false)));
    if (!HeapTupleIsValid(row))
        elog(ERROR, "cache lookup failed for constraint \"%s\"", name);
    reinterpret_cast<Form_pg_constraint>(GETSTRUCT(row))->convalidated = true;
    CatalogTupleUpdate(catalog, &row->t_self, row);
    CacheInvalidateRelcacheByRelid(table);
    heap_freetuple(row);
    table_close(catalog, RowExclusiveLock);
    CommandCounterIncrement();
}

// The same where the default partition, locked, has no row of the month. ATTACH would read all of it, under that lock, to
// see what has_rows_of() has seen by its index; a constraint that says so spares that.
void attach_without_reading(const Month& month) {
    run_utility(psprintf("ALTER TABLE curfew.audit_event_default ADD CONSTRAINT %s CHECK (at < '%s' OR at >= '%s') NOT VALID",
                         kNoneOfMonth, month.from, month.to));
    mark_validated(default_partition(), kNoneOfMonth);
    attach(month);
    run_utility(psprintf("ALTER TABLE curfew.audit_event_default DROP CONSTRAINT %s", kNoneOfMonth));
}

// Whether the default partition has rows of the month: from one tenant to the next in its primary key.
bool has_rows_of(const Month& month) {
    static Statement statement = {
        "WITH RECURSIVE tenant AS ("
        " (SELECT d.tenant_id FROM curfew.audit_event_default d ORDER BY d.tenant_id LIMIT 1)"
        " UNION ALL SELECT (SELECT d.tenant_id FROM curfew.audit_event_default d WHERE d.tenant_id > t.tenant_id"
        "  ORDER BY d.tenant_id LIMIT 1) FROM tenant t WHERE t.tenant_id IS NOT NULL)"
        "SELECT FROM tenant t, LATERAL (SELECT FROM curfew.audit_event_default d"
        " WHERE d.tenant_id = t.tenant_id AND d.at >= $1 AND d.at < $2 LIMIT 1) x LIMIT 1",
        {TIMESTAMPTZOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(TimestampDatum(month.begin));
    parameters.Add(TimestampDatum(month.end));
    return run_by_index(statement, parameters) > 0;
}

bool is_default_small() {
    Relation table = table_open(default_partition(), AccessShareLock);
    BlockNumber pages = RelationGetNumberOfBlocks(table);
    table_close(table, NoLock);
    return pages <= kFewPages;
}

const char* qualified_name(Oid table) {
    return quote_qualified_identifier(get_namespace_name(get_rel_namespace(table)), get_rel_name(table));
}

} // namespace

Month MonthOf(int year, int month) {
    Month of;
    of.begin = first_of(year, month);
    of.end = first_of(year, month + 1);
    auto write = [](char* text, std::size_t size, const char* format, int y, int m) {
        snprintf(text, size, format, y + (m - 1) / 12, (m - 1) % 12 + 1);
    };
    write(of.table, sizeof of.table, "audit_event_%04d_%02d", year, month);
    write(of.from, sizeof of.from, "%04d-%02d-01 00:00:00+00", year, month);
    write(of.to, sizeof of.to, "%04d-%02d-01 00:00:00+00", year, month + 1);
    return of;
}

Month MonthAt(core::Instant instant, int later) {
    int year, month, day;
    core::Instant days = instant / USECS_PER_DAY - (instant % USECS_PER_DAY < 0 ? 1 : 0);
    j2date(static_cast<int>(days) + POSTGRES_EPOCH_JDATE, &year, &month, &day);
    return MonthOf(year, month + later);
}

bool is_made(const Month& month) {
    return OidIsValid(get_relname_relid(month.table, get_namespace_oid("curfew", false)));
}

void make_month_with_its_rows(const Month& month) {
    // One maker at a time, and writers wait before they choose a partition.
    run_utility("LOCK TABLE curfew.audit_event IN SHARE ROW EXCLUSIVE MODE");
    if (is_made(month))
        return;
    run_utility("LOCK TABLE curfew.audit_event_default IN ACCESS EXCLUSIVE MODE");
    make_table(month);
    move_rows(month);
    attach(month);
}

Made make_month(const Month& month, core::Instant now) {
    if (is_made(month))
        return Made::there_already;
    bool has_rows = has_rows_of(month);
    if (has_rows && !is_default_small())
        return Made::has_rows;
    WantedLock maker = {log_table(), ShareUpdateExclusiveLock}; // one at a time; no writer minds
    if (!attempt_locks(&maker, 1, lock_wait()))
        return Made::is_locked;
    if (is_made(month))
        return Made::there_already;
    make_table(month);

    // A writer who has chosen the default partition and then waits for it would find that its row belongs elsewhere: where
    // rows of the month can come, writers wait before they choose.
    bool can_come = has_rows || month.begin < now + kSoon;
    WantedLock locks[] = {{log_table(), can_come ? ShareRowExclusiveLock : ShareUpdateExclusiveLock},
                          {default_partition(), AccessExclusiveLock}};
    Made outcome = attempt_locks(locks, 2, lock_wait()) ? Made::made : Made::is_locked;
    if (outcome == Made::made && has_rows_of(month)) {
        if (can_come && is_default_small())
            move_rows(month);
        else
            outcome = Made::has_rows;
    }
    if (outcome == Made::made)
        attach_without_reading(month);
    else
        run_utility(psprintf("DROP TABLE curfew.%s", month.table));
    return outcome;
}

std::span<const Partition> months_before(core::Instant end) {
    static Statement statement = {
        "SELECT c.oid, b.first, b.last FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,"
        " LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid) AS bound) e,"
        " LATERAL (SELECT substring(e.bound FROM 'FROM \\(''([^'']+)''\\)')::timestamptz AS first,"
        "   substring(e.bound FROM 'TO \\(''([^'']+)''\\)')::timestamptz AS last) b"
        " WHERE i.inhparent = 'curfew.audit_event'::regclass AND c.relkind = 'r' AND b.last <= $1"
        "  AND date_trunc('month', b.first AT TIME ZONE 'UTC') = b.first AT TIME ZONE 'UTC'"
        "  AND b.last AT TIME ZONE 'UTC' = b.first AT TIME ZONE 'UTC' + interval '1 month' ORDER BY b.first",
        {TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(TimestampDatum(end));
    uint64 count = run(statement, parameters);
    Partition* months = static_cast<Partition*>(palloc(sizeof(Partition) * (count + 1)));
    for (uint64 i = 0; i < count; ++i)
        months[i] = {DatumGetObjectId(result_value(i, 0).datum), DatumGetTimestampTz(result_value(i, 1).datum),
                     DatumGetTimestampTz(result_value(i, 2).datum)};
    return {months, static_cast<std::size_t>(count)};
}

bool lock_month(const Partition& partition) {
    WantedLock lock = {partition.table, ShareRowExclusiveLock};
    return attempt_locks(&lock, 1, lock_wait()) && get_rel_relispartition(partition.table);
}

bool drop_month(const Partition& partition) {
    WantedLock locks[] = {{log_table(), AccessExclusiveLock},
                          {default_partition(), AccessExclusiveLock},
                          {partition.table, AccessExclusiveLock}};
    if (!attempt_locks(locks, 3, lock_wait()))
        return false;
    run_utility(psprintf("DROP TABLE %s", qualified_name(partition.table)));
    return true;
}

} // namespace curfew
