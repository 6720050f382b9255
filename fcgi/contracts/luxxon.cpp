// luxxon: on-demand video between a consumer's and an operator's workspace (lifecycle `visual`). Every answer stands in an
// envelope with a timestamp; messages are fixed per code, and `detail` is a short label that says where it
// failed.
#include "contracts.hpp"

#include "../text.hpp"

namespace curfew::front {
namespace {

// A session as a party sees it, from rows s (session_info), d (get_session_detail) and r (what the caller is to it).
// Amounts are decimal strings, since they may exceed 2^53.
const std::string kSession = R"(
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
         CASE WHEN s.state = 'LIVE' AND 'operator' = ANY (r.held) THEN d.fields->'operator'->>'whipUrl' END
             AS "whipUrl"
     FROM (SELECT coalesce((d.fields->>'ratePerSecondMicroUsdc')::numeric, 0) AS rate,
                  coalesce((d.fields->>'maxDurationSeconds')::numeric, 0) AS duration,
                  CASE WHEN s.terminal THEN s.metered_ms / 1000 ELSE 0 END AS seconds) AS meter) AS shown))";

// The rows d and r of a row s.
const std::string kAround = R"(
    LATERAL curfew.get_session_detail(s.id) AS d, LATERAL curfew.session_relations(s.id) AS r (held))";

/// A statement that answers with `data` in the envelope of success.
std::string Succeed(int status, const std::string& data, const std::string& from) {
    return R"(SELECT pg_catalog.row_to_json(envelope)::text AS body
        FROM (SELECT )" +
           std::to_string(status) + R"( AS "statusCode", 'Request successful' AS message, )" + data +
           R"( AS data, curfew.rfc3339(pg_catalog.statement_timestamp()) AS "timestamp" FROM )" + from +
           ") AS envelope";
}

/// A JSON object of SQL columns.
std::string Object(const std::string& columns) {
    return "(SELECT pg_catalog.row_to_json(shown) FROM (SELECT " + columns + ") AS shown)";
}

/// A route that takes an action and answers with the session. `arguments` are more of act()'s, or empty.
Route Act(std::string_view method, std::string_view pattern, const std::string& action,
          const std::string& arguments = "", Effect effect = Effect::kAct) {
    return {method, pattern, 200, effect,
            Succeed(200, kSession,
                    "curfew.act(" + Proven("curfew.session_id($id)") + ", '" + action + "', lifecycle => 'visual'" + arguments +
                        ") AS s, " + kAround)};
}

const std::string kOne = "curfew.get_session(" + Proven("curfew.session_id($id)") + ", 'visual') AS s, " + kAround;

