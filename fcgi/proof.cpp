#include "proof.hpp"

#include <stdexcept>
#include <utility>

namespace curfew::front {
namespace {

const Source kBody = {Source::Kind::kBody, ""};

constexpr std::size_t kOfCaller = 5; // what authenticate takes

/// Where a statement's values stand: in parameters, or in the columns of a row for each request.
constexpr std::string_view kParameter = "$";
constexpr std::string_view kColumn = "request.v";

/// So many of something, with commas between.
template <class Name> std::string List(std::size_t count, const Name& name) {
    std::string list;
    for (std::size_t number = 1; number <= count; ++number)
        list += (number > 1 ? ", " : "") + name(number);
    return list;
}

/// Values by their numbers.
class Places {
  public:
    explicit Places(std::string_view prefix) : prefix_(prefix) {}
    std::string Text(std::size_t number) const { return prefix_ + std::to_string(number) + "::text"; }

    /// The caller's id, an error where nobody is proven. The caller's values come after so many others.
    std::string ProvenCaller(std::size_t others) const {
        return "(curfew.authenticate(" + List(kOfCaller, [&](std::size_t number) { return Text(others + number); }) +
               ")).principal_id";
    }

  private:
    const std::string prefix_;
};

const std::string kProvenCaller = Places(kParameter).ProvenCaller(0);

const Statement kAuthenticate = {"authenticate", "SELECT " + kProvenCaller, {}};
// The same before a change: the server reports a consistency token with the commit.
const Statement kAuthenticateToChange = {
    "authenticate to change",
    "SELECT " + kProvenCaller + ", pg_catalog.set_config('curfew.consistency_token', 'report', false)",
    {}};

/// `sql` with something in the place of the condition, compiled.
Statement CompileWith(const std::string& condition, std::string name, std::string_view sql,
                      const std::vector<std::string>& path_parameters, std::string_view prefix = kParameter) {
    std::string text(sql);
    if (const auto place = text.find(kCallerIsProven); place != std::string::npos)
        text.replace(place, kCallerIsProven.size(), condition);
    return Compile(std::move(name), text, path_parameters, prefix);
}

/// `then`, where `first` is true: CASE has them done in that order.
std::string After(const std::string& first, const std::string& then) {
    return "CASE WHEN " + first + " THEN " + then + " END";
}

/// The condition, whose values come after so many others: the caller's and, where it is looked at, the body.
std::string Condition(const Places& values, Effect effect, bool looks_at_body, std::size_t others) {
    std::string condition = values.ProvenCaller(others) + " IS NOT NULL";
    if (looks_at_body)
        condition = After(condition, "curfew.json_body(" + values.Text(others + kOfCaller + 1) + ") IS NOT NULL");
    // Acts that share a transaction do not wait for another transaction's locks for long, while they have theirs: no deadlock
    // is their doing, and nobody waits for who waits.
    if (Changes(effect))
        condition = After("curfew.next_caller('50 milliseconds', report_token => true) IS NOT NULL", condition);
    return condition;
}

/// A statement of one row made into one that has a row for each of many requests, with the request's place among them. Each has
/// `count` values.
std::string AskingMany(const std::string& sql, std::size_t count) {
    const auto array = [](std::size_t number) { return "pg_catalog.unnest($" + std::to_string(number) + "::text[])"; };
    const auto column = [](std::size_t number) { return "v" + std::to_string(number); };
    return "SELECT request.place, answer.* FROM ROWS FROM (" + List(count, array) + ") WITH ORDINALITY AS request (" +
           List(count, column) + ", place), LATERAL (" + sql + ") AS answer";
}

} // namespace

const Statement& AuthenticationFor(const Exchange& exchange) {
    return exchange.wants_consistency ? kAuthenticateToChange : kAuthenticate;
}

Row AuthenticationValues(const Caller& caller) {
    return {Kept(caller.credential), Kept(caller.tenant), &caller.via, &caller.request_id, Kept(caller.traceparent)};
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
    const bool asks_many = effect == Effect::kLookup;
    const std::string_view prefix = asks_many ? kColumn : kParameter;
    const bool looks_at_body = !unproven.Takes(kBody);
    const std::size_t others = unproven.sources.size();
    Statement statement = CompileWith(quoted, unproven.name + " proving", sql, path_parameters, prefix);
    statement.sql.replace(statement.sql.find(quoted), quoted.size(), Condition(Places(prefix), effect, looks_at_body, others));
    if (asks_many)
        statement.sql = AskingMany(statement.sql, others + kOfCaller + (looks_at_body ? 1 : 0));
    statement.asks_many = asks_many;
    return statement;
}

Row ProvingValues(const Exchange& exchange) {
    Row values = Kept(exchange.values);
    const Row of_caller = AuthenticationValues(*exchange.caller);
    values.insert(values.end(), of_caller.begin(), of_caller.end());
    if (!exchange.statement->Takes(kBody))
        values.push_back(Kept(exchange.unread_body));
    return values;
}

} // namespace curfew::front
