#include "store_idempotency.hpp"

#include "store_session.hpp"

namespace curfew {
namespace {

void add_name(Parameters* parameters, const KeyName& name) {
    parameters->Add(name.tenant);
    parameters->Add(name.principal);
    parameters->Add(name.key);
}

bool insert_claim(const KeyName& name, Datum digest, core::Instant now, core::Instant expires_at) {
    static Statement statement = {
        "INSERT INTO curfew.idempotency_key (tenant_id, principal_id, key, request_digest, created_at, expires_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, principal_id, key) DO NOTHING",
        {UUIDOID, UUIDOID, TEXTOID, BYTEAOID, TIMESTAMPTZOID, TIMESTAMPTZOID}};
    Parameters parameters;
    add_name(&parameters, name);
    parameters.Add(digest);
    parameters.Add(TimestampDatum(now));
    parameters.Add(TimestampDatum(expires_at));
    return run(statement, parameters) > 0;
}

bool read_kept(const KeyName& name, core::Instant now, KeptRequest* kept) {
    static Statement statement = {"SELECT request_digest, answer, salt FROM curfew.idempotency_key"
                                  " WHERE tenant_id = $1 AND principal_id = $2 AND key = $3 AND expires_at > $4",
                                  {UUIDOID, UUIDOID, TEXTOID, TIMESTAMPTZOID}};
    Parameters parameters;
    add_name(&parameters, name);
    parameters.Add(TimestampDatum(now));
    if (run(statement, parameters) == 0)
        return false;
    kept->digest = result_value(0, 0).datum;
    kept->answer = result_value(0, 1);
    kept->salt = result_value(0, 2);
    return true;
}

void delete_expired(const KeyName& name, core::Instant now) {
    static Statement statement = {"DELETE FROM curfew.idempotency_key"
                                  " WHERE tenant_id = $1 AND principal_id = $2 AND key = $3 AND expires_at <= $4",
                                  {UUIDOID, UUIDOID, TEXTOID, TIMESTAMPTZOID}};
    Parameters parameters;
    add_name(&parameters, name);
    parameters.Add(TimestampDatum(now));
    run(statement, parameters);
}

const char* qualified_type(Oid type) { return format_type_extended(type, -1, FORMAT_TYPE_FORCE_QUALIFY); }

void read_row(const char* sql, Datum answer) {
    if (run_once(sql, JSONBOID, answer) != 1)
        elog(ERROR, "curfew could not read a kept answer");
}

} // namespace

bool claim_key(const KeyName& name, Datum digest, core::Instant now, core::Instant expires_at, KeptRequest* kept) {
    while (!insert_claim(name, digest, now, expires_at)) {
        if (read_kept(name, now, kept))
            return false;
        delete_expired(name, now);
        CHECK_FOR_INTERRUPTS();
    }
    return true;
}

void keep_answer_of(const KeyName& name, Datum answer, const Value& salt) {
    static Statement statement = {"UPDATE curfew.idempotency_key SET answer = $4, salt = $5"
                                  " WHERE tenant_id = $1 AND principal_id = $2 AND key = $3",
                                  {UUIDOID, UUIDOID, TEXTOID, JSONBOID, BYTEAOID}};
    Parameters parameters;
    add_name(&parameters, name);
    parameters.Add(answer);
    add(&parameters, salt);
    if (run(statement, parameters) != 1)
        elog(ERROR, "curfew: the idempotency key that this call claimed is gone");
}

// Repeats are rare, and each type has a statement of its own: no plan is kept.
void read_answer(Datum answer, TupleDesc row, Value* columns, int count) {
    StringInfoData sql;
    initStringInfo(&sql);
    appendStringInfoString(&sql, "SELECT x.* FROM pg_catalog.jsonb_to_record($1) AS x (");
    for (int i = 0; i < count; ++i) {
        const FormData_pg_attribute* column = TupleDescAttr(row, i);
        appendStringInfo(&sql, "%s%s %s", i > 0 ? ", " : "", quote_identifier(NameStr(column->attname)),
                         qualified_type(column->atttypid));
    }
    appendStringInfoChar(&sql, ')');
    read_row(sql.data, answer);
    for (int i = 0; i < count; ++i)
        columns[i] = result_value(0, i);
}

Value read_answer(Datum answer, Oid type) {
    read_row(psprintf("SELECT x.result FROM pg_catalog.jsonb_to_record(pg_catalog.jsonb_build_object('result', $1))"
                      " AS x (result %s)",
                      qualified_type(type)),
             answer);
    return result_value(0, 0);
}

void delete_expired_keys(TimestampTz now, int most) {
    static Statement statement = {
        "DELETE FROM curfew.idempotency_key k USING ("
        " SELECT tenant_id, principal_id, key FROM curfew.idempotency_key WHERE expires_at <= $1"
        " ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) expired"
        " WHERE k.tenant_id = expired.tenant_id AND k.principal_id = expired.principal_id AND k.key = expired.key",
        {TIMESTAMPTZOID, INT4OID}};
    Parameters parameters;
    parameters.Add(TimestampTzGetDatum(now));
    parameters.Add(Int32GetDatum(most));
    run(statement, parameters);
}

} // namespace curfew
