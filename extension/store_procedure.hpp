// The steps of a procedure that commits as it goes: each a transaction, under settings of its own.
#pragma once

#include "store.hpp"

namespace curfew {

// open_store() for a procedure. Raises 2D000 where it cannot commit: in a transaction block or in a function.
Store open_procedure(FunctionCallInfo fcinfo);

// In each transaction of the procedure, before its first statement: the path, READ COMMITTED, the most that a lock is
// waited for, and that nobody waits for a disk or a standby while rows are locked. What is lost in a crash is done again by
// the next call.
void begin_step();

// Commits; the next transaction has begun.
void end_step();

// The same with a rollback.
void undo_step();

} // namespace curfew
