// Consistency tokens: a signed position in the write-ahead log that later reads are not to be behind. They are had by
// asking, or as a parameter that the server reports by itself once the transaction has been committed.
#pragma once

#include "store.hpp"

namespace curfew {

// A token of what is in the log now, as text. `key` is the installation's.
Datum position_token(const uint8* key);

// What a token tells: a position in the log of a timeline.
struct LogPosition {
    uint32 timeline;
    XLogRecPtr at;
};

// Reads a token of this installation's; false where it is none. The store is open.
bool read_position_token(std::string_view token, LogPosition* position);

// Whether statements from the next one on see what was committed before the position: at once where changes are made, on a
// standby when that has been replayed, for which this waits as long as it is told, in microseconds.
bool await_position(const LogPosition& position, int64 patience);

// The setting: where it is `report`, the server reports it with each commit of a change, with a token that is right then; with
// nothing where it has none: in recovery, or before this backend has signed. Only for those who may ask for one.
inline constexpr char kTokenSetting[] = "curfew.consistency_token";
bool check_token_setting(char** value, void** extra, GucSource source);
const char* show_token_setting();
void assign_token_setting(const char* value, void* extra);

void register_report_callback();

// Sets it so, and has this transaction's commit reported though it may change nothing.
void report_token();

} // namespace curfew
