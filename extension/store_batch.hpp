// Writing many decided changes in one statement, an audit row each.
#pragma once

#include "store_write.hpp"

namespace curfew {

inline constexpr int kBatchRoom = 1000;

// Changes of one tenant's sessions, of different ones, that wait to be written. It holds copies, in memory of its own.
struct Batch {
    pg_uuid_t tenant;
    int count = 0;
    MemoryContext memory;
    Datum* values[kChangeValues];
    bool* nulls[kChangeValues];
    bool* written; // by write_batch(), per change in the order in which they were added
};

// An empty batch for up to kBatchRoom changes, in memory below the current one. end_batch() frees it, and so does an
// error.
Batch begin_batch(const pg_uuid_t& tenant);
void end_batch(Batch* batch);

// Adds a change; nothing of it needs to live on.
void add_change(Batch* batch, const Change& change);

// Empties it.
void clear_batch(Batch* batch);

// What becomes of a row that somebody else has locked.
enum class Locked { wait, skip };

// Locks the sessions in the order of their ids, changes those whose row is still the one that was read, and inserts an
// audit row for each of them; the number of them. Those that `written` leaves out were locked by somebody (with `skip`),
// have changed since they were read, or are gone. From REPEATABLE READ up a row that has changed is PostgreSQL's 40001.
int write_batch(Batch* batch, Locked locked);

// The ids of the changes that were not written, in the current memory.
std::span<const pg_uuid_t> unwritten(const Batch& batch);

} // namespace curfew