const std::vector<Route> kRoutes = {
    // The wait is clamped, the other numbers are refused out of their range. No quotes are held here, so that each is
    // unknown. The consistency token is the position after the commit, so the front is to put it in.
    {"POST", "/api/v1/sessions", 201, Effect::kAct,
     R"(SELECT '{"statusCode":201,"message":"Request successful","data":' || pg_catalog.left()" + kSession + R"(::text, -1)
                   || ',"consistencyToken":' AS body,
               '},"timestamp":"' || curfew.rfc3339(pg_catalog.statement_timestamp()) || '"}' AS body_after_token
        FROM (SELECT curfew.body_number(b, 'lat', -90, 90) AS lat, curfew.body_number(b, 'lng', -180, 180) AS lng,
                curfew.body_integer(b, 'maxDurationSeconds', 1, 86400) AS duration,
                least(greatest(coalesce(curfew.body_integer(b, 'waitTimeoutSeconds'), 300), 5), 3600) AS wait,
                CASE WHEN curfew.body_text(b, 'quoteId') IS NULL THEN curfew.body_text(b, 'workspaceId')
                     ELSE curfew.refuse('quote_not_found', 'quoteId') END AS workspace,
                curfew.tenant_setting('rate_per_second_micro_usdc', '1000') AS rate
         FROM curfew.require_fields()" + Proven("curfew.json_body($body)") + R"(, '{lat,lng,maxDurationSeconds}') AS b) AS asked,
        LATERAL curfew.create_session(
            'visual', workspace => asked.workspace,
            timers => pg_catalog.jsonb_build_object('wait', asked.wait, 'max_duration', asked.duration),
            fields => pg_catalog.jsonb_build_object(
                'requestedLat', asked.lat, 'requestedLng', asked.lng, 'maxDurationSeconds', asked.duration,
                'waitTimeoutSeconds', asked.wait, 'ratePerSecondMicroUsdc', asked.rate,
                'holdMicroUsdc', (asked.duration * asked.rate::numeric)::text)) AS s, )" + kAround},

    // Of one workspace, or all that the caller may read: for an operator, what nobody has accepted too.
    {"GET", "/api/v1/sessions", 200, Effect::kRead,
     Succeed(200,
             "(SELECT coalesce(pg_catalog.json_agg(" + kSession + R"( ORDER BY s.ordinality), '[]')
                 FROM pg_catalog.unnest(found.sessions) WITH ORDINALITY AS s,
                      LATERAL (SELECT s.fields) AS d, LATERAL curfew.session_relations(s.id) AS r (held)))",
             R"(curfew.caller_workspace($query_workspaceId, scope => 'sessions:read') AS own (workspace),
                LATERAL curfew.find_sessions(
                    CASE WHEN $query_workspaceId IS NULL THEN '{"lifecycle":"visual"}'
                         ELSE pg_catalog.jsonb_build_object('lifecycle', 'visual', 'party', own.workspace) END,
                    max_rows => 1000) AS found)")},
    {"GET", "/api/v1/sessions/{id}", 200, Effect::kLookup, Succeed(200, kSession, kOne)},

    Act("POST", "/api/v1/sessions/{id}/accept", "accept",
        ", for_workspace => curfew.body_text(curfew.json_body($body), 'operatorWorkspaceId')"),
    Act("POST", "/api/v1/sessions/{id}/dispatch", "dispatch", "", Effect::kChange), // it locks an operator's workspace too
    Act("POST", "/api/v1/sessions/{id}/authorize", "authorize"),

    // The tenant's `video` says who tells of the first frame: nobody, so that to start is to be live, or an event.
    // The URLs are kept with the session, the one to publish at where only the operator finds it.
    {"POST", "/api/v1/sessions/{id}/start", 200, Effect::kAct,
     Succeed(200,
             Object(kSession + R"( AS session, d.fields->>'videoBackendRef' AS "videoBackendRef",
                    d.fields->'operator'->>'whipUrl' AS "whipUrl", d.fields->>'whepUrl' AS "whepUrl")"),
             R"(
        (SELECT asked.id, curfew.tenant_setting('video', 'none') AS kind,
                curfew.tenant_setting('video_url', 'https://video.invalid') AS url,
                pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', '') AS ref,
                pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', '') AS secret
         FROM (SELECT )" + Proven("curfew.session_id($id)") + R"( AS id OFFSET 0) AS asked) AS video,
        LATERAL curfew.act(
            video.id, CASE video.kind WHEN 'events' THEN 'publish' ELSE 'start' END,
            lifecycle => 'visual', fields => pg_catalog.jsonb_build_object(
                'videoBackendRef', video.ref, 'whepUrl', video.url || '/' || video.ref || '/webRTC/play',
                'operator', pg_catalog.jsonb_build_object(
                    'whipUrl', video.url || '/' || video.secret || 'k' || video.ref || '/webRTC/publish'))) AS s, )" +
                 kAround)},
    Act("POST", "/api/v1/sessions/{id}/live", "live"),
    Act("POST", "/api/v1/sessions/{id}/pause", "pause"),
    Act("POST", "/api/v1/sessions/{id}/resume", "resume"),
    Act("POST", "/api/v1/sessions/{id}/end", "end"),
    Act("DELETE", "/api/v1/sessions/{id}", "cancel"),

    {"GET", "/api/v1/sessions/{id}/viewer-token", 200, Effect::kRead,
     Succeed(200,
             Object(R"(CASE WHEN s.state = 'LIVE' AND d.fields ? 'videoBackendRef' THEN d.fields->>'videoBackendRef'
                            ELSE curfew.refuse('invalid_state') END AS "videoBackendRef",
                       d.fields->>'whepUrl' AS "whepUrl")"),
             kOne)},
    {"GET", "/api/v1/sessions/{id}/producer-token", 200, Effect::kRead,
     Succeed(200,
             Object(R"(CASE WHEN NOT 'operator' = ANY (r.held) THEN curfew.refuse('not_owner')
                            WHEN NOT s.terminal AND d.fields ? 'videoBackendRef' THEN d.fields->>'videoBackendRef'
                            ELSE curfew.refuse('invalid_state') END AS "videoBackendRef",
                       d.fields->'operator'->>'whipUrl' AS "whipUrl")"),
             kOne)},
    {"GET", "/api/v1/sessions/{id}/frame", 200, Effect::kRead,
     "SELECT curfew.refuse('frame_not_available') AS body FROM curfew.get_session(curfew.session_id($id), 'visual')"},

    {"POST", "/api/v1/sessions/cancel-all-assignments", 200, Effect::kChange,
     Succeed(200,
             R"((SELECT pg_catalog.json_build_object('count', count(*),
                     'cancelled', coalesce(pg_catalog.json_agg(one.outcome->'id' ORDER BY one.n), '[]'))
                 FROM curfew.end_sessions(
                          pg_catalog.jsonb_build_object('lifecycle', 'visual', 'state', 'ASSIGNED',
                                                        'operator_workspace', own.workspace),
                          'cancel_assignment', max_rows => 10000) AS done,
                      LATERAL pg_catalog.jsonb_array_elements(done.outcomes) WITH ORDINALITY AS one (outcome, n)
                 WHERE one.outcome->>'outcome' = 'ended'))",
             R"(curfew.caller_workspace(curfew.body_text(curfew.json_body($body), 'operatorWorkspaceId'),
                                        operator => true, scope => 'sessions:operate') AS own (workspace))")},
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
    {"quote_not_found", 404, "QUOTE_NOT_FOUND", "Quote not found", "quote:notFound"},
    {"frame_not_available", 404, "FRAME_NOT_AVAILABLE", "Frame not available", "frame:notAvailable"},
    {"no_coverage", 503, "NO_COVERAGE", "No operator available", "session:noCoverage"},
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

// What a request calls what the engine names otherwise.
struct Field {
    std::string_view argument;
    std::string_view name;
};
constexpr Field kFields[] = {{"workspace", "workspaceId"}, {"for_workspace", "operatorWorkspaceId"}};

/// The label of a failure that the table does not name: the field to blame, in input that is refused.
std::string LabelOf(const Failure& failure) {
    if (failure.status != 422 || failure.argument.empty())
        return {};
    const Field* field = Find(kFields, &Field::argument, failure.argument);
    return "input:" + (field ? std::string(field->name) : failure.argument);
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
