// Tells when what was read of the directory (tenants, principals, keys, issuers, mappings of roles, lifecycles, the key
// that signs) may have changed, so that a backend can keep it. Each change is told by PostgreSQL's own invalidation
// messages: they are sent at the commit, before whoever changed something is told that it is done, and every backend looks
// for them before it relies on what it keeps. A standby gets them with the commit.
#pragma once

#include "pg.hpp"

namespace curfew {

// What was read and kept under another number than this may be wrong. Looks for messages first.
uint64 directory_generation();

// The same without looking: the number since the last look.
uint64 DirectoryGeneration();

// Whether what is read now may be kept: every change of it would be told. Not where one of the triggers that tell is
// disabled, nor on tables that another extension distributes (curfew.distributed), nor in a transaction that has inserted
// into the directory, whose rows are gone again when it is rolled back. The store is open.
bool may_keep_directory();

// Tells every backend, at the commit, that the directory has changed.
void tell_directory_change();

// Notes that this transaction inserts into the directory. To others that is no change: that something is not there is
// never kept.
void NoteDirectoryInsert();

// Registers the callbacks; once, from _PG_init.
void register_directory_callbacks();

} // namespace curfew
