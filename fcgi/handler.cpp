#include "handler.hpp"

#include "contracts/contracts.hpp"
#include "text.hpp"

#include "core/traceparent.hpp"

#include <algorithm>
#include <iterator>

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

/// A header's name as a request's headers have it.
std::string HeaderKey(std::string_view name) {
    std::string key = Lower(name);
    std::replace(key.begin(), key.end(), '-', '_');
    return key;
}

/// How requests of a contract come in, for the audit row.
std::string ViaOf(const Contract& contract) { return "http:" + std::string(contract.name); }

Value ValueOf(const Source& source, const Contract& contract, const Request& request, const Target& target,
              const Values& path) {
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
    case Source::Kind::kVia:
        return ViaOf(contract);
    case Source::Kind::kRequestId:
        return request.request_id;
    }
    return std::nullopt;
}

/// The query parameter that the route cannot take: one given twice or, where the contract minds, an unknown one.
struct Objection {
    std::string name;
    bool doubled;
};

std::optional<Objection> ObjectionTo(const Contract& contract, const Statement& statement, const Target& target) {
    for (auto given = target.query.begin(); given != target.query.end(); ++given) {
        const std::string& name = given->first;
        const bool known = statement.Takes({Source::Kind::kQuery, name});
        const bool repeatable = statement.Takes({Source::Kind::kQueries, name});
        if (!known && !repeatable && contract.refuses_unknown_parameters)
            return Objection{name, false};
        const auto is_same = [&](const auto& other) { return other.first == name; };
        if (known && std::find_if(std::next(given), target.query.end(), is_same) != target.query.end())
            return Objection{name, true};
    }
    return std::nullopt;
}

// Asked in the place of the route's statement, so that a caller whom nobody knows is told that first.
const Statement kRefuseParameter = {
    "refuse parameter",
    "SELECT curfew.refuse_parameter($1::text, $2::text::boolean)::text AS body",
    {}};

Exchange ExchangeFor(const Contract& contract, const Match& match, const Request& request,
                     const Target& target) {
    const Endpoint& endpoint = *match.endpoint;
    Exchange exchange;
    exchange.statement = &endpoint.statement;
    exchange.proving = endpoint.proving.sql.empty() ? nullptr : &endpoint.proving;
    exchange.effect = endpoint.route->effect;
    if (const auto objection = ObjectionTo(contract, endpoint.statement, target)) {
        exchange.statement = &kRefuseParameter;
        exchange.proving = nullptr;
        exchange.effect = Effect::kRead;
        exchange.values = {AsText(objection->name), objection->doubled ? "true" : "false"};
    } else {
        for (const Source& source : endpoint.statement.sources)
            exchange.values.push_back(ValueOf(source, contract, request, target, match.path));
    }
    if (!contract.consistency_header.empty()) {
        exchange.consistency = Cleaned(request.Header(HeaderKey(contract.consistency_header)));
        exchange.wants_consistency = Changes(exchange.effect);
    }
    if (endpoint.route->asks != Asks::kCaller)
        return exchange;
    const Presented presented = contract.present(request, match.path);
    exchange.caller = Caller{Cleaned(presented.credential), Cleaned(presented.tenant),
                             ViaOf(contract), request.request_id,
                             Cleaned(request.Header("traceparent"))};
    if (!request.body.empty() && !endpoint.statement.Takes({Source::Kind::kBody, ""}))
        exchange.unread_body = BodyText(request);
    return exchange;
}

/// A body with the consistency token in its place, or null where there is none.
std::string WithToken(const Answer& answer) {
    const std::string token = answer.consistency ? '"' + *answer.consistency + '"' : "null";
    return answer.body + token + *answer.rest;
}

Response Succeed(const Contract& contract, const Route& route, const Request& request, Answer answer) {
    Response response;
    response.status = answer.status.value_or(route.status);
    response.headers.emplace_back("Content-Type", answer.content_type.value_or(std::string(kJson)));
    if (answer.etag)
        response.headers.emplace_back("ETag", *answer.etag);
    if (answer.location)
        response.headers.emplace_back("Location", *answer.location);
    if (answer.link)
        response.headers.emplace_back("Link", *answer.link);
    // A read tells again what it was asked to be no older than; where nothing was asked, nobody has looked at it. What a change was
    // asked is older than the change.
    if (!contract.consistency_header.empty()) {
        Value shown = answer.consistency;
        if (!shown && route.asks != Asks::kNothing && !Changes(route.effect))
            shown = request.Header(HeaderKey(contract.consistency_header));
        if (shown)
            response.headers.emplace_back(contract.consistency_header, *shown);
    }
    response.body = answer.rest ? WithToken(answer) : std::move(answer.body);
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
    if (const Value trace = request.Header("traceparent"); trace && core::IsTraceparent(*trace))
        response.headers.emplace_back("traceparent", *trace);
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

Handling::Handling(const Site& site, const Settings& settings, const Request& request,
                   std::chrono::system_clock::time_point now)
    : settings_(settings), request_(request), router_(site.Of(request.contract)), contract_(router_.contract()),
      target_(SplitTarget(request.target)), match_(router_.Find(request.method, target_.path)),
      situation_{now, target_.path, request.request_id, nullptr} {
    handled_.contract = contract_.name;
    try {
        Begin();
    } catch (const Refusal& refusal) {
        handled_.failure = refusal.failure();
    } catch (const std::exception& error) {
        handled_.failure = OwnFailure("internal_error", error.what());
    }
}

void Handling::Begin() {
    if (match_.allowed.empty())
        throw Refusal(OwnFailure("route_not_found"));
    if (match_.endpoint == nullptr) {
        if (request_.method != "OPTIONS" || !contract_.answers_options)
            throw Refusal(OwnFailure("method_not_allowed"));
        handled_.response.status = 204;
        handled_.response.headers.emplace_back("Allow", Joined(match_.allowed));
        return;
    }
    situation_.route = match_.endpoint->route;
    handled_.pattern = situation_.route->pattern;
    Check(contract_, settings_, request_);
    if (situation_.route->asks == Asks::kNothing) {
        Answer answer;
        answer.body = situation_.route->answer;
        Take(std::move(answer));
    } else {
        exchange_ = ExchangeFor(contract_, match_, request_, target_);
    }
}

void Handling::Take(Answer answer) {
    if (answer.refused)
        Take(OwnFailure(*answer.refused));
    else
        handled_.response = Succeed(contract_, *situation_.route, request_, std::move(answer));
}

void Handling::Take(Failure failure) { handled_.failure = std::move(failure); }

Handled Handling::Finish() {
    if (handled_.failure)
        handled_.response = Refuse(contract_, settings_, *handled_.failure, situation_, match_.allowed);
    front::Finish(handled_.response, request_);
    return std::move(handled_);
}

} // namespace curfew::front
