// dreadnode: agent conversations in a workspace of an organisation (lifecycle `conversation`); archive is a
// mark.
#include "contracts.hpp"

#include "../text.hpp"

#include <charconv>

namespace curfew::front {
namespace {

// A session as clients see it, from rows s (session_info), d (its details) and p (find_principals, or nulls).
// Members that the contract marks optional are left out where there is nothing to say; the others are always
// there.
const std::string kSession = R"(
    (pg_catalog.jsonb_build_object(
         'id', s.id,
         'user_id', s.owner_id,
         'created_by', CASE WHEN p.principal_id IS NOT NULL THEN
             pg_catalog.jsonb_build_object('id', s.owner_id, 'email', p.principal_email, 'username', p.principal_name)
             || pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('full_name', p.full_name)) END,
         'labels', d.labels,
         'origin', coalesce(d.fields->>'origin', 'user'),
         'usage', '{"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0,
                    "cache_creation_input_tokens": 0, "total_tokens": 0,
                    "last_generation_input_tokens": null, "cost_usd": 0}'::pg_catalog.jsonb
             || coalesce(d.fields->'usage', '{}'),
         'created_at', curfew.rfc3339(s.created_at),
         'updated_at', curfew.rfc3339(s.updated_at))
     || pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
         'name', d.title,
         'agent', d.fields->'agent',
         'model', d.fields->'model',
         'project_id', d.fields->'project_id',
         'group', d.fields->'group',
         'last_message_at', curfew.rfc3339(d.last_message_at),
         'archived_at', curfew.rfc3339((s.marks->>'archived')::timestamptz),
         'frozen_at', curfew.rfc3339((s.marks->>'frozen')::timestamptz),
         'frozen_by', CASE WHEN s.marks ? 'frozen' THEN coalesce(d.fields->>'frozen_by', 'user') END,
         'pinned_at', curfew.rfc3339((s.marks->>'pinned')::timestamptz),
         'shared_by', d.fields->'shared_by'))))";

/// The statement that shows the one session of `rows`, a function that gives a session_info.
std::string Show(const std::string& rows) {
    return "SELECT" + kSession + R"(::text AS body
        FROM )" +
           rows + R"( AS s
             CROSS JOIN LATERAL curfew.get_session_detail(s.id) AS d
             LEFT JOIN LATERAL curfew.find_principals(id => s.owner_id) AS p ON true)";
}

/// The session of the path.
const std::string kNamed = "curfew.resolve_session($session_id, 'conversation', $workspace)";

/// What keeps a call to this contract's sessions of the path's workspace.
const std::string kHere = "lifecycle => 'conversation', workspace => $workspace";

/// The statement that takes `action` on the session of the path and shows it.
std::string Act(const std::string& action) {
    return Show("curfew.act(" + Proven(kNamed) + ", '" + action + "', " + kHere + ")");
}

const std::string kOrigins = "'{user,eval,worker,optimization,training,world}'";

// The body, once the session of the path is known to be there and to be readable: bad input is told last.
const std::string kBodyOfNamed = "(SELECT found.id, curfew.json_body(CASE WHEN found.id IS NOT NULL THEN $body END) "
                                 "AS body FROM curfew.get_session(" +
                                 Proven(kNamed) + ", " + kHere + ") AS found OFFSET 0) AS named";

// The page that a list's query asks for.
const std::string kPage = R"(
    (SELECT curfew.resolve_workspace($workspace) AS workspace,
            coalesce(curfew.query_integer($query_page, 'page', 1, 1000000), 1) AS page,
            coalesce(curfew.query_integer($query_limit, 'limit', 1, 100), 20) AS size,
            coalesce(curfew.query_choice($query_archived, 'archived', '{active,archived,any}'), 'active') AS archived,
            coalesce(curfew.query_choice($query_sort_by, 'sort_by', '{created_at,last_message_at}'), 'created_at') AS sort,
            coalesce(curfew.query_choice($query_sort_dir, 'sort_dir', '{asc,desc}'), 'desc') AS direction,
            pg_catalog.to_jsonb(curfew.query_uuids($queries_user::text[], 'user')) AS users,
            curfew.query_labels($queries_label::text[], 'label') AS labels,
            curfew.query_text($query_search, 'search', 200) AS search,
            pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                'agent', $queries_agent::text[], 'model', $queries_model::text[],
                'project_id', $queries_project_id::text[])) AS fields,
            curfew.query_choices($queries_origin::text[], 'origin', )" + kOrigins + R"() AS origins
     OFFSET 0) AS asked)";

