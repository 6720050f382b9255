// The engine: load, decide, apply. Every action goes through act(), whoever calls it.
#pragma once

#include "store_session.hpp"

namespace curfew {

// A session together with the lifecycle that its facts are read by.
struct Viewed {
    SessionRow row;
    const core::Lifecycle* lifecycle;
    core::Instant now;
    bool replayed;
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
    Within within;
    std::string_view for_workspace; // a slug or an id, for a credential that is bound to none; empty: not said
    Value fields = {0, true};       // jsonb: members that the session's fields do not have yet
};

// How often a change is decided anew where others were faster, and what is raised then: 40001.
inline constexpr int kAttempts = 10;
[[noreturn]] void raise_changed_meanwhile();

// Takes the action. Errors: SL401, SL403, SL404, SL409, SL412, SL422; 40001 from REPEATABLE READ up.
Viewed act(const ActionRequest& request);

// The session, if the caller may read it. Errors: SL401, SL403, SL404.
Viewed view(const pg_uuid_t& session, const Within& within);

// Whether a caller may read a session that was loaded by some other query.
core::Refusal readable(const core::Lifecycle& lifecycle, const SessionRow& row, const core::CallerFacts& caller,
                       const core::Grants& grants, core::Instant now);

} // namespace curfew
