// devin: coding-agent runs (lifecycle `run`). Errors are FastAPI's: a list where the request is not valid,
// else a text.
#include "contracts.hpp"

namespace curfew::front {
namespace {

const std::vector<Route> kRoutes = {
    {"DELETE", "/v1/sessions/{session_id}", 200, Effect::kChange, R"(
        SELECT '{"detail":"Session terminated successfully"}' AS body
        FROM curfew.act(curfew.session_id($session_id, 'devin-'), 'terminate', lifecycle => 'run'))"},
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
