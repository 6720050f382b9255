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

// check_consistency(token text) returns boolean. SL422 invalid_consistency_token
CURFEW_FUNCTION(check_consistency) {
    Store store = open_store(fcinfo);
    if (!is_position_token(required_text(fcinfo, 0, "token")))
        raise_refusal(core::Refusal::invalid_consistency_token, "token");
    close_store(store);
    PG_RETURN_BOOL(!RecoveryInProgress());
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
