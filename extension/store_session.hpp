// Queries about one session and about the caller who asks for it.
#pragma once

#include "core/decide.hpp"
#include "identity.hpp"
#include "store.hpp"
#include "store_lifecycle.hpp"

namespace curfew {

// The columns of curfew.session in the order in which every query here reads them.
enum SessionColumn {
    kSessionId,
    kSessionLifecycle,
    kSessionOwner,
    kSessionAgent,
    kSessionWorkspace,
    kSessionOperatorWorkspace,
    kSessionParent,
    kSessionState,
    kSessionDeadlineState,
    kSessionVersion,
    kSessionCreatedAt,
    kSessionUpdatedAt,
    kSessionEnteredAt,
    kSessionStartedAt,
    kSessionEndedAt,
    kSessionDeadline,
    kSessionMetered,
    kSessionScopes,
    kSessionTimers,
    kSessionMarks,
    kSessionUsedAt,
    kSessionColumns
};
#define CURFEW_SESSION_COLUMNS(s)                                                                                  \
    s ".id, " s ".lifecycle, " s ".owner_id, " s ".agent_id, " s ".workspace_id, " s ".operator_workspace_id, " s  \
      ".parent_id, " s ".state, " s ".deadline_state, " s ".version, " s ".created_at, " s ".updated_at, " s       \
      ".entered_at, " s ".started_at, " s ".ended_at, " s ".deadline, " s ".metered_us, " s ".scopes, " s          \
      ".timers, " s ".marks, " s ".used_at"

// A session's row as datums; they live as long as the result they came from.
struct SessionRow {
    Value column[kSessionColumns];
};

// Reads the session columns of a result's row, from column `first` on.
SessionRow session_row(uint64 row, int first);

// The session as the snapshot has it; false when there is none.
//   written_by  null, or where it is put who wrote the row
bool read_session(const pg_uuid_t& tenant, const pg_uuid_t& id, Snapshots snapshots, SessionRow* row,
                  TransactionId* written_by = nullptr);

// The facts that decide() needs, by the lifecycle's indexes. An unknown state is an internal error.
core::SessionFacts session_facts(const SessionRow& row, const core::Lifecycle& lifecycle);
core::PartyFacts PartyFactsOf(const SessionRow& row);

// Why a principal of that status may not act; none for an active one.
core::Refusal StatusRefusal(std::string_view status);

core::Uuid ToCore(const pg_uuid_t& id);
core::MaybeUuid ToCore(const Value& id);
core::Instant InstantOf(const Value& timestamp); // kUnset for null, kNever for infinity
Datum TimestampDatum(core::Instant instant);     // infinity for kNever

// What was read of the caller, and of a session if one was asked for.
struct Loaded {
    bool caller_found = false;
    core::Refusal refusal = core::Refusal::none; // why the caller may not act at all any more
    core::CallerFacts caller;
    core::Grants grants;
    Value acting_for = {0, true}; // with a session token: the session's owner, where that is somebody else
    bool use_is_due = false;        // with a session token: a use of that session now is to be written down
    bool key_used_lately = false;   // with an API key: its last use was noted within the minute
    bool session_found = false;
    SessionRow session;
    TransactionId written_by = InvalidTransactionId; // who wrote the session's row as it is
    Value workspace_slug = {0, true};
};

// What a load is asked for beside the caller.
struct Wanted {
    const pg_uuid_t* session = nullptr;   // a session of the caller's tenant
    const pg_uuid_t* workspace = nullptr; // without a session: the caller's role in this workspace
    bool workspace_slug = false;          // the slug of the session's workspace
};

// The caller's present standing, by the latest snapshot always, and what is wanted. `now` is what expiries are compared
// with.
Loaded load(const Identity& identity, const Wanted& wanted, core::Instant now, Snapshots snapshots = Snapshots::own);

} // namespace curfew
