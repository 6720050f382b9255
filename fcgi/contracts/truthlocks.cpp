// truthlocks: token-bearing machine-agent sessions (lifecycle `agent`). Two surfaces on the same sessions; a
// path takes either form of an id.
#include "contracts.hpp"

namespace curfew::front {
namespace {

/// A JSON object of SQL columns, as text.
std::string Object(const std::string& columns) {
    return "(SELECT pg_catalog.row_to_json(shown) FROM (SELECT " + columns + ") AS shown)";
}

// The two surfaces' sessions, from rows s (session_info) and d (get_session_detail). The first shows UUIDs, and a
// session that was handed off as terminated. Its token stands after the agent, on creation only.
const std::string kPlaygroundRest = R"(
    s.scopes,
    CASE s.state WHEN 'handed_off' THEN 'terminated' ELSE s.state END AS status,
    d.metadata,
    curfew.rfc3339(s.deadline) AS expires_at,
    curfew.rfc3339(s.created_at) AS created_at,
    curfew.rfc3339(s.ended_at) AS terminated_at)";
const std::string kPlaygroundSession = Object("s.id AS session_id, s.agent_id," + kPlaygroundRest);

std::string Prose(const std::string& refreshed_at) {
    return Object(R"(
    s.id,
    curfew.maip_session_id(s.id) AS session_id,
    CASE WHEN s.agent_id IS NOT NULL THEN curfew.maip_principal_id(s.agent_id) END AS agent_id,
    s.state AS status,
    s.scopes,
    d.metadata,
    curfew.rfc3339(s.deadline) AS expires_at,
    CASE WHEN s.parent_id IS NOT NULL THEN curfew.maip_session_id(s.parent_id) END AS parent_session_id,
    CASE WHEN d.fields ? 'handed_off_to' THEN curfew.maip_session_id((d.fields->>'handed_off_to')::uuid) END
        AS handed_off_to,
    d.fields->>'ip_address' AS ip_address,
    d.fields->>'user_agent' AS user_agent,
    curfew.rfc3339()" + refreshed_at + R"() AS refreshed_at,
    curfew.rfc3339(s.ended_at) AS terminated_at,
    curfew.rfc3339(s.created_at) AS created_at,
    curfew.rfc3339(s.updated_at) AS updated_at)");
}
const std::string kProseSession = Prose("curfew.session_refreshed_at(s.id)");

const std::string kDetail = ", LATERAL curfew.get_session_detail(s.id) AS d";

// A new session with its tokens, in the second surface's form.
const std::string kBegun = Object(Prose("NULL") + " AS session, s.token, s.refresh_token");

// Where a session was asked for.
const std::string kOrigin = R"(
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'ip_address', $client_address, 'user_agent', pg_catalog.left($header_user_agent, 1024))))";

/// The FROM of a creation from a body b, whose `ttl` is in units of that many seconds.
std::string Create(std::string_view ttl, int seconds) {
    const std::string unit = std::to_string(seconds);
    return R"(
        FROM curfew.require_fields()" + Proven("curfew.json_body($body)") + R"(, '{agent_id}') AS b,
             LATERAL (SELECT curfew.body_integer(b, ')" +
           std::string(ttl) + "', 60 / " + unit + ", 86400 / " + unit + ") * " + unit + R"( AS seconds) AS ttl,
             LATERAL (SELECT coalesce(curfew.body_object(b, 'metadata'), '{}') AS metadata,)" +
           kOrigin + R"( AS fields) AS d,
             LATERAL curfew.create_session(
                 'agent', agent => curfew.resolve_principal(curfew.body_text(b, 'agent_id'), 'agent_id'),
                 scopes => curfew.body_texts(b, 'scopes'),
                 timers => CASE WHEN ttl.seconds IS NOT NULL THEN pg_catalog.jsonb_build_object('ttl', ttl.seconds) END,
                 metadata => d.metadata, fields => d.fields) AS s)";
}

/// A page of sessions `items`, each shown by `session`. `states` are those of a wanted status, a JSON array, or null
/// where there is no such status.
std::string List(std::string_view items, const std::string& session, std::string_view states) {
    return "SELECT " +
           Object("coalesce((SELECT pg_catalog.json_agg(" + session + R"( ORDER BY s.ordinality)
                     FROM pg_catalog.unnest(found.sessions) WITH ORDINALITY AS s,
                          LATERAL (SELECT s.metadata, s.fields) AS d), '[]') AS )" +
                  std::string(items) + ", found.total") +
           R"(::text AS body
        FROM (SELECT curfew.resolve_principal($query_agent_id, 'agent_id') AS agent,
                     CASE WHEN $query_status IS NOT NULL
                          THEN coalesce()" +
           std::string(states) + R"(, curfew.refuse('unknown_value', 'status')::jsonb) END AS states) AS wanted,
             LATERAL curfew.find_sessions(
                 pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                     'lifecycle', 'agent', 'agent', wanted.agent, 'state', wanted.states)),
                 max_rows => coalesce(curfew.query_integer($query_limit, 'limit', 1, 200), 50)::integer,
                 skip => coalesce(curfew.query_integer($query_offset, 'offset', 0, 1000000000), 0)::integer) AS found)";
}

