// SQL-callable: one action on each of several sessions, with an outcome for each.
#include "function.hpp"

#include "errors.hpp"

using namespace curfew;

namespace {

constexpr int kMostSessions = 1000;

int compare_ids(const void* left, const void* right) { return memcmp(left, right, UUID_LEN); }

// The ids in their order, each once: two callers who take the same ones never wait for each other in a circle.
std::span<pg_uuid_t> ids_argument(FunctionCallInfo fcinfo) {
    if (PG_ARGISNULL(0))
        raise_refusal(core::Refusal::missing_field, "session_ids", "The argument \"session_ids\" is null.");
    Datum* values;
    bool* nulls;
    int count;
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), UUIDOID, UUID_LEN, false, TYPALIGN_CHAR, &values, &nulls, &count);
    if (count > kMostSessions)
        raise_refusal(core::Refusal::value_out_of_range, "session_ids", psprintf("They are more than %d.", kMostSessions));
    pg_uuid_t* ids = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t) * (count + 1)));
    for (int i = 0; i < count; ++i) {
        if (nulls[i])
            raise_refusal(core::Refusal::missing_field, "session_ids", "One of them is null.");
        ids[i] = *DatumGetUUIDP(values[i]);
    }
    qsort(ids, count, sizeof(pg_uuid_t), compare_ids);
    std::size_t kept = 0;
    for (int i = 0; i < count; ++i)
        if (kept == 0 || compare_ids(&ids[kept - 1], &ids[i]) != 0)
            ids[kept++] = ids[i];
    return {ids, kept};
}

} // namespace

// act_each(session_ids uuid[], action text, reason text, lifecycle text, workspace text)
// returns setof (session_id uuid, refused text, state text, version bigint, replayed boolean)
CURFEW_FUNCTION(act_each) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    core::Refusal refused = core::Refusal::none;
    ActionRequest request;
    request.action = required_text(fcinfo, 1, "action");
    request.reason = argument(fcinfo, 2);
    request.within.lifecycle = text_argument(fcinfo, 3);
    request.within.workspace = text_argument(fcinfo, 4);
    request.refused = &refused;
    verified_caller();
    for (pg_uuid_t& id : ids_argument(fcinfo)) {
        refused = core::Refusal::none;
        request.session = id;
        Viewed viewed = act(request);
        Value columns[] = {{UUIDPGetDatum(&id), false}, {0, true}, {0, true}, {0, true}, {0, true}};
        if (refused != core::Refusal::none) {
            columns[1] = {text_datum(core::TextOf(refused).word), false};
        } else {
            core::SessionFacts facts = session_facts(viewed.row, *viewed.lifecycle);
            int state = core::PresentOf(*viewed.lifecycle, facts, viewed.now).state;
            columns[2] = {text_datum(viewed.lifecycle->states[state].name.View()), false};
            columns[3] = {Int64GetDatum(facts.version), false};
            columns[4] = {BoolGetDatum(viewed.replayed), false};
        }
        rows.put(columns);
    }
    close_store(store);
    return Datum(0);
}
