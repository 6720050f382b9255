// The audit log's months: which there are, making one, removing one.
#pragma once

#include "store.hpp"

#include "core/decide.hpp"

namespace curfew {

// A month, in UTC: [begin, end), the same as texts, and what its partition is called.
struct Month {
    core::Instant begin, end;
    char from[32], to[32];
    char table[32]; // audit_event_2024_02
};

// The month of that year (`month` from 1 to 12; beyond, of a later year), and the one that many after an instant's.
Month MonthOf(int year, int month);
Month MonthAt(core::Instant instant, int later);

// Whether there is a table of the month's name.
bool is_made(const Month& month);

// Makes the month's partition with the rows of it that are in the default partition: requests wait as long as that takes.
void make_month_with_its_rows(const Month& month);

enum class Made : std::uint8_t { made, there_already, has_rows, is_locked };

// Makes the month's partition, where a request waits no longer for it than curfew.maintenance_lock_timeout.
//   has_rows   the default partition has rows of that month, and is too large to move them meanwhile
//   is_locked  somebody uses the log
Made make_month(const Month& month, core::Instant now);

// A partition that is exactly a month, whatever it is called.
struct Partition {
    Oid table;
    core::Instant begin, end;
};

// Those that ended by `end`, the oldest first; palloc'd.
std::span<const Partition> months_before(core::Instant end);

// Locks a month against all writing, its rows being read on; whether it was to be had, and the partition is still there.
bool lock_month(const Partition& partition);

// Drops a locked month, unless the log is in use.
bool drop_month(const Partition& partition);

} // namespace curfew
