// http.hpp: a request and a response as plain values. No library comes in here.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace curfew::front {

enum class BodyState {
    kWhole,
    kTooLarge, // longer than the limit; not read
    kCutOff,   // ended before its announced length, or announced with something that is no length
};

struct Request {
    std::string method;
    std::string target; // path and query as the client wrote them
    std::string contract;
    std::string request_id;
    std::string base_url;
    std::string content_type;
    std::string client_address;
    std::map<std::string, std::string, std::less<>> headers; // by lower_case name, "-" as "_"
    std::string body;
    BodyState body_state = BodyState::kWhole;

    /// The value of a header, or nothing if it is absent or empty.
    std::optional<std::string> Header(std::string_view name) const {
        const auto found = headers.find(name);
        if (found == headers.end() || found->second.empty())
            return std::nullopt;
        return found->second;
    }

    /// The value of a header as it was sent, empty too, or nothing if it is absent.
    std::optional<std::string> HeaderAsSent(std::string_view name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::nullopt : std::optional(found->second);
    }
};

struct Response {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

/// The reason phrase of a status, "Error" for one that is not known.
std::string_view Phrase(int status);

} // namespace curfew::front
