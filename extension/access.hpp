// What each kind of database role may execute and read: the one table of grants.
#pragma once

#include <cstdint>
#include <string_view>

namespace curfew {

// The kinds of curfew.grant_access.
enum AccessKind : std::uint8_t { kFront = 1, kService = 2, kAuditor = 4, kAdmin = 8 };

struct Grant {
    const char* name; // of a function (every overload) or a view
    std::uint8_t kinds;
};

inline constexpr Grant kFunctionGrants[] = {
    // who is calling
    {"authenticate", kFront},
    {"current_tenant", kFront | kService | kAuditor | kAdmin},
    {"current_principal", kFront | kService | kAuditor | kAdmin},
    {"current_session", kFront | kService | kAuditor | kAdmin},
    {"act_as", kAdmin},
    // sessions
    {"create_session", kFront | kService | kAdmin},
    {"act", kFront | kService | kAdmin},
    {"act_each", kFront | kService | kAdmin},
    {"terminate_session", kFront | kService | kAdmin},
    {"cancel_session", kFront | kService | kAdmin},
    {"end_session", kFront | kService | kAdmin},
    {"archive_session", kFront | kService | kAdmin},
    {"unarchive_session", kFront | kService | kAdmin},
    {"extend_session", kFront | kService | kAdmin},
    {"touch_session", kFront | kService | kAdmin},
    {"get_session", kFront | kService | kAdmin},
    {"get_session_detail", kFront | kService | kAdmin},
    {"update_session", kFront | kService | kAdmin},
    {"post_message", kFront | kService | kAdmin},
    {"list_messages", kFront | kService | kAdmin},
    {"find_sessions", kFront | kService | kAdmin},
    {"list_sessions", kFront | kService | kAdmin},
    {"end_sessions", kFront | kService | kAdmin},
    {"end_all_sessions", kService | kAdmin},
    {"session_relations", kFront | kService | kAdmin},
    {"caller_workspace", kFront | kService | kAdmin},
    {"tenant_setting", kFront | kService | kAdmin},
    {"refresh_session", kFront | kService | kAdmin},
    {"session_is_live", kFront | kService | kAdmin},
    {"introspect", kFront | kService | kAdmin},
    {"session_as_of", kFront | kService | kAuditor | kAdmin},
    {"audit_log", kFront | kService | kAuditor | kAdmin},
    {"find_principals", kFront | kService | kAdmin},
    {"own_or_administered", kFront | kService | kAdmin},
    {"resolve_workspace", kFront | kService | kAdmin},
    {"event_feed", kFront | kService | kAuditor | kAdmin},
    {"sequence_events", kAdmin},
    {"get_principal", kFront | kService | kAdmin},
    // lifecycles
    {"list_transitions", kFront | kService | kAuditor | kAdmin},
    {"lifecycle_diagram", kFront | kService | kAuditor | kAdmin},
    {"list_lifecycles", kFront | kService | kAuditor | kAdmin},
    {"define_lifecycle", kAdmin},
    // administration of a tenant: within, the caller must be an administrator of it
    {"create_workspace", kFront | kService | kAdmin},
    {"set_workspace_online", kFront | kService | kAdmin},
    {"set_tenant_settings", kFront | kService | kAdmin},
    {"create_principal", kFront | kService | kAdmin},
    {"add_member", kFront | kService | kAdmin},
    {"remove_member", kFront | kService | kAdmin},
    {"list_principals", kFront | kService | kAdmin},
    {"issue_api_key", kFront | kService | kAdmin},
    {"revoke_api_key", kFront | kService | kAdmin},
    {"list_api_keys", kFront | kService | kAdmin},
    {"kill_principal", kFront | kService | kAdmin},
    {"suspend_principal", kFront | kService | kAdmin},
    {"resume_principal", kFront | kService | kAdmin},
    {"revoke_principal", kFront | kService | kAdmin},
    {"register_issuer", kFront | kService | kAdmin},
    {"list_issuers", kFront | kService | kAdmin},
    {"remove_issuer", kFront | kService | kAdmin},
    // administration of the installation
    {"administers_installation", kAdmin},
    {"create_tenant", kAdmin},
    {"suspend_tenant", kAdmin},
    {"resume_tenant", kAdmin},
    {"map_role", kAdmin},
    {"unmap_role", kAdmin},
    {"create_audit_partition", kAdmin},
    {"make_audit_partitions", kAdmin},
    {"set_session_retention", kAdmin},
    {"set_audit_retention", kAdmin},
    {"retention_plan", kAdmin},
    {"apply_retention", kAdmin},
    {"sweep", kAdmin},
    {"sweep_status", kAdmin},
    // forms of ids, bodies and times, for fronts
    {"session_id", kFront | kService | kAdmin},
    {"resolve_session", kFront | kService | kAdmin},
    {"maip_session_id", kFront | kService | kAdmin},
    {"json_body", kFront},
    {"body_text", kFront},
    {"body_integer", kFront},
    {"body_number", kFront},
    {"require_fields", kFront},
    {"body_object", kFront},
    {"body_texts", kFront},
    {"body_boolean", kFront},
    {"body_uuid", kFront},
    {"query_integer", kFront},
    {"query_uuid", kFront},
    {"next_caller", kFront},
    {"refuse", kFront},
    {"refuse_parameter", kFront},
    {"consistency_token", kFront | kService | kAdmin},
    {"check_consistency", kFront | kService | kAdmin},
    {"seal_cursor", kFront | kService | kAdmin},
    {"open_cursor", kFront | kService | kAdmin},
    {"query_timestamp", kFront},
    {"maip_principal_id", kFront | kService | kAdmin},
    {"resolve_principal", kFront | kService | kAdmin},
    {"principal_kind", kFront | kService | kAdmin},
    {"session_refreshed_at", kFront | kService | kAdmin},
    {"given", kFront},
    {"body_choice", kFront},
    {"body_labels", kFront},
    {"body_uuids", kFront},
    {"query_boolean", kFront},
    {"query_choice", kFront},
    {"query_choices", kFront},
    {"query_text", kFront},
    {"query_uuids", kFront},
    {"query_labels", kFront},
    {"rfc3339", kFront | kService | kAuditor | kAdmin},
    {"row_json", kFront | kService | kAuditor | kAdmin},
    {"effective_state", kAuditor},
    {"effective_ended_at", kAuditor},
    {"audited_tenant", kAuditor},
    {"list_bulk_runs", kAuditor | kAdmin},
    {"refusal_status", kAdmin},
    {"version", kFront | kService | kAuditor | kAdmin},
};

inline constexpr Grant kViewGrants[] = {
    {"sessions", kAuditor},
    {"audit_events", kAuditor},
    {"sweeper_status", kAdmin},
    {"bulk_runs", kAuditor | kAdmin},
    {"lifecycle_transitions", kFront | kService | kAuditor | kAdmin},
};

// Takes from everybody but the owner what default privileges, or PUBLIC's, gave on the schema's tables and functions;
// grants of grant_access() on functions and views stay.
void close_schema();

} // namespace curfew
