// Who is trying what, for the refusal that may follow. A load notes the caller; what was noted is forgotten when the
// store that was open then is closed, or with the transaction.
#pragma once

#include "core/decide.hpp"
#include "identity.hpp"
#include "store_session.hpp"

#include <string_view>

namespace curfew {

// Notes the caller. The store is open.
//   on_behalf_of  null: nobody
//   action        a word of the code's own, never of the caller's; empty: none
void note_caller(const Identity& identity, const Value& on_behalf_of, std::string_view action);

// Notes which session it is about, and which action in which state. `action` is what the caller asked for: it counts
// only when the lifecycle has it or when it is `kReading`, so that nobody makes refusals differ by his own words.
//   relation  what allowed the action before it was refused; empty: nothing did
void note_session(const core::Lifecycle& lifecycle, const SessionRow& row, std::string_view action,
                  std::string_view relation, core::Instant now);

// Notes a session that was only named by a token of its own.
void NoteSession(const pg_uuid_t& session);

inline constexpr std::string_view kReading = "read";

// Whether a refusal is worth an audit event: 403, 409, 412, and 401 of somebody who is known.
bool IsKept(core::Refusal refusal);

// Keeps the refusal that is about to be raised, whatever becomes of its transaction: in shared memory, for the
// database's worker, or as a line in the server's log. Nothing when it is not one of those that are kept, or when nobody is known.
void keep_refusal(core::Refusal refusal);

} // namespace curfew
