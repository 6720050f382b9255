// truthlocks: token-bearing machine-agent sessions (lifecycle `agent`). Two surfaces on the same sessions; a
// path takes either form of an id.
#include "contracts.hpp"

namespace curfew::front {
namespace {

// The first surface's session, from rows s (session_info) and d (get_session_detail). The token is shown on
// creation only, and a session that was handed off is over.
const std::string kPlaygroundSession = R"(
    (SELECT pg_catalog.row_to_json(shown) FROM (SELECT
         s.id AS session_id,
         s.agent_id,
         s.scopes,
         CASE s.state WHEN 'handed_off' THEN 'terminated' ELSE s.state END AS status,
         d.metadata,
         curfew.rfc3339(s.deadline) AS expires_at,
         curfew.rfc3339(s.created_at) AS created_at,
         curfew.rfc3339(s.ended_at) AS terminated_at) AS shown)::text)";

// An empty reason is none.
const std::string kReason = "nullif(curfew.body_text(curfew.json_body($body), 'reason'), '')";

const std::vector<Route> kRoutes = {
    {"POST", "/v1/sessions/{sessionId}/terminate", 200, Effect::kChange,
     "SELECT" + kPlaygroundSession + R"( AS body
        FROM curfew.act(curfew.resolve_session($sessionId, 'agent'), 'terminate', reason => )" +
         kReason + R"(,
                        lifecycle => 'agent', require_reason => true) AS s,
             LATERAL curfew.get_session_detail(s.id) AS d)"},

    {"DELETE", "/v1/agent-sessions/{sessionID}", 200, Effect::kChange,
     R"(
        SELECT (SELECT pg_catalog.row_to_json(shown)
                FROM (SELECT curfew.maip_session_id(s.id) AS session_id, 'terminated' AS status) AS shown
               )::text AS body
        FROM curfew.act(curfew.resolve_session($sessionID, 'agent'), 'terminate', reason => )" +
         kReason + R"(,
                        lifecycle => 'agent') AS s)"},
};

struct Reason {
    std::string_view reason;
    int status;
    std::string_view code;
};

constexpr Reason kReasons[] = {
    {"malformed_id", 400, "INVALID_ID"},
    {"ambiguous_id", 400, "INVALID_ID"},
};

struct Status {
    int status;
    int shown;
    std::string_view code;
};

constexpr Status kStatuses[] = {
    {400, 400, "INVALID_INPUT"},  {401, 401, "UNAUTHORIZED"},       {403, 403, "FORBIDDEN"},
    {404, 404, "NOT_FOUND"},      {405, 405, "METHOD_NOT_ALLOWED"}, {409, 409, "CONFLICT"},
    {412, 409, "CONFLICT"},       {413, 413, "INVALID_INPUT"},      {415, 415, "INVALID_INPUT"},
    {422, 400, "INVALID_INPUT"},  {429, 429, "RATE_LIMITED"},       {500, 500, "INTERNAL_ERROR"},
    {503, 503, "INTERNAL_ERROR"},
};

constexpr Status kOther = {500, 500, "INTERNAL_ERROR"};

Presented Present(const Request& request, const Values&) {
    Presented presented{request.Header("x_api_key"), request.Header("x_tenant_id")};
    if (!presented.credential)
        presented.credential = FromAuthorization(request, "ApiKey");
    if (!presented.credential)
        presented.credential = FromAuthorization(request, "Bearer");
    return presented;
}

ErrorAnswer Refuse(const Failure& failure, const Situation& situation) {
    const Reason* own = Find(kReasons, &Reason::reason, failure.reason);
    const Status* usual = Find(kStatuses, &Status::status, failure.status);
    if (!usual)
        usual = &kOther;
    const int status = own ? own->status : usual->shown;
    Json details = Json::object();
    if (own || (failure.status == 422 && !failure.argument.empty()))
        details["field"] = Locate(failure, situation.route).back();
    const Json envelope = {
        {"code", own ? own->code : usual->code},
        {"message", failure.message},
        {"http_status", status},
        {"details", details},
    };
    return {status, kJson, Dump(envelope)};
}

} // namespace

const Contract& Truthlocks() {
    static const Contract contract{
        .name = "truthlocks",
        .routes = kRoutes,
        .challenge = R"(ApiKey realm="curfew", Bearer realm="curfew")",
        .present = Present,
        .refuse = Refuse,
    };
    return contract;
}

} // namespace curfew::front
