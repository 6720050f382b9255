// Ending a session over everybody's head: its principal is revoked, or its refresh token was stolen.
#pragma once

#include "store_write.hpp"

namespace curfew {

// Decides the change that ends the session, by its lifecycle's forced action. False when there is none from what the
// session is at `now`: it has ended.
//   note  what the audit row tells beside event, action and states
bool forced_ending(const SessionRow& row, TransactionId written_by, const core::Lifecycle& lifecycle,
                   core::Instant now, const AuditNote& note, Change* change);

// Ends every session that runs as the principal or is owned by it, and with `cascade` those that descend from them,
// by their forced actions; the number ended. Locked ones are waited for. The memory it takes does not grow with them.
int64 end_sessions_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, bool cascade, const AuditNote& note,
                      core::Instant now);

} // namespace curfew
