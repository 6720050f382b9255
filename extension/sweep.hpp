// The sweeper: what time has made of sessions is written down. Reads have said the same since the deadline.
#pragma once

#include "store_sweep.hpp"

namespace curfew {

// Writes down up to `most` expiries, and gives how many. The store is open; it is READ COMMITTED. Nobody is waited for:
// what is locked is left for the next call.
//   quiet  where nothing was due, how far this has come is kept once in a while only
int64 sweep(int64 most, bool quiet);

} // namespace curfew
