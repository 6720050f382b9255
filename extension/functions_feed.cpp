// SQL-callable: the feed of events.
#include "administration.hpp"
#include "function.hpp"

#include "errors.hpp"
#include "signing.hpp"
#include "store_feed.hpp"

#include <charconv>

using namespace curfew;

namespace {

constexpr int kMostRows = 1000;
constexpr int kMostNumbered = 100000;
constexpr int kNumberedPerRead = 10000;

int64 sequence(int max_rows) {
    if (XactReadOnly || RecoveryInProgress() || IsolationUsesXactSnapshot())
        return 0;
    Place here = {static_cast<int64>(GetSystemIdentifier()), static_cast<int64>(current_timeline()), MyDatabaseId};
    Sequencer sequencer = take_sequencer(here);
    return sequencer.taken ? number_events(sequencer, here, max_rows) : 0;
}

// A cursor's "generation:number"; false where it is none.
bool read_position(std::string_view text, int* generation, int64* number) {
    const char* end = text.data() + text.size();
    auto [colon, wrong] = std::from_chars(text.data(), end, *generation);
    if (wrong != std::errc() || colon == end || *colon != ':' || *generation < 0 || *generation == PG_INT32_MAX)
        return false;
    auto [last, also_wrong] = std::from_chars(colon + 1, end, *number);
    return also_wrong == std::errc() && last == end && *number >= 0;
}

int rows_of(FunctionCallInfo fcinfo, int index, int usual, int most) {
    int rows = PG_ARGISNULL(index) ? usual : PG_GETARG_INT32(index);
    if (rows < 1 || rows > most)
        raise_refusal(core::Refusal::value_out_of_range, "max_rows",
                      psprintf("It is %d; it can be from 1 to %d.", rows, most));
    return rows;
}

} // namespace

// sequence_events(max_rows integer) returns bigint
CURFEW_FUNCTION(sequence_events) {
    Store store = open_store(fcinfo);
    int64 count = sequence(rows_of(fcinfo, 0, kNumberedPerRead, kMostNumbered));
    close_store(store);
    PG_RETURN_INT64(count);
}

// event_feed(after text, max_rows integer) returns setof (cursor text, number bigint, audit_entry's columns)
CURFEW_FUNCTION(event_feed) {
    Store store = open_store(fcinfo);
    RowSet rows = begin_rows(fcinfo);
    Loaded loaded;
    Identity identity = verified_caller(&loaded, "event_feed");
    if (!MayAudit(loaded))
        raise_refusal(core::Refusal::not_admin, nullptr, kAuditorsOnly);
    int wanted = rows_of(fcinfo, 1, 100, kMostRows);
    int generation = 0;
    int64 after = 0;
    if (!PG_ARGISNULL(0)) {
        std::string_view position;
        if (!unseal(kFeed, identity.tenant, text_argument(fcinfo, 0), &position) ||
            !read_position(position, &generation, &after))
            raise_refusal(core::Refusal::invalid_cursor, "after");
    }
    sequence(kNumberedPerRead);
    Generation place = position_in_feed(generation, after);
    uint64 count = read_feed(identity.tenant, place.number, wanted);
    SPITupleTable* result = SPI_tuptable;
    for (uint64 i = 0; i < count; ++i) {
        SPI_tuptable = result;
        Value columns[kAuditColumns + 2];
        for (int c = 0; c <= kAuditColumns; ++c)
            columns[c + 1] = result_value(i, c);
        const char* text = psprintf("%d:" INT64_FORMAT, place.present, DatumGetInt64(columns[1].datum));
        columns[0] = {seal(kFeed, identity.tenant, text), false};
        rows.put(columns);
    }
    close_store(store);
    return Datum(0);
}
