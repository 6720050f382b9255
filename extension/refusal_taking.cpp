// The worker's side of the ring: taking what is due, acknowledging it or putting it back.
#include "refusal_slots.hpp"

extern "C" {
#include "storage/proc.h"
}

namespace curfew {
namespace {

// What this process has taken.
Slot* taken[kRefusalBatch];
int taken_count = 0;

DatabaseSlots* Mine() { return FindDatabase(MyDatabaseId); }

// Makes ready what is due, and lets go of windows that are over.
void Advance(DatabaseSlots* database, bool all) {
    TimestampTz now = GetCurrentTimestamp();
    Slot* next;
    for (Slot* slot = database->List(Place::counting).first; slot != nullptr; slot = next) {
        next = slot->next;
        if (all || slot->window_end <= now)
            Move(database, slot, Place::ready);
    }
    SlotList& idle = database->List(Place::idle);
    while (idle.first != nullptr && idle.first->window_end <= now)
        Free(database, idle.first);
}

void PutBack(DatabaseSlots* database) {
    for (int i = 0; i < taken_count; ++i) {
        Slot* slot = taken[i];
        slot->facts.at = slot->count == 0 ? slot->taken_at : Min(slot->taken_at, slot->facts.at);
        slot->count += slot->taken_count;
        slot->taken_count = 0;
        Move(database, slot, Place::ready);
    }
    taken_count = 0;
}

} // namespace

bool ClaimDatabase() {
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = EnterDatabase(MyDatabaseId);
    bool mine = database != nullptr && database->worker == 0;
    if (mine) {
        database->worker = MyProcPid;
        database->latch = &MyProc->procLatch;
        database->asleep = false;
        database->orderly = false;
    }
    LWLockRelease(ring->lock);
    return mine;
}

void ReleaseDatabase(bool orderly) {
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = Mine();
    PutBack(database);
    database->worker = 0;
    database->latch = nullptr;
    database->orderly = orderly;
    LWLockRelease(ring->lock);
}

bool IsRefusalDue(bool all) {
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = Mine();
    Advance(database, all);
    bool due = database->List(Place::ready).count > 0;
    LWLockRelease(ring->lock);
    return due;
}

int TakeRefusals(KeptRefusal* result, bool all) {
    Assert(taken_count == 0);
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = Mine();
    Advance(database, all);
    while (taken_count < kRefusalBatch) {
        Slot* slot = database->List(Place::ready).first;
        if (slot == nullptr)
            break;
        result[taken_count] = {slot->key, slot->facts, slot->count, slot->last};
        taken[taken_count++] = slot;
        slot->taken_count = slot->count;
        slot->taken_at = slot->facts.at;
        slot->count = 0;
        Move(database, slot, Place::taken);
    }
    LWLockRelease(ring->lock);
    return taken_count;
}

void AcknowledgeRefusals() {
    TimestampTz window_end = GetCurrentTimestamp() + RefusalWindow();
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = Mine();
    for (int i = 0; i < taken_count; ++i) {
        Slot* slot = taken[i];
        database->written += 1;
        database->counted += slot->taken_count;
        database->waiting -= slot->taken_count;
        slot->taken_count = 0;
        slot->window_end = window_end;
        Move(database, slot, slot->count > 0 ? Place::counting : Place::idle);
    }
    taken_count = 0;
    LWLockRelease(ring->lock);
}

bool FallAsleep() {
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = Mine();
    Advance(database, false);
    database->asleep = database->List(Place::ready).count == 0;
    bool asleep = database->asleep;
    LWLockRelease(ring->lock);
    return asleep;
}

bool IsRingFilling() {
    LWLockAcquire(ring->lock, LW_SHARED);
    bool filling = Mine()->List(Place::ready).count >= Many();
    LWLockRelease(ring->lock);
    return filling;
}

void LoseRefusals(TimestampTz time) {
    LWLockAcquire(ring->lock, LW_EXCLUSIVE);
    DatabaseSlots* database = Mine();
    Slot* next;
    for (Slot* slot = database->List(Place::ready).first; slot != nullptr; slot = next) {
        next = slot->next;
        if (slot->facts.at >= time)
            continue;
        database->lost += slot->count;
        database->waiting -= slot->count;
        Free(database, slot);
    }
    LWLockRelease(ring->lock);
}

} // namespace curfew
