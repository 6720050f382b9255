// What the audit log tells of one session, in the order in which it happened.
#pragma once

#include "store_session.hpp"

namespace curfew {

// The kinds of rows: the creation, a change through the engine, what the clock did, and what was done behind the
// engine's back.
enum HistoryKind : std::int32_t { kHistoryCreation, kHistoryChange, kHistoryClock, kHistoryOutside, kHistoryDeletion };

// The columns of a row.
enum HistoryColumn {
    kHistoryAt,
    kHistoryKindOf,
    kHistoryState,         // after it
    kHistoryVersionBefore, // 0 before the creation
    kHistoryVersion,       // after it
    kHistoryDetails,
    kHistoryDeadline,      // the deadline that ran before it, and what it led to; null where it says none
    kHistoryDeadlineState,
    kHistoryLifecycle,     // the last four of the session as it is now, in every row: null where it is gone
    kHistoryRowVersion,
    kHistoryRowDeadline,
    kHistoryRowDeadlineState
};

// All of it in one statement, so that what the sweeper writes meanwhile is there or is not. At least one row: where
// nothing was written down, one without a time.
uint64 read_history(const pg_uuid_t& tenant, const pg_uuid_t& session);

} // namespace curfew
