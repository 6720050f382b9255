#include "router.hpp"

#include "proof.hpp"
#include "text.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace curfew::front {
namespace {

std::vector<std::string> Split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

bool IsParameter(std::string_view segment) { return segment.starts_with('{'); }

/// The path's parameters if it fits the pattern.
std::optional<Values> Fit(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    if (pattern.size() != path.size())
        return std::nullopt;
    Values values;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (IsParameter(pattern[i])) {
            if (path[i].empty())
                return std::nullopt;
            values.emplace(pattern[i].substr(1, pattern[i].size() - 2), path[i]);
        } else if (pattern[i] != path[i]) {
            return std::nullopt;
        }
    }
    return values;
}

void AddOnce(std::vector<std::string>& methods, std::string_view method) {
    if (std::find(methods.begin(), methods.end(), method) == methods.end())
        methods.emplace_back(method);
}

} // namespace

Target SplitTarget(std::string_view target) {
    Target taken_apart;
    target = target.substr(0, target.find('#'));
    const auto mark = target.find('?');
    taken_apart.path = target.substr(0, mark);
    if (mark == std::string_view::npos)
        return taken_apart;
    for (const std::string& pair : Split(target.substr(mark + 1), '&')) {
        if (pair.empty())
            continue;
        const auto equals = pair.find('=');
        taken_apart.query.emplace_back(
            PercentDecode(pair.substr(0, equals), true),
            equals == std::string::npos ? std::string() : PercentDecode(pair.substr(equals + 1), true));
    }
    return taken_apart;
}

Value QueryValue(const Target& target, std::string_view key) {
    for (const auto& [name, value] : target.query)
        if (name == key)
            return value.empty() ? Value() : Value(value);
    return std::nullopt;
}

Value QueryValues(const Target& target, std::string_view key) {
    std::string array;
    for (const auto& [name, value] : target.query) {
        if (name != key || value.empty())
            continue;
        array += array.empty() ? "{\"" : ",\"";
        for (const char c : value) {
            if (c == '"' || c == '\\')
                array += '\\';
            array += c;
        }
        array += '"';
    }
    return array.empty() ? Value() : Value(array + "}");
}

Router::Router(const Contract& contract) : contract_(contract) {
    for (const Route& route : contract.routes) {
        Endpoint& endpoint = endpoints_.emplace_back(Endpoint{&route, Split(route.pattern, '/'), {}, {}});
        if (route.asks == Asks::kNothing)
            continue;
        const auto parameters = PathParameters(route.pattern);
        const std::string name = std::string(contract.name) + " " + std::to_string(endpoints_.size());
        endpoint.statement = CompileUnproven(name, route.answer, parameters);
        if (HasCompany(route.effect) && route.asks != Asks::kCaller)
            throw std::logic_error("a route that may have company proves no caller: " + std::string(route.pattern));
        if (HasCompany(route.effect))
            endpoint.proving = CompileProving(endpoint.statement, route.effect, route.answer, parameters);
    }
}

Match Router::Find(std::string_view method, std::string_view path) const {
    std::vector<std::string> segments = Split(path, '/');
    for (std::string& segment : segments)
        segment = PercentDecode(segment);

    Match match;
    for (const Endpoint& endpoint : endpoints_) {
        std::optional<Values> values = Fit(endpoint.segments, segments);
        if (!values)
            continue;
        const std::string_view taken = endpoint.route->method;
        AddOnce(match.allowed, taken);
        if (taken == "GET")
            AddOnce(match.allowed, "HEAD");
        if (match.endpoint == nullptr && (taken == method || (taken == "GET" && method == "HEAD"))) {
            match.endpoint = &endpoint;
            match.path = std::move(*values);
        }
    }
    if (!match.allowed.empty() && contract_.answers_options)
        AddOnce(match.allowed, "OPTIONS");
    return match;
}

std::string RouteList(const Router& router) {
    std::string list;
    for (const Route& route : router.contract().routes)
        list.append(router.contract().name)
            .append("\t")
            .append(route.method)
            .append("\t")
            .append(route.pattern)
            .append("\n");
    return list;
}

} // namespace curfew::front
