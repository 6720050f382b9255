// SQL-callable: consistency tokens and sealed cursors.
#include "function.hpp"

#include "consistency.hpp"
#include "errors.hpp"
#include "signing.hpp"
#include "store_signing.hpp"

using namespace curfew;

// consistency_token() returns text; null during recovery
CURFEW_FUNCTION(consistency_token) {
    if (RecoveryInProgress())
        PG_RETURN_NULL();
    Store store = open_store(fcinfo);
    Datum token = for_caller(position_token(signing_key()));
    close_store(store);
    return token;
}

namespace {

constexpr int64 kLongestWait = 60 * USECS_PER_SEC;

// In microseconds. SL422 value_out_of_range
int64 patience_of(FunctionCallInfo fcinfo, int index) {
    if (PG_ARGISNULL(index))
        return 0;
    const Interval* patience = PG_GETARG_INTERVAL_P(index);
    if (patience->month != 0 || patience->day != 0 || patience->time < 0 || patience->time > kLongestWait)
        raise_refusal(core::Refusal::value_out_of_range, "patience", "It can be from 0 to 60 seconds.");
    return patience->time;
}

} // namespace

// check_consistency(token text, patience interval) returns boolean. SL422 invalid_consistency_token
CURFEW_FUNCTION(check_consistency) {
    Store store = open_store(fcinfo);
    LogPosition position;
    if (!read_position_token(required_text(fcinfo, 0, "token"), &position))
        raise_refusal(core::Refusal::invalid_consistency_token, "token");
    bool reached = await_position(position, patience_of(fcinfo, 1));
    close_store(store);
    PG_RETURN_BOOL(reached);
}

// seal_cursor(purpose text, "position" text) returns text
CURFEW_FUNCTION(seal_cursor) {
    if (PG_ARGISNULL(1))
        PG_RETURN_NULL();
    Store store = open_store(fcinfo);
    std::string_view purpose = required_text(fcinfo, 0, "purpose");
    Datum cursor = for_caller(seal(purpose, verified_caller().tenant, text_argument(fcinfo, 1)));
    close_store(store);
    return cursor;
}

// open_cursor(purpose text, cursor text) returns text. SL422 invalid_cursor
CURFEW_FUNCTION(open_cursor) {
    if (PG_ARGISNULL(1))
        PG_RETURN_NULL();
    Store store = open_store(fcinfo);
    std::string_view purpose = required_text(fcinfo, 0, "purpose");
    std::string_view position;
    if (!unseal(purpose, verified_caller().tenant, text_argument(fcinfo, 1), &position))
        raise_refusal(core::Refusal::invalid_cursor, "after");
    Datum result = for_caller(text_datum(position));
    close_store(store);
    return result;
}
