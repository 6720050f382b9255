// Locks on tables that are waited for a while and no longer, where not getting them is no error.
#pragma once

#include "pg.hpp"

extern "C" {
#include "storage/lockdefs.h"
}

namespace curfew {

struct WantedLock {
    Oid relation;
    LOCKMODE mode;
};

// Takes the locks in that order, waiting `milliseconds` for all of them together. False: not all were to be had, and
// none is held that was not held before.
bool attempt_locks(const WantedLock* wanted, int count, int milliseconds);

} // namespace curfew
