// SQL-callable: ending any number of sessions by one call, which commits as it goes; and how far such calls have come.
#include "administration.hpp"
#include "function.hpp"

#include "bulk.hpp"
#include "errors.hpp"
#include "secrets.hpp"
#include "store_bulk.hpp"
#include "store_identity.hpp"
#include "store_procedure.hpp"

using namespace curfew;

namespace {

constexpr int kMostInBatch = 10000;

// The arguments, detoasted, in memory that outlives the procedure's transactions.
struct Asked {
    Value filter, action, reason, tenant, principal;
    int batch_size;
};

Value kept(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index))
        return {0, true};
    return {PointerGetDatum(PG_DETOAST_DATUM_COPY(PG_GETARG_DATUM(index))), false};
}

bool may_act_as() {
    Oid types[] = {TEXTOID, UUIDOID};
    Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("act_as"),
                                   PointerGetDatum(buildoidvector(types, lengthof(types))),
                                   ObjectIdGetDatum(get_namespace_oid("curfew", false)));
    return OidIsValid(function) && may_execute(function, GetUserId());
}

// Who acts, verified by a load: the principal that was named, for a role that may act as others, or the role's own.
Identity actor(const Asked& asked, Loaded* loaded) {
    if (asked.tenant.null && asked.principal.null)
        return verified_caller(loaded, "end_all_sessions");
    if (asked.tenant.null || asked.principal.null)
        raise_refusal(core::Refusal::missing_field, asked.tenant.null ? "tenant" : "principal",
                      "To act as a principal takes both: the tenant and the principal.");
    if (!may_act_as())
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg("permission denied for function act_as")));
    Identity identity;
    identity.kind = IdentityKind::act_as;
    identity.role = GetUserId();
    if (!find_tenant(text_view(asked.tenant.datum), &identity.tenant))
        raise_refusal(core::Refusal::tenant_not_found, "tenant");
    identity.principal = *DatumGetUUIDP(asked.principal.datum);
    *loaded = load_as_caller(&identity, {}, GetCurrentTimestamp(), "end_all_sessions");
    return identity;
}

BulkRequest request_of(const Asked& asked, const Identity& identity) {
    return bulk_request(identity, asked.filter,
                        asked.action.null ? std::string_view{} : text_view(asked.action.datum), asked.reason);
}

// The first transaction: checks everything, without a change, and writes down that the run has begun.
void begin_run(FunctionCallInfo fcinfo, const Asked& asked, const pg_uuid_t& run) {
    Store store = open_procedure(fcinfo);
    end_step();
    begin_patient_step();
    Loaded loaded;
    Identity identity = actor(asked, &loaded);
    BulkRequest request = request_of(asked, identity);
    request.room = PG_INT64_MAX;
    BulkResult found = take_in_bulk(identity, loaded, request);
    insert_run(identity, {run, asked.filter, asked.action, asked.reason, GetUserId(), found.matched});
    end_step();
    close_store(store);
}

// One batch, in a transaction of its own: looks at rows behind `last`, and moves it. Whether there may be more.
bool run_batch(FunctionCallInfo fcinfo, const Asked& asked, const pg_uuid_t& run, pg_uuid_t* last, bool* begun,
               int64* counts) {
    Store store = open_procedure(fcinfo);
    begin_patient_step();
    Loaded loaded;
    Identity identity = actor(asked, &loaded);
    BulkRequest request = request_of(asked, identity);
    request.writes = true;
    request.details = details_object({{"run", uuid_text(run)}});
    request.room = request.scanned = asked.batch_size;
    request.after = {UUIDPGetDatum(last), !*begun};
    BulkResult result = take_in_bulk(identity, loaded, request);
    *last = result.last;
    *begun = true;
    for (int i = 0; i < kOutcomes; ++i)
        counts[i] += result.counts[i];
    bool more = result.more;
    add_to_run(identity.tenant, run, result.counts, result.last, !more);
    end_step();
    close_store(store);
    return more;
}

} // namespace

// CALL end_all_sessions(filter jsonb, action text, reason text, batch_size integer, tenant text, principal uuid,
//     INOUT ended bigint, INOUT already bigint, INOUT forbidden bigint, INOUT invalid_state bigint, INOUT run uuid)
CURFEW_FUNCTION(end_all_sessions) {
    Asked asked = {kept(fcinfo, 0), kept(fcinfo, 1), kept(fcinfo, 2), kept(fcinfo, 4), argument(fcinfo, 5),
                   PG_ARGISNULL(3) ? 1000 : PG_GETARG_INT32(3)};
    if (asked.batch_size < 1 || asked.batch_size > kMostInBatch)
        raise_refusal(core::Refusal::value_out_of_range, "batch_size",
                      psprintf("It is %d; it can be from 1 to %d.", asked.batch_size, kMostInBatch));
    pg_uuid_t run = new_uuid(), last = {};
    bool begun = false;
    int64 counts[kOutcomes] = {};
    begin_run(fcinfo, asked, run);
    while (run_batch(fcinfo, asked, run, &last, &begun, counts))
        CHECK_FOR_INTERRUPTS();

    Store store = open_procedure(fcinfo);
    Value columns[] = {{Int64GetDatum(counts[0]), false},
                       {Int64GetDatum(counts[1]), false},
                       {Int64GetDatum(counts[2]), false},
                       {Int64GetDatum(counts[3]), false},
                       {UUIDPGetDatum(&run), false}};
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}

// list_bulk_runs() returns setof (…): the caller's tenant's calls of end_all_sessions, for whoever may audit it
CURFEW_FUNCTION(list_bulk_runs) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    Loaded loaded;
    Identity identity = verified_caller(&loaded, "list_bulk_runs");
    if (!MayAudit(loaded))
        raise_refusal(core::Refusal::not_admin, nullptr, kAuditorsOnly);
    uint64 count = read_runs(identity.tenant);
    for (uint64 i = 0; i < count; ++i) {
        Value columns[kRunColumns];
        for (int column = 0; column < kRunColumns; ++column)
            columns[column] = result_value(i, column);
        rows.put(columns);
    }
    close_store(store);
    return Datum(0);
}
