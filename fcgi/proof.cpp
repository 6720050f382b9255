#include "proof.hpp"

#include <stdexcept>
#include <utility>

namespace curfew::front {
namespace {

const Source kBody = {Source::Kind::kBody, ""};

constexpr std::size_t kOfCaller = 5; // what authenticate takes

/// The SQL of a parameter.
std::string Text(std::size_t number) { return "$" + std::to_string(number) + "::text"; }

/// The caller's id, an error where nobody is proven. The parameters come after so many others.
std::string ProvenCaller(std::size_t others) {
    std::string parameters;
    for (std::size_t number = 1; number <= kOfCaller; ++number)
        parameters += (number > 1 ? ", " : "") + Text(others + number);
    return "(curfew.authenticate(" + parameters + ")).principal_id";
}

const Statement kAuthenticate = {"authenticate", "SELECT " + ProvenCaller(0), {}};
// The same before a change: the server reports a consistency token with the commit.
const Statement kAuthenticateToChange = {
    "authenticate to change",
    "SELECT " + ProvenCaller(0) + ", pg_catalog.set_config('curfew.consistency_token', 'report', false)",
    {}};

/// `sql` with something in the place of the condition, compiled.
Statement CompileWith(const std::string& condition, std::string name, std::string_view sql,
                      const std::vector<std::string>& path_parameters) {
    std::string text(sql);
    if (const auto place = text.find(kCallerIsProven); place != std::string::npos)
        text.replace(place, kCallerIsProven.size(), condition);
    return Compile(std::move(name), text, path_parameters);
}

/// `then`, where `first` is true: CASE has them done in that order.
std::string After(const std::string& first, const std::string& then) {
    return "CASE WHEN " + first + " THEN " + then + " END";
}

/// The condition, whose parameters come after so many others: the caller's and, where it is looked at, the body.
std::string Condition(Effect effect, bool looks_at_body, std::size_t others) {
    std::string condition = ProvenCaller(others) + " IS NOT NULL";
    if (looks_at_body)
        condition = After(condition, "curfew.json_body(" + Text(others + kOfCaller + 1) + ") IS NOT NULL");
    // Acts that share a transaction do not wait for another transaction's locks for long, while they have theirs: no deadlock
    // is their doing, and nobody waits for who waits.
    if (Changes(effect))
        condition = After("curfew.next_caller('50 milliseconds', report_token => true) IS NOT NULL", condition);
    return condition;
}

} // namespace

const Statement& AuthenticationFor(const Exchange& exchange) {
    return exchange.wants_consistency ? kAuthenticateToChange : kAuthenticate;
}

std::vector<Value> AuthenticationValues(const Caller& caller) {
    return {caller.credential, caller.tenant, caller.via, caller.request_id, caller.traceparent};
}

Statement CompileUnproven(std::string name, std::string_view sql, const std::vector<std::string>& path_parameters) {
    return CompileWith("true", std::move(name), sql, path_parameters);
}

Statement CompileProving(const Statement& unproven, Effect effect, std::string_view sql,
                         const std::vector<std::string>& path_parameters) {
    if (sql.find(kCallerIsProven) == std::string_view::npos)
        throw std::logic_error("a statement that may have company proves no caller: " + std::string(sql));
    // In quotes the compiler leaves it alone.
    const std::string quoted = '"' + std::string(kCallerIsProven) + '"';
    Statement statement = CompileWith(quoted, unproven.name + " proving", sql, path_parameters);
    statement.sql.replace(statement.sql.find(quoted), quoted.size(),
                          Condition(effect, !unproven.Takes(kBody), unproven.sources.size()));
    return statement;
}

std::vector<Value> ProvingValues(const Exchange& exchange) {
    std::vector<Value> values = exchange.values;
    for (Value& value : AuthenticationValues(*exchange.caller))
        values.push_back(std::move(value));
    if (!exchange.statement->Takes(kBody))
        values.push_back(exchange.unread_body);
    return values;
}

} // namespace curfew::front
