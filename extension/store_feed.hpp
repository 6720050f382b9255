// Queries of the feed of events.
#pragma once

#include "store_read.hpp"

namespace curfew {

// Where numbers were given: transaction ids and positions mean something only there.
struct Place {
    int64 system;
    int64 timeline;
    Oid database;
};

// The sequencer's row, locked until the transaction ends.
struct Sequencer {
    bool taken = false; // false: somebody else has it
    int64 last_number = 0;
    Datum numbered_below = 0; // xid8
    bool elsewhere = false;   // its transactions were at another place: the data came by a restore
};

// Makes the row where there is none, and takes it unless somebody else has it.
Sequencer take_sequencer(const Place& here);

// Numbers up to `max_rows` visible events that have no number, of any tenant, and remembers how far that came; how many.
int64 number_events(const Sequencer& sequencer, const Place& here, int max_rows);

// Deletes up to `most` numbers of events from `begin` on and before `end` that are not in the log any more; how many.
int64 delete_numbers_between(core::Instant begin, core::Instant end, int most);

// How far a position counts that was given in `generation` (how many restores there had been): what was numbered after
// the dump of the next restore was taken is not the same any more. Also the present generation.
struct Generation {
    int64 number;
    int present;
};
Generation position_in_feed(int generation, int64 number);

// Events of a tenant after a number: the number, then the columns of curfew.audit_entry.
uint64 read_feed(const pg_uuid_t& tenant, int64 after, int max_rows);

} // namespace curfew
