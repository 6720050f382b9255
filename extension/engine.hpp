// The engine: load, decide, apply. Every action goes through act(), whoever calls it.
#pragma once

#include "store_session.hpp"
#include "store_write.hpp"

namespace curfew {

// A session together with the lifecycle that its facts are read by.
struct Viewed {
    SessionRow row;
    const core::Lifecycle* lifecycle = nullptr;
    core::Instant now = 0;
    bool replayed = false;
    core::RelationMask relations = 0; // what the caller is to it, where he only looked
};

// What narrows an id: a session of another lifecycle or workspace is not found.
struct Within {
    std::string_view lifecycle; // empty: any
    std::string_view workspace; // a slug or an id; empty: any
};

// The caller of this statement: who authenticated in this transaction, or the database role's mapping. The store is
// open; the role is the one that called. Only a load tells whether it is true: a mapping may have changed since.
// SL401 no_identity.
Identity caller_identity();

// One load, with the caller's refusals raised: SL401, SL403. Puts the identity right where a mapping has changed.
//   action  what is tried, for the audit event of a refusal; without a session a word of the code's own
Loaded load_as_caller(Identity* identity, const Wanted& wanted, core::Instant now, std::string_view action = {});

// The caller, verified by a load of its own; for functions that need no session.
Identity verified_caller(Loaded* loaded = nullptr, std::string_view action = {});

// What an action that edits changes of what people read. What is null stays as it is; fields are merged into those that
// there are, labels and metadata replace them; a message is kept beside the others.
struct Edit {
    Value title = {0, true};  // text
    Value labels = {0, true}; // jsonb
    Value metadata = {0, true};
    Value fields = {0, true};
    Value message = {0, true}; // text
    Value message_kind = {0, true};
};

struct ActionRequest {
    pg_uuid_t session;
    std::string_view action;
    Value reason = {0, true}; // text
    int64 expected_version = -1;
    bool require_reason = false;
    const Edit* edit = nullptr; // for an action that edits
    core::Refusal* refused = nullptr; // where a refusal of this very session is put, instead of being raised
    Within within;
    bool extends = false;       // extend_session(): the action has to be one that extends
    Value by = {0, true};       // interval: by how much longer
    Value until = {0, true};    // timestamptz: until when; neither: as long as it may
    std::string_view for_workspace; // a slug or an id, for a credential that is bound to none; empty: not said
    Value fields = {0, true};       // jsonb: members that the session's fields do not have yet
};

// How often a change is decided anew where others were faster, and what is raised then: 40001.
inline constexpr int kDecideAttempts = 10;
[[noreturn]] void raise_changed_meanwhile();

// Characters of a reason; -1: none is given.
int reason_length(const Value& reason);

// The change that a decision to apply an action asks for, with its audit row. The operator's workspace is the bound one
// of a caller who takes that place. What it refers to is to live until it is written.
Change change_of(const Identity& identity, const Loaded& loaded, const SessionRow& row, TransactionId written_by,
                 const core::Lifecycle& lifecycle, int action, const core::Decision& decision, const Value& reason,
                 core::Instant now);

// What a request asks for, of a lifecycle; without how long to extend and what to edit.
core::Attempt attempt_of(const ActionRequest& request, const core::Lifecycle& lifecycle);

// Raises what the caller's standing is by the latest snapshot, unless he may act.
void check_standing(const Identity& identity, core::Instant now);

// The same where something was waited for since then, for the caller may have been suspended meanwhile.
//   changed_own  the session by whose token he calls is among those that he has changed
void check_after_wait(const Identity& identity, bool changed_own, core::Instant since);
bool IsOwnSession(const Identity& identity, const pg_uuid_t& session);

// Whether the fields, a JSON object or null, have what is shown to the operator alone; nobody else may write it.
bool HasOperatorsFields(const Value& fields);
inline constexpr const char* kOperatorsFields = "What stands under \"operator\" is the operator's to write.";

// Takes the action. Errors: SL401, SL403, SL404, SL409, SL412, SL422; 40001 from REPEATABLE READ up.
Viewed act(const ActionRequest& request);

// Raises what forbids the caller to take the action: SL401, SL403, SL404 and no other. A session that is gone forbids
// nothing. For who repeats what he did.
void check_permitted(const ActionRequest& request);

// A use of the session by its owner, its agent, its operator or a service, written down at the commit. Errors: SL401,
// SL403, SL404, SL409.
void touch(const pg_uuid_t& session);

// The session, if the caller may read it. Errors: SL401, SL403, SL404.
Viewed view(const pg_uuid_t& session, const Within& within);

// Whether a caller may read a session that was loaded by some other query.
core::Refusal readable(const core::Lifecycle& lifecycle, const SessionRow& row, const core::CallerFacts& caller,
                       const core::Grants& grants, core::Instant now);

} // namespace curfew
