#include "store_bulk.hpp"

namespace curfew {

Portal open_sessions_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, bool cascade) {
#define CURFEW_SESSIONS_OF(victims)                                                                                \
    "WITH " victims " SELECT " CURFEW_STORED_COLUMNS                                                               \
    " FROM victim v JOIN curfew.session s ON s.tenant_id = $1 AND s.id = v.id"                                     \
    " JOIN curfew.lifecycle l ON l.name = s.lifecycle WHERE s.ended_at IS NULL ORDER BY s.id"
#define CURFEW_OWN                                                                                                 \
    "SELECT s.id FROM curfew.session s WHERE s.tenant_id = $1 AND s.agent_id = $2"                                 \
    " UNION SELECT s.id FROM curfew.session s WHERE s.tenant_id = $1 AND s.owner_id = $2"
    static Statement own = {CURFEW_SESSIONS_OF("victim AS (" CURFEW_OWN ")"), {UUIDOID, UUIDOID}};
    static Statement descendants = {
        CURFEW_SESSIONS_OF("RECURSIVE victim AS (" CURFEW_OWN
                           " UNION SELECT s.id FROM curfew.session s JOIN victim p ON s.parent_id = p.id"
                           " WHERE s.tenant_id = $1)"),
        {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(principal);
    return open_cursor(cascade ? descendants : own, parameters);
}

uint64 read_sessions(const pg_uuid_t& tenant, std::span<const pg_uuid_t> ids) {
    static Statement statement = {"SELECT " CURFEW_STORED_COLUMNS
                                  " FROM curfew.session s JOIN curfew.lifecycle l ON l.name = s.lifecycle"
                                  " WHERE s.tenant_id = $1 AND s.id = ANY ($2) ORDER BY s.id",
                                  {UUIDOID, UUIDARRAYOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(uuid_array(ids));
    return run(statement, parameters);
}

} // namespace curfew
