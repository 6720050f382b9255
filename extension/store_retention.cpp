#include "store_retention.hpp"

#include "inside.hpp"
#include "store_session.hpp"

namespace curfew {

// $now - keep, whatever the caller's time zone.
#define CURFEW_KEPT_FROM(now, keep) "((" now " AT TIME ZONE 'UTC' - " keep ") AT TIME ZONE 'UTC')"

void write_retention(std::string_view lifecycle, const Value& keep) {
    static Statement forget = {"DELETE FROM curfew.retention WHERE lifecycle IS NOT DISTINCT FROM $1", {TEXTOID}};
    static Statement of_sessions = {"INSERT INTO curfew.retention (lifecycle, keep) VALUES ($1, $2)"
                                    " ON CONFLICT (lifecycle) DO UPDATE SET keep = $2",
                                    {TEXTOID, INTERVALOID}};
    static Statement of_log = {"INSERT INTO curfew.retention (lifecycle, keep) VALUES ($1, $2)"
                               " ON CONFLICT ((lifecycle IS NULL)) WHERE lifecycle IS NULL DO UPDATE SET keep = $2",
                               {TEXTOID, INTERVALOID}};
    Parameters parameters;
    parameters.AddIf(!lifecycle.empty(), lifecycle.empty() ? 0 : text_datum(lifecycle));
    if (!keep.null)
        add(&parameters, keep);
    run(keep.null ? forget : lifecycle.empty() ? of_log : of_sessions, parameters);
}

bool is_retention(Datum keep) {
    static Statement statement = {"SELECT FROM (SELECT) x WHERE $1 >= interval '1 day' AND $1 <= interval '1000 years'"
                                  " AND " CURFEW_KEPT_FROM("timestamptz '2000-01-02 00:00:00+00'", "$1")
                                  " <= timestamptz '2000-01-01 00:00:00+00'",
                                  {INTERVALOID}};
    Parameters parameters;
    parameters.Add(keep);
    return run(statement, parameters) > 0;
}

uint64 read_plan(core::Instant now) {
    static Statement statement = {
        "WITH RECURSIVE rule AS MATERIALIZED ("
        " SELECT r.lifecycle, r.keep, " CURFEW_KEPT_FROM("$1", "r.keep") " AS kept_from FROM curfew.retention r),"
        // sessions that leave: those that are due, but for those from which one descends that has not ended
        " due AS MATERIALIZED ("
        " SELECT s.tenant_id, s.id, s.lifecycle, s.ended_at FROM rule r JOIN curfew.session s ON s.lifecycle = r.lifecycle"
        " WHERE s.ended_at < r.kept_from),"
        " kin AS ("
        " SELECT d.tenant_id, d.id AS root, c.id, c.ended_at IS NULL AS lives FROM due d"
        "  JOIN curfew.session c ON c.tenant_id = d.tenant_id AND c.parent_id = d.id"
        " UNION SELECT k.tenant_id, k.root, c.id, c.ended_at IS NULL FROM kin k"
        "  JOIN curfew.session c ON c.tenant_id = k.tenant_id AND c.parent_id = k.id),"
        " leaving AS MATERIALIZED ("
        " SELECT d.* FROM due d"
        " WHERE NOT EXISTS (SELECT FROM kin k WHERE k.tenant_id = d.tenant_id AND k.root = d.id AND k.lives)),"
        " of_sessions AS ("
        " SELECT r.lifecycle, r.keep, r.kept_from, (SELECT count(*) FROM leaving l WHERE l.lifecycle = r.lifecycle) AS number,"
        "  (SELECT min(l.ended_at) FROM leaving l WHERE l.lifecycle = r.lifecycle) AS oldest,"
        "  (SELECT count(*) FROM due d WHERE d.lifecycle = r.lifecycle) AS due,"
        "  (SELECT count(*) FROM curfew.session s WHERE s.lifecycle = r.lifecycle AND s.ended_at IS NULL"
        "   AND s.deadline < r.kept_from) AS unwritten"
        " FROM rule r WHERE r.lifecycle IS NOT NULL),"
        // months that are due, and who holds them back
        " month AS MATERIALIZED ("
        " SELECT m.table_id, m.first, m.last, r.keep, r.kept_from FROM rule r,"
        "  unnest($2::oid[], $3::timestamptz[], $4::timestamptz[]) m (table_id, first, last)"
        " WHERE r.lifecycle IS NULL AND m.last <= r.kept_from),"
        " part AS ("
        " SELECT e.tableoid AS table_id, e.tenant_id, e.session_id, count(*) AS number, min(e.at) AS oldest"
        " FROM curfew.audit_event e WHERE e.at < (SELECT max(m.last) FROM month m) GROUP BY 1, 2, 3),"
        " of_month AS (SELECT p.table_id, sum(p.number) AS number, min(p.oldest) AS oldest FROM part p GROUP BY 1),"
        " holder AS ("
        " SELECT p.table_id, s.tenant_id, s.id FROM part p"
        "  JOIN curfew.session s ON s.tenant_id = p.tenant_id AND s.id = p.session_id"
        " UNION SELECT m.table_id, s.tenant_id, s.id FROM month m"
        "  JOIN curfew.session s ON s.deadline >= m.first AND s.deadline < m.last AND s.ended_at IS NULL),"
        " of_holders AS ("
        " SELECT h.table_id, count(*) AS number, (array_agg(h.id ORDER BY h.id))[1:5] AS some FROM holder h"
        " WHERE NOT EXISTS (SELECT FROM leaving l WHERE l.tenant_id = h.tenant_id AND l.id = h.id) GROUP BY 1)"
        "SELECT 'sessions', s.lifecycle, NULL, s.keep, s.kept_from, s.number, s.oldest, s.number > 0, NULL::bigint, NULL::uuid[],"
        " NULLIF(concat_ws('; ',"
        "  CASE WHEN s.due > s.number THEN format('%s more stay: sessions that have not ended descend from them',"
        "   s.due - s.number) END,"
        "  CASE WHEN s.unwritten > 0 THEN format('%s more stay until it is written down that their deadline ended them',"
        "   s.unwritten) END), ''), 1, s.oldest AS n FROM of_sessions s"
        " UNION ALL"
        " SELECT 'audit', NULL, c.relname::text, m.keep, m.kept_from, COALESCE(o.number, 0)::bigint, o.oldest, h.number IS NULL,"
        "  COALESCE(h.number, 0), h.some, CASE WHEN h.number IS NOT NULL THEN 'sessions that exist hold it back' END, 2, m.first"
        " FROM month m JOIN pg_class c ON c.oid = m.table_id LEFT JOIN of_month o ON o.table_id = m.table_id"
        "  LEFT JOIN of_holders h ON h.table_id = m.table_id"
        " UNION ALL"
        " SELECT 'audit', NULL, 'audit_event_default', r.keep, r.kept_from, d.number, d.oldest, false, 0, NULL,"
        "  'rows without a month; create_audit_partition gives them one', 3, NULL"
        " FROM rule r, LATERAL (SELECT count(*) AS number, min(e.at) AS oldest FROM curfew.audit_event_default e"
        "  WHERE e.at < date_trunc('month', r.kept_from AT TIME ZONE 'UTC') AT TIME ZONE 'UTC') d"
        " WHERE r.lifecycle IS NULL AND d.number > 0"
        " ORDER BY 12, 13, 2",
        {TIMESTAMPTZOID, OIDARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID}};

    std::span<const Partition> months = months_before(now);
    int count = static_cast<int>(months.size());
    Datum* columns[3];
    for (Datum*& column : columns)
        column = static_cast<Datum*>(palloc(sizeof(Datum) * (count + 1)));
    for (int i = 0; i < count; ++i) {
        columns[0][i] = ObjectIdGetDatum(months[i].table);
        columns[1][i] = TimestampTzGetDatum(months[i].begin);
        columns[2][i] = TimestampTzGetDatum(months[i].end);
    }
    Parameters parameters;
    parameters.Add(TimestampDatum(now));
    parameters.Add(PointerGetDatum(construct_array(columns[0], count, OIDOID, sizeof(Oid), true, TYPALIGN_INT)));
    for (int i = 1; i < 3; ++i)
        parameters.Add(PointerGetDatum(construct_array(columns[i], count, TIMESTAMPTZOID, sizeof(TimestampTz),
                                                       FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)));
    return run(statement, parameters);
}

std::span<Leaving> leaving_sessions() {
    static Statement statement = {"SELECT t.id, r.lifecycle FROM curfew.tenant t, curfew.retention r"
                                  " WHERE r.lifecycle IS NOT NULL ORDER BY t.id, r.lifecycle",
                                  {}};
    uint64 count = run(statement, Parameters{});
    Leaving* found = static_cast<Leaving*>(palloc0(sizeof(Leaving) * (count + 1)));
    for (uint64 i = 0; i < count; ++i) {
        found[i].tenant = *DatumGetUUIDP(result_value(i, 0).datum);
        namestrcpy(&found[i].lifecycle, TextDatumGetCString(result_value(i, 1).datum));
        found[i].after = DT_NOBEGIN;
    }
    SPI_freetuptable(SPI_tuptable);
    return {found, static_cast<std::size_t>(count)};
}

Departure remove_sessions(Leaving* leaving, int size, core::Instant now) {
    // Many are looked at, few are locked: what has not ended costs a look in the index and the row, and the locks are
    // short. Who has locked a token or the details would keep the deletion waiting, and with it all others: those stay too.
    static Statement statement = {
        "WITH RECURSIVE rule AS ("
        " SELECT " CURFEW_KEPT_FROM("$3", "r.keep") " AS kept_from FROM curfew.retention r WHERE r.lifecycle = $2),"
        " seen AS MATERIALIZED ("
        " SELECT s.id, s.created_at, s.ended_at FROM curfew.session s WHERE s.tenant_id = $1 AND s.lifecycle = $2"
        "  AND (s.created_at, s.id) > ($4, $5) AND s.created_at < (SELECT r.kept_from FROM rule r)"
        " ORDER BY s.created_at, s.id LIMIT $6::bigint * 10),"
        " victim AS MATERIALIZED ("
        " SELECT s.id, s.created_at FROM curfew.session s WHERE s.tenant_id = $1"
        "  AND s.id IN (SELECT x.id FROM seen x WHERE x.ended_at < (SELECT r.kept_from FROM rule r))"
        "  AND s.ended_at < (SELECT r.kept_from FROM rule r)"
        " ORDER BY s.created_at, s.id LIMIT $6 FOR UPDATE OF s SKIP LOCKED),"
        " kin AS ("
        " SELECT v.id AS root, c.id, c.ended_at IS NULL AS lives FROM victim v"
        "  JOIN curfew.session c ON c.tenant_id = $1 AND c.parent_id = v.id"
        " UNION SELECT k.root, c.id, c.ended_at IS NULL FROM kin k"
        "  JOIN curfew.session c ON c.tenant_id = $1 AND c.parent_id = k.id),"
        " token AS MATERIALIZED ("
        " SELECT t.digest FROM curfew.session_token t WHERE t.tenant_id = $1 AND t.session_id IN (SELECT v.id FROM victim v)"
        " FOR UPDATE SKIP LOCKED),"
        " detail AS MATERIALIZED ("
        " SELECT d.session_id FROM curfew.session_detail d WHERE d.tenant_id = $1"
        "  AND d.session_id IN (SELECT v.id FROM victim v) FOR UPDATE SKIP LOCKED),"
        " gone AS ("
        " DELETE FROM curfew.session s USING victim v WHERE s.tenant_id = $1 AND s.id = v.id"
        "  AND NOT EXISTS (SELECT FROM kin k WHERE k.root = v.id AND k.lives)"
        "  AND NOT EXISTS (SELECT FROM curfew.session_token t WHERE t.tenant_id = $1 AND t.session_id = v.id"
        "   AND NOT EXISTS (SELECT FROM token k WHERE k.digest = t.digest))"
        "  AND NOT EXISTS (SELECT FROM curfew.session_detail d WHERE d.tenant_id = $1 AND d.session_id = v.id"
        "   AND NOT EXISTS (SELECT FROM detail k WHERE k.session_id = d.session_id))"
        " RETURNING s.id)"
        "SELECT (SELECT count(*) FROM gone), r.kept_from, l.created_at, l.id FROM rule r LEFT JOIN LATERAL ("
        " SELECT x.created_at, x.id FROM seen x WHERE (SELECT count(*) FROM victim v) < $6"
        "  OR (x.created_at, x.id) <= (SELECT v.created_at, v.id FROM victim v ORDER BY 1 DESC, 2 DESC LIMIT 1)"
        " ORDER BY x.created_at DESC, x.id DESC LIMIT 1) l ON true",
        {UUIDOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, UUIDOID, INT4OID}};
    Parameters parameters;
    parameters.Add(leaving->tenant);
    parameters.Add(CStringGetTextDatum(NameStr(leaving->lifecycle)));
    parameters.Add(TimestampDatum(now));
    parameters.Add(TimestampTzGetDatum(leaving->after));
    parameters.Add(leaving->after_id);
    parameters.Add(Int32GetDatum(size));
    int before = EnterMaintenance();
    uint64 rows = run_by_index(statement, parameters);
    LeaveEngine(before);

    Departure departure;
    if (rows == 0) // kept for good since
        return departure;
    departure.removed = DatumGetInt64(result_value(0, 0).datum);
    departure.ended_before = DatumGetTimestampTz(result_value(0, 1).datum);
    Value last = result_value(0, 2);
    departure.more = !last.null;
    if (departure.more) {
        leaving->after = DatumGetTimestampTz(last.datum);
        leaving->after_id = *DatumGetUUIDP(result_value(0, 3).datum);
    }
    SPI_freetuptable(SPI_tuptable);
    return departure;
}

core::Instant audit_kept_from(core::Instant now) {
    static Statement statement = {"SELECT " CURFEW_KEPT_FROM("$1", "r.keep") " FROM curfew.retention r"
                                  " WHERE r.lifecycle IS NULL",
                                  {TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(TimestampDatum(now));
    return run(statement, parameters) > 0 ? DatumGetTimestampTz(result_value(0, 0).datum) : core::kUnset;
}

int64 sessions_holding(const Partition& month) {
    static Statement statement = {
        "SELECT count(*) FROM ("
        "SELECT s.tenant_id, s.id FROM (SELECT DISTINCT e.tenant_id, e.session_id FROM curfew.audit_event e"
        "  WHERE e.at >= $1 AND e.at < $2 AND e.session_id IS NOT NULL) e"
        " JOIN curfew.session s ON s.tenant_id = e.tenant_id AND s.id = e.session_id"
        " UNION SELECT s.tenant_id, s.id FROM curfew.session s"
        "  WHERE s.deadline >= $1 AND s.deadline < $2 AND s.ended_at IS NULL) holder",
        {TIMESTAMPTZOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(TimestampDatum(month.begin));
    parameters.Add(TimestampDatum(month.end));
    run(statement, parameters);
    return DatumGetInt64(result_value(0, 0).datum);
}

uint64 count_month(const Partition& month) {
    static Statement statement = {"SELECT e.tenant_id, count(*) FROM curfew.audit_event e"
                                  " WHERE e.at >= $1 AND e.at < $2 GROUP BY 1 ORDER BY 1",
                                  {TIMESTAMPTZOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(TimestampDatum(month.begin));
    parameters.Add(TimestampDatum(month.end));
    return run(statement, parameters);
}

} // namespace curfew
