// SQL-callable: many sessions, and what happened to them.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "listing.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"
#include "store_workspace.hpp"

using namespace curfew;

namespace {

constexpr int kMaxRows = 1000;
constexpr long kBatch = 100;

int rows_argument(FunctionCallInfo fcinfo, int index, int usual) {
    int rows = PG_ARGISNULL(index) ? usual : PG_GETARG_INT32(index);
    if (rows < 1 || rows > kMaxRows)
        raise_refusal(core::Refusal::value_out_of_range, "max_rows",
                      psprintf("It is %d; it can be from 1 to %d.", rows, kMaxRows));
    return rows;
}

// Puts the rows of one cursor's fetch that the caller may read and that are in `state`; the number put.
int put_readable(RowSet* rows, uint64 fetched, int room, std::string_view state, const Loaded& loaded,
                 core::Instant now) {
    SPITupleTable* result = SPI_tuptable;
    MemoryContext row_memory = AllocSetContextCreate(CurrentMemoryContext, "curfew row", ALLOCSET_SMALL_SIZES);
    MemoryContext outer = MemoryContextSwitchTo(row_memory);
    int put = 0;
    for (uint64 i = 0; i < fetched && put < room; ++i) {
        MemoryContextReset(row_memory);
        SPI_tuptable = result; // compiling a lifecycle may have run a statement of its own
        ListedSession listed = listed_session(i, loaded.caller);
        const core::Lifecycle& lifecycle = *listed.lifecycle;
        if (readable(lifecycle, listed.row, listed.caller, loaded.grants, now) != core::Refusal::none)
            continue;
        core::Present present = core::PresentOf(lifecycle, session_facts(listed.row, lifecycle), now);
        if (!state.empty() && !(lifecycle.states[present.state].name == state))
            continue;
        Value columns[kSessionInfoColumns];
        session_info({listed.row, &lifecycle, now, false}, columns);
        rows->put(columns);
        ++put;
    }
    MemoryContextSwitchTo(outer);
    MemoryContextDelete(row_memory);
    return put;
}

} // namespace

// list_sessions(lifecycle text, state text, owner uuid, agent uuid, workspace text, max_rows integer, after uuid, party text)
// returns setof session_info, newest first
CURFEW_FUNCTION(list_sessions) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    int wanted = rows_argument(fcinfo, 5, 50);
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    core::Instant now = GetCurrentTimestamp();
    SessionFilter filter;
    filter.lifecycle = argument(fcinfo, 0);
    filter.owner = argument(fcinfo, 2);
    filter.agent = argument(fcinfo, 3);
    pg_uuid_t workspace, party;
    if (!PG_ARGISNULL(7)) {
        if (!find_workspace(identity.tenant, text_argument(fcinfo, 7), &party))
            raise_refusal(core::Refusal::workspace_not_found, "party");
        filter.party = {UUIDPGetDatum(&party), false};
    }
    if (!PG_ARGISNULL(4)) {
        if (!find_workspace(identity.tenant, text_argument(fcinfo, 4), &workspace))
            raise_refusal(core::Refusal::workspace_not_found, "workspace");
        filter.workspace = {UUIDPGetDatum(&workspace), false};
    }
    if (!PG_ARGISNULL(6)) {
        filter.after_id = argument(fcinfo, 6);
        filter.after_created_at = read_created_at(identity.tenant, *PG_GETARG_UUID_P(6));
        if (filter.after_created_at.null)
            raise_refusal(core::Refusal::unknown_value, "after", "There is no session of that id to go on from.");
    }
    filter.everything = !loaded.caller.bound_workspace.set &&
                        (loaded.caller.role == core::Role::admin || loaded.caller.kind == core::Kind::service);

    if (!loaded.caller.bound_workspace.set)
        loaded.caller.bound_is_operator =
            read_operator_workspaces(identity.tenant, identity.principal, {0, true}) > 0;

    Portal cursor = open_session_list(identity, loaded.caller, filter);
    int left = wanted;
    while (left > 0) {
        uint64 fetched = fetch(cursor, kBatch);
        if (fetched == 0)
            break;
        SPITupleTable* batch = SPI_tuptable;
        left -= put_readable(&rows, fetched, left, text_argument(fcinfo, 1), loaded, now);
        SPI_freetuptable(batch);
        CHECK_FOR_INTERRUPTS();
    }
    SPI_cursor_close(cursor);
    close_store(store);
    return Datum(0);
}

// audit_log(session_id uuid, event text, actor uuid, since timestamptz, until timestamptz, max_rows integer,
//           after uuid) returns setof audit_entry, oldest first
CURFEW_FUNCTION(audit_log) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    AuditFilter filter;
    filter.session = argument(fcinfo, 0);
    filter.event = argument(fcinfo, 1);
    filter.actor = argument(fcinfo, 2);
    filter.since = argument(fcinfo, 3);
    filter.until = argument(fcinfo, 4);
    filter.rows = rows_argument(fcinfo, 5, 100);
    filter.after = argument(fcinfo, 6);

    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    if (!MayAudit(loaded)) {
        if (filter.session.null)
            raise_refusal(core::Refusal::not_admin, nullptr, kAuditorsOnly);
        view(*DatumGetUUIDP(filter.session.datum), {});
    }
    if (!filter.after.null && !is_event(identity.tenant, *DatumGetUUIDP(filter.after.datum)))
        raise_refusal(core::Refusal::unknown_value, "after", "There is no event of that id to go on from.");
    uint64 count = read_audit(identity.tenant, filter);
    for (uint64 i = 0; i < count; ++i) {
        Value columns[kAuditColumns];
        for (int c = 0; c < kAuditColumns; ++c)
            columns[c] = result_value(i, c);
        rows.put(columns);
    }
    close_store(store);
    return Datum(0);
}
