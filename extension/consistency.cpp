#include "consistency.hpp"

#include "core/slice.hpp"
#include "signing.hpp"
#include "store_signing.hpp"

extern "C" {
#include "access/parallel.h"
}

namespace curfew {
namespace {

constexpr std::string_view kPurpose = "consistency";

// Where in which write-ahead log: the system, its timeline and the position, big-endian.
constexpr int kPositionSize = 20;

bool reported = false; // the setting says so

void put_big_endian(uint64 value, int size, uint8* bytes) {
    for (int i = 0; i < size; ++i)
        bytes[i] = static_cast<uint8>(value >> (8 * (size - 1 - i)));
}

std::string_view view_of(const uint8* bytes, int size) {
    return {reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)};
}

bool may_ask() {
    Oid schema = get_namespace_oid("curfew", true);
    if (!OidIsValid(schema))
        return false;
    Oid function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("consistency_token"),
                                   PointerGetDatum(buildoidvector(nullptr, 0)), ObjectIdGetDatum(schema));
    return OidIsValid(function) && may_execute(function, GetUserId());
}

} // namespace

Datum position_token(const uint8* key) {
    uint8 bytes[kPositionSize + kSignatureSize];
    put_big_endian(GetSystemIdentifier(), 8, bytes);
    put_big_endian(current_timeline(), 4, bytes + 8);
    put_big_endian(GetXLogInsertRecPtr(), 8, bytes + 12);
    sign_with(key, kPurpose, view_of(bytes, kPositionSize), bytes + kPositionSize);
    return base64url_datum(view_of(bytes, sizeof bytes));
}

bool is_position_token(std::string_view token) {
    std::string_view bytes;
    uint8 system[8];
    put_big_endian(GetSystemIdentifier(), sizeof system, system);
    return base64url_bytes(token, &bytes) && bytes.size() == kPositionSize + kSignatureSize &&
           memcmp(bytes.data(), system, sizeof system) == 0 &&
           is_signature(kPurpose, core::First(bytes, kPositionSize),
                        reinterpret_cast<const uint8*>(bytes.data()) + kPositionSize);
}

bool check_token_setting(char** value, void**, GucSource) {
    if ((*value)[0] == '\0' || InitializingParallelWorker)
        return true;
    if (strcmp(*value, "report") != 0) {
        GUC_check_errdetail("It can be set to \"report\".");
        return false;
    }
    if (!IsTransactionState() || !may_ask()) {
        GUC_check_errdetail("It is set in a transaction of a role that may execute curfew.consistency_token().");
        return false;
    }
    return true;
}

void assign_token_setting(const char* value, void*) { reported = value[0] != '\0'; }

const char* show_token_setting() {
    const uint8* key = reported && !RecoveryInProgress() ? KnownSigningKey() : nullptr;
    return key != nullptr ? TextDatumGetCString(position_token(key)) : "";
}

} // namespace curfew
