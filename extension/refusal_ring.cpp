#include "refusal_slots.hpp"

extern "C" {
#include "storage/ipc.h"
#include "storage/shmem.h"
}

namespace curfew {

Ring* ring = nullptr;

namespace {

HTAB* slots = nullptr;
shmem_startup_hook_type others_startup = nullptr;

constexpr char kTranche[] = "curfew";

void request() {
    RequestAddinShmemSpace(
        add_size(MAXALIGN(sizeof(Ring)), hash_estimate_size(RefusalSlots(), sizeof(Slot))));
    RequestNamedLWLockTranche(kTranche, 1);
}

void make_ring() {
    if (others_startup != nullptr)
        others_startup();
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    bool found;
    ring = static_cast<Ring*>(ShmemInitStruct("curfew refusals", sizeof(Ring), &found));
    if (!found) {
        memset(ring, 0, sizeof(Ring));
        ring->lock = &GetNamedLWLockTranche(kTranche)->lock;
        ring->capacity = RefusalSlots();
    }
    HASHCTL control;
    memset(&control, 0, sizeof control);
    control.keysize = sizeof(RefusalKey);
    control.entrysize = sizeof(Slot);
    slots = ShmemInitHash("curfew refusal slots", RefusalSlots(), RefusalSlots(), &control, HASH_ELEM | HASH_BLOBS);
    LWLockRelease(AddinShmemInitLock);
}

void Unlink(DatabaseSlots* database, Slot* slot) {
    if (slot->place == Place::taken)
        return;
    SlotList& list = database->List(slot->place);
    (slot->previous != nullptr ? slot->previous->next : list.first) = slot->next;
    (slot->next != nullptr ? slot->next->previous : list.last) = slot->previous;
    --list.count;
}

void PushLast(DatabaseSlots* database, Slot* slot, Place place) {
    slot->place = place;
    if (place == Place::taken)
        return;
    SlotList& list = database->List(place);
    slot->next = nullptr;
    slot->previous = list.last;
    (list.last != nullptr ? list.last->next : list.first) = slot;
    list.last = slot;
    ++list.count;
}

void FreeAll(DatabaseSlots* database) {
    for (SlotList& list : database->lists)
        while (list.first != nullptr)
            Free(database, list.first);
}

// Frees a slot that only remembers its window; false when there is none.
bool MakeRoom() {
    for (DatabaseSlots& database : ring->databases) {
        Slot* idle = database.List(Place::idle).first;
        if (idle == nullptr)
            continue;
        Free(&database, idle);
        return true;
    }
    return false;
}

// A slot for a refusal that has none; null where all are in use.
Slot* NewSlot(DatabaseSlots* database, const RefusalKey& key) {
    if (hash_get_num_entries(slots) >= ring->capacity && !MakeRoom())
        return nullptr;
    bool found;
    Slot* slot = static_cast<Slot*>(hash_search(slots, &key, HASH_ENTER_NULL, &found));
    if (slot == nullptr)
        return nullptr;
    slot->count = slot->taken_count = 0;
    slot->window_end = 0;
    PushLast(database, slot, Place::ready);
    return slot;
}

// Whether the worker of the database is to be woken, now that one more is ready.
bool MustWake(DatabaseSlots* database) {
    if (database->latch == nullptr || !(database->asleep || database->List(Place::ready).count == Many()))
        return false;
    database->asleep = false;
    return true;
}

} // namespace

DatabaseSlots* FindDatabase(Oid oid) {
    for (DatabaseSlots& database : ring->databases)
        if (database.oid == oid)
            return &database;
    return nullptr;
}

DatabaseSlots* EnterDatabase(Oid oid) {
    if (DatabaseSlots* known = FindDatabase(oid))
        return known;
    DatabaseSlots* entry = FindDatabase(InvalidOid);
    for (int i = 0; entry == nullptr && i < kMostDatabases; ++i)
        if (ring->databases[i].worker == 0 && ring->databases[i].waiting == 0)
            entry = &ring->databases[i]; // one that is not listed any more
    if (entry == nullptr)
        return nullptr;
    if (entry->oid != InvalidOid)
        FreeAll(entry);
    *entry = {};
    entry->oid = oid;
    entry->orderly = true;
    return entry;
}

void Move(DatabaseSlots* database, Slot* slot, Place place) {
    Unlink(database, slot);
    PushLast(database, slot, place);
}

void Free(DatabaseSlots* database, Slot* slot) {
    Unlink(database, slot);
    hash_search(slots, &slot->key, HASH_REMOVE, nullptr);
}

void request_refusal_ring() {
    when_shared_memory_is_sized(request);
    others_startup = shmem_startup_hook;
    shmem_startup_hook = make_ring;
}

bool HasRefusalRing() { return ring != nullptr; }

bool CountRefusal(const KeptRefusal& refusal) {
    Latch* wake = nullptr;
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = EnterDatabase(refusal.key.database);
    if (database == nullptr) {
        LWLockRelease(ring->lock);
        return false;
    }
    Slot* slot = static_cast<Slot*>(hash_search(slots, &refusal.key, HASH_FIND, nullptr));
    bool became_ready = slot == nullptr;
    if (slot == nullptr)
        slot = NewSlot(database, refusal.key);
    if (slot == nullptr) {
        ++database->lost;
    } else {
        if (slot->count == 0)
            slot->facts = refusal.facts;
        slot->count += 1;
        slot->last = refusal.last;
        database->waiting += 1;
        if (slot->place == Place::idle) {
            became_ready = slot->window_end <= refusal.last;
            Move(database, slot, became_ready ? Place::ready : Place::counting);
        }
        if (became_ready && MustWake(database))
            wake = database->latch;
    }
    LWLockRelease(ring->lock);
    if (wake != nullptr)
        SetLatch(wake);
    return true;
}

int ReadRefusalStatus(RefusalStatus* status, int most) {
    int count = 0;
    LWLockAcquire(ring->lock, LW_SHARED);
    for (const DatabaseSlots& database : ring->databases)
        if (database.oid != InvalidOid && count < most)
            status[count++] = {database.oid,     database.worker,  database.orderly, database.waiting,
                               database.written, database.counted, database.lost};
    LWLockRelease(ring->lock);
    return count;
}

void ForgetDatabase(Oid oid) {
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = FindDatabase(oid);
    if (database != nullptr && database->worker == 0) {
        FreeAll(database);
        database->oid = InvalidOid;
    }
    LWLockRelease(ring->lock);
}

} // namespace curfew
