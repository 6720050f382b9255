#include "store_write.hpp"

#include "inside.hpp"
#include "rfc3339.hpp"

namespace curfew {

namespace {

// {"ttl": 7200}. A setting's name has no character that JSON would escape.
Value setting_object(const SettingChange& change) {
    if (change.setting.empty())
        return {0, true};
    const char* json = psprintf("{\"%s\":" INT64_FORMAT "}", pnstrdup(change.setting.data(), change.setting.size()),
                                change.seconds);
    return {DirectFunctionCall1(jsonb_in, CStringGetDatum(json)), false};
}

} // namespace

void change_values(const pg_uuid_t& tenant, const Change& change, Value* values) {
    const core::Lifecycle& lifecycle = *change.lifecycle;
    const core::SessionFacts& after = change.after;
    bool marks = !change.mark.mark.empty();
    pg_uuid_t* id = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
    *id = change.session;

    audit_values(tenant, change.note, after.updated_at, values);
    int next = kAuditValues;
    auto put = [&](const Value& value) { values[next++] = value; };
    put({UUIDPGetDatum(id), false});
    put({Int64GetDatum(change.version), false});
    put({text_datum(lifecycle.states[after.state].name.View()), false});
    put(text_value_or_null(after.deadline_state == core::kNone ? std::string_view{}
                                                               : lifecycle.states[after.deadline_state].name.View()));
    put(instant_value(after.entered_at));
    put(instant_value(after.started_at));
    put(instant_value(after.ended_at));
    put(instant_value(after.deadline));
    put({Int64GetDatum(after.metered), false});
    put(change.operator_workspace);
    put({Int32GetDatum(static_cast<int>(change.mark.effect)), false});
    put(text_value_or_null(change.mark.mark));
    put(marks ? Value{rfc3339_datum(after.updated_at, 6), false} : Value{0, true});
    put({text_datum(change.note.to_state), false});
    put({TransactionIdGetDatum(change.written_by), false});
    put(instant_value(after.used_at));
    put(setting_object(change.setting));
    Assert(next == kChangeValues);
}

bool write_change(const pg_uuid_t& tenant, const Change& change, SessionRow* row) {
    static Statement statement = {
        "WITH changed AS ("
        " UPDATE curfew.session s SET " CURFEW_CHANGE_FROM(CURFEW_PARAMETER)
        " WHERE s.tenant_id = $1 AND " CURFEW_UNCHANGED_FROM(CURFEW_PARAMETER)
        " RETURNING " CURFEW_SESSION_COLUMNS("s") "), logged AS ("
        " INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state, version)"
        " SELECT " CURFEW_AUDIT_VALUES ", c.id, $28, c.version FROM changed c)"
        "SELECT " CURFEW_SESSION_COLUMNS("c") " FROM changed c",
        {CURFEW_AUDIT_TYPES, CURFEW_CHANGE_TYPES}};

    Value values[kChangeValues];
    change_values(tenant, change, values);
    Parameters parameters;
    for (const Value& value : values)
        add(&parameters, value);

    int before = EnterEngine(change.session);
    uint64 rows = run(statement, parameters);
    LeaveEngine(before);
    if (rows == 0)
        return false;
    *row = session_row(0, 0);
    return true;
}

void add_fields(const pg_uuid_t& tenant, const pg_uuid_t& session, Datum fields) {
    static Statement statement = {"UPDATE curfew.session_detail SET fields = $3 || fields"
                                  " WHERE tenant_id = $1 AND session_id = $2",
                                  {UUIDOID, UUIDOID, JSONBOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    parameters.Add(fields);
    run(statement, parameters);
}

bool write_beginning(const Identity& identity, const core::Lifecycle& lifecycle, const Beginning& beginning,
                     const AuditNote& note, SessionRow* row) {
// $33, where the session is to be found again: the digest for that.
#define CURFEW_BEGIN(first, condition)                                                                             \
    "WITH " first "begun AS ("                                                                                     \
    " INSERT INTO curfew.session AS s (tenant_id, id, lifecycle, owner_id, agent_id, workspace_id, parent_id,"     \
    "  state, deadline_state, version, created_at, updated_at, entered_at, started_at, deadline, scopes, timers)"  \
    " SELECT $1, $15, $16, $17, $18, $19, $20, $21, $22, 1, $3, $3, $3, $23, $24, $25, $26 " condition             \
    " RETURNING " CURFEW_SESSION_COLUMNS("s") "), detailed AS ("                                                   \
    " INSERT INTO curfew.session_detail (tenant_id, session_id, title, labels, metadata, fields)"                  \
    " SELECT $1, b.id, $27, COALESCE($28, '{}'), COALESCE($29, '{}'), COALESCE($30, '{}') FROM begun b), tokens AS (" \
    " INSERT INTO curfew.session_token (tenant_id, digest, session_id, kind, created_at)"                          \
    " SELECT $1, x.digest, b.id, x.kind, $3 FROM begun b, (VALUES ($31, 'access'), ($32, 'refresh')) x (digest, kind)" \
    " WHERE x.digest IS NOT NULL), logged AS ("                                                                    \
    " INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state, version)"                    \
    " SELECT " CURFEW_AUDIT_VALUES ", b.id, b.state, b.version FROM begun b)"                                      \
    "SELECT " CURFEW_SESSION_COLUMNS("b") " FROM begun b"
#define CURFEW_BEGIN_TYPES                                                                                         \
    CURFEW_AUDIT_TYPES, UUIDOID, TEXTOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TIMESTAMPTZOID,    \
        TIMESTAMPTZOID, TEXTARRAYOID, JSONBOID, TEXTOID, JSONBOID, JSONBOID, JSONBOID, BYTEAOID, BYTEAOID
    static Statement always = {CURFEW_BEGIN("", ""), {CURFEW_BEGIN_TYPES}};
    // Of two at the same time one waits here for the other, and then begins nothing.
    static Statement once = {
        CURFEW_BEGIN("taken AS (INSERT INTO curfew.session_once (tenant_id, caller_id, owner_id, lifecycle, digest, session_id)"
                     " VALUES ($1, $6, $17, $16, $33, $15) ON CONFLICT DO NOTHING RETURNING session_id), ",
                     "FROM taken"),
        {CURFEW_BEGIN_TYPES, BYTEAOID}};

    const core::SessionFacts& facts = beginning.facts;
    Parameters parameters;
    add_audit(&parameters, identity.tenant, note, facts.created_at);
    parameters.Add(beginning.id);
    parameters.Add(text_datum(beginning.lifecycle));
    add(&parameters, beginning.owner);
    add(&parameters, beginning.agent);
    add(&parameters, beginning.workspace);
    add(&parameters, beginning.parent);
    parameters.Add(text_datum(lifecycle.states[facts.state].name.View()));
    add_text(&parameters, facts.deadline_state == core::kNone ? std::string_view{}
                                                              : lifecycle.states[facts.deadline_state].name.View());
    add_instant(&parameters, facts.started_at);
    add_instant(&parameters, facts.deadline);
    add(&parameters, beginning.scopes);
    add(&parameters, beginning.timers);
    add(&parameters, beginning.title);
    add(&parameters, beginning.labels);
    add(&parameters, beginning.metadata);
    add(&parameters, beginning.fields);
    add(&parameters, beginning.access_digest);
    add(&parameters, beginning.refresh_digest);
    if (!beginning.once.null)
        add(&parameters, beginning.once);
    int before = EnterEngine();
    uint64 rows = run(beginning.once.null ? always : once, parameters);
    LeaveEngine(before);
    if (rows == 0)
        return false;
    *row = session_row(0, 0);
    return true;
}

bool find_once(const Identity& identity, const Beginning& beginning, pg_uuid_t* session) {
    static Statement statement = {"SELECT session_id FROM curfew.session_once WHERE tenant_id = $1 AND caller_id = $2"
                                  " AND owner_id = $3 AND lifecycle = $4 AND digest = $5",
                                  {UUIDOID, UUIDOID, UUIDOID, TEXTOID, BYTEAOID}};
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(identity.principal);
    add(&parameters, beginning.owner);
    parameters.Add(text_datum(beginning.lifecycle));
    add(&parameters, beginning.once);
    if (run(statement, parameters) == 0)
        return false;
    *session = *DatumGetUUIDP(result_value(0, 0).datum);
    return true;
}

void write_event(const pg_uuid_t& tenant, const AuditNote& note, core::Instant at) {
    static Statement statement = {"INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state)"
                                  " VALUES (" CURFEW_AUDIT_VALUES ", $15, $16)",
                                  {CURFEW_AUDIT_TYPES, UUIDOID, TEXTOID}};
    Parameters parameters;
    add_audit(&parameters, tenant, note, at);
    add(&parameters, note.session);
    add_text(&parameters, note.to_state);
    run(statement, parameters);
}

void write_event_in_every_tenant(const AuditNote& note, core::Instant at) {
    static Statement statement = {"SELECT id FROM curfew.tenant", {}};
    uint64 count = run(statement, Parameters{});
    SPITupleTable* tenants = SPI_tuptable;
    for (uint64 i = 0; i < count; ++i) {
        SPI_tuptable = tenants;
        write_event(*DatumGetUUIDP(result_value(i, 0).datum), note, at);
    }
}

} // namespace curfew
