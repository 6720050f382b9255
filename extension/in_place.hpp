// Acting by one statement, where that is all there is to it.
#pragma once

#include "engine.hpp"

namespace curfew {

// Takes the action as act() does; false, and nothing was done, where it is not to be taken, or where it needs more than the
// session's row and what is known of the caller.
bool act_in_place(const Identity& identity, const ActionRequest& request, Viewed* viewed);

} // namespace curfew
