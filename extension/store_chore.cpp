#include "store_chore.hpp"

#include "lifecycle_cache.hpp"
#include "store_idempotency.hpp"
#include "store_lifecycle.hpp"
#include "store_preview.hpp"

namespace curfew {
namespace {

constexpr int64 kMargin = USECS_PER_MINUTE; // for a refresh that began within the grace and is still at it

// Salts of refresh tokens that were used, after the grace in which the answer is given again. A refresh erases the
// earlier ones of its session; this is for sessions that are not refreshed any more.
void erase_salts(TimestampTz now, int most) {
    static Statement statement = {
        "WITH g AS MATERIALIZED (SELECT * FROM unnest($1, $2) g (lifecycle, before)), over AS MATERIALIZED ("
        " SELECT k.tenant_id, k.digest FROM curfew.session_token k"
        " JOIN curfew.session s ON s.tenant_id = k.tenant_id AND s.id = k.session_id"
        " JOIN g ON g.lifecycle = s.lifecycle"
        " WHERE k.salt IS NOT NULL AND k.used_at < g.before AND k.used_at < (SELECT max(g.before) FROM g)"
        " ORDER BY k.used_at LIMIT $3 FOR NO KEY UPDATE OF k SKIP LOCKED)"
        " UPDATE curfew.session_token k SET salt = NULL FROM over o"
        " WHERE k.tenant_id = o.tenant_id AND k.digest = o.digest",
        {TEXTARRAYOID, TIMESTAMPTZARRAYOID, INT4OID}};

    int count = static_cast<int>(read_lifecycles());
    SPITupleTable* lifecycles = SPI_tuptable;
    Datum* names = static_cast<Datum*>(palloc(sizeof(Datum) * (count + 1)));
    Datum* before = static_cast<Datum*>(palloc(sizeof(Datum) * (count + 1)));
    for (int i = 0; i < count; ++i) {
        SPI_tuptable = lifecycles;
        names[i] = result_value(i, 0).datum;
        LifecycleVersion version = {DatumGetInt32(result_value(i, 1).datum),
                                    DatumGetTransactionId(result_value(i, 2).datum)};
        before[i] = TimestampTzGetDatum(now - kMargin - compiled_lifecycle(text_view(names[i]), version).refresh_grace);
    }
    Parameters parameters;
    parameters.Add(PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT)));
    parameters.Add(PointerGetDatum(construct_array(before, count, TIMESTAMPTZOID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)));
    parameters.Add(Int32GetDatum(most));
    run(statement, parameters);
}

// Each kind, in one place.
constexpr void (*kChores[])(TimestampTz now, int most) = {erase_salts, delete_expired_keys, delete_expired_previews};

} // namespace

void do_chores(TimestampTz now, int most) {
    for (auto chore : kChores)
        chore(now, most);
}

} // namespace curfew
