// dreadnode: agent conversations in a workspace of an organisation (lifecycle `conversation`); archive is a
// mark.
#include "contracts.hpp"

#include "../text.hpp"

#include <charconv>

namespace curfew::front {
namespace {

// A session as clients see it, from rows s (session_info), d (get_session_detail) and p (get_principal).
// Members that the contract marks optional are left out where there is nothing to say; the others are always
// there.
const std::string kSession = R"(
    (pg_catalog.jsonb_build_object(
         'id', s.id,
         'user_id', s.owner_id,
         'created_by', pg_catalog.jsonb_build_object('id', s.owner_id, 'email', p.email, 'username', p.name)
             || pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('full_name', p.full_name)),
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
         'last_message_at', d.fields->'last_message_at',
         'archived_at', curfew.rfc3339((s.marks->>'archived')::timestamptz),
         'frozen_at', curfew.rfc3339((s.marks->>'frozen')::timestamptz),
         'frozen_by', d.fields->'frozen_by',
         'pinned_at', curfew.rfc3339((s.marks->>'pinned')::timestamptz),
         'shared_by', d.fields->'shared_by')))::text)";

/// The statement that takes `action` on the session of the path and shows it.
std::string Act(std::string_view action) {
    return "SELECT" + kSession + R"( AS body
        FROM curfew.act(curfew.resolve_session($session_id, 'conversation', $workspace), ')" +
           std::string(action) + R"(', lifecycle => 'conversation', workspace => $workspace) AS s,
             LATERAL curfew.get_session_detail(s.id) AS d,
             LATERAL curfew.get_principal(s.owner_id) AS p)";
}

const std::vector<Route> kRoutes = {
    {"POST", "/api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/archive", 200, Effect::kChange,
     Act("archive")},
};

struct Reason {
    std::string_view reason;
    int status;
    std::string_view type;
};

constexpr Reason kReasons[] = {
    {"tenant_mismatch", 404, "not_found"}, // of an organisation that is not the caller's nothing is said
    {"database_away", 502, "bad_gateway"}, {"in_doubt", 502, "bad_gateway"},
    {"try_again", 502, "bad_gateway"},     {"timed_out", 504, "gateway_timeout"},
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
