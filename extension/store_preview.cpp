#include "store_preview.hpp"

namespace curfew {

void write_preview(const Identity& identity, Datum digest, const Preview& preview, core::Instant now) {
    static Statement statement = {
        "WITH gone AS (DELETE FROM curfew.end_preview WHERE (tenant_id, digest) IN ("
        "  SELECT p.tenant_id, p.digest FROM curfew.end_preview p WHERE p.tenant_id = $1 AND p.expires_at <= $8"
        "  FOR UPDATE SKIP LOCKED))"
        "INSERT INTO curfew.end_preview (tenant_id, digest, principal_id, filter, action, reason, ids, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8 + interval '1 hour')",
        {UUIDOID, BYTEAOID, UUIDOID, JSONBOID, TEXTOID, TEXTOID, UUIDARRAYOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(digest);
    parameters.Add(identity.principal);
    add(&parameters, preview.filter);
    add(&parameters, preview.action);
    add(&parameters, preview.reason);
    parameters.Add(uuid_array(preview.ids));
    parameters.Add(TimestampDatum(now));
    run(statement, parameters);
}

bool take_preview(const Identity& identity, Datum digest, core::Instant now, Preview* preview) {
    static Statement statement = {"DELETE FROM curfew.end_preview WHERE tenant_id = $1 AND digest = $2"
                                  " AND principal_id = $3 AND expires_at > $4 RETURNING filter, action, reason, ids",
                                  {UUIDOID, BYTEAOID, UUIDOID, TIMESTAMPTZOID}};
    Parameters parameters;
    parameters.Add(identity.tenant);
    parameters.Add(digest);
    parameters.Add(identity.principal);
    parameters.Add(TimestampDatum(now));
    if (run(statement, parameters) == 0)
        return false;
    preview->filter = result_value(0, 0);
    preview->action = result_value(0, 1);
    preview->reason = result_value(0, 2);
    preview->ids = uuids(result_value(0, 3));
    return true;
}

void delete_expired_previews(TimestampTz now, int most) {
    static Statement statement = {
        "DELETE FROM curfew.end_preview WHERE (tenant_id, digest) IN (SELECT p.tenant_id, p.digest"
        " FROM curfew.end_preview p WHERE p.expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        {TIMESTAMPTZOID, INT4OID}};
    Parameters parameters;
    parameters.Add(TimestampTzGetDatum(now));
    parameters.Add(Int32GetDatum(most));
    run(statement, parameters);
}

} // namespace curfew
