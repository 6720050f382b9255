// Queries about lifecycles.
#pragma once

#include "store.hpp"

namespace curfew {

// A lifecycle's revision and the transaction that wrote it: a revision that was rolled back is not mistaken for the
// one of the same number that came after it.
struct LifecycleVersion {
    int32 revision = 0;
    TransactionId written_by = InvalidTransactionId;

    bool operator==(const LifecycleVersion&) const = default;
};

struct StoredLifecycle {
    bool found = false;
    LifecycleVersion version;
    bool builtin = false;
    Datum definition = 0; // jsonb
};

// The present definition, by the latest snapshot.
StoredLifecycle read_lifecycle(std::string_view name);

// One definer at a time, until this transaction ends; readers and writers of sessions do not wait.
void lock_lifecycles();

// Inserts or replaces.
void write_lifecycle(std::string_view name, int32 revision, Datum definition, bool builtin);

// All lifecycles in name order; the result's columns are name, revision, xmin.
uint64 read_lifecycles();

} // namespace curfew
