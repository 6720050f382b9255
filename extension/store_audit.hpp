// The part that every statement with an audit row has in common.
#pragma once

#include "store_session.hpp"

namespace curfew {

// What an audit row tells beside the change itself.
struct AuditNote {
    const Identity* identity = nullptr; // null: a database role without an identity
    Value on_behalf_of = {0, true};
    std::string_view via; // the way in; empty: the identity's, or sql
    std::string_view event;
    std::string_view action;   // empty: none
    std::string_view relation; // empty: none
    std::string_view from_state;
    std::string_view to_state;
    Value session = {0, true};
    Value reason = {0, true};  // text
    Value details = {0, true}; // jsonb
    Oid db_role = InvalidOid;  // the role that called
};

// Where a statement takes value n from: its parameter n, or column n of a row `w` of parameters.
#define CURFEW_PARAMETER(n) "$" #n
#define CURFEW_COLUMN(n) "w.c" #n

// The audit columns that every such statement fills alike, and their parameters from $1 on:
// 1 tenant, 2 id, 3 at, 4 event, 5 action, 6 actor, 7 on behalf of, 8 database role, 9 relation, 10 via,
// 11 request id, 12 reason, 13 details, 14 from state. The tenant is a parameter always.
inline constexpr int kAuditValues = 14;
#define CURFEW_AUDIT_COLUMNS                                                                                       \
    "tenant_id, id, at, event, action, actor_id, on_behalf_of, db_role, relation, via, request_id, reason,"        \
    " details, from_state, outcome"
#define CURFEW_AUDIT_VALUES_FROM(v)                                                                                \
    "$1, " v(2) ", " v(3) ", " v(4) ", " v(5) ", " v(6) ", " v(7) ", " v(8) ", " v(9) ", " v(10) ", " v(11) ", "   \
    v(12) ", " v(13) ", " v(14) ", 'done'"
#define CURFEW_AUDIT_VALUES CURFEW_AUDIT_VALUES_FROM(CURFEW_PARAMETER)
#define CURFEW_AUDIT_TYPES                                                                                         \
    UUIDOID, UUIDOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, UUIDOID, UUIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,      \
        TEXTOID, JSONBOID, TEXTOID

// Values 1 to 14, in the current memory but for those that the note has as datums.
void audit_values(const pg_uuid_t& tenant, const AuditNote& note, core::Instant at, Value* values);

// Adds them as parameters.
void add_audit(Parameters* parameters, const pg_uuid_t& tenant, const AuditNote& note, core::Instant at);

// A text, null when it is empty; a time, null when it is unset.
Value text_value_or_null(std::string_view text);
Value instant_value(core::Instant instant);

// The same as parameters.
void add_text(Parameters* parameters, std::string_view text);
void add_instant(Parameters* parameters, core::Instant instant);

} // namespace curfew
