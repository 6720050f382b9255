// SQL-callable: sessions found by a filter, sorted, in pages that are counted.
#include "function.hpp"

#include "acting.hpp"
#include "errors.hpp"
#include "filter.hpp"
#include "listing.hpp"
#include "store_read.hpp"

using namespace curfew;

namespace {

constexpr int kMaxRows = 1000;
constexpr int kMaxSkip = 1000000000;
constexpr long kBatch = 500;

// The columns of curfew.session_found: those of session_info, of the details, and when it was last used.
constexpr int kFoundColumns = kSessionInfoColumns + kDetailColumns;

Sorted order_of(FunctionCallInfo fcinfo) {
    static constexpr std::string_view kWords[] = {"created_at", "updated_at", "last_message_at"};
    Sorted order;
    order.descending = PG_ARGISNULL(2) || PG_GETARG_BOOL(2);
    if (PG_ARGISNULL(1))
        return order;
    for (int i = 0; i < 3; ++i)
        if (text_argument(fcinfo, 1) == kWords[i]) {
            order.by = static_cast<SortKey>(i);
            return order;
        }
    raise_refusal(core::Refusal::unknown_value, "sort", "It is created_at, updated_at or last_message_at.");
}

int skip_argument(FunctionCallInfo fcinfo) {
    int skip = PG_ARGISNULL(4) ? 0 : PG_GETARG_INT32(4);
    if (skip < 0 || skip > kMaxSkip)
        raise_refusal(core::Refusal::value_out_of_range, "skip",
                      psprintf("It is %d; it can be from 0 to %d.", skip, kMaxSkip));
    return skip;
}

// The array of session_found that the function gives.
struct FoundPage {
    TupleDesc row; // of session_found
    ArrayBuildState* state;
    MemoryContext memory;
};

FoundPage begin_page(FunctionCallInfo fcinfo) {
    TupleDesc result;
    if (get_call_result_type(fcinfo, nullptr, &result) != TYPEFUNC_COMPOSITE || result->natts != 2)
        elog(ERROR, "curfew: the declared result of find_sessions does not fit");
    Oid found = get_element_type(TupleDescAttr(result, 1)->atttypid);
    FoundPage page;
    page.row = lookup_rowtype_tupdesc_copy(found, -1);
    if (page.row->natts != kFoundColumns)
        elog(ERROR, "curfew: the type session_found does not fit");
    page.memory = CurrentMemoryContext;
    page.state = initArrayResult(found, CurrentMemoryContext, false);
    return page;
}

void put(FoundPage* page, const pg_uuid_t& tenant, const Viewed& viewed, bool is_operator) {
    Value columns[kFoundColumns];
    session_info(viewed, columns);
    read_detail(tenant, *DatumGetUUIDP(viewed.row.column[kSessionId].datum), is_operator,
                columns + kSessionInfoColumns);
    Datum values[kFoundColumns];
    bool nulls[kFoundColumns];
    for (int i = 0; i < kFoundColumns; ++i) {
        values[i] = columns[i].datum;
        nulls[i] = columns[i].null;
    }
    Datum row = HeapTupleGetDatum(heap_form_tuple(page->row, values, nulls));
    page->state = accumArrayResult(page->state, row, false, page->row->tdtypeid, page->memory);
}

} // namespace

// find_sessions(filter jsonb, sort text, descending boolean, max_rows integer, skip integer)
// returns (total bigint, sessions session_found[])
CURFEW_FUNCTION(find_sessions) {
    Store store = open_store(fcinfo);
    Loaded loaded;
    Identity identity = verified_caller(&loaded);
    core::Instant now = GetCurrentTimestamp();
    SessionFilter filter = read_filter(argument(fcinfo, 0), identity.tenant, now);
    Sorted order = order_of(fcinfo);
    int wanted = rows_argument(fcinfo, 3, 50, kMaxRows);
    int64 skip = skip_argument(fcinfo);
    FoundPage page = begin_page(fcinfo);

    int64 total = 0;
    consider_own_places(identity, {0, true}, &loaded.caller);
    Portal cursor = open_session_list(identity, loaded.caller, filter, now, order);
    MemoryContext row_memory = AllocSetContextCreate(CurrentMemoryContext, "curfew row", ALLOCSET_SMALL_SIZES);
    while (uint64 fetched = fetch(cursor, kBatch)) {
        SPITupleTable* batch = SPI_tuptable;
        MemoryContext outer = MemoryContextSwitchTo(row_memory);
        for (uint64 i = 0; i < fetched; ++i) {
            MemoryContextReset(row_memory);
            SPI_tuptable = batch; // reading details, or compiling a lifecycle, has run a statement of its own
            ListedSession listed = listed_session(i, loaded.caller);
            const core::Lifecycle& lifecycle = *listed.lifecycle;
            if (readable(lifecycle, listed.row, listed.caller, loaded.grants, now) != core::Refusal::none)
                continue;
            if (!Matches(filter, lifecycle, core::PresentOf(lifecycle, session_facts(listed.row, lifecycle), now)))
                continue;
            if (total >= skip && total < skip + wanted) {
                core::Standing standing =
                    core::StandingOf(listed.caller, PartyFactsOf(listed.row), lifecycle.workspace_parties);
                put(&page, identity.tenant, {listed.row, &lifecycle, now, false},
                    standing.relations & core::Bit(core::Relation::party));
            }
            ++total;
        }
        MemoryContextSwitchTo(outer);
        SPI_freetuptable(batch);
        CHECK_FOR_INTERRUPTS();
    }
    SPI_cursor_close(cursor);

    Value columns[] = {{Int64GetDatum(total), false}, {makeArrayResult(page.state, CurrentMemoryContext), false}};
    Datum result = composite_result(fcinfo, columns, lengthof(columns));
    close_store(store);
    return result;
}
