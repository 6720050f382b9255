// How the slots of the refusals lie in shared memory, and how one goes from place to place. For refusal_ring.cpp and
// refusal_taking.cpp only; whoever calls these has the ring's lock.
#pragma once

#include "refusal_ring.hpp"
#include "server_settings.hpp"

extern "C" {
#include "storage/latch.h"
#include "storage/lwlock.h"
}

namespace curfew {

enum class Place : int32 {
    ready,    // to be written now
    counting, // written before; its repeats wait for the end of the window
    idle,     // written, and not repeated since: only remembers its window, and gives way when room is needed
    taken     // a worker has it
};

struct Slot {
    RefusalKey key; // first: the hash table's
    Place place;
    Slot* next; // in the list of its place
    Slot* previous;
    RefusalFacts facts;
    int64 count; // not written and not taken
    TimestampTz last;
    int64 taken_count;
    TimestampTz taken_at;
    TimestampTz window_end;
};

struct SlotList {
    Slot* first;
    Slot* last;
    int32 count;
};

struct DatabaseSlots {
    Oid oid; // InvalidOid: free
    pid_t worker;
    Latch* latch;
    bool asleep;
    bool orderly;
    int64 waiting;
    int64 written;
    int64 counted;
    int64 lost;
    SlotList lists[3]; // ready, counting, idle; the last in the order of its windows' ends

    SlotList& List(Place place) { return lists[static_cast<int>(place)]; }
};

struct Ring {
    LWLock* lock;
    int32 capacity;
    DatabaseSlots databases[kMostDatabases];
};

extern Ring* ring; // null: not preloaded

// The entry of a database; null where there is none.
DatabaseSlots* FindDatabase(Oid oid);

// The same, made where there is none; null where there is no room for it.
DatabaseSlots* EnterDatabase(Oid oid);

// Puts the slot at the end of another place's list.
void Move(DatabaseSlots* database, Slot* slot, Place place);

// The slot is nobody's any more.
void Free(DatabaseSlots* database, Slot* slot);

// So many that are ready are a reason to hurry.
inline int32 Many() { return ring->capacity / 4; }

} // namespace curfew
