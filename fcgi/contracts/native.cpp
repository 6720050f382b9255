// native: Curfew's own interface, for every lifecycle, and the two pages that say how the front is. Errors
// are RFC 9457 problems.
#include "contracts.hpp"

namespace curfew::front {
namespace {

// The members of a session, from a row s of session_info.
const std::string kMembers = R"(
    s.id, s.lifecycle, s.state, s.version, s.live, s.terminal, s.owner_id, s.agent_id, s.workspace_id,
    s.operator_workspace_id, s.parent_id, s.scopes, s.marks,
    curfew.rfc3339(s.created_at) AS created_at, curfew.rfc3339(s.updated_at) AS updated_at,
    curfew.rfc3339(s.started_at) AS started_at, curfew.rfc3339(s.ended_at) AS ended_at,
    curfew.rfc3339(s.deadline) AS deadline, s.metered_ms)";

/// A JSON object of SQL columns, its members in their order.
std::string Object(const std::string& columns) {
    return "(SELECT pg_catalog.row_to_json(shown) FROM (SELECT " + columns + ") AS shown)";
}

const std::string kTag = R"( '"' || s.version || '"' AS etag )";

// If-Match as a version: nothing, or "*", fits any; what is not one of our tags fits none.
const std::string kExpectedVersion = R"(
    CASE WHEN coalesce($header_if_match, '') IN ('', '*') THEN NULL
         WHEN $header_if_match ~ '^"[0-9]{1,18}"$' THEN pg_catalog.btrim($header_if_match, '"')::bigint
         ELSE 0 END)";

// The members of an audit event, from a row `s` of audit_entry.
const std::string kEventMembers = R"(
    s.id, curfew.rfc3339(s.at, 6) AS at, s.session_id, s.event, s.action, s.outcome, s.actor_id,
    s.on_behalf_of, s.relation, s.via, s.request_id, s.from_state, s.to_state, s.version, s.reason,
    s.details, s.traceparent)";

// The members of a session at a time that is past, from a row `s` of session_as_of.
const std::string kMembersThen = R"(
    s.id, curfew.rfc3339(s.at, 6) AS at, s.lifecycle, s.state, s.version, s.live, s.terminal, s.marks)";

// The members of a principal, from a row `s` of get_principal.
std::string PrincipalMembers(const std::string& status) {
    return "s.principal_id AS id, s.name, s.kind, s.role, " + status + " AS status, s.email, s.full_name";
}

// The members of an API key, without the key, from a row `s` of list_api_keys.
const std::string kKeyMembers = R"(
    s.id, s.principal_id, s.workspace_id, s.prefix, s.scopes, curfew.rfc3339(s.created_at) AS created_at,
    curfew.rfc3339(s.expires_at) AS expires_at, curfew.rfc3339(s.revoked_at) AS revoked_at,
    curfew.rfc3339(s.last_used_at) AS last_used_at)";

// The members of a lifecycle, from a row `s` of list_lifecycles.
const std::string kLifecycleMembers = "s.name, s.revision, s.builtin, s.definition";

// The whole tenant's log, narrowed by the query; `size.rows` + 1 rows of it.
const std::string kAuditLog = R"(
        curfew.audit_log(
            session_id => curfew.query_uuid($query_session_id, 'session_id'), event => $query_event,
            actor => curfew.query_uuid($query_actor_id, 'actor_id'),
            since => curfew.query_timestamp($query_since, 'since'),
            until => curfew.query_timestamp($query_until, 'until'), max_rows => size.rows + 1,
            after => curfew.open_cursor('events', $query_after)::uuid))";

constexpr std::string_view kCsvColumns[] = {
    "at",  "id",         "session_id",  "event",      "action",   "outcome", "actor_id", "on_behalf_of", "relation",
    "via", "request_id", "traceparent", "from_state", "to_state", "version", "reason",   "details"};

