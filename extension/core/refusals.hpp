// The one table of refusals: reason word, status, message, hint. SQLSTATEs (SL + status), the constraint-name
// field of an error and every contract's mapping derive from it.
#pragma once

#include <cstdint>
#include <string_view>

namespace curfew::core {

#define CURFEW_REFUSALS(X)                                                                                         \
    X(not_json, 400, "the body is not JSON", "Send one JSON object.")                                              \
    X(no_credential, 401, "no credential was given", "Present an API key or a session token.")                     \
    X(invalid_credential, 401, "the credential is not valid", "Check that it is complete and was issued here.")    \
    X(key_revoked, 401, "the API key was revoked", "Use another key, or have one issued.")                         \
    X(key_expired, 401, "the API key has expired", "Use another key, or have one issued.")                         \
    X(jwt_expired, 401, "the token has expired", "Present a new one.")                                             \
    X(jwt_not_yet_valid, 401, "the token is not valid yet", "Check the clocks, or wait.")                          \
    X(session_not_live, 401, "the session of this token is not live", "Begin a session again.")                    \
    X(principal_revoked, 401, "the principal was revoked", "")                                                     \
    X(no_identity, 401, "the database role is not tied to a principal",                                            \
      "Tie it with curfew.map_role(role, principal), or use curfew.act_as(tenant, principal) in this "             \
      "transaction.")                                                                                              \
    X(principal_suspended, 403, "the principal is suspended", "An administrator can resume it.")                   \
    X(tenant_suspended, 403, "the tenant is suspended", "")                                                        \
    X(tenant_mismatch, 403, "the credential belongs to another tenant", "")                                        \
    X(not_owner, 403, "the caller may not do this to this session", "")                                            \
    X(reader, 403, "a reader may look, but not act", "")                                                           \
    X(scope_missing, 403, "the caller lacks a scope", "")                                                          \
    X(not_admin, 403, "only an administrator may do this", "")                                                     \
    X(workspace_mismatch, 403, "the credential acts for another workspace", "")                                    \
    X(append_only, 403, "audit events are append-only", "")                                                        \
    X(session_not_found, 404, "session not found", "")                                                             \
    X(workspace_not_found, 404, "workspace not found", "")                                                         \
    X(principal_not_found, 404, "principal not found", "")                                                         \
    X(lifecycle_not_found, 404, "lifecycle not found", "Define it with curfew.define_lifecycle(name, definition).") \
    X(tenant_not_found, 404, "tenant not found", "")                                                               \
    X(key_not_found, 404, "API key not found", "")                                                                 \
    X(issuer_not_found, 404, "issuer not found", "")                                                               \
    X(preview_not_found, 404, "preview not found", "Have one made with dry_run => true; it is good for an hour, once.") \
    X(quote_not_found, 404, "quote not found", "")                                                                 \
    X(frame_not_available, 404, "there is no frame of this session", "")                                           \
    X(invalid_state, 409, "the session's state does not allow this", "")                                           \
    X(already_exists, 409, "it exists already", "")                                                                \
    X(preview_changed, 409, "other sessions match than when the preview was made", "Have another one made.")       \
    X(version_conflict, 412, "the session has changed since it was read", "Read it again and decide anew.")        \
    X(unknown_action, 422, "the lifecycle has no such action", "")                                                 \
    X(reason_required, 422, "a reason is required", "")                                                            \
    X(reason_too_long, 422, "the reason is longer than 1024 characters", "")                                       \
    X(reason_not_taken, 422, "this action takes no reason", "")                                                    \
    X(malformed_id, 422, "the id is malformed", "")                                                                \
    X(ambiguous_id, 422, "the id's prefix is not unique", "Give more digits of it.")                               \
    X(wrong_type, 422, "a value has the wrong type", "")                                                           \
    X(value_out_of_range, 422, "a value is out of range", "")                                                      \
    X(missing_field, 422, "a required value is missing", "")                                                       \
    X(unknown_value, 422, "a value is not one of those that are known", "")                                        \
    X(idempotency_key_reused, 422, "the idempotency key was used for another request",                             \
      "Use a key of its own for each request; a repeat is the same request again.")                                \
    X(unknown_parameter, 422, "the route has no such query parameter", "")                                         \
    X(doubled_parameter, 422, "a query parameter is given more than once", "Give it once.")                        \
    X(invalid_cursor, 422, "the cursor is not one of this list", "Take it from the page before, as it is.")        \
    X(invalid_consistency_token, 422, "the consistency token is not one of this installation",                    \
      "Send it back as it was given, or leave it out.")                                                            \
    X(not_object, 422, "the body is not a JSON object", "")                                                        \
    X(invalid_key_set, 422, "the key set cannot be taken", "")                                                     \
    X(invalid_definition, 422, "the lifecycle's definition cannot work", "")                                         \
    X(no_coverage, 503, "no operator workspace is online and idle", "Try again later.")

enum class Refusal : std::uint8_t {
    none,
#define CURFEW_REFUSAL_ENUM(word, status, message, hint) word,
    CURFEW_REFUSALS(CURFEW_REFUSAL_ENUM)
#undef CURFEW_REFUSAL_ENUM
};

struct RefusalText {
    std::string_view word;
    int status;
    const char* message;
    const char* hint;
};

inline constexpr RefusalText kRefusalTexts[] = {
    {"", 0, "", ""},
#define CURFEW_REFUSAL_ROW(word, status, message, hint) {#word, status, message, hint},
    CURFEW_REFUSALS(CURFEW_REFUSAL_ROW)
#undef CURFEW_REFUSAL_ROW
};

constexpr const RefusalText& TextOf(Refusal refusal) noexcept { return kRefusalTexts[static_cast<int>(refusal)]; }

} // namespace curfew::core
