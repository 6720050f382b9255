// dhcp-shield: operators' login sessions (lifecycle `login`). Errors are RFC 7807 problems with two legacy
// members.
#include "contracts.hpp"

namespace curfew::front {
namespace {

const std::vector<Route> kRoutes = {
    {"DELETE", "/api/sessions/{session_id}", 200, Effect::kChange, R"(
        SELECT '{"message":"Session terminated"}' AS body
        FROM curfew.act(curfew.session_id($session_id), 'end', lifecycle => 'login'))"},
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
};

Presented Present(const Request& request, const Values&) {
    return {FromAuthorization(request, "Bearer"), std::nullopt};
}

ErrorAnswer Refuse(const Failure& failure, const Situation& situation) {
    const Reason* own = Find(kReasons, &Reason::reason, failure.reason);
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
