// What is kept how long, what is due to leave, and letting it leave.
#pragma once

#include "store_month.hpp"

namespace curfew {

// Writes down how long the sessions of a lifecycle (empty: the audit log) are kept; null: for good.
void write_retention(std::string_view lifecycle, const Value& keep);

// Whether a retention can be: from 1 day to 1000 years.
bool is_retention(Datum keep);

// The rows of curfew.retention_plan(), as the result: one per lifecycle whose sessions do not stay, then one per month that is
// due, then one of the default partition where it has rows that old.
uint64 read_plan(core::Instant now);
inline constexpr int kPlanColumns = 11;

// Sessions of one tenant and lifecycle that are looked at in the order of their creation.
struct Leaving {
    pg_uuid_t tenant;
    NameData lifecycle;
    core::Instant after; // the last one that was looked at
    pg_uuid_t after_id;
};

// Every tenant with every lifecycle whose sessions leave; palloc'd.
std::span<Leaving> leaving_sessions();

// What one batch did.
struct Departure {
    int64 removed = 0;
    core::Instant ended_before = 0;
    bool more = false;
};

// Removes the next `size` sessions at most that ended long enough before `now`, with all that hangs on them. One that
// somebody has locked stays, and so does one from which a session that has not ended descends: killing a principal has to find
// those through it. A session whose end nobody has written down has not ended here.
Departure remove_sessions(Leaving* leaving, int size, core::Instant now);

// The instant before which a month has to have ended to leave; kUnset where the log is kept for good.
core::Instant audit_kept_from(core::Instant now);

// How many sessions that exist hold a locked month back: they have rows in it, or an end that is still to be written there.
int64 sessions_holding(const Partition& month);

// Per tenant how many rows a month has, as the result: tenant uuid, number bigint.
uint64 count_month(const Partition& month);

} // namespace curfew
