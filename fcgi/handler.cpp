#include "handler.hpp"

#include "contracts/contracts.hpp"
#include "text.hpp"

namespace curfew::front {
namespace {

constexpr int kUnauthorized = 401;
constexpr int kUnavailable = 503;

bool IsJsonType(std::string_view content_type) {
    const std::string type = Lower(Trim(content_type.substr(0, content_type.find(';'))));
    return type == kJson || (type.starts_with("application/") && type.ends_with("+json"));
}

/// What can be said of the request before anybody is asked.
void Check(const Contract& contract, const Settings& settings, const Request& request) {
    if (request.body_state == BodyState::kTooLarge)
        throw Refusal(OwnFailure("body_too_large"));
    if (!request.body.empty() && !request.content_type.empty() && !IsJsonType(request.content_type))
        throw Refusal(OwnFailure("unsupported_media_type"));
    if (request.body_state == BodyState::kCutOff)
        throw Refusal(OwnFailure("not_json", "the body was cut off"));
    if (contract.admit == nullptr)
        return;
    if (auto failure = contract.admit(request, settings))
        throw Refusal(std::move(*failure));
}

Value Cleaned(const Value& value) { return value ? Value(AsText(*value)) : std::nullopt; }

/// A body that is not text cannot be sent; the database is given one that it refuses as not JSON, in its
/// turn.
std::string BodyText(const Request& request) {
    return IsText(request.body) ? request.body : std::string(kReplacement);
}

Value ValueOf(const Source& source, const Request& request, const Target& target, const Values& path) {
    switch (source.kind) {
    case Source::Kind::kPath:
        return Cleaned(Value(path.find(source.name)->second));
    case Source::Kind::kQuery:
        return Cleaned(QueryValue(target, source.name));
    case Source::Kind::kQueries:
        return Cleaned(QueryValues(target, source.name));
    case Source::Kind::kHeader:
        return Cleaned(request.HeaderAsSent(source.name));
    case Source::Kind::kBody:
        return BodyText(request);
    case Source::Kind::kBaseUrl:
        return request.base_url.empty() ? Value() : Cleaned(Value(request.base_url));
    case Source::Kind::kClientAddress:
        return request.client_address.empty() ? Value() : Cleaned(Value(request.client_address));
    }
    return std::nullopt;
}

Exchange ExchangeFor(const Contract& contract, const Match& match, const Request& request,
                     const Target& target) {
    const Endpoint& endpoint = *match.endpoint;
    Exchange exchange;
    exchange.statement = &endpoint.statement;
    exchange.effect = endpoint.route->effect;
    for (const Source& source : endpoint.statement.sources)
        exchange.values.push_back(ValueOf(source, request, target, match.path));
    if (endpoint.route->asks != Asks::kCaller)
        return exchange;
    const Presented presented = contract.present(request, match.path);
    exchange.caller = Caller{Cleaned(presented.credential), Cleaned(presented.tenant),
                             "http:" + std::string(contract.name), request.request_id};
    if (!request.body.empty() && !endpoint.statement.Takes({Source::Kind::kBody, ""}))
        exchange.unread_body = BodyText(request);
    return exchange;
}

Response Succeed(const Route& route, Answer answer) {
    Response response;
    response.status = answer.status.value_or(route.status);
    response.headers.emplace_back("Content-Type", kJson);
    if (answer.etag)
        response.headers.emplace_back("ETag", *answer.etag);
    if (answer.location)
        response.headers.emplace_back("Location", *answer.location);
    response.body = std::move(answer.body);
    return response;
}

std::string Joined(const std::vector<std::string>& methods) {
    std::string joined;
    for (const std::string& method : methods)
        joined += (joined.empty() ? "" : ", ") + method;
    return joined;
}

Response Refuse(const Contract& contract, const Settings& settings, const Failure& failure,
                const Situation& situation, const std::vector<std::string>& allowed) {
    ErrorAnswer answer = contract.refuse(failure, situation);
    Response response;
    response.status = answer.status;
    response.headers.emplace_back("Content-Type", answer.content_type);
    if (answer.status == kUnauthorized)
        response.headers.emplace_back("WWW-Authenticate", contract.challenge);
    if (failure.reason == "method_not_allowed")
        response.headers.emplace_back("Allow", Joined(allowed));
    if (failure.status == kUnavailable)
        response.headers.emplace_back("Retry-After", std::to_string(settings.retry_after.count()));
    response.body = std::move(answer.body);
    return response;
}

/// What every response bears. A HEAD's Content-Length is that of the body it does not have.
void Finish(Response& response, const Request& request) {
    if (response.status != 204)
        response.headers.emplace_back("Content-Length", std::to_string(response.body.size()));
    response.headers.emplace_back("X-Request-Id", request.request_id);
    response.headers.emplace_back("Cache-Control", "no-store");
    if (request.method == "HEAD")
        response.body.clear();
}

} // namespace

Site::Site() {
    for (const Contract* contract : Contracts())
        routers_.emplace_back(*contract);
}

const Router& Site::Of(std::string_view contract) const {
    for (const Router& router : routers_)
        if (router.contract().name == contract)
            return router;
    return routers_.back();
}

Handled Handle(const Site& site, const Settings& settings, const Request& request, const Ask& ask,
               std::chrono::system_clock::time_point now) {
    const Router& router = site.Of(request.contract);
    const Contract& contract = router.contract();
    const Target target = SplitTarget(request.target);
    const Match match = router.Find(request.method, target.path);
    Handled handled;
    handled.contract = contract.name;
    Situation situation{now, target.path, request.request_id, nullptr};
    try {
        if (match.allowed.empty())
            throw Refusal(OwnFailure("route_not_found"));
        if (match.endpoint != nullptr) {
            situation.route = match.endpoint->route;
            handled.pattern = situation.route->pattern;
            Check(contract, settings, request);
            Answer answer;
            if (situation.route->asks == Asks::kNothing) {
                answer.body = situation.route->answer;
            } else {
                answer = ask(ExchangeFor(contract, match, request, target));
            }
            if (answer.refused)
                throw Refusal(OwnFailure(*answer.refused));
            handled.response = Succeed(*situation.route, std::move(answer));
        } else if (request.method == "OPTIONS" && contract.answers_options) {
            handled.response.status = 204;
            handled.response.headers.emplace_back("Allow", Joined(match.allowed));
        } else {
            throw Refusal(OwnFailure("method_not_allowed"));
        }
    } catch (const Refusal& refusal) {
        handled.failure = refusal.failure();
    } catch (const std::exception& error) {
        handled.failure = OwnFailure("internal_error", error.what());
    }
    if (handled.failure)
        handled.response = Refuse(contract, settings, *handled.failure, situation, match.allowed);
    Finish(handled.response, request);
    return handled;
}

} // namespace curfew::front
