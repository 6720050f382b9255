// Ending many sessions in one statement, an audit row each.
#pragma once

#include "store_audit.hpp"

namespace curfew {

// What becomes of a session in each state of each lifecycle, as a jsonb object:
// {"agent": {"active": {"to": "terminated", "metered": false, "event": "…", "action": "terminate"}}, …}.
// A state that no forced action leaves is not in it.
Datum forced_endings();

// Ends every live session that runs as the principal or is owned by it, and with `cascade` those that descend from
// them; the number ended. The caller has marked maintenance. Rows are locked in the order of their ids.
int64 end_sessions_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, bool cascade, Datum endings,
                      const AuditNote& note, core::Instant now);

} // namespace curfew
