// SQL-callable: many sessions, and what happened to them.
#include "administration.hpp"
#include "function.hpp"

#include "acting.hpp"
#include "errors.hpp"
#include "filter.hpp"
#include "listing.hpp"
#include "store_identity.hpp"
#include "store_read.hpp"

using namespace curfew;

namespace {

constexpr int kMaxRows = 1000;
constexpr long kBatch = 100;

// Puts the rows of one cursor's fetch that the caller may read and that match; the number put.
int put_readable(RowSet* rows, uint64 fetched, int room, const SessionFilter& filter, const Loaded& loaded,
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
        if (!Matches(filter, lifecycle, present))
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

// list_sessions(lifecycle text, state text, owner uuid, agent uuid, workspace text, max_rows integer, after uuid)
// returns setof session_info, newest first
CURFEW_FUNCTION(list_sessions) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    int wanted = rows_argument(fcinfo, 5, 50, kMaxRows);
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    core::Instant now = GetCurrentTimestamp();
    SessionFilter filter;
    filter.lifecycle.one = argument(fcinfo, 0);
    std::string_view state = text_argument(fcinfo, 1);
    if (!state.empty())
        filter.states = {&state, 1};
    filter.owner.one = argument(fcinfo, 2);
    filter.agent.one = argument(fcinfo, 3);
    pg_uuid_t workspace;
    if (!PG_ARGISNULL(4)) {
        if (!find_workspace(identity.tenant, text_argument(fcinfo, 4), &workspace))
            raise_refusal(core::Refusal::workspace_not_found, "workspace");
        filter.workspace.one = {UUIDPGetDatum(&workspace), false};
    }
    Newest after;
    if (!PG_ARGISNULL(6)) {
        after.id = argument(fcinfo, 6);
        after.created_at = read_created_at(identity.tenant, *PG_GETARG_UUID_P(6));
        if (after.created_at.null)
            raise_refusal(core::Refusal::unknown_value, "after", "There is no session of that id to go on from.");
    }

    consider_own_places(identity, {0, true}, &loaded.caller);
    Portal cursor = open_session_list(identity, loaded.caller, filter, now, after);
    int left = wanted;
    while (left > 0) {
        uint64 fetched = fetch(cursor, kBatch);
        if (fetched == 0)
            break;
        SPITupleTable* batch = SPI_tuptable;
        left -= put_readable(&rows, fetched, left, filter, loaded, now);
        SPI_freetuptable(batch);
        CHECK_FOR_INTERRUPTS();
    }
    SPI_cursor_close(cursor);
    close_store(store);
    return Datum(0);
}

// audit_log(session_id uuid, event text, actor uuid, since timestamptz, until timestamptz, max_rows integer,
//           after uuid, about text) returns setof audit_entry, oldest first
CURFEW_FUNCTION(audit_log) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    AuditFilter filter;
    filter.session = argument(fcinfo, 0);
    filter.event = argument(fcinfo, 1);
    filter.actor = argument(fcinfo, 2);
    filter.since = argument(fcinfo, 3);
    filter.until = argument(fcinfo, 4);
    filter.rows = rows_argument(fcinfo, 5, 100, kMaxRows);
    filter.after = argument(fcinfo, 6);
    filter.about = argument(fcinfo, 7);

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
