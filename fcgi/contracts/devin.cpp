// devin: coding-agent runs (lifecycle `run`). Tags are the label `tags`. Errors are FastAPI's: a list where the
// request is not valid, else a text.
#include "contracts.hpp"

namespace curfew::front {
namespace {

// The session of the path.
const std::string kNamed = "curfew.session_id($session_id, 'devin-')";

const std::string kShownId = "'devin-' || pg_catalog.replace(s.id::text, '-', '')";

std::string Time(const std::string& at) {
    return "pg_catalog.replace(curfew.rfc3339(" + at + ", 6), 'Z', '+00:00')";
}

// The summary's members, from rows s (session_info), d (its details) and p (find_principals, or nulls).
// `status_enum` has no word for a terminated run.
const std::string kSummary = kShownId + R"( AS session_id,
    CASE WHEN s.terminal THEN s.state ELSE 'running' END AS status,
    d.title, )" + Time("s.created_at") +
                             " AS created_at, " + Time("s.updated_at") + R"( AS updated_at,
    d.fields->'snapshot_id' AS snapshot_id, d.fields->'playbook_id' AS playbook_id,
    coalesce(d.labels->'tags', '[]') AS tags, d.fields->'pull_request' AS pull_request,
    d.fields->'structured_output' AS structured_output,
    CASE s.state WHEN 'terminated' THEN 'finished' ELSE s.state END AS status_enum,
    p.principal_email AS requesting_user_email)";

const std::string kOwner = "LEFT JOIN LATERAL curfew.find_principals(id => s.owner_id) AS p ON true";

// A message as clients see it, from a row m of list_messages. Without who wrote it, where that is not known.
const std::string kMessage = R"(
    (pg_catalog.jsonb_build_object('type', m.kind, 'event_id', m.id, 'message', m.message, 'timestamp', )" +
                             Time("m.at") + R"(, 'user_id', m.author_id)
     || pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('username', m.author))))";

// The body, once the session of the path is known to be there and to be readable: bad input is told last.
const std::string kBodyOfNamed = "(SELECT found.id, curfew.json_body(CASE WHEN found.id IS NOT NULL THEN $body END) "
                                 "AS body FROM curfew.get_session(" +
                                 Proven(kNamed) + ", 'run') AS found OFFSET 0) AS named";

// Of the principals of an email whom the caller may know; nobody's id where there is none.
const std::string kRequestedBy = R"(
    CASE WHEN $query_user_email IS NOT NULL THEN coalesce(
        (SELECT pg_catalog.jsonb_agg(p.principal_id) FROM curfew.find_principals(email => $query_user_email) AS p),
        '"00000000-0000-0000-0000-000000000000"') END)";

