// luxxon: on-demand video between a consumer and an operator (lifecycle `visual`). Every answer stands in an
// envelope with a timestamp; messages are fixed per code, and `detail` is a short label that says where it
// failed.
#include "contracts.hpp"

#include "../text.hpp"

namespace curfew::front {
namespace {

// A session as its consumer sees it, from rows s (session_info) and d (get_session_detail). Amounts are
// decimal strings, since they may exceed 2^53. The publishing URL is the operator's alone.
const std::string kConsumerSession = R"(
    (SELECT pg_catalog.row_to_json(shown) FROM (SELECT
         s.id,
         s.workspace_id AS "consumerWorkspaceId",
         s.operator_workspace_id AS "operatorWorkspaceId",
         s.state,
         meter.duration AS "maxDurationSeconds",
         coalesce(d.fields->'waitTimeoutSeconds', '300') AS "waitTimeoutSeconds",
         meter.rate::text AS "ratePerSecondMicroUsdc",
         coalesce(d.fields->>'holdMicroUsdc', (meter.duration * meter.rate)::text) AS "holdMicroUsdc",
         curfew.rfc3339(s.started_at) AS "startedAt",
         curfew.rfc3339(s.ended_at) AS "endedAt",
         meter.seconds AS "cleanSeconds",
         (meter.seconds * meter.rate)::text AS "chargedMicroUsdc",
         d.fields->>'settlementTxHash' AS "settlementTxHash",
         CASE WHEN NOT s.terminal THEN d.fields->>'videoBackendRef' END AS "videoBackendRef",
         curfew.rfc3339(s.created_at) AS "createdAt",
         d.fields->'requestedLat' AS "requestedLat",
         d.fields->'requestedLng' AS "requestedLng",
         s.marks ? 'authorized' AS authorized,
         CASE WHEN s.state = 'LIVE' THEN d.fields->>'whepUrl' END AS "whepUrl",
         NULL AS "whipUrl"
     FROM (SELECT coalesce((d.fields->>'ratePerSecondMicroUsdc')::numeric, 0) AS rate,
                  coalesce((d.fields->>'maxDurationSeconds')::numeric, 0) AS duration,
                  CASE WHEN s.terminal THEN s.metered_ms / 1000 ELSE 0 END AS seconds) AS meter) AS shown))";

/// A statement that answers with `data` in the envelope of success.
std::string Succeed(int status, const std::string& data, std::string_view from) {
    return R"(SELECT pg_catalog.row_to_json(envelope)::text AS body
        FROM (SELECT )" +
           std::to_string(status) + R"( AS "statusCode", 'Request successful' AS message,)" + data +
           R"( AS data, curfew.rfc3339(pg_catalog.statement_timestamp()) AS "timestamp" )" +
           std::string(from) + ") AS envelope";
}

const std::vector<Route> kRoutes = {
    {"DELETE", "/api/v1/sessions/{id}", 200, Effect::kChange, Succeed(200, kConsumerSession, R"(
        FROM curfew.act(curfew.session_id($id), 'cancel', lifecycle => 'visual') AS s,
             LATERAL curfew.get_session_detail(s.id) AS d)")},
};

struct Reason {
    std::string_view reason;
    int status;
    std::string_view code;
    std::string_view message;
    std::string_view label; // `detail`
};

constexpr std::string_view kMissing = "Session expired or missing";
constexpr std::string_view kBadKey = "API key is not valid";
constexpr std::string_view kForbidden = "Not authorized for this operation";
constexpr std::string_view kInput = "Invalid request payload";
constexpr std::string_view kUnavailable = "Authorization service unavailable";

constexpr Reason kReasons[] = {
    {"no_credential", 401, "NOT_AUTHENTICATED", kMissing, "auth:noCredential"},
    {"session_not_live", 401, "NOT_AUTHENTICATED", kMissing, "auth:sessionNotLive"},
    {"invalid_credential", 401, "INVALID_API_KEY", kBadKey, "auth:invalidCredential"},
    {"key_expired", 401, "INVALID_API_KEY", kBadKey, "auth:keyExpired"},
    {"key_revoked", 401, "REVOKED_API_KEY", "API key has been revoked", "auth:keyRevoked"},
    {"principal_revoked", 401, "REVOKED_API_KEY", "API key has been revoked", "auth:principalRevoked"},
    {"not_owner", 403, "NOT_AUTHORIZED", kForbidden, "session:notOwner"},
    {"scope_missing", 403, "NOT_AUTHORIZED", kForbidden, "auth:scopeMissing"},
    {"reader", 403, "NOT_AUTHORIZED", kForbidden, "auth:reader"},
    {"principal_suspended", 403, "NOT_AUTHORIZED", kForbidden, "auth:principalSuspended"},
    {"tenant_suspended", 403, "NOT_AUTHORIZED", kForbidden, "auth:tenantSuspended"},
    {"workspace_mismatch", 403, "WORKSPACE_MISMATCH", "Workspace does not match",
     "session:workspaceMismatch"},
    {"session_not_found", 404, "SESSION_NOT_FOUND", "Session not found", "session:notFound"},
    {"malformed_id", 404, "SESSION_NOT_FOUND", "Session not found", "session:notFound"},
    {"workspace_not_found", 404, "WORKSPACE_NOT_FOUND", "Workspace not found", "workspace:notFound"},
    {"invalid_state", 409, "INVALID_STATE", "Operation not allowed in the current state",
     "session:invalidState"},
    {"in_doubt", 503, "DATABASE_ERROR", "Outcome of the operation is not known", "database:inDoubt"},
};

struct Status {
    int status;
    int shown;
    std::string_view code;
    std::string_view message;
};

constexpr Status kStatuses[] = {
    {400, 400, "INVALID_INPUT", kInput},
    {401, 401, "NOT_AUTHENTICATED", kMissing},
    {403, 403, "NOT_AUTHORIZED", kForbidden},
    {404, 404, "NOT_FOUND", "Not found"},
    {405, 405, "METHOD_NOT_ALLOWED", "Method not allowed"},
    {409, 409, "INVALID_STATE", "Operation not allowed in the current state"},
    {412, 409, "INVALID_STATE", "Operation not allowed in the current state"},
    {413, 413, "INVALID_INPUT", "Request payload too large"},
    {415, 415, "INVALID_INPUT", "Request payload must be application/json"},
    {422, 400, "INVALID_INPUT", kInput},
    {429, 429, "RATE_LIMITED", "Rate limit exceeded"},
    {500, 500, "INTERNAL_SERVER_ERROR", "Internal server error"},
    {503, 503, "AUTHZ_ERROR", kUnavailable},
};

constexpr Status kOther = {500, 500, "INTERNAL_SERVER_ERROR", "Internal server error"};

/// The label of a failure that the table does not name: the field to blame, in input that is refused.
std::string LabelOf(const Failure& failure) {
    if (failure.status == 422 && !failure.argument.empty())
        return "input:" + failure.argument;
    return {};
}

Presented Present(const Request& request, const Values&) {
    return {FromAuthorization(request, "Bearer"), std::nullopt};
}

ErrorAnswer Refuse(const Failure& failure, const Situation& situation) {
    const Reason* own = Find(kReasons, &Reason::reason, failure.reason);
    const Status* usual = Find(kStatuses, &Status::status, failure.status);
    if (!usual)
        usual = &kOther;
    const int status = own ? own->status : usual->shown;
    const std::string label = own ? std::string(own->label) : LabelOf(failure);
    Json envelope = {
        {"statusCode", status},
        {"code", own ? own->code : usual->code},
        {"message", own ? own->message : usual->message},
    };
    if (!label.empty())
        envelope["detail"] = label;
    envelope["timestamp"] = Timestamp(situation.now);
    return {status, kJson, Dump(envelope)};
}

} // namespace

const Contract& Luxxon() {
    static const Contract contract{
        .name = "luxxon",
        .routes = kRoutes,
        .challenge = R"(Bearer realm="curfew")",
        .consistency_header = "X-Lx-Consistency-Token",
        .present = Present,
        .refuse = Refuse,
    };
    return contract;
}

} // namespace curfew::front
