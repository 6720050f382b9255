// contract.hpp: what a contract is made of. Each of contracts/*.cpp fills one in: its routes, its
// credentials, its table of refusals and its error envelope.
#pragma once

#include "failure.hpp"
#include "http.hpp"
#include "settings.hpp"
#include "statement.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace curfew::front {

using Json = nlohmann::ordered_json;

enum class Effect {
    kLookup, // reads one thing by its key, which is soon done: others may be sent with it, and behind it
    kRead,   // may, as a lookup, be asked again when the connection is lost
    kAct,    // begins a session, or changes one by its key: others that do may be sent with it
    kChange, // as an act, is never asked again when the connection is lost: its outcome may already be there
};

constexpr bool Changes(Effect effect) { return effect == Effect::kAct || effect == Effect::kChange; }

constexpr bool HasCompany(Effect effect) { return effect == Effect::kLookup || effect == Effect::kAct; }

enum class Asks {
    kCaller,   // the database, as the caller whom the credential proves
    kDatabase, // the database, as nobody
    kNothing,  // the front alone
};

struct Route {
    std::string_view method;
    std::string_view pattern; // segments in braces are parameters
    int status;               // of success, unless the statement's column `status` says otherwise
    Effect effect;
    /// The statement whose one row is the answer (see statement.hpp); where nothing is asked, the body
    /// itself.
    std::string answer;
    Asks asks = Asks::kCaller;
};

/// What a request shows of its caller.
struct Presented {
    Value credential;
    Value tenant; // that the credential must agree with
};

/// Path parameters by name, decoded.
using Values = std::map<std::string, std::string, std::less<>>;

/// What an error envelope may tell besides the failure.
struct Situation {
    std::chrono::system_clock::time_point now;
    std::string path; // as the client wrote it, without the query
    std::string request_id;
    const Route* route = nullptr; // null: no route fits the request
};

struct ErrorAnswer {
    int status;
    std::string_view content_type;
    std::string body;
};

struct Contract {
    std::string_view name;
    std::vector<Route> routes;
    std::string_view challenge;   // WWW-Authenticate of its 401
    bool answers_options = false; // whether OPTIONS is answered with Allow
    /// Whether a query parameter that no statement of the route takes is refused; clients of vendors may send what they
    /// like.
    bool refuses_unknown_parameters = false;
    /// The header that consistency tokens come in and go out with; empty where the contract has none.
    std::string_view consistency_header = {};
    Presented (*present)(const Request& request, const Values& path);
    ErrorAnswer (*refuse)(const Failure& failure, const Situation& situation);
    /// A condition of the contract's own on every request, null where there is none.
    std::optional<Failure> (*admit)(const Request& request, const Settings& settings) = nullptr;
};

inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProblemJson = "application/problem+json";

/// The row of a table whose `key` member equals `value`, or null.
template <class Row, std::size_t size, class Key, class Sought>
const Row* Find(const Row (&table)[size], Key Row::*key, const Sought& value) {
    const auto found =
        std::find_if(std::begin(table), std::end(table), [&](const Row& row) { return row.*key == value; });
    return found == std::end(table) ? nullptr : &*found;
}

/// The credential in `Authorization: <scheme> …`; nothing if the header is absent or of another scheme.
Value FromAuthorization(const Request& request, std::string_view scheme);

/// Names of a pattern's parameters, from left to right.
std::vector<std::string> PathParameters(std::string_view pattern);

/// Where in the request the argument of a failure stands: {"path", "session_id"}, {"query", "limit"},
/// {"body", "reason"}, or {"body"} where no argument is to blame.
std::vector<std::string> Locate(const Failure& failure, const Route* route);

/// A problem's `type`: a URI of its kind.
std::string ProblemType(std::string_view reason);

/// JSON text; bytes that are not UTF-8 become U+FFFD.
std::string Dump(const Json& json);

} // namespace curfew::front