// The same as a filter. A session that says no origin has the origin `user`.
const std::string kFilter = R"(
    (SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                'lifecycle', 'conversation', 'workspace', asked.workspace, 'owner', asked.users,
                'label', asked.labels, 'search', asked.search,
                'mark', CASE asked.archived WHEN 'any' THEN NULL
                        ELSE pg_catalog.jsonb_build_object('archived', asked.archived = 'archived') END))
            || CASE WHEN asked.origins IS NULL AND asked.fields = '{}' THEN '{}'
               ELSE pg_catalog.jsonb_build_object('fields', asked.fields || CASE
                    WHEN asked.origins IS NULL THEN '{}'
                    ELSE pg_catalog.jsonb_build_object('origin', pg_catalog.to_jsonb(asked.origins)
                         || CASE WHEN 'user' = ANY (asked.origins) THEN '[null]' ELSE '[]' END::pg_catalog.jsonb) END) END
            AS filter) AS narrowed)";

const std::vector<Route> kRoutes = {
    {"POST", "/api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/archive", 200, Effect::kAct,
     Act("archive")},
    {"POST", "/api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/unarchive", 200, Effect::kAct,
     Act("unarchive")},
    {"POST", "/api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/pin", 200, Effect::kAct, Act("pin")},
    {"POST", "/api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/unpin", 200, Effect::kAct, Act("unpin")},
    {"POST", "/api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/freeze", 200, Effect::kAct,
     Act("freeze")},

    // Best effort: an id that cannot be frozen keeps no other from it. Each list is in the order asked for.
    {"POST", "/api/v1/org/{org}/ws/{workspace}/sessions/bulk-freeze", 200, Effect::kChange, R"(
        SELECT pg_catalog.json_build_object(
                   'frozen', coalesce(pg_catalog.json_agg(o.session_id ORDER BY o.place) FILTER (
                       WHERE o.refused IS NULL), '[]'),
                   'forbidden', coalesce(pg_catalog.json_agg(o.session_id ORDER BY o.place) FILTER (
                       WHERE o.refused <> 'session_not_found'), '[]'),
                   'not_found', coalesce(pg_catalog.json_agg(o.session_id ORDER BY o.place) FILTER (
                       WHERE o.refused = 'session_not_found'), '[]'))::text AS body
        FROM (SELECT e.session_id, e.refused, pg_catalog.array_position(asked.ids, e.session_id) AS place
              FROM (SELECT curfew.given(curfew.body_uuids(
                               curfew.json_body(CASE WHEN here.id IS NOT NULL THEN $body END),
                               'session_ids', 1, 200), 'session_ids') AS ids
                    FROM curfew.resolve_workspace($workspace) AS here (id) OFFSET 0) AS asked,
                   LATERAL curfew.act_each(asked.ids, 'freeze', )" + kHere + ") AS e) AS o"},

    {"PUT", "/api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/labels", 200, Effect::kAct,
     "SELECT" + kSession + R"(::text AS body
        FROM )" + kBodyOfNamed + R"(,
             LATERAL curfew.update_session(named.id, 'label', )" + kHere + R"(,
                 labels => curfew.given(curfew.body_labels(named.body, 'labels'), 'labels')) AS s
             CROSS JOIN LATERAL curfew.get_session_detail(s.id) AS d
             LEFT JOIN LATERAL curfew.find_principals(id => s.owner_id) AS p ON true)"},

    {"POST", "/api/v1/org/{org}/ws/{workspace}/sessions", 201, Effect::kAct,
     "SELECT" + kSession + R"(::text AS body
        FROM (SELECT curfew.json_body(CASE WHEN here.id IS NOT NULL THEN $body END) AS body
              FROM curfew.resolve_workspace()" + Proven("$workspace") + R"() AS here (id) OFFSET 0) AS asked,
             LATERAL curfew.create_session(
                 lifecycle => 'conversation', workspace => $workspace,
                 title => curfew.body_text(asked.body, 'name'),
                 labels => curfew.body_labels(asked.body, 'labels'),
                 fields => pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
                     'agent', curfew.body_text(asked.body, 'agent'),
                     'model', curfew.body_text(asked.body, 'model'),
                     'origin', coalesce(curfew.body_choice(asked.body, 'origin', )" + kOrigins + R"(), 'user'),
                     'project_id', curfew.body_text(asked.body, 'project_id')))) AS s
             CROSS JOIN LATERAL curfew.get_session_detail(s.id) AS d
             LEFT JOIN LATERAL curfew.find_principals(id => s.owner_id) AS p ON true)"},

    {"GET", "/api/v1/org/{org}/ws/{workspace}/sessions/{session_id}", 200, Effect::kLookup,
     Show("curfew.get_session(" + Proven(kNamed) + ", " + kHere + ")")},

    {"GET", "/api/v1/org/{org}/ws/{workspace}/sessions", 200, Effect::kRead, R"(
        SELECT pg_catalog.json_build_object(
                   'sessions', coalesce((SELECT pg_catalog.json_agg()" + kSession + R"( ORDER BY s.ordinality)
                       FROM pg_catalog.unnest(f.sessions) WITH ORDINALITY AS s
                            CROSS JOIN LATERAL (SELECT s.title, s.labels, s.fields, s.last_message_at) AS d
                            LEFT JOIN LATERAL curfew.find_principals(id => s.owner_id) AS p ON true), '[]'),
                   'total', f.total, 'page', asked.page, 'limit', asked.size,
                   'has_more', asked.page * asked.size < f.total)::text AS body
        FROM )" + kPage + ", LATERAL " + kFilter + R"(,
             LATERAL curfew.find_sessions(
                 narrowed.filter, sort => asked.sort, descending => asked.direction = 'desc',
                 max_rows => asked.size::integer, skip => ((asked.page - 1) * asked.size)::integer) AS f)"},
};

