#include "store_feed.hpp"

namespace curfew {
namespace {

// Visible events without a number, in the order in which they get one. A session's events are ordered by their time and
// version, and what a snapshot sees of a session is a beginning of its history: whoever wrote a later version had seen the
// earlier ones committed. So numbers that are given to all that is visible keep the order of versions, also of those that
// are given later to what commits later.
//
// $1 the number to go on after, $2 how many, $3 from which transaction on.
#define CURFEW_NUMBER_EVENTS(narrowed)                                                                             \
    "WITH found AS ("                                                                                              \
    " SELECT e.tenant_id, e.at, e.id, COALESCE(e.version, 0) AS version FROM curfew.audit_event e"                 \
    " WHERE " narrowed "NOT EXISTS (SELECT FROM curfew.event_number n WHERE n.tenant_id = e.tenant_id"             \
    "  AND n.event_at = e.at AND n.event_id = e.id)"                                                               \
    " ORDER BY e.at, COALESCE(e.version, 0), e.id LIMIT $2), numbered AS ("                                        \
    " INSERT INTO curfew.event_number (number, tenant_id, event_at, event_id)"                                     \
    " SELECT $1 + row_number() OVER (ORDER BY f.at, f.version, f.id), f.tenant_id, f.at, f.id FROM found f"        \
    " RETURNING 1)"                                                                                                \
    "SELECT count(*), pg_snapshot_xmin(pg_current_snapshot()), $3::xid8 FROM numbered"

} // namespace

Sequencer take_sequencer(const Place& here) {
    static Statement make = {
        "INSERT INTO curfew.event_sequencer (last_number, numbered_below, system_id, timeline, database, bases)"
        " SELECT 0, '0', $1, $2, $3, '{}' WHERE NOT EXISTS (SELECT FROM curfew.event_sequencer) ON CONFLICT DO NOTHING",
        {INT8OID, INT8OID, OIDOID}};
    static Statement take = {
        "SELECT last_number, numbered_below, system_id <> $1 OR timeline <> $2 OR database <> $3"
        " FROM curfew.event_sequencer FOR UPDATE SKIP LOCKED",
        {INT8OID, INT8OID, OIDOID}};
    Parameters parameters;
    parameters.Add(Int64GetDatum(here.system));
    parameters.Add(Int64GetDatum(here.timeline));
    parameters.Add(ObjectIdGetDatum(here.database));
    Sequencer sequencer;
    if (run(take, parameters) == 0) {
        run(make, parameters);
        if (run(take, parameters) == 0)
            return sequencer;
    }
    sequencer.taken = true;
    sequencer.last_number = DatumGetInt64(result_value(0, 0).datum);
    sequencer.numbered_below = result_value(0, 1).datum;
    sequencer.elsewhere = DatumGetBool(result_value(0, 2).datum);
    return sequencer;
}

int64 number_events(const Sequencer& sequencer, const Place& here, int max_rows) {
    static Statement all = {CURFEW_NUMBER_EVENTS(""), {INT8OID, INT4OID, XID8OID}};
    static Statement recent = {
        CURFEW_NUMBER_EVENTS("e.recorded_in >= $3 AND e.recorded_in < pg_snapshot_xmax(pg_current_snapshot()) AND "),
        {INT8OID, INT4OID, XID8OID}};
    // A restore begins another generation; how far was numbered is not known there until every event was looked at.
    static Statement remember = {
        "UPDATE curfew.event_sequencer SET last_number = $1, numbered_below = $2, system_id = $3, timeline = $4,"
        " database = $5, bases = CASE WHEN $6 THEN bases || $7 ELSE bases END",
        {INT8OID, XID8OID, INT8OID, INT8OID, OIDOID, BOOLOID, INT8OID}};

    bool everything = sequencer.elsewhere || U64FromFullTransactionId(DatumGetFullTransactionId(sequencer.numbered_below)) == 0;
    Parameters parameters;
    parameters.Add(Int64GetDatum(sequencer.last_number));
    parameters.Add(Int32GetDatum(max_rows));
    parameters.Add(sequencer.numbered_below);
    run(everything ? all : recent, parameters);
    int64 count = DatumGetInt64(result_value(0, 0).datum);
    Datum finished = result_value(0, 1).datum; // what began before this has been seen, whatever became of it
    FullTransactionId from_the_beginning = FullTransactionIdFromU64(0);
    Datum unfinished = everything ? FullTransactionIdGetDatum(from_the_beginning) : sequencer.numbered_below;

    Parameters state;
    state.Add(Int64GetDatum(sequencer.last_number + count));
    state.Add(count < max_rows ? finished : unfinished);
    state.Add(Int64GetDatum(here.system));
    state.Add(Int64GetDatum(here.timeline));
    state.Add(ObjectIdGetDatum(here.database));
    state.Add(BoolGetDatum(sequencer.elsewhere));
    state.Add(Int64GetDatum(sequencer.last_number));
    run(remember, state);
    return count;
}

int64 delete_numbers_between(core::Instant begin, core::Instant end, int most) {
    static Statement statement = {
        "DELETE FROM curfew.event_number WHERE (tenant_id, number) IN (SELECT n.tenant_id, n.number"
        " FROM curfew.event_number n WHERE n.event_at >= $1 AND n.event_at < $2 AND NOT EXISTS (SELECT"
        "  FROM curfew.audit_event e WHERE e.tenant_id = n.tenant_id AND e.at = n.event_at AND e.id = n.event_id)"
        " LIMIT $3)",
        {TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID}};
    Parameters parameters;
    parameters.Add(TimestampDatum(begin));
    parameters.Add(TimestampDatum(end));
    parameters.Add(Int32GetDatum(most));
    return static_cast<int64>(run(statement, parameters));
}

Generation position_in_feed(int generation, int64 number) {
    static Statement statement = {
        "SELECT COALESCE(cardinality(s.bases), 0), s.bases[$1 + 1] FROM (VALUES (1)) one"
        " LEFT JOIN curfew.event_sequencer s ON true",
        {INT4OID}};
    Parameters parameters;
    parameters.Add(Int32GetDatum(generation));
    run(statement, parameters);
    Value base = result_value(0, 1);
    if (!base.null)
        number = Min(number, DatumGetInt64(base.datum));
    return {number, DatumGetInt32(result_value(0, 0).datum)};
}

uint64 read_feed(const pg_uuid_t& tenant, int64 after, int max_rows) {
    static Statement statement = {
        "SELECT n.number, " CURFEW_AUDIT_ENTRY("e") " FROM curfew.event_number n"
        " JOIN curfew.audit_event e ON e.tenant_id = n.tenant_id AND e.at = n.event_at AND e.id = n.event_id"
        " WHERE n.tenant_id = $1 AND n.number > $2 ORDER BY n.number LIMIT $3",
        {UUIDOID, INT8OID, INT4OID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(Int64GetDatum(after));
    parameters.Add(Int32GetDatum(max_rows));
    return run(statement, parameters);
}

} // namespace curfew
