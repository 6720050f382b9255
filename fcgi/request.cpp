#include "request.hpp"

#include "records.hpp"
#include "text.hpp"

#include <fcgiapp.h>

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

namespace curfew::front {
namespace {

constexpr std::size_t kLongestRequestId = 128;
constexpr std::string_view kHeaderPrefix = "HTTP_";
constexpr std::chrono::seconds kPatience{30};
// What is looked at of a request to see whether it is whole.
constexpr std::size_t kMostSeen = 16 * 1024;
// A response that a socket's buffer has room for; it is empty, since the web server has read the one before.
constexpr std::size_t kFitsABuffer = 64 * 1024;
// What most responses have before their body.
constexpr std::size_t kRoomForHeaders = 512;

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

void StartFastCgi() {
    if (FCGX_Init() != 0)
        throw std::runtime_error("libfcgi does not start");
}

WebConnection::WebConnection(int descriptor) : descriptor_(descriptor), fcgi_(std::make_unique<FCGX_Request>()) {
    // No listener: where the web server has closed the connection, libfcgi is not to wait for another one.
    FCGX_InitRequest(fcgi_.get(), -1, 0);
    fcgi_->ipcFd = descriptor;
    fcgi_->keepConnection = 1; // else accepting the first request would finish one before it, and close this
    // A web server that stops in the middle of what it sends, or of what it is sent, is not waited for without end.
    const timeval patience{kPatience.count(), 0};
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

WebConnection::~WebConnection() {
    fcgi_->detached = 1; // else libfcgi waits for the web server to close it too
    FCGX_Free(fcgi_.get(), 1);
}

WebConnection::Arrived WebConnection::Look() const {
    char seen[kMostSeen];
    const ssize_t count = recv(descriptor_, seen, sizeof seen, MSG_PEEK | MSG_DONTWAIT);
    if (count < 0)
        return errno == EAGAIN || errno == EINTR ? Arrived::kNothing : Arrived::kEnd;
    if (count == 0)
        return Arrived::kEnd;
    return IsWholeRequest({seen, static_cast<std::size_t>(count)}) ? Arrived::kWhole : Arrived::kPart;
}

bool WebConnection::Read(Request& request, std::size_t most) {
    fcgi_->detached = 1; // else libfcgi waits for who sends what is no request to close the connection
    const bool accepted = FCGX_Accept_r(fcgi_.get()) >= 0;
    fcgi_->detached = 0;
    if (!accepted)
        return false;
    request = Request();
    ReadParameters(request);
    ReadBody(request, most);
    // What follows a body that was not read to its end is no request.
    if (request.body_state != BodyState::kWhole || FCGX_GetChar(fcgi_->in) != EOF || FCGX_GetError(fcgi_->in) != 0)
        fcgi_->keepConnection = 0;
    return true;
}

void WebConnection::ReadParameters(Request& request) const {
    for (char** entry = fcgi_->envp; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view pair = *entry;
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos)
            Take(request, pair.substr(0, equals), pair.substr(equals + 1));
    }
    if (!IsRequestId(request.request_id))
        request.request_id = NewRequestId();
}

void WebConnection::ReadBody(Request& request, std::size_t most) {
    const char* const announced = FCGX_GetParam("CONTENT_LENGTH", fcgi_->envp);
    const auto length = ReadLength(announced == nullptr ? "" : announced);
    if (!length) {
        request.body_state = BodyState::kCutOff;
        return;
    }
    if (*length > most) {
        request.body_state = BodyState::kTooLarge;
        return;
    }
    request.body.resize(*length);
    std::size_t filled = 0;
    while (filled < *length) {
        const int got =
            FCGX_GetStr(request.body.data() + filled, static_cast<int>(*length - filled), fcgi_->in);
        if (got <= 0)
            break;
        filled += static_cast<std::size_t>(got);
    }
    request.body.resize(filled);
    if (filled < *length)
        request.body_state = BodyState::kCutOff;
}

bool WebConnection::MayWaitToSend(const Response& response) const {
    return fcgi_->keepConnection == 0 || response.body.size() > kFitsABuffer;
}

bool WebConnection::Send(const Response& response) {
    std::string text;
    text.reserve(kRoomForHeaders + response.body.size());
    text.append("Status: ").append(std::to_string(response.status)).append(" ").append(Phrase(response.status)).append("\r\n");
    for (const auto& [name, value] : response.headers)
        text.append(name).append(": ").append(value).append("\r\n");
    text.append("\r\n").append(response.body);
    FCGX_PutStr(text.data(), static_cast<int>(text.size()), fcgi_->out);
    FCGX_Finish_r(fcgi_.get());
    return fcgi_->ipcFd >= 0;
}

void WebConnection::Cut() const { shutdown(descriptor_, SHUT_RDWR); }

} // namespace curfew::front
