#include "contract.hpp"

#include "text.hpp"

#include <algorithm>
#include <cctype>

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

namespace {

/// What a statement gives for an argument of this name, as in `owner => curfew.body_uuid(b, 'owner_id')`, and all that comes after
/// it; empty where it names none.
std::string_view GivenFor(std::string_view statement, const std::string& argument) {
    const std::string assigned = argument + " => ";
    for (auto place = statement.find(assigned); place != std::string_view::npos; place = statement.find(assigned, place + 1))
        if (place == 0 || !IsNameCharacter(statement[place - 1]))
            return statement.substr(place + assigned.size());
    return {};
}

/// if_match as If-Match.
std::string HeaderName(std::string_view variable) {
    std::string name;
    for (const char c : variable) {
        const bool first = name.empty() || name.back() == '-';
        name += c == '_' ? '-' : first ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    }
    return name;
}

/// Where the request has what the route's statement gives for an argument, as far as the statement says it in a simple way:
/// a member of the body that is called otherwise, or a header.
std::vector<std::string> PlaceOf(const Route& route, const std::string& argument) {
    const std::string_view given = GivenFor(route.answer, argument);
    const std::string_view before_quote = given.substr(0, given.find('\''));
    constexpr std::string_view kHeader = "$header_";
    const auto variable = before_quote.find('$');
    if (variable == std::string_view::npos && before_quote.find("curfew.body_") != std::string_view::npos) {
        const std::string_view member = given.substr(std::min(given.size(), before_quote.size() + 1));
        return {"body", std::string(member.substr(0, member.find('\'')))};
    }
    if (variable != std::string_view::npos && before_quote.substr(variable).starts_with(kHeader) &&
        before_quote.substr(0, variable).find(',') == std::string_view::npos) {
        const std::string_view name = before_quote.substr(variable + kHeader.size());
        return {"header", HeaderName(name.substr(0, std::find_if_not(name.begin(), name.end(), IsNameCharacter) - name.begin()))};
    }
    return {"body", argument};
}

} // namespace

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
        if (!failure.argument.empty() &&
            (route->answer.find("$query_" + failure.argument) != std::string::npos ||
             route->answer.find("$queries_" + failure.argument) != std::string::npos))
            return {"query", failure.argument};
    }
    // What is wrong with the body as a whole is said of an argument of this name.
    if (failure.argument.empty() || failure.argument == "body")
        return {"body"};
    return route != nullptr ? PlaceOf(*route, failure.argument) : std::vector<std::string>{"body", failure.argument};
}

std::string ProblemType(std::string_view reason) {
    std::string type = "urn:problem:" + std::string(reason);
    std::replace(type.begin(), type.end(), '_', '-');
    return type;
}

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

} // namespace curfew::front