/// The audit log as RFC 4180 has it, a line per event and one of names, each value in quotes; what is null is empty.
/// The next page is in the Link header.
std::string AuditCsv() {
    std::string names, line;
    for (const std::string_view column : kCsvColumns) {
        const std::string value = column == "at" ? "curfew.rfc3339(s.at, 6)" : "s." + std::string(column) + "::text";
        names += (names.empty() ? "" : ",") + std::string(column);
        line += (line.empty() ? "" : " || ',' || ") +
                ("coalesce('\"' || pg_catalog.replace(" + value + R"(, '"', '""') || '"', ''))");
    }
    return "SELECT '" + names + R"(' || E'\r\n' || coalesce(pg_catalog.string_agg()" + line +
           R"( || E'\r\n', '' ORDER BY s.ordinality) FILTER (WHERE s.ordinality <= size.rows), '') AS body,
             'text/csv; charset=utf-8; header=present' AS content_type,
             '<?after=' || curfew.seal_cursor('events', CASE WHEN pg_catalog.bool_or(s.ordinality > size.rows)
                  THEN pg_catalog.max(s.id::text) FILTER (WHERE s.ordinality = size.rows) END) ||
             '&limit=' || pg_catalog.max(size.rows) || '>; rel="next"' AS link
        FROM (SELECT coalesce(curfew.query_integer($query_limit, 'limit', 1, 999), 500)::integer AS rows) AS size
             LEFT JOIN LATERAL )" +
           kAuditLog + " WITH ORDINALITY AS s ON true";
}

/// The one row of a function's one result. Less work for the server than a function that stands for a table.
std::string Once(const std::string& call) { return "(SELECT " + Proven(call) + " OFFSET 0)"; }

/// The statement that gives the principal of the path a status and shows it, and how many of its sessions ended by that. `call`,
/// on the id and the body of `own`, gives the number. Who does it to himself can read nothing afterwards, so he is read before.
std::string OnPrincipal(const std::string& status, const std::string& call) {
    const auto shown = [](const std::string& after) {
        return "(SELECT " + Object(PrincipalMembers(after)) + " FROM curfew.get_principal(own.id) AS s)";
    };
    return "SELECT pg_catalog.left(coalesce(own.himself, " + shown("s.status") + R"()::text, -1) ||
               ',"ended_sessions":' || done.ended_sessions || '}' AS body
        FROM (SELECT own.id, own.b, CASE WHEN own.id = curfew.current_principal() THEN )" +
           shown("'" + status + "'") + R"( END AS himself
              FROM (SELECT curfew.query_uuid($id, 'id') AS id, curfew.json_body($body) AS b) AS own OFFSET 0) AS own,
             LATERAL (SELECT )" +
           call + " AS ended_sessions OFFSET 0) AS done";
}

/// The statement of a list of rows `s`, each shown by `members`. The rows' function is to read size.rows + 1:
/// the one too many tells that there is a next page, which begins after the cursor in `next`. `about` is a join
/// that comes before, or empty.
std::string Page(std::string_view name, const std::string& members, const std::string& about,
                 const std::string& rows) {
    return "SELECT pg_catalog.row_to_json(page)::text AS body FROM (SELECT coalesce(pg_catalog.json_agg(" +
           Object(members) + " ORDER BY s.ordinality) FILTER (WHERE s.ordinality <= size.rows), '[]') AS " +
           std::string(name) + R"(,
             curfew.seal_cursor(')" +
           std::string(name) + R"(', CASE WHEN pg_catalog.bool_or(s.ordinality > size.rows)
                  THEN pg_catalog.max(s.id::text) FILTER (WHERE s.ordinality = size.rows) END) AS next
        FROM (SELECT coalesce(curfew.query_integer($query_limit, 'limit', 1, 200), 50)::integer AS rows)
             AS size
        )" +
           about + " LEFT JOIN LATERAL " + rows + " WITH ORDINALITY AS s ON true) AS page";
}

