#include "store_write.hpp"

#include "inside.hpp"
#include "rfc3339.hpp"

namespace curfew {
bool write_change(const Identity& identity, SessionRow* row, TransactionId written_by,
                  const core::Lifecycle& lifecycle, const core::SessionFacts& after, const MarkChange& mark, const Value& operator_workspace,
                  const AuditNote& note) {
    static Statement statement = {
        "WITH changed AS ("
        " UPDATE curfew.session s SET state = $17, deadline_state = $18, version = s.version + 1, updated_at = $3,"
        "  entered_at = $19, started_at = $20, ended_at = $21, deadline = $22, metered_us = $23,"
        "  operator_workspace_id = COALESCE($24, s.operator_workspace_id),"
        "  marks = CASE $25 WHEN 1 THEN s.marks || jsonb_build_object($26, $27) WHEN 2 THEN s.marks - $26"
        "   ELSE s.marks END"
        " WHERE s.tenant_id = $1 AND s.id = $15 AND s.version = $16 AND s.xmin = $29"
        " RETURNING " CURFEW_SESSION_COLUMNS("s") "), logged AS ("
        " INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state, version)"
        " SELECT " CURFEW_AUDIT_VALUES ", c.id, $28, c.version FROM changed c)"
        "SELECT " CURFEW_SESSION_COLUMNS("c") " FROM changed c",
        {CURFEW_AUDIT_TYPES, UUIDOID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID,
         TIMESTAMPTZOID, INT8OID, UUIDOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, XIDOID}};

    const pg_uuid_t& id = *DatumGetUUIDP(row->column[kSessionId].datum);
    int64 version = DatumGetInt64(row->column[kSessionVersion].datum);
    Parameters parameters;
    add_audit(&parameters, identity.tenant, note, after.updated_at);
    parameters.Add(id);
    parameters.Add(Int64GetDatum(version));
    parameters.Add(text_datum(lifecycle.states[after.state].name.View()));
    add_text(&parameters, after.deadline_state == core::kNone ? std::string_view{}
                                                              : lifecycle.states[after.deadline_state].name.View());
    add_instant(&parameters, after.entered_at);
    add_instant(&parameters, after.started_at);
    add_instant(&parameters, after.ended_at);
    add_instant(&parameters, after.deadline);
    parameters.Add(Int64GetDatum(after.metered));
    add(&parameters, operator_workspace);
    parameters.Add(Int32GetDatum(static_cast<int>(mark.effect)));
    add_text(&parameters, mark.mark);
    mark.mark.empty() ? parameters.AddNull() : parameters.Add(rfc3339_datum(after.updated_at, 6));
    parameters.Add(text_datum(note.to_state));
    parameters.Add(TransactionIdGetDatum(written_by));

    Marker before = EnterEngine(id, version);
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

SessionRow write_beginning(const Identity& identity, const core::Lifecycle& lifecycle, const Beginning& beginning,
                           const AuditNote& note) {
    static Statement statement = {
        "WITH begun AS ("
        " INSERT INTO curfew.session AS s (tenant_id, id, lifecycle, owner_id, agent_id, workspace_id, parent_id,"
        "  state, deadline_state, version, created_at, updated_at, entered_at, started_at, deadline, scopes, timers)"
        " VALUES ($1, $15, $16, $17, $18, $19, $20, $21, $22, 1, $3, $3, $3, $23, $24, $25, $26)"
        " RETURNING " CURFEW_SESSION_COLUMNS("s") "), detailed AS ("
        " INSERT INTO curfew.session_detail (tenant_id, session_id, title, labels, metadata, fields)"
        " VALUES ($1, $15, $27, COALESCE($28, '{}'), COALESCE($29, '{}'), COALESCE($30, '{}'))), tokens AS ("
        " INSERT INTO curfew.session_token (tenant_id, digest, session_id, kind, created_at)"
        " SELECT $1, x.digest, $15, x.kind, $3 FROM (VALUES ($31, 'access'), ($32, 'refresh')) x (digest, kind)"
        " WHERE x.digest IS NOT NULL), logged AS ("
        " INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state, version)"
        " SELECT " CURFEW_AUDIT_VALUES ", b.id, b.state, b.version FROM begun b)"
        "SELECT " CURFEW_SESSION_COLUMNS("b") " FROM begun b",
        {CURFEW_AUDIT_TYPES, UUIDOID, TEXTOID, UUIDOID, UUIDOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TIMESTAMPTZOID,
         TIMESTAMPTZOID, TEXTARRAYOID, JSONBOID, TEXTOID, JSONBOID, JSONBOID, JSONBOID, BYTEAOID, BYTEAOID}};

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
    run(statement, parameters);
    return session_row(0, 0);
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
