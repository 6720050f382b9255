#include "acquaintances.hpp"

#include "store_identity.hpp"

namespace curfew {
namespace {

// Whoever may suspend or revoke others may look at them.
bool Manages(const Loaded& caller) {
    for (std::string_view scope : {"agents:suspend", "agents:revoke", "agents:kill"})
        if (caller.grants.Cover(scope))
            return true;
    return false;
}

} // namespace

Acquaintances acquaintances_of(const Identity& identity, const Loaded& caller) {
    const core::CallerFacts& facts = caller.caller;
    bool all = facts.role == core::Role::admin || facts.kind == core::Kind::service ||
               (Manages(caller) && !facts.bound_workspace.set);
    return {identity.tenant, identity.principal, all, facts.bound_workspace};
}

uint64 read_acquaintances(const Acquaintances& whom, const PrincipalName& name) {
    static Statement statement = {
        "SELECT p.id, p.kind, p.role, p.status, p.name, p.email, p.full_name FROM curfew.principal p"
        " WHERE p.tenant_id = $1 AND ($2 IS NULL OR p.id = $2) AND ($3 IS NULL OR p.name = $3)"
        " AND ($4 IS NULL OR p.email = $4) AND (p.id = $5"
        "  OR ($6 OR EXISTS ("
        "   SELECT FROM curfew.workspace_member a JOIN curfew.workspace_member b"
        "    ON b.tenant_id = a.tenant_id AND b.workspace_id = a.workspace_id"
        "   WHERE a.tenant_id = $1 AND a.principal_id = $5 AND b.principal_id = p.id))"
        "  AND ($7 IS NULL OR EXISTS (SELECT FROM curfew.workspace_member m"
        "   WHERE m.tenant_id = $1 AND m.workspace_id = $7 AND m.principal_id = p.id)))"
        " ORDER BY p.name, p.id",
        {UUIDOID, UUIDOID, TEXTOID, TEXTOID, UUIDOID, BOOLOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(whom.tenant);
    add(&parameters, name.id);
    add(&parameters, name.name);
    add(&parameters, name.email);
    parameters.Add(whom.self);
    parameters.Add(BoolGetDatum(whom.all));
    if (whom.of_workspace.set)
        parameters.Add(*reinterpret_cast<const pg_uuid_t*>(whom.of_workspace.id.data()));
    else
        parameters.AddNull();
    return run(statement, parameters);
}

} // namespace curfew
