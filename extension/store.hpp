// Running SQL: kept plans, arguments, results, and the switch to the extension's owner around each statement.
// store*.cpp are the only files that speak SPI.
#pragma once

#include "pg.hpp"

#include <span>
#include <string_view>
#include <type_traits>

namespace curfew {

inline constexpr int kMaxParameters = 40;

// A statement with a kept plan; one static object per statement.
struct Statement {
    const char* sql;
    Oid types[kMaxParameters]; // ends at the first InvalidOid
    SPIPlanPtr plan = nullptr;
};

// The parameters of one execution, in order.
struct Parameters {
    Datum values[kMaxParameters];
    char nulls[kMaxParameters];
    int count = 0;

    void Add(Datum value) {
        Assert(count < kMaxParameters);
        values[count] = value;
        nulls[count++] = ' ';
    }
    void AddNull() {
        Add(0);
        nulls[count - 1] = 'n';
    }
    void AddIf(bool present, Datum value) { present ? Add(value) : AddNull(); }
    void Add(const pg_uuid_t& id) { Add(UUIDPGetDatum(const_cast<pg_uuid_t*>(&id))); }
};
static_assert(std::is_trivially_destructible_v<Parameters>);

// The transaction's own snapshots, or the latest one, whatever the isolation level.
enum class Snapshots { own, latest };

// A value that may be absent.
struct Value {
    Datum datum;
    bool null;
};

// What an open store puts back when it is closed.
struct Store {
    Oid outer_owner;
};

// Opens the store for one SQL-callable function: connects SPI and remembers the function's owner, the extension's,
// as whom statements run. What is allocated until close_store() goes with it, but for what for_caller() copied.
//   options  SPI_OPT_NONATOMIC for a procedure that commits, else 0
Store open_store(FunctionCallInfo fcinfo, int options = 0);
void close_store(const Store& store);

// As whom statements run now; and a store for them where no function was called.
Oid store_owner();
Store open_store_as(Oid owner);

// Runs the statement as the extension's owner and returns the number of rows, with the search path pg_catalog, pg_temp
// whatever the caller's is. Never read-only: each run sees what was committed before it.
uint64 run(Statement& statement, const Parameters& parameters);

// The same for a query, with the latest snapshot even where the transaction keeps an older one.
uint64 run_latest(Statement& statement, const Parameters& parameters);

// One or the other.
uint64 run_with(Snapshots snapshots, Statement& statement, const Parameters& parameters);

// The same as run(), by indexes alone and planned for these parameters: for statements that lock what they touch, or run
// under a lock, however large a table is and however stale what is known of it.
uint64 run_by_index(Statement& statement, const Parameters& parameters);

// The same as run(), with `count` parameters that are fetched when the executor comes to them.
uint64 run_fetching(Statement& statement, int count, ParamFetchHook fetch, void* argument);

// Opens a cursor over a query, and fetches its next rows as the result; both as the extension's owner.
Portal open_cursor(Statement& statement, const Parameters& parameters);
uint64 fetch(Portal cursor, long count);

// Runs a query of one parameter without a kept plan as the extension's owner and returns the number of rows.
uint64 run_once(const char* sql, Oid type, Datum value);

// Runs SQL without a kept plan as the extension's owner, for statements about objects (GRANT, CREATE TABLE).
void run_utility(const char* sql);

// Adds a value, or null.
void add(Parameters* parameters, const Value& value);

// Column `column` (from 0) of row `row` of the last result.
Value result_value(uint64 row, int column);

// The result of text columns as views into the result's memory.
std::string_view text_view(Datum text);
Datum text_datum(std::string_view text);

Datum bytea_datum(const uint8* bytes, int count);

// An id as a value, copied to the current memory.
Value uuid_value(const pg_uuid_t& id);

// The elements of a text[] as views; none for null.
std::span<const std::string_view> text_views(Value array);

// A text[] of those texts.
Value text_array(std::span<const std::string_view> texts);

// The elements of a uuid[], copied.
std::span<const pg_uuid_t> uuids(Value array);

// A uuid[] of those ids.
Datum uuid_array(std::span<const pg_uuid_t> ids);

// Copies of a result that outlive close_store(): of a varlena, of an id.
Datum for_caller(Datum varlena);
Datum uuid_for_caller(const pg_uuid_t& id);

} // namespace curfew