const std::vector<Route> kRoutes = {
    // How the front is: alive, and able to reach its database.
    {"GET", "/healthz", 200, Effect::kRead, R"({"status":"ok"})", Asks::kNothing},
    {"GET", "/readyz", 200, Effect::kRead,
     "SELECT " + Object("'ready' AS status, curfew.version() AS version") + "::text AS body",
     Asks::kDatabase},

    // Create: the tokens are shown here, and to a repeat that may have them, where the lifecycle gives any:
    // concat passes over what is null.
    {"POST", "/curfew/v1/sessions", 201, Effect::kAct,
     "SELECT pg_catalog.concat(pg_catalog.left(" + Object(kMembers) + R"(::text, -1),
                 ',"token":' || pg_catalog.to_json(s.token)::text,
                 ',"refresh_token":' || pg_catalog.to_json(s.refresh_token)::text, '}') AS body,
             coalesce($base_url, '') || '/curfew/v1/sessions/' || s.id AS location,)" +
         kTag + R"(
        FROM )" + ProvenBody() + R"(,
             LATERAL curfew.create_session(
                 lifecycle => curfew.body_text(b, 'lifecycle'),
                 owner => curfew.body_uuid(b, 'owner_id'),
                 agent => curfew.body_uuid(b, 'agent_id'),
                 workspace => curfew.body_text(b, 'workspace'),
                 scopes => curfew.body_texts(b, 'scopes'),
                 timers => curfew.body_object(b, 'timers'),
                 title => curfew.body_text(b, 'title'),
                 labels => curfew.body_object(b, 'labels'),
                 metadata => curfew.body_object(b, 'metadata'),
                 idempotency_key => $header_idempotency_key) AS s)"},

    {"GET", "/curfew/v1/sessions", 200, Effect::kRead, Page("sessions", kMembers, "", R"(
        curfew.list_sessions(
            lifecycle => $query_lifecycle, state => $query_state,
            owner => curfew.query_uuid($query_owner_id, 'owner_id'),
            agent => curfew.query_uuid($query_agent_id, 'agent_id'),
            workspace => $query_workspace, max_rows => size.rows + 1,
            after => curfew.open_cursor('sessions', $query_after)::uuid))")},

    {"GET", "/curfew/v1/sessions/{id}", 200, Effect::kLookup,
     "SELECT " + Object(kMembers + ", d.title, d.labels, d.metadata") + "::text AS body," + kTag + R"(
        FROM curfew.get_session()" + Proven("curfew.session_id($id)") + ") AS s, LATERAL curfew.get_session_detail(s.id) AS d"},

    // Actions that take more than a reason: until when a session is extended, what is changed of what people read.
    {"POST", "/curfew/v1/sessions/{id}/extend", 200, Effect::kAct,
     "SELECT curfew.row_json(s)::text AS body," + kTag + R"(
        FROM )" + ProvenBody() + R"(,
             LATERAL curfew.extend_session(
                 curfew.session_id($id),
                 by => pg_catalog.make_interval(secs => curfew.body_integer(b, 'seconds', 1, 315360000)::integer),
                 until => curfew.query_timestamp(curfew.body_text(b, 'until'), 'until'),
                 reason => curfew.body_text(b, 'reason'), expected_version => )" +
         kExpectedVersion + ", idempotency_key => $header_idempotency_key) AS s"},
    {"PATCH", "/curfew/v1/sessions/{id}", 200, Effect::kAct,
     "SELECT " + Object(kMembers + ", d.title, d.labels, d.metadata") + "::text AS body," + kTag + R"(
        FROM )" + ProvenBody() + R"(,
             LATERAL curfew.update_session(
                 curfew.session_id($id), title => curfew.body_text(b, 'title'),
                 labels => curfew.body_object(b, 'labels'), metadata => curfew.body_object(b, 'metadata'),
                 reason => curfew.body_text(b, 'reason'), expected_version => )" +
         kExpectedVersion + R"(, idempotency_key => $header_idempotency_key) AS s,
             LATERAL curfew.get_session_detail(s.id) AS d)"},

    {"POST", "/curfew/v1/sessions/{id}/{action}", 200, Effect::kAct,
     R"(SELECT curfew.row_json(done.s)::text AS body, '"' || (done.s).version || '"' AS etag FROM )" + Once(R"(
            curfew.act(curfew.session_id($id), $action,
                       reason => curfew.body_text(curfew.json_body($body), 'reason'),
                       expected_version => )" + kExpectedVersion + ", idempotency_key => $header_idempotency_key)") +
         " AS done (s)"},

    // Many at once: an outcome each, and where to go on.
    {"POST", "/curfew/v1/sessions:end", 200, Effect::kChange,
     "SELECT " + Object("r.matched, r.ended, r.already, r.forbidden, r.invalid_state, r.remaining, r.next, r.preview, "
                        "r.outcomes") + R"(::text AS body
        FROM curfew.json_body($body) AS b,
             LATERAL curfew.end_sessions(
                 curfew.body_object(b, 'filter'),
                 action => curfew.body_text(b, 'action'),
                 reason => curfew.body_text(b, 'reason'),
                 dry_run => curfew.body_boolean(b, 'dry_run'),
                 preview => curfew.body_text(b, 'preview'),
                 max_rows => curfew.body_integer(b, 'max_rows', 1, 10000)::integer,
                 after => curfew.body_uuid(b, 'after'), idempotency_key => $header_idempotency_key) AS r)"},

    {"GET", "/curfew/v1/sessions/{id}/events", 200, Effect::kRead,
     Page("events", kEventMembers, "CROSS JOIN LATERAL curfew.get_session(curfew.session_id($id)) AS about",
          R"(
        curfew.audit_log(session_id => about.id, max_rows => size.rows + 1,
                         after => curfew.open_cursor('events', $query_after)::uuid))")},

    {"GET", "/curfew/v1/sessions/{id}/as-of", 200, Effect::kRead,
     "SELECT " + Object(kMembersThen) + R"(::text AS body
        FROM curfew.session_as_of(curfew.session_id($id), curfew.query_timestamp($query_at, 'at')) AS s)"},

    // What happened in the tenant: the log, narrowed and in pages, as JSON and as CSV; and the feed, each event once.
    {"GET", "/curfew/v1/audit", 200, Effect::kRead, Page("events", kEventMembers, "", kAuditLog)},
    {"GET", "/curfew/v1/audit.csv", 200, Effect::kRead, AuditCsv()},
    {"GET", "/curfew/v1/events", 200, Effect::kRead,
     "SELECT pg_catalog.row_to_json(page)::text AS body FROM (SELECT coalesce(pg_catalog.json_agg(" +
         Object("s.number, " + kEventMembers) + R"( ORDER BY s.number), '[]') AS events,
             coalesce((pg_catalog.array_agg(s.cursor ORDER BY s.number DESC))[1], $query_after) AS next
        FROM curfew.event_feed($query_after,
                               coalesce(curfew.query_integer($query_limit, 'limit', 1, 1000), 100)::integer) AS s) AS page)"},

    // Lifecycles: as they are defined, and drawn.
    {"GET", "/curfew/v1/lifecycles", 200, Effect::kRead,
     "SELECT pg_catalog.json_build_object('lifecycles', pg_catalog.json_agg(" + Object(kLifecycleMembers) +
         " ORDER BY s.name))::text AS body FROM curfew.list_lifecycles() AS s"},
    {"GET", "/curfew/v1/lifecycles/{name}", 200, Effect::kRead,
     "SELECT " + Object(kLifecycleMembers) + "::text AS body FROM curfew.list_lifecycles($name) AS s"},
    {"GET", "/curfew/v1/lifecycles/{name}/diagram", 200, Effect::kRead,
     "SELECT curfew.lifecycle_diagram($name) AS body, 'text/vnd.mermaid; charset=utf-8' AS content_type"},

    // Principals and their keys, for administrators.
    {"POST", "/curfew/v1/principals", 201, Effect::kChange, "SELECT " + Object(PrincipalMembers("s.status")) + R"(::text AS body,
             coalesce($base_url, '') || '/curfew/v1/principals/' || s.principal_id AS location
        FROM curfew.json_body($body) AS b,
             LATERAL curfew.create_principal(
                 name => curfew.body_text(b, 'name'), kind => coalesce(curfew.body_text(b, 'kind'), 'user'),
                 role => coalesce(curfew.body_text(b, 'role'), 'member'), scopes => curfew.body_texts(b, 'scopes'),
                 email => curfew.body_text(b, 'email'), full_name => curfew.body_text(b, 'full_name'),
                 idempotency_key => $header_idempotency_key) AS made,
             LATERAL curfew.get_principal(made) AS s)"},
    {"GET", "/curfew/v1/principals", 200, Effect::kRead,
     Page("principals", "s.id, s.name, s.principal_kind AS kind, s.role, s.principal_status AS status, s.email, s.full_name, s.scopes, curfew.rfc3339(s.created_at) AS created_at", "", R"(
        curfew.list_principals(kind => $query_kind, status => $query_status, max_rows => size.rows + 1,
                               after => curfew.open_cursor('principals', $query_after)::uuid))")},
    {"GET", "/curfew/v1/principals/{id}", 200, Effect::kRead,
     "SELECT " + Object(PrincipalMembers("s.status")) +
         "::text AS body FROM curfew.get_principal(curfew.query_uuid($id, 'id')) AS s"},
    {"POST", "/curfew/v1/principals/{id}/suspend", 200, Effect::kChange,
     OnPrincipal("suspended", "(SELECT 0 FROM curfew.suspend_principal(own.id, curfew.body_text(own.b, 'reason'),"
                 " idempotency_key => $header_idempotency_key))")},
    {"POST", "/curfew/v1/principals/{id}/resume", 200, Effect::kChange,
     OnPrincipal("active", "(SELECT 0 FROM curfew.resume_principal(own.id, curfew.body_text(own.b, 'reason'),"
                 " idempotency_key => $header_idempotency_key))")},
    {"POST", "/curfew/v1/principals/{id}/revoke", 200, Effect::kChange,
     OnPrincipal("revoked", "curfew.revoke_principal(own.id, curfew.body_text(own.b, 'reason'), idempotency_key => $header_idempotency_key)")},
    {"POST", "/curfew/v1/principals/{id}/kill", 200, Effect::kChange,
     OnPrincipal("revoked", "curfew.kill_principal(own.id, curfew.body_text(own.b, 'reason'),"
                 " coalesce(curfew.body_boolean(own.b, 'cascade'), false), idempotency_key => $header_idempotency_key)")},
    {"POST", "/curfew/v1/principals/{id}/keys", 201, Effect::kChange,
     "SELECT " + Object("s.id, s.key") + R"(::text AS body
        FROM curfew.json_body($body) AS b,
             LATERAL curfew.issue_api_key(
                 curfew.query_uuid($id, 'id'), prefix => coalesce(curfew.body_text(b, 'prefix'), ''),
                 workspace => curfew.body_text(b, 'workspace'), scopes => curfew.body_texts(b, 'scopes'),
                 expires_at => curfew.query_timestamp(curfew.body_text(b, 'expires_at'), 'expires_at'),
                 idempotency_key => $header_idempotency_key) AS s)"},
    {"GET", "/curfew/v1/principals/{id}/keys", 200, Effect::kRead,
     "SELECT pg_catalog.json_build_object('keys', coalesce(pg_catalog.json_agg(" + Object(kKeyMembers) +
         " ORDER BY s.created_at DESC, s.id), '[]'))::text AS body FROM curfew.list_api_keys(curfew.query_uuid($id, 'id')) AS s"},
    {"DELETE", "/curfew/v1/keys/{id}", 200, Effect::kChange,
     "SELECT " + Object("key.id, curfew.rfc3339(curfew.revoke_api_key(key.id, idempotency_key => $header_idempotency_key)) AS revoked_at") +
         "::text AS body FROM (SELECT curfew.query_uuid($id, 'id') AS id) AS key"},

    // A refresh token is its own credential. One that comes a second time ends its session, and that stays done though
    // the answer is a refusal.
    {"POST", "/curfew/v1/refresh", 200, Effect::kChange,
     "SELECT " + Object("r.id, r.token, r.new_refresh_token AS refresh_token, curfew.rfc3339(r.expires_at) AS expires_at") +
         R"(::text AS body, r.refused
        FROM curfew.refresh_session(curfew.body_text(curfew.json_body($body), 'refresh_token'), via => $via,
                                    request_id => $request_id, traceparent => $header_traceparent) AS r)",
     Asks::kDatabase},

    // Introspection: of a token that is not live nothing but that is told.
    {"POST", "/curfew/v1/introspect", 200, Effect::kLookup,
     R"(SELECT CASE WHEN (found.t).active THEN curfew.row_json(found.t)::text ELSE '{"active":false}' END AS body FROM )" +
         Once("curfew.introspect(curfew.given(curfew.body_text(curfew.json_body($body), 'token'), 'token'))") +
         " AS found (t)"},
};

Presented Present(const Request& request, const Values&) {
    const Value key = request.Header("x_api_key");
    return {key ? key : FromAuthorization(request, "Bearer"), std::nullopt};
}

ErrorAnswer Refuse(const Failure& failure, const Situation& situation) {
    Json problem = {
        {"type", ProblemType(failure.reason)}, {"title", Phrase(failure.status)}, {"status", failure.status},
        {"detail", failure.message},           {"instance", situation.path},      {"reason", failure.reason},
    };
    if (!failure.argument.empty())
        problem["argument"] = Locate(failure, situation.route).back();
    if (!failure.detail.empty())
        problem["explanation"] = failure.detail;
    if (!failure.hint.empty())
        problem["hint"] = failure.hint;
    problem["request_id"] = situation.request_id;
    return {failure.status, kProblemJson, Dump(problem)};
}

} // namespace

const Contract& Native() {
    static const Contract contract{
        .name = "native",
        .routes = kRoutes,
        .challenge = R"(Bearer realm="curfew")",
        .answers_options = true,
        .refuses_unknown_parameters = true,
        .consistency_header = "X-Curfew-Token",
        .present = Present,
        .refuse = Refuse,
    };
    return contract;
}

} // namespace curfew::front
