#include "store_edit.hpp"

#include "inside.hpp"
#include "secrets.hpp"

namespace curfew {

bool write_edit(const Identity& identity, SessionRow* row, TransactionId written_by, const core::SessionFacts& after,
                const Edit& edit, const AuditNote& note) {
    static Statement statement = {
        "WITH changed AS ("
        " UPDATE curfew.session s SET version = s.version + 1, updated_at = $3"
        " WHERE s.tenant_id = $1 AND s.id = $15 AND s.version = $16 AND s.xmin = $17"
        " RETURNING " CURFEW_SESSION_COLUMNS("s") "), edited AS ("
        " INSERT INTO curfew.session_detail AS d (tenant_id, session_id, title, labels, metadata, fields,"
        "  last_message_at)"
        " SELECT $1, c.id, $19, COALESCE($20, '{}'), COALESCE($21, '{}'), COALESCE($22, '{}'),"
        "  CASE WHEN $23 IS NOT NULL THEN $3 END FROM changed c"
        " ON CONFLICT (tenant_id, session_id) DO UPDATE SET title = COALESCE($19, d.title),"
        "  labels = COALESCE($20, d.labels), metadata = COALESCE($21, d.metadata),"
        "  fields = d.fields || COALESCE($22, '{}'),"
        "  last_message_at = COALESCE(excluded.last_message_at, d.last_message_at)), posted AS ("
        " INSERT INTO curfew.session_message (tenant_id, session_id, version, id, at, kind, author_id, message)"
        " SELECT $1, c.id, c.version, $24, $3, $25, $6, $23 FROM changed c WHERE $23 IS NOT NULL), logged AS ("
        " INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state, version)"
        " SELECT " CURFEW_AUDIT_VALUES ", c.id, $18, c.version FROM changed c)"
        "SELECT " CURFEW_SESSION_COLUMNS("c") " FROM changed c",
        {CURFEW_AUDIT_TYPES, UUIDOID, INT8OID, XIDOID, TEXTOID, TEXTOID, JSONBOID, JSONBOID, JSONBOID, TEXTOID, UUIDOID,
         TEXTOID}};

    const pg_uuid_t& id = *DatumGetUUIDP(row->column[kSessionId].datum);
    int64 version = DatumGetInt64(row->column[kSessionVersion].datum);
    pg_uuid_t message = new_uuid();
    Parameters parameters;
    add_audit(&parameters, identity.tenant, note, after.updated_at);
    parameters.Add(id);
    parameters.Add(Int64GetDatum(version));
    parameters.Add(TransactionIdGetDatum(written_by));
    parameters.Add(text_datum(note.to_state));
    add(&parameters, edit.title);
    add(&parameters, edit.labels);
    add(&parameters, edit.metadata);
    add(&parameters, edit.fields);
    add(&parameters, edit.message);
    parameters.Add(message);
    add(&parameters, edit.message_kind);

    Marker before = EnterEngine(id, version);
    uint64 rows = run(statement, parameters);
    LeaveEngine(before);
    if (rows == 0)
        return false;
    *row = session_row(0, 0);
    return true;
}

uint64 read_messages(const pg_uuid_t& tenant, const pg_uuid_t& session, const Value& after, int rows) {
    static Statement statement = {
        "SELECT m.id, m.at, m.kind, m.author_id, p.name, m.message, m.version FROM curfew.session_message m"
        " LEFT JOIN curfew.principal p ON p.tenant_id = m.tenant_id AND p.id = m.author_id"
        " WHERE m.tenant_id = $1 AND m.session_id = $2 AND ($3 IS NULL OR m.version > (SELECT x.version"
        "  FROM curfew.session_message x WHERE x.tenant_id = $1 AND x.session_id = $2 AND x.id = $3))"
        " ORDER BY m.version LIMIT $4",
        {UUIDOID, UUIDOID, UUIDOID, INT4OID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    add(&parameters, after);
    parameters.Add(Int32GetDatum(rows));
    return run(statement, parameters);
}

bool is_message(const pg_uuid_t& tenant, const pg_uuid_t& session, const Value& message) {
    static Statement statement = {
        "SELECT 1 FROM curfew.session_message WHERE tenant_id = $1 AND session_id = $2 AND id = $3",
        {UUIDOID, UUIDOID, UUIDOID}};
    Parameters parameters;
    parameters.Add(tenant);
    parameters.Add(session);
    add(&parameters, message);
    return run(statement, parameters) > 0;
}

} // namespace curfew