/// The session of a path: by its UUID or its MAIP id, never by the beginning of one, which could be another's.
std::string Named(const std::string& id) {
    return "CASE WHEN pg_catalog.starts_with(" + id + ", 'maip-sess:') THEN curfew.resolve_session(" + id +
           ", 'agent') ELSE curfew.session_id(" + id + ") END";
}

// An empty reason is none, and where one is required a missing one.
const std::string kReason = "nullif(curfew.body_text(curfew.json_body($body), 'reason'), '')";
const std::string kRequiredReason = "coalesce(" + kReason + ", curfew.refuse('reason_required', 'reason'))";

// The agent of a path, with p (get_principal). What is no agent is none.
const std::string kAgent = R"(
    (SELECT p.*, CASE p.kind WHEN 'agent' THEN p.principal_id
                             ELSE curfew.refuse('principal_not_found', 'agentId')::uuid END AS agent
     FROM curfew.get_principal(curfew.resolve_principal($agentId, 'agentId')) AS p OFFSET 0) AS p)";

/// The agent with its new status: in short where a MAIP id asked for it.
std::string Agent(const std::string& status) {
    return "CASE WHEN $agentId LIKE 'maip:%' THEN " + Object("'" + status + "' AS status, $agentId AS agent_id") +
           " ELSE " + Object("p.principal_id AS agent_id, p.name, '" + status + "' AS status") + " END";
}

/// A route that changes an agent's status by a function, and answers with `shown`.
Route Change(std::string_view method, std::string_view pattern, const std::string& shown, const std::string& call) {
    return {method, pattern, 200, Effect::kChange,
            "SELECT (" + shown + ")::text AS body FROM " + kAgent + ", LATERAL " + call + " AS done"};
}

// What the audit log calls a resource, and what Curfew calls it.
const std::string kAbout = R"(CASE $query_resource_type WHEN 'agent_session' THEN 'session'
                                                       WHEN 'agent' THEN 'principal' ELSE $query_resource_type END)";