const std::vector<Route> kRoutes = {
    {"DELETE", "/v1/sessions/{session_id}", 200, Effect::kAct, R"(
        SELECT '{"detail":"Session terminated successfully"}' AS body
        FROM curfew.act()" + Proven(kNamed) + ", 'terminate', lifecycle => 'run')"},

    // With `idempotent`, the same prompt by the same caller is the same session. The prompt is its first
    // message, and stands nowhere else.
    {"POST", "/v1/sessions", 200, Effect::kAct, R"(
        SELECT (pg_catalog.jsonb_build_object('session_id', )" + kShownId + R"(,
                    'url', coalesce($base_url, '') || '/sessions/' || )" + kShownId + R"()
                || CASE WHEN once.wanted THEN pg_catalog.jsonb_build_object('is_new_session', NOT s.replayed)
                   ELSE '{}' END)::text AS body
        FROM )" + ProvenBody() + R"(,
             LATERAL (SELECT coalesce(curfew.body_boolean(b, 'idempotent'), false) AS wanted,
                             curfew.given(nullif(curfew.body_text(b, 'prompt'), ''), 'prompt') AS prompt
                      OFFSET 0) AS once,
             LATERAL curfew.create_session(
                 lifecycle => 'run',
                 title => curfew.body_text(b, 'title'),
                 labels => pg_catalog.jsonb_build_object(
                     'tags', coalesce(curfew.body_texts(b, 'tags', 50), '{}')),
                 fields => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                     'playbook_id', curfew.body_text(b, 'playbook_id'),
                     'knowledge_ids', curfew.body_texts(b, 'knowledge_ids'),
                     'secret_ids', curfew.body_texts(b, 'secret_ids'),
                     'snapshot_id', curfew.body_text(b, 'snapshot_id'),
                     'max_acu_limit', curfew.body_integer(b, 'max_acu_limit', 1),
                     'unlisted', curfew.body_boolean(b, 'unlisted')))
                     || CASE WHEN curfew.body_object(b, 'structured_output_schema', 65536) IS NULL THEN '{}'
                        ELSE pg_catalog.jsonb_build_object('structured_output_schema',
                            b->'structured_output_schema') END,
                 once => CASE WHEN once.wanted THEN once.prompt END) AS s,
             LATERAL (SELECT CASE WHEN s.replayed THEN s.version
                             ELSE (curfew.post_message(s.id, once.prompt, 'initial_user_message')).version
                             END AS version OFFSET 0) AS said
        WHERE said.version IS NOT NULL)"},

    {"GET", "/v1/sessions", 200, Effect::kRead, R"(
        SELECT pg_catalog.json_build_object('sessions', coalesce(
                   (SELECT pg_catalog.json_agg((SELECT pg_catalog.row_to_json(shown) FROM (SELECT )" + kSummary +
                   R"() AS shown) ORDER BY s.ordinality)
                    FROM pg_catalog.unnest(f.sessions) WITH ORDINALITY AS s
                         CROSS JOIN LATERAL (SELECT s.title, s.labels, s.fields) AS d )" + kOwner +
                   R"(), '[]'))::text AS body
        FROM (SELECT coalesce(curfew.query_integer($query_limit, 'limit', 1, 1000), 100) AS size,
                     coalesce(curfew.query_integer($query_offset, 'offset', 0, 1000000000),
                              curfew.query_integer($query_skip, 'skip', 0, 1000000000), 0) AS skipped,
                     pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                         'lifecycle', 'run', 'owner', )" + kRequestedBy + R"())
                     || CASE WHEN $queries_tags IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object(
                            'label', pg_catalog.jsonb_build_object('tags', $queries_tags::text[])) END AS filter
              OFFSET 0) AS asked,
             LATERAL curfew.find_sessions(asked.filter, max_rows => asked.size::integer,
                                          skip => asked.skipped::integer) AS f)"},

    // With all its messages, which can be many.
    {"GET", "/v1/sessions/{session_id}", 200, Effect::kRead, R"(
        SELECT (SELECT pg_catalog.row_to_json(shown) FROM (SELECT )" + kSummary + R"(,
                    coalesce((SELECT pg_catalog.json_agg()" + kMessage + R"( ORDER BY m.session_version)
                              FROM curfew.list_messages(s.id, 10000) AS m), '[]') AS messages) AS shown)::text AS body
        FROM curfew.get_session()" + kNamed + R"(, 'run') AS s
             CROSS JOIN LATERAL curfew.get_session_detail(s.id) AS d )" + kOwner},

    // A message to a blocked run wakes it.
    {"POST", "/v1/sessions/{session_id}/message", 200, Effect::kAct, R"(
        SELECT '{"detail":"Message sent successfully"}' AS body
        FROM )" + kBodyOfNamed + R"(,
             LATERAL curfew.post_message(
                 named.id, curfew.given(curfew.body_text(named.body, 'message'), 'message'), lifecycle => 'run'))"},

    {"PUT", "/v1/sessions/{session_id}/tags", 200, Effect::kAct, R"(
        SELECT '{"detail":"Tags updated successfully"}' AS body
        FROM )" + kBodyOfNamed + R"(,
             LATERAL curfew.update_session(
                 named.id, 'tag', lifecycle => 'run', labels => pg_catalog.jsonb_build_object(
                     'tags', curfew.given(curfew.body_texts(named.body, 'tags', 50), 'tags'))))"},
};

struct Reason {
    std::string_view reason;
    std::string_view type;
    std::string_view message;
};

// These are 422, whatever their status elsewhere.
constexpr Reason kReasons[] = {
    {"not_json", "json_invalid", "JSON decode error"},
    {"invalid_state", "session_exited", "The session has already exited"},
    {"missing_field", "missing", "Field required"},
};

constexpr int kNotValid = 422;

Presented Present(const Request& request, const Values&) {
    return {FromAuthorization(request, "Bearer"), std::nullopt};
}

ErrorAnswer Refuse(const Failure& failure, const Situation& situation) {
    const Reason* own = Find(kReasons, &Reason::reason, failure.reason);
    if (!own && failure.status != kNotValid)
        return {failure.status, kJson, Dump({{"detail", failure.message}})};

    std::vector<std::string> place = Locate(failure, situation.route);
    if (failure.reason == "invalid_state")
        place = {"path", "session_id"};
    const Json error = {
        {"loc", place},
        {"msg", own ? std::string(own->message) : failure.message},
        {"type", own ? std::string(own->type) : failure.reason},
    };
    return {kNotValid, kJson, Dump({{"detail", Json::array({error})}})};
}

} // namespace

const Contract& Devin() {
    static const Contract contract{
        .name = "devin",
        .routes = kRoutes,
        .challenge = R"(Bearer realm="curfew")",
        .present = Present,
        .refuse = Refuse,
    };
    return contract;
}

} // namespace curfew::front
