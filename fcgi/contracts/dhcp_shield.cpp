// dhcp-shield: operators' login sessions (lifecycle `login`). Errors are RFC 7807 problems with two legacy
// members.
#include "contracts.hpp"

namespace curfew::front {
namespace {

// The filter that a list's query asks for; a name that nobody has is nobody's id.
const std::string kFilter = R"(
    pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'lifecycle', 'login',
        'live', curfew.query_boolean($query_active, 'active'),
        'owner', CASE WHEN $query_username IS NOT NULL THEN coalesce(
            (SELECT pg_catalog.jsonb_agg(p.principal_id) FROM curfew.find_principals(name => $query_username) AS p),
            '"00000000-0000-0000-0000-000000000000"') END,
        'fields', CASE WHEN $query_auth_method IS NOT NULL THEN pg_catalog.jsonb_build_object(
            'auth_method', curfew.query_choice($query_auth_method, 'auth_method',
                '{Local,Local + MFA,Google OAuth,Keycloak,API Key}')) END)))";

const std::vector<Route> kRoutes = {
    {"DELETE", "/api/sessions/{session_id}", 200, Effect::kAct, R"(
        SELECT '{"message":"Session terminated"}' AS body
        FROM curfew.act()" + Proven("curfew.session_id($session_id)") + ", 'end', lifecycle => 'login')"},

    // Newest first. The total counts those too that a list of 1,000 leaves out.
    {"GET", "/api/sessions", 200, Effect::kRead, R"(
        SELECT pg_catalog.json_build_object('sessions', coalesce(
                   (SELECT pg_catalog.json_agg((SELECT pg_catalog.row_to_json(shown) FROM (SELECT
                               s.id, p.principal_name AS username, s.fields->'ip_address' AS ip_address,
                               s.fields->'auth_method' AS auth_method, curfew.rfc3339(s.created_at) AS created_at,
                               curfew.rfc3339(coalesce(s.last_used_at, s.created_at)) AS last_activity,
                               s.live AS active,
                               s.id IS NOT DISTINCT FROM caller.session AS current) AS shown)
                           ORDER BY s.ordinality)
                    FROM pg_catalog.unnest(f.sessions) WITH ORDINALITY AS s
                         LEFT JOIN LATERAL curfew.find_principals(id => s.owner_id) AS p ON true), '[]'),
                   'total', f.total)::text AS body
        FROM curfew.current_session() AS caller (session),
             LATERAL curfew.find_sessions()" + kFilter + ", max_rows => 1000) AS f"},

    // One's own, or anybody's as an administrator.
    {"DELETE", "/api/users/{user_id}/sessions", 200, Effect::kChange, R"(
        SELECT pg_catalog.json_build_object('message', 'Sessions terminated', 'count', e.ended)::text AS body
        FROM (SELECT curfew.own_or_administered(curfew.session_id($user_id)) AS id OFFSET 0) AS who,
             LATERAL curfew.end_sessions(pg_catalog.jsonb_build_object('lifecycle', 'login', 'owner', who.id, 'live', true),
                                         action => 'end', max_rows => 10000) AS e)"},
};

struct Reason {
    std::string_view reason;
    int status;
    std::string_view kind;
    std::string_view message;
};

// A session that has ended, or an id that is none, is a session that is not there to be ended.
constexpr Reason kReasons[] = {
    {"session_not_found", 404, "session_not_found", "session not found"},
    {"invalid_state", 404, "session_not_found", "session not found"},
    {"malformed_id", 404, "session_not_found", "session not found"},
    {"principal_not_found", 404, "user_not_found", "user not found"},
};

Presented Present(const Request& request, const Values&) {
    return {FromAuthorization(request, "Bearer"), std::nullopt};
}

ErrorAnswer Refuse(const Failure& failure, const Situation& situation) {
    // An id of a user that is none is a user that is not there.
    const bool of_user = failure.reason == "malformed_id" && Locate(failure, situation.route).back() == "user_id";
    const std::string_view reason = of_user ? "principal_not_found" : std::string_view(failure.reason);
    const Reason* own = Find(kReasons, &Reason::reason, reason);
    const int status = own ? own->status : failure.status;
    const std::string message = own ? std::string(own->message) : failure.message;
    Json details = Json::object();
    if (!own && !failure.argument.empty())
        details[failure.argument] = message;
    const Json problem = {
        {"type", ProblemType(own ? own->kind : failure.reason)},
        {"title", Phrase(status)},
        {"status", status},
        {"detail", message},
        {"instance", situation.path},
        {"error", message},
        {"details", details},
        {"request_id", situation.request_id},
    };
    return {status, kProblemJson, Dump(problem)};
}

} // namespace

const Contract& DhcpShield() {
    static const Contract contract{
        .name = "dhcp-shield",
        .routes = kRoutes,
        .challenge = R"(Bearer realm="curfew")",
        .present = Present,
        .refuse = Refuse,
    };
    return contract;
}

} // namespace curfew::front
