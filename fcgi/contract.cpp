#include "contract.hpp"

#include "text.hpp"

namespace curfew::front {

Value FromAuthorization(const Request& request, std::string_view scheme) {
    const auto header = request.Header("authorization");
    if (!header)
        return std::nullopt;
    const std::string_view value = Trim(*header);
    const auto space = value.find(' ');
    if (space == std::string_view::npos || !EqualsIgnoringCase(value.substr(0, space), scheme))
        return std::nullopt;
    return std::string(Trim(value.substr(space)));
}

std::vector<std::string> PathParameters(std::string_view pattern) {
    std::vector<std::string> names;
    for (auto open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1))
        names.emplace_back(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
    return names;
}

std::vector<std::string> Locate(const Failure& failure, const Route* route) {
    if (route != nullptr) {
        const auto parameters = PathParameters(route->pattern);
        if (std::find(parameters.begin(), parameters.end(), failure.argument) != parameters.end())
            return {"path", failure.argument};
        // The helpers that read a session's id do not know what a route calls it: the last parameter that is an id.
        const bool of_session =
            (failure.argument.empty() || failure.argument == "id" || failure.argument == "session_id") &&
            (failure.reason == "malformed_id" || failure.reason == "ambiguous_id");
        const auto id = std::find_if(parameters.rbegin(), parameters.rend(),
                                     [](const std::string& name) { return Lower(name).ends_with("id"); });
        if (of_session && id != parameters.rend())
            return {"path", *id};
        if (failure.reason == "unknown_parameter" || failure.reason == "doubled_parameter")
            return {"query", failure.argument};
        if (!failure.argument.empty() && route->answer.find("$queries_" + failure.argument) != std::string::npos)
            return {"query", failure.argument};
        if (!failure.argument.empty() &&
            (route->answer.find("$query_" + failure.argument) != std::string::npos ||
             route->answer.find("$queries_" + failure.argument) != std::string::npos))
            return {"query", failure.argument};
    }
    // What is wrong with the body as a whole is said of an argument of this name.
    if (failure.argument.empty() || failure.argument == "body")
        return {"body"};
    return {"body", failure.argument};
}

std::string ProblemType(std::string_view reason) {
    std::string type = "urn:problem:" + std::string(reason);
    std::replace(type.begin(), type.end(), '_', '-');
    return type;
}

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

} // namespace curfew::front
