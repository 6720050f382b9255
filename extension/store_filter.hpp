// Queries that find many sessions by a filter.
#pragma once

#include "store_session.hpp"

namespace curfew {

// A value, or several of which any will do; both null: any at all.
struct Choice {
    Value one = {0, true};
    Value many = {0, true}; // an array
};

enum class Wish : std::uint8_t { any, yes, no };

// What narrows; what is null or any narrows nothing.
struct SessionFilter {
    bool narrows = false;                  // it has a member at all
    Choice lifecycle;                      // text
    Choice owner, agent;                   // uuid
    Choice workspace, operator_workspace;  // uuid
    std::span<const std::string_view> states; // effective ones
    Wish live = Wish::any;
    Wish ended = Wish::any;
    Value party = {0, true};               // uuid[]: workspaces that they are in or that operate them
    Value ids = {0, true};                 // uuid[]
    Value marked = {0, true};              // text[]: marks that are set
    Value unmarked = {0, true};            // text[]: marks that are not
    Value labels = {0, true};              // jsonb: an array of values per key
    Value fields = {0, true};              // jsonb: the same
    Value search = {0, true};              // text
    core::Instant created_from = core::kUnset;
    core::Instant created_before = core::kUnset;
};

// The order of a cursor's rows, and the last row seen; null: from the beginning.
struct Newest {
    Value created_at = {0, true};
    Value id = {0, true};
};
struct ById {
    Value id = {0, true};
    int rows = 0; // how many rows at most; 0: all
};
enum class SortKey : std::uint8_t { created_at, updated_at, last_message_at };
struct Sorted {
    SortKey by = SortKey::created_at; // what has no such time comes last
    bool descending = true;
};

// A session's row as these queries give it, with what it takes to decide on it and to change it.
struct StoredSession {
    SessionRow row;
    LifecycleVersion version;                        // of its lifecycle
    TransactionId written_by = InvalidTransactionId; // who wrote the row as it is
};
#define CURFEW_STORED_COLUMNS CURFEW_SESSION_COLUMNS("s") ", l.revision, l.xmin, s.xmin"
inline constexpr int kStoredColumns = kSessionColumns + 3;

// Row `index` of the last result, whose columns begin with these.
StoredSession stored_session(uint64 index);

// Opens a cursor over the sessions that may match and that the caller might be allowed to see. Each row: the columns of a
// stored session, the caller's role in its workspace and in its operator workspace. Whether a session matches is for
// Matches() to say, and whether the caller may read it for readable().
inline constexpr int kListWorkspaceRole = kStoredColumns;
inline constexpr int kListOperatorRole = kStoredColumns + 1;
Portal open_session_list(const Identity& identity, const core::CallerFacts& caller, const SessionFilter& filter,
                         core::Instant now, const Newest& after);
Portal open_session_list(const Identity& identity, const core::CallerFacts& caller, const SessionFilter& filter,
                         core::Instant now, const ById& after);
Portal open_session_list(const Identity& identity, const core::CallerFacts& caller, const SessionFilter& filter,
                         core::Instant now, const Sorted& order);

// Reads such rows of sessions anew, as they are now, in the order of their ids; those that are gone are left out.
uint64 read_listed(const Identity& identity, std::span<const pg_uuid_t> ids);

// The same cursor over the sessions of a lifecycle between two ids.
Portal open_id_range(const Identity& identity, std::string_view lifecycle, const pg_uuid_t& first,
                     const pg_uuid_t& last);

} // namespace curfew
