#include "store_history.hpp"

namespace curfew {

// A row without a version is no change, but for what the triggers wrote: its details have the whole session before and
// after. Of changes at one moment the version tells the order.
uint64 read_history(const pg_uuid_t& tenant, const pg_uuid_t& session) {
    static Statement statement = {
        "SELECT h.at, h.kind, h.to_state, COALESCE(h.version - 1, (h.details #>> '{before,version}')::bigint),"
        " COALESCE(h.version, (h.details #>> '{after,version}')::bigint), h.details,"
        " CASE WHEN h.kind = 2 THEN (h.details ->> 'deadline')::timestamptz"
        "  WHEN h.kind > 2 THEN (h.details #>> '{before,deadline}')::timestamptz END,"
        " CASE WHEN h.kind = 2 THEN h.to_state"
        "  WHEN h.kind > 2 AND h.details #>> '{before,ended_at}' IS NULL THEN h.details #>> '{before,deadline_state}' END,"
        " s.lifecycle, s.version, s.deadline, CASE WHEN s.ended_at IS NULL THEN s.deadline_state END"
        " FROM (VALUES (1)) one LEFT JOIN curfew.session s ON s.tenant_id = $1 AND s.id = $2"
        " LEFT JOIN (SELECT e.at, e.to_state, e.version, e.details, e.id,"
        "   CASE WHEN e.version IS NULL THEN CASE e.event WHEN 'session.update_outside' THEN 3 ELSE 4 END"
        "    WHEN e.relation = 'clock' THEN 2 WHEN e.from_state IS NULL THEN 0 ELSE 1 END AS kind"
        "  FROM curfew.audit_event e WHERE e.tenant_id = $1 AND e.session_id = $2 AND e.outcome = 'done'"
        "   AND (e.version IS NOT NULL OR e.event = 'session.update_outside' OR e.event = 'session.delete_outside')) h"
        "  ON true"
        " ORDER BY h.at, COALESCE(h.version, (h.details #>> '{after,version}')::bigint), h.kind > 2, h.id",
        {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    return run(statement, parameters);
}

} // namespace curfew
