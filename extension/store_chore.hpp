// What is kept for a time only.
#pragma once

#include "store.hpp"

namespace curfew {

// Erases what has been kept long enough, up to `most` of each kind. What somebody has locked is left for the next time.
void do_chores(TimestampTz now, int most);

} // namespace curfew
