// Uses of sessions, written down when the transaction commits. Not before: the row stays locked until the transaction
// ends, and nobody's long transaction may keep an ending waiting.
#pragma once

#include "core/decide.hpp"
#include "pg.hpp"

namespace curfew {

// As many sessions' uses as one transaction remembers; those of others are not written down.
inline constexpr int kMostUses = 64;

// Remembers that the session was used at that time, for the commit. The store is open. Gone with the subtransaction, and
// without effect where nothing can be written: in a read-only transaction, from REPEATABLE READ up, by PREPARE.
void note_use(const pg_uuid_t& tenant, const pg_uuid_t& session, core::Instant at);

// Registers the transaction callbacks; once, from _PG_init.
void register_use_callbacks();

} // namespace curfew
