#include "store_bulk.hpp"

#include "lifecycle_cache.hpp"
#include "store_lifecycle.hpp"

namespace curfew {

Datum forced_endings() {
    StringInfoData json;
    initStringInfo(&json);
    uint64 count = read_lifecycles();
    SPITupleTable* result = SPI_tuptable;
    for (uint64 i = 0; i < count; ++i) {
        SPI_tuptable = result;
        std::string_view name = text_view(result_value(i, 0).datum);
        LifecycleVersion version = {DatumGetInt32(result_value(i, 1).datum),
                                    DatumGetTransactionId(result_value(i, 2).datum)};
        const core::Lifecycle& lifecycle = compiled_lifecycle(name, version);
        // Names of lifecycles, states, events and actions have no character that JSON would escape.
        appendStringInfo(&json, "%s\"%s\":{", i > 0 ? "," : "{", pnstrdup(name.data(), name.size()));
        bool first = true;
        for (int s = 0; s < lifecycle.state_count; ++s) {
            int index = core::ForcedAction(lifecycle, s);
            if (index == core::kNone)
                continue;
            const core::Action& action = lifecycle.actions[index];
            appendStringInfo(&json, "%s\"%s\":{\"to\":\"%s\",\"metered\":%s,\"event\":\"%s\",\"action\":\"%s\"}",
                             first ? "" : ",", lifecycle.states[s].name.View().data(),
                             lifecycle.states[action.target].name.View().data(),
                             lifecycle.states[s].metered ? "true" : "false", action.event.View().data(),
                             action.name.View().data());
            first = false;
        }
        appendStringInfoChar(&json, '}');
    }
    if (count == 0)
        appendStringInfoChar(&json, '{');
    appendStringInfoChar(&json, '}');
    return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

int64 end_sessions_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, bool cascade, Datum endings,
                      const AuditNote& note, core::Instant now) {
    // The rows are locked first, so that what is then read of them is the latest; the update finds them by id alone.
#define CURFEW_END_SESSIONS(victims)                                                                               \
    "WITH " victims ", locked AS MATERIALIZED ("                                                                   \
    " SELECT s.id, s.state, s.entered_at, s.metered_us, $16::jsonb -> s.lifecycle -> s.state AS rule"              \
    " FROM curfew.session s WHERE s.tenant_id = $1 AND s.id IN (SELECT v.id FROM victim v)"                        \
    "  AND s.ended_at IS NULL AND s.deadline > $3 AND $16::jsonb -> s.lifecycle ? s.state"                         \
    " ORDER BY s.id FOR NO KEY UPDATE), ended AS ("                                                                \
    " UPDATE curfew.session s SET state = k.rule ->> 'to', version = s.version + 1,"                               \
    "  updated_at = greatest($3, s.updated_at), entered_at = greatest($3, s.updated_at),"                          \
    "  ended_at = greatest($3, s.updated_at), metered_us = k.metered_us +"                                         \
    "   CASE WHEN (k.rule -> 'metered')::boolean"                                                                  \
    "   THEN (extract(epoch FROM greatest($3, s.updated_at) - k.entered_at) * 1000000)::bigint ELSE 0 END"         \
    " FROM locked k WHERE s.tenant_id = $1 AND s.id = k.id"                                                        \
    " RETURNING s.id, k.state AS from_state, s.state AS to_state, s.version, s.updated_at, k.rule), logged AS ("   \
    " INSERT INTO curfew.audit_event (tenant_id, id, at, event, action, actor_id, on_behalf_of, db_role, relation,"\
    "  via, request_id, reason, details, from_state, outcome, session_id, to_state, version)"                      \
    " SELECT $1, gen_random_uuid(), e.updated_at, e.rule ->> 'event', e.rule ->> 'action', $6, $7, $8, $9, $10,"   \
    "  $11, $12, $13, e.from_state, 'done', e.id, e.to_state, e.version FROM ended e)"                             \
    "SELECT count(*) FROM ended"
#define CURFEW_OWN "SELECT s.id FROM curfew.session s WHERE s.tenant_id = $1 AND s.agent_id = $15"                 \
    " UNION SELECT s.id FROM curfew.session s WHERE s.tenant_id = $1 AND s.owner_id = $15"
    static Statement own = {CURFEW_END_SESSIONS("victim AS (" CURFEW_OWN ")"),
                            {CURFEW_AUDIT_TYPES, UUIDOID, JSONBOID}};
    static Statement descendants = {
        CURFEW_END_SESSIONS("RECURSIVE victim AS (" CURFEW_OWN
                            " UNION SELECT s.id FROM curfew.session s JOIN victim p ON s.parent_id = p.id"
                            " WHERE s.tenant_id = $1)"),
        {CURFEW_AUDIT_TYPES, UUIDOID, JSONBOID}};

    Parameters parameters;
    add_audit(&parameters, tenant, note, now);
    parameters.Add(principal);
    parameters.Add(endings);
    run(cascade ? descendants : own, parameters);
    return DatumGetInt64(result_value(0, 0).datum);
}

} // namespace curfew