const std::vector<Route> kRoutes = {
    {"POST", "/v1/sessions", 201, Effect::kAct,
     "SELECT " + Object("s.id AS session_id, s.agent_id, s.token," + kPlaygroundRest) + "::text AS body" +
         Create("ttl_seconds", 1)},
    {"GET", "/v1/sessions", 200, Effect::kRead, List("items", kPlaygroundSession, R"(
        CASE $query_status WHEN 'terminated' THEN '["terminated","handed_off"]'::jsonb
                           WHEN 'active' THEN '["active"]' WHEN 'expired' THEN '["expired"]' END)")},
    {"POST", "/v1/sessions/{sessionId}/terminate", 200, Effect::kAct,
     "SELECT " + kPlaygroundSession + R"(::text AS body
        FROM curfew.act()" + Proven(Named("$sessionId")) + R"(, 'terminate', reason => )" +
         kReason + ", lifecycle => 'agent', require_reason => true) AS s" + kDetail},

    {"POST", "/v1/agent-sessions", 201, Effect::kAct,
     "SELECT " + kBegun + "::text AS body" + Create("ttl_minutes", 60)},
    {"GET", "/v1/agent-sessions", 200, Effect::kRead, List("sessions", kProseSession, R"(
        CASE WHEN $query_status IN ('active', 'terminated', 'expired', 'handed_off')
             THEN pg_catalog.jsonb_build_array($query_status) END)")},
    {"GET", "/v1/agent-sessions/{sessionID}", 200, Effect::kLookup,
     "SELECT " + kProseSession +
         "::text AS body FROM curfew.get_session(" + Proven(Named("$sessionID")) + ", 'agent') AS s" + kDetail},
    {"DELETE", "/v1/agent-sessions/{sessionID}", 200, Effect::kAct,
     "SELECT " + Object("curfew.maip_session_id(s.id) AS session_id, 'terminated' AS status") + R"(::text AS body
        FROM curfew.act()" + Proven(Named("$sessionID")) + R"(, 'terminate', reason => )" +
         kReason + ", lifecycle => 'agent') AS s"},

    // A refresh token that comes a second time ends its session, and that stays done though the answer is a refusal.
    {"POST", "/v1/agent-sessions/{sessionID}/refresh", 200, Effect::kChange,
     "SELECT " + Object("r.token, r.new_refresh_token AS refresh_token") + R"(::text AS body, r.refused
        FROM curfew.get_session()" + Named("$sessionID") + R"(, 'agent') AS s,
             LATERAL curfew.refresh_session(
                 curfew.body_text(curfew.require_fields(curfew.json_body($body), '{refresh_token}'), 'refresh_token'),
                 s.id) AS r)"},

    // The other agent's session is begun, and the answer made, before the old one ends: its token may be what let the
    // caller in.
    {"POST", "/v1/agent-sessions/{sessionID}/handoff", 200, Effect::kChange,
     R"(SELECT begun.answer AS body
        FROM curfew.get_session()" + Named("$sessionID") + R"(, 'agent') AS old,
             LATERAL curfew.get_session_detail(old.id) AS known,
             LATERAL curfew.require_fields(curfew.json_body($body), '{agent_id}') AS b,
             LATERAL (SELECT known.metadata,)" +
         kOrigin + R"( AS fields) AS d,
             LATERAL curfew.create_session(
                 'agent', owner => old.owner_id,
                 agent => curfew.resolve_principal(curfew.body_text(b, 'agent_id'), 'agent_id'),
                 metadata => d.metadata, fields => d.fields, parent => old.id) AS s,
             LATERAL (SELECT )" +
         kBegun + R"(::text AS answer OFFSET 0) AS begun,
             LATERAL curfew.act(CASE WHEN begun.answer IS NOT NULL THEN old.id END, 'hand_off', lifecycle => 'agent',
                                fields => pg_catalog.jsonb_build_object('handed_off_to', s.id)) AS handed)"},

    Change("POST", "/v1/agents/{agentId}/suspend", Agent("suspended"), "curfew.suspend_principal(p.agent, " + kRequiredReason + ")"),
    Change("POST", "/v1/agents/{agentId}/resume", Agent("active"), "curfew.resume_principal(p.agent, " + kReason + ")"),
    Change("PATCH", "/v1/agents/{agentId}", Agent("active"), R"(curfew.resume_principal(
        CASE curfew.body_text(curfew.require_fields(curfew.json_body($body), '{status}'), 'status')
             WHEN 'active' THEN p.agent ELSE curfew.refuse('unknown_value', 'status')::uuid END))"),
    Change("POST", "/v1/agents/{agentId}/revoke", Object("'revoked' AS status, $agentId AS agent_id"),
           "curfew.revoke_principal(p.agent, " + kRequiredReason + ")"),
    Change("POST", "/v1/agents/{agentId}/kill",
           Object(Object("p.principal_id AS agent_id, p.name, 'revoked' AS status") +
                  " AS agent, done AS terminated_sessions"),
           "curfew.kill_principal(p.agent, " + kReason +
               ", coalesce(curfew.body_boolean(curfew.json_body($body), 'cascade'), false))"),

    // One event more than wanted is read: it tells that there is a next page, which begins after the cursor.
    {"GET", "/v1/audit", 200, Effect::kRead,
     "SELECT pg_catalog.row_to_json(page)::text AS body FROM (SELECT coalesce(pg_catalog.json_agg(" + Object(R"(
            e.id, curfew.rfc3339(e.at) AS timestamp, curfew.current_tenant() AS tenant_id,
            CASE curfew.principal_kind(e.actor_id) WHEN 'user' THEN 'USER' WHEN 'service' THEN 'API_KEY'
                 ELSE 'SERVICE' END AS actor_type,
            e.actor_id, e.event AS action,
            CASE WHEN e.session_id IS NOT NULL THEN 'agent_session' WHEN e.event LIKE 'principal.%' THEN 'agent'
                 ELSE pg_catalog.split_part(e.event, '.', 1) END AS resource_type,
            coalesce(e.session_id::text, e.details->>'principal_id', e.details->>'workspace_id', e.details->>'key_id')
                AS resource_id,
            'curfew' AS service,
            CASE e.outcome WHEN 'refused' THEN 'FAILURE' ELSE 'SUCCESS' END AS outcome,
            pg_catalog.jsonb_strip_nulls(coalesce(e.details, '{}') || pg_catalog.jsonb_build_object(
                'reason', e.reason, 'relation', e.relation, 'via', e.via, 'request_id', e.request_id,
                'from_state', e.from_state, 'to_state', e.to_state, 'version', e.version)) AS metadata,
            pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
                (pg_catalog.to_jsonb(e) - 'ordinality')::text, 'UTF8')), 'hex') AS integrity_hash)") + R"( ORDER BY e.ordinality)
            FILTER (WHERE e.ordinality <= size.rows), '[]') AS items,
            CASE WHEN pg_catalog.bool_or(e.ordinality > size.rows)
                 THEN pg_catalog.max(e.id::text) FILTER (WHERE e.ordinality = size.rows) END AS next_cursor
        FROM (SELECT coalesce(curfew.query_integer($query_limit, 'limit', 1, 200), 50)::integer AS rows) AS size
             LEFT JOIN LATERAL curfew.audit_log(
                 event => $query_action, actor => curfew.resolve_principal($query_actor_id, 'actor_id'),
                 since => curfew.query_timestamp($query_from, 'from'),
                 until => curfew.query_timestamp($query_to, 'to'), max_rows => size.rows + 1,
                 after => curfew.query_uuid($query_cursor, 'cursor'), about => )" +
         kAbout + ") WITH ORDINALITY AS e ON true) AS page"},
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

// What a request calls what the engine names otherwise.
struct Field {
    std::string_view argument;
    std::string_view name;
};
constexpr Field kFields[] = {{"agent", "agent_id"}, {"after", "cursor"}};

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
    if (own || (failure.status == 422 && !failure.argument.empty())) {
        const Field* field = Find(kFields, &Field::argument, failure.argument);
        details["field"] = field ? std::string(field->name) : Locate(failure, situation.route).back();
    }
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