struct Reason {
    std::string_view reason;
    int status;
    std::string_view type;
};

constexpr Reason kReasons[] = {
    {"tenant_mismatch", 404, "not_found"}, // of an organisation that is not the caller's nothing is said
    {"database_away", 502, "bad_gateway"}, {"in_doubt", 502, "bad_gateway"},
    {"read_only", 502, "bad_gateway"},     {"try_again", 502, "bad_gateway"},
    {"timed_out", 504, "gateway_timeout"},
};

struct Status {
    int status;
    std::string_view type;
};

constexpr Status kStatuses[] = {
    {400, "invalid_request"},  {401, "authentication_failed"}, {403, "access_forbidden"},
    {404, "not_found"},        {405, "method_not_allowed"},    {409, "already_exists"},
    {413, "invalid_request"},  {415, "invalid_request"},       {422, "validation_error"},
    {426, "upgrade_required"}, {429, "rate_limited"},          {500, "internal_error"},
    {502, "bad_gateway"},      {504, "gateway_timeout"},
};

constexpr std::string_view kOtherType = "invalid_request";

Presented Present(const Request& request, const Values& path) {
    return {FromAuthorization(request, "Bearer"), path.at("org")};
}

ErrorAnswer Refuse(const Failure& failure, const Situation& situation) {
    const Reason* own = Find(kReasons, &Reason::reason, failure.reason);
    const int status = own ? own->status : failure.status;
    const Status* usual = Find(kStatuses, &Status::status, status);
    Json envelope = {{"code", status}, {"detail", failure.message}};
    if (failure.reason == "tenant_mismatch")
        envelope["detail"] = "organization not found";
    if (status == 422)
        envelope["errors"] = Json::array({{{"loc", Locate(failure, situation.route)},
                                           {"msg", failure.message},
                                           {"type", failure.reason}}});
    envelope["type"] = own ? own->type : usual ? usual->type : kOtherType;
    return {status, kJson, Dump(envelope)};
}

/// The numbers of a dotted version; nothing if it is not one. What follows a "-" or "+" does not count.
std::optional<std::vector<int>> VersionNumbers(std::string_view text) {
    text = Trim(text);
    text = text.substr(0, text.find_first_of("-+"));
    if (text.starts_with('v'))
        text.remove_prefix(1);
    std::vector<int> numbers;
    const char* at = text.data();
    const char* const end = text.data() + text.size();
    for (;;) {
        int number = 0;
        const auto [next, error] = std::from_chars(at, end, number);
        if (error != std::errc() || number < 0)
            return std::nullopt;
        numbers.push_back(number);
        if (next == end)
            break;
        if (*next != '.')
            return std::nullopt;
        at = next + 1;
    }
    while (!numbers.empty() && numbers.back() == 0)
        numbers.pop_back(); // 1.4 is 1.4.0
    return numbers;
}

std::optional<Failure> Admit(const Request& request, const Settings& settings) {
    const auto minimum = VersionNumbers(settings.dreadnode_min_client);
    const auto named = VersionNumbers(request.Header("x_client_version").value_or(""));
    if (!minimum || !named || *named >= *minimum)
        return std::nullopt;
    return OwnFailure("client_too_old");
}

} // namespace

const Contract& Dreadnode() {
    static const Contract contract{
        .name = "dreadnode",
        .routes = kRoutes,
        .challenge = R"(Bearer realm="curfew")",
        .present = Present,
        .refuse = Refuse,
        .admit = Admit,
    };
    return contract;
}

} // namespace curfew::front
