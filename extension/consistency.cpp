#include "consistency.hpp"

#include "core/slice.hpp"
#include "signing.hpp"
#include "store_signing.hpp"
#include "worker.hpp"

extern "C" {
#include "access/parallel.h"
#include "access/xlog_internal.h"
}

namespace curfew {
namespace {

constexpr std::string_view kPurpose = "consistency";

// Where in which write-ahead log: the system, its timeline and the position, big-endian.
constexpr int kPositionSize = 20;

constexpr int64 kLook = 2 * INT64CONST(1000); // us between two looks at how far the replay has come

bool reported = false;                                    // the setting says so
LocalTransactionId asked_in = InvalidLocalTransactionId; // the last transaction in which a report was asked for

void put_big_endian(uint64 value, int size, uint8* bytes) {
    for (int i = 0; i < size; ++i)
        bytes[i] = static_cast<uint8>(value >> (8 * (size - 1 - i)));
}

uint64 big_endian(const char* bytes, int size) {
    uint64 value = 0;
    for (int i = 0; i < size; ++i)
        value = value << 8 | static_cast<uint8>(bytes[i]);
    return value;
}

// The end of what comes before a position. Where the next record would begin a page, that is behind the page's header,
// and a standby that has everything says that it has come to the page's begin.
XLogRecPtr EndBefore(XLogRecPtr position) {
    uint64 header = XLogSegmentOffset(position, wal_segment_size) < XLOG_BLCKSZ ? SizeOfXLogLongPHD : SizeOfXLogShortPHD;
    return position % XLOG_BLCKSZ == header ? position - header : position;
}

bool IsReached(const LogPosition& position) {
    if (!RecoveryInProgress())
        return true;
    TimeLineID timeline;
    XLogRecPtr replayed = GetXLogReplayRecPtr(&timeline);
    return position.timeline <= timeline && EndBefore(position.at) <= replayed;
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

void set_to_report(GucAction action, int elevel) {
    set_config_option(kTokenSetting, "report", PGC_USERSET, PGC_S_SESSION, action, true, elevel, false);
}

// The server reports a setting that has been set, and at the next statement's end, which may be before the commit. Whoever may
// not ask any more commits without.
void on_transaction_end(XactEvent event, void*) {
    if (event != XACT_EVENT_PRE_COMMIT || !reported)
        return;
    if (TransactionIdIsValid(GetTopTransactionIdIfAny()) || asked_in == transaction_number())
        set_to_report(GUC_ACTION_LOCAL, DEBUG5);
}

} // namespace

void register_report_callback() { RegisterXactCallback(on_transaction_end, nullptr); }

void report_token() {
    if (!reported)
        set_to_report(GUC_ACTION_SET, 0);
    asked_in = transaction_number();
}

Datum position_token(const uint8* key) {
    uint8 bytes[kPositionSize + kSignatureSize];
    put_big_endian(GetSystemIdentifier(), 8, bytes);
    put_big_endian(current_timeline(), 4, bytes + 8);
    put_big_endian(GetXLogInsertRecPtr(), 8, bytes + 12);
    sign_with(key, kPurpose, view_of(bytes, kPositionSize), bytes + kPositionSize);
    return base64url_datum(view_of(bytes, sizeof bytes));
}

bool read_position_token(std::string_view token, LogPosition* position) {
    std::string_view bytes;
    if (!base64url_bytes(token, &bytes) || bytes.size() != kPositionSize + kSignatureSize ||
        big_endian(bytes.data(), 8) != GetSystemIdentifier() ||
        !is_signature(kPurpose, core::First(bytes, kPositionSize),
                      reinterpret_cast<const uint8*>(bytes.data()) + kPositionSize))
        return false;
    *position = {static_cast<uint32>(big_endian(bytes.data() + 8, 4)), big_endian(bytes.data() + 12, 8)};
    return true;
}

bool await_position(const LogPosition& position, int64 patience) {
    TimestampTz now = GetCurrentTimestamp();
    TimestampTz end = now + patience;
    while (!IsReached(position)) {
        if (now >= end)
            return false;
        sleep_for(TimestampDifferenceMilliseconds(now, Min(end, now + kLook)));
        now = GetCurrentTimestamp();
    }
    return true;
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
