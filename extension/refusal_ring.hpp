// Refusals on their way into the audit logs: a fixed number of slots in shared memory. The same refusal takes one
// slot and is counted there; a worker per database takes what is due, writes it down and acknowledges it. Nobody ever
// waits for room: what finds none is counted as lost.
//
// One lightweight lock guards all of it. A refusal has cost its caller a transaction by the time it comes here, and it
// holds the lock for one look into a hash table and a copy of half a kilobyte; without a lock, finding the slot of the
// same refusal, counting in it and taking it out could not be one step.
#pragma once

#include "core/refusals.hpp"
#include "identity.hpp"
#include "pg.hpp"

#include <type_traits>

namespace curfew {

inline constexpr int kNameSize = NAMEDATALEN; // of a lifecycle, an action, a state

// What makes two refusals the same. Compared as bytes.
struct RefusalKey {
    Oid database = InvalidOid;
    int32 reason = 0; // core::Refusal
    pg_uuid_t tenant = {};
    pg_uuid_t actor = {};
    pg_uuid_t session = {}; // zeros: none
    char action[kNameSize] = {};
};
static_assert(std::has_unique_object_representations_v<RefusalKey>);

// What the row tells beside: of the first of those that are counted together.
struct RefusalFacts {
    TimestampTz at = 0;
    pg_uuid_t on_behalf_of = {}; // zeros: nobody
    Oid db_role = InvalidOid;
    char lifecycle[kNameSize] = {};
    char relation[16] = {};
    char from_state[kNameSize] = {};
    char via[kViaSize] = {};
    char request_id[kRequestIdSize] = {};
};

// A refusal, or several of the same.
struct KeptRefusal {
    RefusalKey key;
    RefusalFacts facts;
    int64 count = 1;
    TimestampTz last = 0;
};
static_assert(std::is_trivially_destructible_v<KeptRefusal>);

inline bool IsNil(const pg_uuid_t& id) {
    for (unsigned char byte : id.data)
        if (byte != 0)
            return false;
    return true;
}

// Asks for the shared memory; once, from _PG_init while preloading.
void request_refusal_ring();

// Whether there is shared memory: the library was preloaded.
bool HasRefusalRing();

// Counts the refusal, and wakes the worker where it is the first of its kind. False: there is no room for another
// database.
bool CountRefusal(const KeptRefusal& refusal);

// --- for the worker of a database ---

// Makes this process the worker of its database until it ends; false when there is one.
bool ClaimDatabase();
// The end of it: what was taken and not acknowledged goes back. `orderly`: it may start again soon.
void ReleaseDatabase(bool orderly);

// At most so many are taken at once.
inline constexpr int kRefusalBatch = 128;

// Whether something is due: never written, or its window is over. `all`: whether anything is unwritten at all.
bool IsRefusalDue(bool all);
// Takes up to kRefusalBatch of those that are due; how many.
int TakeRefusals(KeptRefusal* taken, bool all);
// What was taken is in the log. It has been committed.
void AcknowledgeRefusals();

// Says that the worker is about to sleep, so that the next refusal wakes it; false when something is due.
bool FallAsleep();
// Whether so much is waiting that a pause must not be waited out.
bool IsRingFilling();
// Gives up those that wait since before `time`.
void LoseRefusals(TimestampTz time);

// --- for everybody ---

struct RefusalStatus {
    Oid database;
    int worker;     // process id; 0: none
    bool orderly;   // the last worker ended as it should
    int64 waiting;  // refusals that are not in the log yet
    int64 written;  // rows that are in the log, since the server was started
    int64 counted;  // refusals that those rows tell of
    int64 lost;     // refusals that found no room
};

// The databases that had a refusal or a worker; how many.
int ReadRefusalStatus(RefusalStatus* status, int most);

// Forgets a database that is gone, and what waited for it.
void ForgetDatabase(Oid database);

} // namespace curfew
