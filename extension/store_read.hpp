// Queries that only read: details, lists, tokens, the audit log.
#pragma once

#include "store_session.hpp"

namespace curfew {

// title, labels, metadata, fields, last_message_at, last use; of the fields the member `operator` only where the reader is
// the operator
inline constexpr int kDetailColumns = 6;
void read_detail(const pg_uuid_t& tenant, const pg_uuid_t& session, bool is_operator, Value* columns);

// The creation time of a session, for a cursor; null when it is not there.
Value read_created_at(const pg_uuid_t& tenant, const pg_uuid_t& session);

// The session of an access token of the tenant; false when there is none.
bool read_token_session(const pg_uuid_t& tenant, std::string_view token, SessionRow* row);

// Audit rows as the columns of curfew.audit_entry, oldest first.
inline constexpr int kAuditColumns = 18;
#define CURFEW_AUDIT_ENTRY(e)                                                                                      \
    e ".id, " e ".at, " e ".session_id, " e ".event, " e ".action, " e ".outcome, " e ".actor_id, "               \
      e ".on_behalf_of, " e ".db_role, " e ".relation, " e ".via, " e ".request_id, " e ".from_state, "           \
      e ".to_state, " e ".version, " e ".reason, " e ".details, " e ".traceparent"
struct AuditFilter {
    Value session = {0, true};
    Value event = {0, true};
    Value actor = {0, true};
    Value since = {0, true};
    Value until = {0, true};
    Value after = {0, true}; // id of the last row seen
    Value about = {0, true}; // "session", or what an event's name begins with
    int rows = 100;
};
uint64 read_audit(const pg_uuid_t& tenant, const AuditFilter& filter);
bool is_event(const pg_uuid_t& tenant, const pg_uuid_t& event);

// id, kind, role, status, name, email, full_name of a principal; false when there is none.
inline constexpr int kPrincipalColumns = 7;
bool read_principal(const pg_uuid_t& tenant, const pg_uuid_t& principal, Value* columns);

// Whether a principal may take part in sessions, and with which scopes.
struct PrincipalStanding {
    bool found = false;
    core::Refusal refusal = core::Refusal::none;
    core::Kind kind = core::Kind::user;
    core::Scopes scopes;
};
PrincipalStanding read_standing(const pg_uuid_t& tenant, const pg_uuid_t& principal);

// The first 8 bytes of the tenant's session tokens.
bytea* read_tag(const pg_uuid_t& tenant);

// Ids of sessions of a lifecycle whose last 8 bytes are `tail`; at most two.
uint64 read_ids_ending(const pg_uuid_t& tenant, std::string_view lifecycle, const uint8* tail);

} // namespace curfew
