#include "store_use.hpp"

#include "inside.hpp"
#include "lifecycle_cache.hpp"
#include "server_settings.hpp"
#include "store_audit.hpp"

extern "C" {
#include "storage/lmgr.h"
}

namespace curfew {
namespace {

// Locks a table of the schema without waiting; until the transaction ends.
bool lock_table(const char* name, LOCKMODE mode) {
    Oid schema = get_namespace_oid("curfew", true);
    Oid table = OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
    return OidIsValid(table) && ConditionalLockRelationOid(table, mode) &&
           SearchSysCacheExists1(RELOID, ObjectIdGetDatum(table));
}

// The row as it is now, locked; false where somebody else has it, or it is gone.
bool lock_session(const SessionUse& use, SessionRow* row, LifecycleVersion* version) {
    static Statement statement = {"SELECT " CURFEW_SESSION_COLUMNS("s") ", l.revision, l.xmin FROM curfew.session s"
                                  " JOIN curfew.lifecycle l ON l.name = s.lifecycle"
                                  " WHERE s.tenant_id = $1 AND s.id = $2 FOR NO KEY UPDATE OF s SKIP LOCKED",
                                  {UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(use.tenant);
    parameters.Add(use.session);
    if (run(statement, parameters) == 0)
        return false;
    *row = session_row(0, 0);
    *version = {DatumGetInt32(result_value(0, kSessionColumns).datum),
                DatumGetTransactionId(result_value(0, kSessionColumns + 1).datum)};
    return true;
}

} // namespace

bool lock_for_uses() { return lock_table("session", RowExclusiveLock) && lock_table("lifecycle", AccessShareLock); }

void write_use(const SessionUse& use) {
    static Statement statement = {"UPDATE curfew.session SET used_at = $3, deadline = $4, deadline_state = $5"
                                  " WHERE tenant_id = $1 AND id = $2",
                                  {UUIDOID, UUIDOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID}};
    SessionRow row;
    LifecycleVersion version;
    if (!lock_session(use, &row, &version))
        return;
    const core::Lifecycle& lifecycle = compiled_lifecycle(text_view(row.column[kSessionLifecycle].datum), version);
    core::SessionFacts facts = session_facts(row, lifecycle);
    if (!core::UseIsDue(lifecycle, facts, use.at, GetCurrentTimestamp(), UseGranularity()))
        return;
    core::RecordUse(lifecycle, facts, use.at);

    Parameters parameters;
    parameters.Add(use.tenant);
    parameters.Add(use.session);
    add_instant(&parameters, facts.used_at);
    add_instant(&parameters, facts.deadline);
    add_text(&parameters, facts.deadline_state == core::kNone ? std::string_view{}
                                                              : lifecycle.states[facts.deadline_state].name.View());
    int before = EnterEngine(use.session);
    run(statement, parameters);
    LeaveEngine(before);
}

} // namespace curfew
