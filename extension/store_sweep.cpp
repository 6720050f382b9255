#include "store_sweep.hpp"

extern "C" {
#include "catalog/pg_extension.h"
#include "storage/lock.h"
#include "utils/inval.h"
}

namespace curfew {
namespace {

// Deadlines that somebody has set to before the first year by hand: RFC 3339 cannot say them, so they are left alone.
#define CURFEW_IS_DUE(s, until)                                                                                    \
    s ".deadline <= " until " AND " s ".deadline >= '0001-01-02 00:00:00+00' AND " s ".ended_at IS NULL AND "      \
      s ".deadline_state IS NOT NULL"
#define CURFEW_DUE_COLUMNS "d.tenant_id, d.written_by, l.revision, l.xmin, " CURFEW_SESSION_COLUMNS("d")

// OFFSET 0 and the locks keep a lookup of what is to be looked at again a lookup by key: nothing is known of how many
// there are, and the planner would go through all that is due.
const pg_uuid_t& id_of(const Value& value) { return *DatumGetUUIDP(value.datum); }

// Whether the extension is there, and stays until this transaction ends; false also where somebody is dropping it.
bool keep_extension() {
    Oid extension = get_extension_oid("curfew", true);
    if (!OidIsValid(extension))
        return false;
    LOCKTAG tag;
    SET_LOCKTAG_OBJECT(tag, MyDatabaseId, ExtensionRelationId, extension, 0);
    if (LockAcquire(&tag, AccessShareLock, false, true) == LOCKACQUIRE_NOT_AVAIL)
        return false;
    AcceptInvalidationMessages();
    return get_extension_oid("curfew", true) == extension;
}

} // namespace

bool take_progress(SweepProgress* progress) {
    static Statement statement = {"SELECT watermark, position_deadline, position_id, pass_until, pass_oldest"
                                  " FROM curfew.sweep_progress WHERE one",
                                  {}};
    // Not the row's own lock: a look that finds nothing writes nothing and needs no transaction id.
    LOCKTAG tag;
    SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, 0x5358); // SQL's advisory locks have 1 and 2 there
    bool taken = LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
    if (run(statement, Parameters{}) == 0)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("curfew.sweep_progress has no row"),
                        errhint("INSERT INTO curfew.sweep_progress DEFAULT VALUES")));
    progress->watermark = DatumGetTimestampTz(result_value(0, 0).datum);
    progress->position = {DatumGetTimestampTz(result_value(0, 1).datum), id_of(result_value(0, 2))};
    progress->pass_until = result_value(0, 3);
    progress->pass_oldest = result_value(0, 4);
    return taken;
}

void write_progress(const SweepProgress& progress, core::Instant now, int64 written) {
    static Statement statement = {
        "UPDATE curfew.sweep_progress SET watermark = $1, position_deadline = $2, position_id = $3, pass_until = $4,"
        " pass_oldest = $5, last_run = $6, last_written = $7, written = written + $7 WHERE one",
        {TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID}};
    Parameters parameters;
    parameters.Add(TimestampTzGetDatum(progress.watermark));
    parameters.Add(TimestampTzGetDatum(progress.position.deadline));
    parameters.Add(progress.position.id);
    add(&parameters, progress.pass_until);
    add(&parameters, progress.pass_oldest);
    parameters.Add(TimestampTzGetDatum(now));
    parameters.Add(Int64GetDatum(written));
    run(statement, parameters);
}

Value oldest_prepared() {
    static Statement statement = {"SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()"
                                  " ORDER BY prepared LIMIT 1",
                                  {}};
    return run(statement, Parameters{}) > 0 ? result_value(0, 0) : Value{0, true};
}

uint64 read_due(const DeadlinePosition& after, TimestampTz until, int count) {
    static Statement statement = {
        "WITH d AS MATERIALIZED (SELECT s.tenant_id, s.xmin AS written_by, " CURFEW_SESSION_COLUMNS("s")
        " FROM curfew.session s WHERE (s.deadline, s.id) > ($1, $2) AND " CURFEW_IS_DUE("s", "$3")
        " ORDER BY s.deadline, s.id LIMIT $4)"
        " SELECT " CURFEW_DUE_COLUMNS " FROM d JOIN curfew.lifecycle l ON l.name = d.lifecycle"
        " ORDER BY d.deadline, d.id",
        {TIMESTAMPTZOID, UUIDOID, TIMESTAMPTZOID, INT4OID}};
    Parameters parameters;
    parameters.Add(TimestampTzGetDatum(after.deadline));
    parameters.Add(after.id);
    parameters.Add(TimestampTzGetDatum(until));
    parameters.Add(Int32GetDatum(count));
    return run(statement, parameters);
}

