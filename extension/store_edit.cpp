#include "store_edit.hpp"

#include "edit.hpp"
#include "inside.hpp"
#include "secrets.hpp"

namespace curfew {

bool write_edit(const pg_uuid_t& tenant, const Change& change, const Edit& edit, SessionRow* row) {
    // After the values of a change: 32 title, 33 labels, 34 metadata, 35 fields, 36 message, 37 its id, 38 its kind.
    static Statement statement = {
        "WITH changed AS ("
        " UPDATE curfew.session s SET " CURFEW_CHANGE_FROM(CURFEW_PARAMETER)
        " WHERE s.tenant_id = $1 AND " CURFEW_UNCHANGED_FROM(CURFEW_PARAMETER)
        " RETURNING " CURFEW_SESSION_COLUMNS("s") "), edited AS ("
        " INSERT INTO curfew.session_detail AS d (tenant_id, session_id, title, labels, metadata, fields,"
        "  last_message_at, message_bytes)"
        " SELECT $1, c.id, $32, COALESCE($33, '{}'), COALESCE($34, '{}'), COALESCE($35, '{}'),"
        "  CASE WHEN $36 IS NOT NULL THEN $3 END, COALESCE(octet_length($36), 0) FROM changed c"
        " ON CONFLICT (tenant_id, session_id) DO UPDATE SET title = COALESCE($32, d.title),"
        "  labels = COALESCE($33, d.labels), metadata = COALESCE($34, d.metadata),"
        "  fields = d.fields || COALESCE($35, '{}'),"
        "  last_message_at = COALESCE(excluded.last_message_at, d.last_message_at),"
        "  message_bytes = d.message_bytes + excluded.message_bytes"
        " RETURNING pg_column_size(d.fields)::bigint AS fields, d.message_bytes AS messages), posted AS ("
        " INSERT INTO curfew.session_message (tenant_id, session_id, version, id, at, kind, author_id, message)"
        " SELECT $1, c.id, c.version, $37, $3, $38, $6, $36 FROM changed c WHERE $36 IS NOT NULL), logged AS ("
        " INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state, version)"
        " SELECT " CURFEW_AUDIT_VALUES ", c.id, $28, c.version FROM changed c)"
        "SELECT " CURFEW_SESSION_COLUMNS("c") ", e.fields, e.messages FROM changed c CROSS JOIN edited e",
        {CURFEW_AUDIT_TYPES, CURFEW_CHANGE_TYPES, TEXTOID, JSONBOID, JSONBOID, JSONBOID, TEXTOID, UUIDOID, TEXTOID}};

    Value values[kChangeValues];
    change_values(tenant, change, values);
    pg_uuid_t message = new_uuid();
    Parameters parameters;
    for (const Value& value : values)
        add(&parameters, value);
    add(&parameters, edit.title);
    add(&parameters, edit.labels);
    add(&parameters, edit.metadata);
    add(&parameters, edit.fields);
    add(&parameters, edit.message);
    parameters.Add(message);
    add(&parameters, edit.message_kind);

    int before = EnterEngine(change.session);
    uint64 rows = run(statement, parameters);
    LeaveEngine(before);
    if (rows == 0)
        return false;
    *row = session_row(0, 0);
    EditProblem problem = total_problem(DatumGetInt64(result_value(0, kSessionColumns).datum),
                                        DatumGetInt64(result_value(0, kSessionColumns + 1).datum));
    if (problem.refusal != core::Refusal::none)
        raise_edit_problem(problem);
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
