#include "store_refusal.hpp"

#include "rfc3339.hpp"
#include "secrets.hpp"

namespace curfew {
namespace {

void add_word(Parameters* parameters, const char* word) {
    parameters->AddIf(word[0] != '\0', CStringGetTextDatum(word));
}

void add_id(Parameters* parameters, const pg_uuid_t& id) {
    parameters->AddIf(!IsNil(id), UUIDPGetDatum(const_cast<pg_uuid_t*>(&id)));
}

} // namespace

int write_due_refusals(bool all) {
    if (!OidIsValid(get_extension_oid("curfew", true)))
        return -1;
    if (SPI_connect() != SPI_OK_CONNECT)
        elog(ERROR, "curfew could not connect to SPI");
    const char* sql = all ? "SELECT curfew.write_refusals(true)" : "SELECT curfew.write_refusals(false)";
    if (SPI_execute(sql, false, 0) != SPI_OK_SELECT || SPI_processed != 1)
        elog(ERROR, "curfew could not write refusals");
    int count = DatumGetInt32(result_value(0, 0).datum);
    SPI_finish();
    return count;
}

void write_refusal(const KeptRefusal& refusal) {
    static Statement statement = {
        "INSERT INTO curfew.audit_event (tenant_id, id, at, session_id, event, action, outcome, actor_id, on_behalf_of,"
        "  db_role, relation, via, request_id, from_state, details)"
        " VALUES ($1, $2, $3, $4, $5, $6, 'refused', $7, $8, $9, $10, $11, $12, $13,"
        "  jsonb_build_object('reason', $14, 'count', $15, 'sqlstate', $16)"
        "  || CASE WHEN $15 > 1 THEN jsonb_build_object('last', $17) ELSE '{}' END)",
        {UUIDOID, UUIDOID, TIMESTAMPTZOID, UUIDOID, TEXTOID, TEXTOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID,
         TEXTOID, TEXTOID, TEXTOID, INT8OID, TEXTOID, TEXTOID}};

    const RefusalKey& key = refusal.key;
    const RefusalFacts& facts = refusal.facts;
    const core::RefusalText& text = core::TextOf(static_cast<core::Refusal>(key.reason));
    bool of_lifecycle = facts.lifecycle[0] != '\0' && key.action[0] != '\0';
    const char* event = of_lifecycle ? psprintf("%s.%s", facts.lifecycle, key.action) : "refused";
    const char* role = GetUserNameFromId(facts.db_role, true); // it may have been dropped
    pg_uuid_t id = new_uuid();

    Parameters parameters;
    parameters.Add(key.tenant);
    parameters.Add(id);
    parameters.Add(TimestampTzGetDatum(facts.at));
    add_id(&parameters, key.session);
    parameters.Add(CStringGetTextDatum(event));
    add_word(&parameters, key.action);
    add_id(&parameters, key.actor);
    add_id(&parameters, facts.on_behalf_of);
    parameters.Add(CStringGetTextDatum(role != nullptr ? role : psprintf("%u", facts.db_role)));
    add_word(&parameters, facts.relation);
    parameters.Add(CStringGetTextDatum(facts.via));
    add_word(&parameters, facts.request_id);
    add_word(&parameters, facts.from_state);
    parameters.Add(text_datum(text.word));
    parameters.Add(Int64GetDatum(refusal.count));
    parameters.Add(CStringGetTextDatum(psprintf("SL%d", text.status)));
    parameters.Add(rfc3339_datum(refusal.last, 6));
    run(statement, parameters);
}

} // namespace curfew
