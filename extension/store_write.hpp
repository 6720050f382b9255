// Statements that change sessions, each together with its audit row.
#pragma once

#include "store_audit.hpp"

namespace curfew {

struct MarkChange {
    core::Effect effect = core::Effect::enter; // enter: marks stay
    std::string_view mark;
};

// A session's own setting of a timer, in whole seconds; none without a name.
struct SettingChange {
    std::string_view setting;
    int64 seconds = 0;
};

// What a change writes into a session's row `s`; the values that it takes, from 15 on after those of its audit row:
// 15 id, 16 version as it was read, 17 state, 18 deadline state, 19 entered at, 20 started at, 21 ended at, 22 deadline,
// 23 meter, 24 operator's workspace or null, 25 effect, 26 mark, 27 the mark's time, 28 to state, 29 who wrote the row,
// 30 used at, 31 the timer's setting as an object, or null. CURFEW_STATE_FROM is the part of a change that enters a state
// and does nothing else.
inline constexpr int kChangeValues = 31;
#define CURFEW_STATE_FROM(v)                                                                                       \
    "state = " v(17) ", deadline_state = " v(18) ", version = s.version + 1, updated_at = " v(3)                   \
    ", entered_at = " v(19) ", started_at = " v(20) ", ended_at = " v(21) ", deadline = " v(22)                    \
    ", metered_us = " v(23) ", used_at = " v(30)
#define CURFEW_CHANGE_FROM(v)                                                                                      \
    CURFEW_STATE_FROM(v)                                                                                           \
    ", operator_workspace_id = COALESCE(" v(24) ", s.operator_workspace_id),"                                      \
    " marks = CASE " v(25) " WHEN 1 THEN s.marks || jsonb_build_object(" v(26) ", " v(27) ")"                      \
    " WHEN 2 THEN s.marks - " v(26) " ELSE s.marks END"                                                            \
    ", timers = CASE WHEN " v(31) " IS NULL THEN s.timers ELSE COALESCE(s.timers, '{}') || " v(31) " END"
#define CURFEW_CHANGE_TYPES                                                                                        \
    UUIDOID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID,   \
        UUIDOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, XIDOID, TIMESTAMPTZOID, JSONBOID
#define CURFEW_UNCHANGED_FROM(v) "s.id = " v(15) " AND s.version = " v(16) " AND s.xmin = " v(29)

// A decided change of one session.
struct Change {
    pg_uuid_t session;
    int64 version = 0;                               // of the row as it was read
    TransactionId written_by = InvalidTransactionId; // who wrote the row as it was read
    const core::Lifecycle* lifecycle = nullptr;
    core::SessionFacts after;
    MarkChange mark;
    SettingChange setting;
    Value operator_workspace = {0, true}; // null: stays as it is
    AuditNote note;
};

// Values 1 to 31, in the current memory but for those that the change has as datums.
void change_values(const pg_uuid_t& tenant, const Change& change, Value* values);

// Updates the row where its version is still the one that was read, and nobody, engine or not, has written it since;
// inserts the audit row from what that returned, and puts the new row in `row`. False: somebody was faster, and nothing
// was written. From REPEATABLE READ up that is PostgreSQL's 40001 instead.
bool write_change(const pg_uuid_t& tenant, const Change& change, SessionRow* row);

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
    Value once = {0, true};                // bytea: the digest by which a repeat finds this session; null: none does
};

// Inserts session, details, tokens and audit row in one statement, and gives the session's row. False, and nothing is
// written, where another session was begun with the same `once`.
bool write_beginning(const Identity& identity, const core::Lifecycle& lifecycle, const Beginning& beginning,
                     const AuditNote& note, SessionRow* row);

// The session that was begun with this `once`; false when there is none.
bool find_once(const Identity& identity, const Beginning& beginning, pg_uuid_t* session);

// An audit row of its own, for what happened to something else than a session.
//   tenant  the tenant it happened in
void write_event(const pg_uuid_t& tenant, const AuditNote& note, core::Instant at);

// The same in every tenant, for what befell all of them.
void write_event_in_every_tenant(const AuditNote& note, core::Instant at);

} // namespace curfew
