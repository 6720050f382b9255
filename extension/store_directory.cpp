#include "store_directory.hpp"

namespace curfew {

uint64 list_principals(const pg_uuid_t& tenant, const PrincipalFilter& filter) {
    static Statement statement = {
        "SELECT p.id, p.name, p.kind, p.role, p.status, p.scopes, p.email, p.full_name, p.created_at"
        " FROM curfew.principal p WHERE p.tenant_id = $1 AND ($2 IS NULL OR p.kind = $2) AND ($3 IS NULL OR p.status = $3)"
        " AND ($4 IS NULL OR (p.created_at, p.id) > (SELECT x.created_at, x.id FROM curfew.principal x"
        "  WHERE x.tenant_id = $1 AND x.id = $4))"
        " ORDER BY p.created_at, p.id LIMIT $5",
        {UUIDOID, TEXTOID, TEXTOID, UUIDOID, INT4OID}};
    Parameters parameters;
    parameters.Add(tenant);
    add(&parameters, filter.kind);
    add(&parameters, filter.status);
    add(&parameters, filter.after);
    parameters.Add(Int32GetDatum(filter.rows));
    return run(statement, parameters);
}

uint64 read_definitions(const Value& name) {
    static Statement statement = {"SELECT l.name, l.revision, l.builtin, l.definition FROM curfew.lifecycle l"
                                  " WHERE $1 IS NULL OR l.name = $1 ORDER BY l.name",
                                  {TEXTOID}};
    Parameters parameters;
    add(&parameters, name);
    return run(statement, parameters);
}

} // namespace curfew