uint64 lock_due_again(TimestampTz until, int count) {
    static Statement statement = {
        "WITH d AS MATERIALIZED (SELECT s.* FROM curfew.sweep_again a, LATERAL"
        " (SELECT s.tenant_id, s.xmin AS written_by, " CURFEW_SESSION_COLUMNS("s") " FROM curfew.session s"
        "  WHERE s.tenant_id = a.tenant_id AND s.id = a.session_id AND " CURFEW_IS_DUE("s", "$1")
        "  FOR NO KEY UPDATE SKIP LOCKED) s LIMIT $2)"
        " SELECT " CURFEW_DUE_COLUMNS " FROM d JOIN curfew.lifecycle l ON l.name = d.lifecycle",
        {TIMESTAMPTZOID, INT4OID}};
    Parameters parameters;
    parameters.Add(TimestampTzGetDatum(until));
    parameters.Add(Int32GetDatum(count));
    return run(statement, parameters);
}

void look_again(const pg_uuid_t& tenant, const pg_uuid_t& session) {
    static Statement statement = {
        "INSERT INTO curfew.sweep_again (tenant_id, session_id) SELECT $1, $2 WHERE NOT EXISTS"
        " (SELECT FROM curfew.sweep_again a WHERE a.tenant_id = $1 AND a.session_id = $2)",
        {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    run(statement, parameters);
}

void look_at_all_again() {
    static Statement statement = {"INSERT INTO curfew.sweep_again (tenant_id, session_id) VALUES (NULL, NULL)", {}};
    run(statement, Parameters{});
}

bool take_all_again() {
    static Statement statement = {"DELETE FROM curfew.sweep_again WHERE tenant_id IS NULL", {}};
    return run(statement, Parameters{}) > 0;
}

void forget_done(TimestampTz until) {
    static Statement statement = {
        "DELETE FROM curfew.sweep_again a WHERE a.tenant_id IS NOT NULL AND NOT EXISTS (SELECT FROM curfew.session s"
        " WHERE s.tenant_id = a.tenant_id AND s.id = a.session_id AND " CURFEW_IS_DUE("s", "$1") " OFFSET 0)",
        {TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(TimestampTzGetDatum(until));
    run(statement, parameters);
}

void forget_again(const pg_uuid_t& tenant, const pg_uuid_t& session) {
    static Statement statement = {"DELETE FROM curfew.sweep_again WHERE tenant_id = $1 AND session_id = $2",
                                  {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    run(statement, parameters);
}

bool read_sweep_status(TimestampTz now) {
    static Statement statement = {
        "SELECT p.last_run, p.last_written, p.written, p.watermark, least("
        " (SELECT s.deadline FROM curfew.session s WHERE s.deadline >= p.watermark AND " CURFEW_IS_DUE("s", "$1")
        "  ORDER BY s.deadline LIMIT 1),"
        " (SELECT min(s.deadline) FROM curfew.sweep_again a, LATERAL (SELECT s.deadline FROM curfew.session s"
        "  WHERE s.tenant_id = a.tenant_id AND s.id = a.session_id AND " CURFEW_IS_DUE("s", "$1") " OFFSET 0) s))"
        " FROM curfew.sweep_progress p WHERE p.one",
        {TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(TimestampTzGetDatum(now));
    return run(statement, parameters) > 0;
}

namespace {

// What a function of one row and column answers to the worker; null without the extension.
Value call(const char* statement) {
    if (!keep_extension())
        return {0, true};
    if (SPI_connect() != SPI_OK_CONNECT)
        elog(ERROR, "curfew could not connect to SPI");
    if (SPI_execute(statement, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
        elog(ERROR, "curfew could not run \"%s\"", statement);
    Value result = result_value(0, 0); // by value: it outlives what is freed here
    SPI_finish();
    return result;
}

} // namespace

int64 call_sweep(int count) {
    Value written = call(psprintf("SELECT curfew.sweep(%d)", count));
    return written.null ? -1 : DatumGetInt64(written.datum);
}

void call_make_months() { call("SELECT curfew.make_audit_partitions()"); }

} // namespace curfew
