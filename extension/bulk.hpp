// Taking an action on many sessions at once: each is decided on its own, by the same rules as one alone.
#pragma once

#include "engine.hpp"
#include "filter.hpp"

namespace curfew {

// What became of a session, in the order of their words in SQL.
enum class Outcome : std::uint8_t { ended, already, forbidden, invalid_state };
inline constexpr int kOutcomes = 4;
inline constexpr std::string_view kOutcomeWords[kOutcomes] = {"ended", "already", "forbidden", "invalid_state"};

struct BulkRequest {
    SessionFilter filter;
    std::string_view action; // empty: each session's own forced one
    Value reason = {0, true};
    Value details = {0, true}; // jsonb: of each audit row
    bool writes = false;       // false: only says what would become of them
    Value after = {0, true};   // uuid: goes on behind that id
    int64 room = 0;            // how many matching sessions are looked at
    int scanned = 0;           // how many rows are read at most; 0: all, so that it is known how many remain
    int shown = 0;             // how many of them are told of one by one
    int collected = 0;         // of how many the ids are kept
};

// One session that was looked at.
struct Tried {
    pg_uuid_t id;
    Outcome outcome;
    core::Refusal refusal; // beside `forbidden`, and where the lifecycle has no such action
    core::Name state;      // what it is then; empty: it is gone
};

struct BulkResult {
    int64 matched = 0; // looked at, or left
    int64 counts[kOutcomes] = {};
    int64 remaining = 0; // matching, not looked at
    bool more = false;   // there may be more behind `last`
    pg_uuid_t last = {}; // the last one that was looked at
    Tried* tried = nullptr;
    int shown = 0;
    pg_uuid_t* ids = nullptr; // of those that were looked at, in their order
    int id_count = 0;

    int64 LookedAt() const { return counts[0] + counts[1] + counts[2] + counts[3]; }
};

// Reads what is asked for and checks what can be checked before a session is looked at. The caller is verified.
// Errors: SL422 unknown_action, reason_too_long, and the filter's; an empty filter is SL422 missing_field.
BulkRequest bulk_request(const Identity& identity, const Value& filter, std::string_view action, const Value& reason);

// Looks at the sessions that match and that the caller may read, in the order of their ids, and takes the action where
// it is allowed. Locked ones are waited for; what changed meanwhile is decided anew. The memory it takes follows
// `shown`. Errors: SL422 unknown_action where every session's lifecycle lacks it, reason_required, reason_not_taken;
// SL401 and SL403 where the caller lost his standing while he waited; 40001.
BulkResult take_in_bulk(const Identity& identity, const Loaded& loaded, const BulkRequest& request);

} // namespace curfew
