// What every SQL-callable function's file needs: the declaration macro, arguments and results.
#pragma once

#include "engine.hpp"
#include "pg.hpp"

#include <initializer_list>
#include <string_view>

// Defines `Datum curfew_NAME(PG_FUNCTION_ARGS)`, callable from SQL.
#define CURFEW_FUNCTION(name)                                                                                      \
    extern "C" {                                                                                                   \
    PG_FUNCTION_INFO_V1(curfew_##name);                                                                            \
    PGDLLEXPORT Datum curfew_##name(PG_FUNCTION_ARGS);                                                             \
    }                                                                                                              \
    Datum curfew_##name(PG_FUNCTION_ARGS)

namespace curfew {

// Argument `index` (from 0), which may be null.
inline Value argument(FunctionCallInfo fcinfo, int index) { return {PG_GETARG_DATUM(index), PG_ARGISNULL(index)}; }

// A text argument's view; empty for null.
std::string_view text_argument(FunctionCallInfo fcinfo, int index);

// The same, refused as missing_field when it is null. `name` is the SQL argument's.
std::string_view required_text(FunctionCallInfo fcinfo, int index, const char* name);
pg_uuid_t required_uuid(FunctionCallInfo fcinfo, int index, const char* name);

// The version that is expected; -1 for null, which is any. SL422 for a negative one.
int64 version_argument(FunctionCallInfo fcinfo, int index);

// How many rows are wanted, from 1 to `most`; `usual` for null. SL422 for any other number.
int rows_argument(FunctionCallInfo fcinfo, int index, int usual, int most);

// What a trigger's function was fired by; an error where it was called as any other.
TriggerData* trigger_data(FunctionCallInfo fcinfo);

// The word, refused as unknown_value when it is none of those.
std::string_view check_word(std::string_view word, const char* argument, std::initializer_list<const char*> words);

// A row of the function's declared result type, built in the caller's memory.
Datum composite_result(FunctionCallInfo fcinfo, const Value* columns, int count);

// The columns of curfew.session_info.
inline constexpr int kSessionInfoColumns = 20;
void session_info(const Viewed& viewed, Value* columns);

// The session as the function's result.
Datum session_result(FunctionCallInfo fcinfo, const Viewed& viewed);

// Collects rows of the function's declared result type.
struct RowSet {
    ReturnSetInfo* info;

    void put(const Value* columns);
};
RowSet begin_rows(FunctionCallInfo fcinfo);

} // namespace curfew
