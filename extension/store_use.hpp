// Writing down a session's last use.
#pragma once

#include "store_session.hpp"

namespace curfew {

struct SessionUse {
    pg_uuid_t tenant, session;
    core::Instant at;
};

// Takes the locks on tables that write_use() needs; false where one is not to be had at once, or the tables are gone.
bool lock_for_uses();

// Writes the use into the session's row, and the deadline that follows from it: where nobody else has that row locked, the
// session is not over, and the use is still due. No version, no audit row.
void write_use(const SessionUse& use);

} // namespace curfew
