#include "failure.hpp"

namespace curfew::front {
namespace {

struct OwnReason {
    std::string_view reason;
    int status;
    std::string_view message;
};

constexpr OwnReason kOwnReasons[] = {
    {"not_json", 400, "request body is not JSON"},
    {"refresh_token_reused", 401, "the refresh token was used before; its session has ended"},
    {"route_not_found", 404, "there is nothing at this path"},
    {"method_not_allowed", 405, "this path does not take that method"},
    {"body_too_large", 413, "request body is too large"},
    {"unsupported_media_type", 415, "request body must be application/json"},
    {"invalid_value", 422, "a value in the request cannot be accepted"},
    {"client_too_old", 426, "this client version is no longer supported"},
    {"internal_error", 500, "internal error"},
    {"behind", 503, "what the consistency token tells of has not arrived here yet"},
    {"database_away", 503, "the database cannot be reached; nothing was changed"},
    {"in_doubt", 503, "the database was lost before the outcome was known; look before trying again"},
    {"read_only", 503, "the database takes no changes here now; nothing was changed"},
    {"timed_out", 503, "the database took too long; nothing was changed"},
    {"try_again", 503, "another transaction was in the way; nothing was changed"},
};

struct StateReason {
    std::string_view prefix; // of the SQLSTATE
    std::string_view reason;
};

// The first line that fits counts. A lost race (40001, 40P01) is a 503 and not a 409: clients of these
// contracts read a 409 as final ("not in this state"), while this one is only to be tried again.
constexpr StateReason kStateReasons[] = {
    {"54001", "not_json"},      // nested deeper than the server's stack allows
    {"54", "invalid_value"},    // too large for the server
    {"22", "invalid_value"},    // data exceptions, among them \u0000 and text that is no uuid
    {"25006", "read_only"},     // a standby
    {"40001", "try_again"},     // serialization failure
    {"40P01", "try_again"},     // deadlock
    {"55P03", "try_again"},     // lock not available
    {"57014", "timed_out"},     // statement timeout
    {"57P0", "database_away"},  // shutting down, starting up
    {"53", "database_away"},    // no connections, disk or memory left
    {"08", "database_away"},    // connection lost
};

constexpr std::string_view kClass = "SL";

/// The status that an SQLSTATE of class SL carries, or 0.
int CarriedStatus(std::string_view sqlstate) {
    if (sqlstate.size() != 5 || !sqlstate.starts_with(kClass))
        return 0;
    int status = 0;
    for (const char c : sqlstate.substr(kClass.size())) {
        if (c < '0' || c > '9')
            return 0;
        status = status * 10 + (c - '0');
    }
    return status >= 400 && status <= 599 ? status : 0;
}

} // namespace

Failure OwnFailure(std::string_view reason, std::string cause) {
    for (const OwnReason& own : kOwnReasons) {
        if (own.reason != reason)
            continue;
        return {.status = own.status,
                .reason = std::string(reason),
                .argument = {},
                .message = std::string(own.message),
                .detail = {},
                .hint = {},
                .cause = std::move(cause)};
    }
    return OwnFailure("internal_error", std::string(reason) + ": " + cause);
}

Failure FailureFrom(const ErrorFields& error) {
    if (const int status = CarriedStatus(error.sqlstate)) {
        return {.status = status,
                .reason = error.constraint.empty() ? "refused" : error.constraint,
                .argument = error.column,
                .message = error.message,
                .detail = error.detail,
                .hint = error.hint,
                .cause = {}};
    }
    for (const StateReason& state : kStateReasons) {
        if (!error.sqlstate.starts_with(state.prefix))
            continue;
        // The message of a data exception repeats the value, which is the client's and not for the log.
        const bool quotes_value = error.sqlstate.starts_with("22") || error.sqlstate.starts_with("54");
        return OwnFailure(state.reason, error.sqlstate + (quotes_value ? "" : ": " + error.message));
    }
    std::string cause = error.sqlstate + ": " + error.message;
    if (error.sqlstate == "42501")
        cause += " (has the front's role been given curfew.grant_access(role, 'front')?)";
    if (error.sqlstate == "26000" || error.sqlstate == "42P05")
        cause += " (is there a pooler that does not keep prepared statements apart?)";
    return OwnFailure("internal_error", std::move(cause));
}

} // namespace curfew::front
