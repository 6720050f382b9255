#include "store_batch.hpp"

#include "inside.hpp"

namespace curfew {
namespace {

constexpr Oid kTypes[] = {CURFEW_AUDIT_TYPES, CURFEW_CHANGE_TYPES};
static_assert(std::size(kTypes) == kChangeValues);

constexpr Oid ArrayOf(Oid type) {
    switch (type) {
    case UUIDOID:
        return UUIDARRAYOID;
    case TEXTOID:
        return TEXTARRAYOID;
    case TIMESTAMPTZOID:
        return TIMESTAMPTZARRAYOID;
    case JSONBOID:
        return JSONBARRAYOID;
    case INT8OID:
        return INT8ARRAYOID;
    case INT4OID:
        return INT4ARRAYOID;
    case XIDOID:
        return XIDARRAYOID;
    default:
        return InvalidOid; // which ends a statement's parameters, so that preparing it fails
    }
}

// $1 is the tenant, each parameter after it the array of a value: a change is a row of them.
constexpr Statement OverArrays(const char* sql) {
    Statement statement = {sql, {kTypes[0]}};
    for (int i = 1; i < kChangeValues; ++i)
        statement.types[i] = ArrayOf(kTypes[i]);
    return statement;
}

Datum array_of(const Datum* values, const bool* nulls, int count, Oid type) {
    int16 size;
    bool by_value;
    char alignment;
    get_typlenbyvalalign(type, &size, &by_value, &alignment);
    int dimensions[] = {count}, lower_bounds[] = {1};
    return PointerGetDatum(construct_md_array(const_cast<Datum*>(values), const_cast<bool*>(nulls), 1, dimensions,
                                              lower_bounds, type, size, by_value, alignment));
}

} // namespace

Batch begin_batch(const pg_uuid_t& tenant) {
    Batch batch;
    batch.tenant = tenant;
    batch.memory = AllocSetContextCreate(CurrentMemoryContext, "curfew batch", ALLOCSET_DEFAULT_SIZES);
    clear_batch(&batch);
    return batch;
}

void end_batch(Batch* batch) { MemoryContextDelete(batch->memory); }

void clear_batch(Batch* batch) {
    MemoryContextReset(batch->memory);
    batch->count = 0;
    for (int i = 0; i < kChangeValues; ++i) {
        batch->values[i] = static_cast<Datum*>(MemoryContextAlloc(batch->memory, sizeof(Datum) * kBatchRoom));
        batch->nulls[i] = static_cast<bool*>(MemoryContextAlloc(batch->memory, sizeof(bool) * kBatchRoom));
    }
    batch->written = static_cast<bool*>(MemoryContextAlloc(batch->memory, sizeof(bool) * kBatchRoom));
}

void add_change(Batch* batch, const Change& change) {
    if (batch->count == kBatchRoom)
        elog(ERROR, "curfew: a batch is full");
    MemoryContext outer = MemoryContextSwitchTo(batch->memory);
    Value values[kChangeValues];
    change_values(batch->tenant, change, values);
    for (int i = 0; i < kChangeValues; ++i) {
        int16 size;
        bool by_value;
        get_typlenbyval(kTypes[i], &size, &by_value);
        batch->nulls[i][batch->count] = values[i].null;
        batch->values[i][batch->count] = values[i].null ? 0 : datumCopy(values[i].datum, by_value, size);
    }
    ++batch->count;
    MemoryContextSwitchTo(outer);
}

int write_batch(Batch* batch, Locked locked) {
// The rows are locked first, in their order, so that batches that meet wait for each other one way only.
#define CURFEW_WRITE_BATCH(locking)                                                                                \
    "WITH locked AS MATERIALIZED ("                                                                                \
    " SELECT w.* FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19,"    \
    "  $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31) WITH ORDINALITY AS w (c2, c3, c4, c5, c6, c7,"  \
    "  c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29,"\
    "  c30, c31, place)"                                                                                           \
    " JOIN curfew.session s ON s.tenant_id = $1 AND s.id = w.c15 ORDER BY s.id FOR NO KEY UPDATE OF s" locking     \
    "), changed AS ("                                                                                              \
    " UPDATE curfew.session s SET " CURFEW_CHANGE_FROM(CURFEW_COLUMN) " FROM locked w"                             \
    " WHERE s.tenant_id = $1 AND " CURFEW_UNCHANGED_FROM(CURFEW_COLUMN) " RETURNING s.version, w.*), logged AS ("  \
    " INSERT INTO curfew.audit_event (" CURFEW_AUDIT_COLUMNS ", session_id, to_state, version)"                    \
    " SELECT " CURFEW_AUDIT_VALUES_FROM(CURFEW_COLUMN) ", w.c15, w.c28, w.version FROM changed w)"                 \
    "SELECT w.place FROM changed w"
    static constinit Statement waiting = OverArrays(CURFEW_WRITE_BATCH(""));
    static constinit Statement skipping = OverArrays(CURFEW_WRITE_BATCH(" SKIP LOCKED"));

    memset(batch->written, 0, sizeof(bool) * kBatchRoom);
    if (batch->count == 0)
        return 0;
    MemoryContext outer = MemoryContextSwitchTo(batch->memory);
    Parameters parameters;
    parameters.Add(batch->tenant);
    for (int i = 1; i < kChangeValues; ++i)
        parameters.Add(array_of(batch->values[i], batch->nulls[i], batch->count, kTypes[i]));
    MemoryContextSwitchTo(outer);

    int before = EnterEngine();
    int written = static_cast<int>(run(locked == Locked::skip ? skipping : waiting, parameters));
    LeaveEngine(before);
    for (int i = 0; i < written; ++i)
        batch->written[DatumGetInt64(result_value(i, 0).datum) - 1] = true;
    SPI_freetuptable(SPI_tuptable);
    return written;
}

const pg_uuid_t& session_of(const Batch& batch, int index) {
    constexpr int kSession = kAuditValues; // its place among the values
    return *DatumGetUUIDP(batch.values[kSession][index]);
}

std::span<const pg_uuid_t> unwritten(const Batch& batch) {
    pg_uuid_t* ids = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t) * (batch.count + 1)));
    std::size_t count = 0;
    for (int i = 0; i < batch.count; ++i)
        if (!batch.written[i])
            ids[count++] = session_of(batch, i);
    return {ids, count};
}

} // namespace curfew
