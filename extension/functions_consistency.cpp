// SQL-callable: consistency tokens and sealed cursors.
#include "function.hpp"

#include "core/slice.hpp"
#include "errors.hpp"
#include "signing.hpp"

using namespace curfew;

namespace {

constexpr std::string_view kConsistency = "consistency";

// Where in which write-ahead log: the system, its timeline and the position, big-endian.
constexpr int kPositionSize = 20;

void put_big_endian(uint64 value, int size, uint8* bytes) {
    for (int i = 0; i < size; ++i)
        bytes[i] = static_cast<uint8>(value >> (8 * (size - 1 - i)));
}

std::string_view view_of(const uint8* bytes, int size) {
    return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)};
}

} // namespace

// consistency_token() returns text; null during recovery
CURFEW_FUNCTION(consistency_token) {
    if (RecoveryInProgress())
        PG_RETURN_NULL();
    Store store = open_store(fcinfo);
    uint8 bytes[kPositionSize + kSignatureSize];
    put_big_endian(GetSystemIdentifier(), 8, bytes);
    put_big_endian(current_timeline(), 4, bytes + 8);
    put_big_endian(GetXLogInsertRecPtr(), 8, bytes + 12);
    sign(kConsistency, view_of(bytes, kPositionSize), bytes + kPositionSize);
    Datum token = for_caller(base64url_datum(view_of(bytes, sizeof bytes)));
    close_store(store);
    return token;
}

// check_consistency(token text) returns boolean. SL422 invalid_consistency_token
CURFEW_FUNCTION(check_consistency) {
    Store store = open_store(fcinfo);
    std::string_view bytes;
    uint8 system[8];
    put_big_endian(GetSystemIdentifier(), sizeof system, system);
    if (!base64url_bytes(required_text(fcinfo, 0, "token"), &bytes) || bytes.size() != kPositionSize + kSignatureSize ||
        memcmp(bytes.data(), system, sizeof system) != 0 ||
        !is_signature(kConsistency, core::First(bytes, kPositionSize),
                      reinterpret_cast<const uint8*>(bytes.data()) + kPositionSize))
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
