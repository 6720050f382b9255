#include "request.hpp"

#include "text.hpp"

#include <fcgiapp.h>

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <utility>

namespace curfew::front {
namespace {

constexpr std::size_t kLongestRequestId = 128;
constexpr std::string_view kHeaderPrefix = "HTTP_";

// Headers aside, the FastCGI parameters that a request is made of.
constexpr std::pair<std::string_view, std::string Request::*> kParameters[] = {
    {"REQUEST_METHOD", &Request::method},        {"REQUEST_URI", &Request::target},
    {"CONTENT_TYPE", &Request::content_type},    {"CURFEW_CONTRACT", &Request::contract},
    {"CURFEW_REQUEST_ID", &Request::request_id}, {"CURFEW_BASE_URL", &Request::base_url},
    {"REMOTE_ADDR", &Request::client_address},
};

void Take(Request& request, std::string_view name, std::string_view value) {
    for (const auto& [known, member] : kParameters)
        if (name == known)
            request.*member = value;
    if (!name.starts_with(kHeaderPrefix))
        return;
    const auto [header, is_first] = request.headers.try_emplace(Lower(name.substr(kHeaderPrefix.size())), value);
    if (!is_first) // sent twice: one list (RFC 9110, section 5.3)
        header->second.append(", ").append(value);
}

bool IsRequestId(std::string_view id) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_' || c == '.';
    };
    return !id.empty() && id.size() <= kLongestRequestId && std::all_of(id.begin(), id.end(), fits);
}

std::string NewRequestId() {
    unsigned char bytes[16];
    if (getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
        throw std::runtime_error("no random bytes");
    std::string id;
    for (const unsigned char byte : bytes) {
        id += "0123456789abcdef"[byte >> 4];
        id += "0123456789abcdef"[byte & 15];
    }
    return id;
}

/// A Content-Length: 0 where there is none, nothing where it is no number.
std::optional<std::size_t> ReadLength(std::string_view text) {
    if (text.empty())
        return 0;
    std::size_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return length;
}

} // namespace

struct Gateway::State {
    FCGX_Request fcgi{};
    std::size_t max_body;

    void ReadParameters(Request& request) const;
    void ReadBody(Request& request);
};

void Gateway::State::ReadParameters(Request& request) const {
    for (char** entry = fcgi.envp; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view pair = *entry;
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos)
            Take(request, pair.substr(0, equals), pair.substr(equals + 1));
    }
    if (!IsRequestId(request.request_id))
        request.request_id = NewRequestId();
}

void Gateway::State::ReadBody(Request& request) {
    const char* const announced = FCGX_GetParam("CONTENT_LENGTH", fcgi.envp);
    const auto length = ReadLength(announced == nullptr ? "" : announced);
    if (!length) {
        request.body_state = BodyState::kCutOff;
        return;
    }
    if (*length > max_body) {
        request.body_state = BodyState::kTooLarge;
        return;
    }
    request.body.resize(*length);
    std::size_t filled = 0;
    while (filled < *length) {
        const int got =
            FCGX_GetStr(request.body.data() + filled, static_cast<int>(*length - filled), fcgi.in);
        if (got <= 0)
            break;
        filled += static_cast<std::size_t>(got);
    }
    request.body.resize(filled);
    if (filled < *length)
        request.body_state = BodyState::kCutOff;
}

void StartGateways() {
    if (FCGX_Init() != 0)
        throw std::runtime_error("libfcgi does not start");
}

Gateway::Gateway(int listener, std::size_t max_body) : state_(std::make_unique<State>()) {
    state_->max_body = max_body;
    if (FCGX_InitRequest(&state_->fcgi, listener, 0) != 0)
        throw std::runtime_error("libfcgi does not start");
}

Gateway::~Gateway() { FCGX_Free(&state_->fcgi, 1); }

Gateway::Accepted Gateway::Accept(Request& request) {
    const int result = FCGX_Accept_r(&state_->fcgi);
    if (result == -EINVAL)
        return Accepted::kClosed; // accept() on a listener that was shut down
    if (result < 0) {
        errno = -result;
        return Accepted::kFailed;
    }
    // Whatever the web server asks for: a connection that is kept would keep this worker.
    state_->fcgi.keepConnection = 0;
    request = Request();
    state_->ReadParameters(request);
    state_->ReadBody(request);
    return Accepted::kRequest;
}

void Gateway::Send(const Response& response) {
    std::string text =
        "Status: " + std::to_string(response.status) + " " + std::string(Phrase(response.status)) + "\r\n";
    for (const auto& [name, value] : response.headers)
        text += name + ": " + value + "\r\n";
    text += "\r\n" + response.body;
    // A client that has gone is nobody's failure.
    FCGX_PutStr(text.data(), static_cast<int>(text.size()), state_->fcgi.out);
    FCGX_Finish_r(&state_->fcgi);
}

} // namespace curfew::front
