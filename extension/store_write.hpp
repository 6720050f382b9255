// Statements that change sessions, each together with its audit row.
#pragma once

#include "store_audit.hpp"

namespace curfew {

struct MarkChange {
    core::Effect effect = core::Effect::enter; // enter: marks stay
    std::string_view mark;
};

// Updates the row where its version is still the one in `row`, and nobody, engine or not, has written it since
// `written_by` did; inserts the audit row from what that returned. False: somebody was faster, and nothing was written. From REPEATABLE READ up that is PostgreSQL's 40001 instead.
//   operator_workspace  null: stays as it is
bool write_change(const Identity& identity, SessionRow* row, TransactionId written_by,
                  const core::Lifecycle& lifecycle, const core::SessionFacts& after, const MarkChange& mark, const Value& operator_workspace,
                  const AuditNote& note);

// Adds members to a session's fields; those that are there already stay as they are.
void add_fields(const pg_uuid_t& tenant, const pg_uuid_t& session, Datum fields);

// What a new session begins with.
struct Beginning {
    pg_uuid_t id;
    std::string_view lifecycle;
    Value owner, agent, workspace, parent;
    core::SessionFacts facts;
    Value scopes, timers;                  // text[], jsonb
    Value title, labels, metadata, fields; // text, jsonb …
    Value access_digest, refresh_digest;   // bytea; null: no such token
};

// Inserts session, details, tokens and audit row in one statement; the session's row.
SessionRow write_beginning(const Identity& identity, const core::Lifecycle& lifecycle, const Beginning& beginning,
                           const AuditNote& note);

// An audit row of its own, for what happened to something else than a session.
//   tenant  the tenant it happened in
void write_event(const pg_uuid_t& tenant, const AuditNote& note, core::Instant at);

// The same in every tenant, for what befell all of them.
void write_event_in_every_tenant(const AuditNote& note, core::Instant at);

} // namespace curfew
