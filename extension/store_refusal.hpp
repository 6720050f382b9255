// Refusals into the audit log.
#pragma once

#include "refusal_ring.hpp"
#include "store.hpp"

namespace curfew {

// Whether the database has the extension, and then whatever is due written down: what one transaction of the worker
// does. The number of rows; -1 without the extension.
//   all  everything that is unwritten
int write_due_refusals(bool all);

// One audit row. The store is open.
void write_refusal(const KeptRefusal& refusal);

} // namespace curfew
