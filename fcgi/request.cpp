#include "request.hpp"

#include "text.hpp"

#include <fcgiapp.h>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

namespace curfew::front {
namespace {

using Clock = std::chrono::steady_clock;

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

struct Gateway::Connection {
    FCGX_Request fcgi{};
    bool watched = false; // by the epoll set

    explicit Connection(int descriptor) {
        // No listener: where the web server has closed the connection, libfcgi is not to wait for another one.
        FCGX_InitRequest(&fcgi, -1, 0);
        fcgi.ipcFd = descriptor;
        fcgi.keepConnection = 1; // else accepting the first request would finish one before it, and close this
    }
    ~Connection() { FCGX_Free(&fcgi, 1); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void ReadParameters(Request& request) const;
    void ReadBody(Request& request, std::size_t most);
};

void Gateway::Connection::ReadParameters(Request& request) const {
    for (char** entry = fcgi.envp; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view pair = *entry;
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos)
            Take(request, pair.substr(0, equals), pair.substr(equals + 1));
    }
    if (!IsRequestId(request.request_id))
        request.request_id = NewRequestId();
}

void Gateway::Connection::ReadBody(Request& request, std::size_t most) {
    const char* const announced = FCGX_GetParam("CONTENT_LENGTH", fcgi.envp);
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
            FCGX_GetStr(request.body.data() + filled, static_cast<int>(*length - filled), fcgi.in);
        if (got <= 0)
            break;
        filled += static_cast<std::size_t>(got);
    }
    request.body.resize(filled);
    if (filled < *length)
        request.body_state = BodyState::kCutOff;
}

struct Gateway::State {
    // A web server that keeps a connection for longer loses what it sends on it then.
    static constexpr std::chrono::seconds kLongestDrain{10};
    // How long a worker waits before it looks whether there is anything more to wait for; milliseconds.
    static constexpr int kWaitStep = 500;
    static constexpr int kDrainStep = 50;

    const int listener;
    const std::size_t max_body;
    State(int listener, std::size_t max_body) : listener(listener), max_body(max_body) {}

    const int epoll = epoll_create1(EPOLL_CLOEXEC);
    std::atomic<bool> closing = false;
    std::atomic<bool> left = false; // the listener is not in the epoll set any more
    Clock::time_point drained_at{};
    std::mutex guard;
    std::set<Connection*> connections;

    /// Watches for one event of a descriptor; `about` is what the event leads to.
    void Watch(int operation, int descriptor, void* about, unsigned how = EPOLLIN | EPOLLONESHOT) const {
        epoll_event event{};
        event.events = how;
        event.data.ptr = about;
        if (epoll_ctl(epoll, operation, descriptor, &event) != 0)
            throw std::runtime_error(std::string("epoll_ctl: ") + std::strerror(errno));
    }

    void Add(int descriptor) {
        auto connection = std::make_unique<Connection>(descriptor);
        {
            const std::lock_guard lock(guard);
            connections.insert(connection.get());
        }
        WaitFor(connection.release());
    }

    /// Watches for the connection's next request.
    void WaitFor(Connection* connection) const {
        const bool watched = std::exchange(connection->watched, true);
        Watch(watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, connection->fcgi.ipcFd, connection);
    }

    void Remove(Connection* connection) {
        {
            const std::lock_guard lock(guard);
            connections.erase(connection);
        }
        delete connection;
    }

    /// The listener takes no more.
    void BeginDrain() {
        drained_at = Clock::now() + kLongestDrain;
        closing = true;
    }

    bool IsDrained() {
        if (Clock::now() >= drained_at)
            return true;
        const std::lock_guard lock(guard);
        return connections.empty();
    }

    /// Watches for the listener's next connection, or its end.
    void WaitForConnections(int operation) {
        const std::lock_guard lock(guard);
        if (!left)
            Watch(operation, listener, nullptr, EPOLLIN | EPOLLRDHUP | EPOLLONESHOT);
    }

    void Leave() {
        const std::lock_guard lock(guard);
        left = true;
        epoll_ctl(epoll, EPOLL_CTL_DEL, listener, nullptr);
        BeginDrain();
    }

    /// Lets in all connections that wait, so that each comes after those that were there before it; false where that
    /// failed, with errno.
    ///   shut  the listener was shut down: after them there are no more
    bool LetIn(bool shut) {
        for (;;) {
            if (left)
                return true;
            const int descriptor = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (descriptor >= 0) {
                Add(descriptor);
                continue;
            }
            const int error = errno;
            if (error == EINTR || error == ECONNABORTED)
                continue;
            const bool none = error == EAGAIN || error == EINVAL;
            if (none && shut)
                BeginDrain();
            else
                WaitForConnections(EPOLL_CTL_MOD);
            errno = error;
            return none;
        }
    }
};

void StartGateways() {
    if (FCGX_Init() != 0)
        throw std::runtime_error("libfcgi does not start");
}

Gateway::Gateway(int listener, std::size_t max_body) : state_(std::make_unique<State>(listener, max_body)) {
    if (state_->epoll < 0 || fcntl(listener, F_SETFL, O_NONBLOCK) != 0)
        throw std::runtime_error(std::string("no epoll set: ") + std::strerror(errno));
    state_->WaitForConnections(EPOLL_CTL_ADD);
}

Gateway::~Gateway() {
    for (Connection* connection : state_->connections)
        delete connection;
    close(state_->epoll);
}

Gateway::Accepted Gateway::Accept(Request& request, Connection*& connection) {
    for (;;) {
        if (state_->closing && state_->IsDrained())
            return Accepted::kClosed;
        epoll_event event{};
        const int count = epoll_wait(state_->epoll, &event, 1, state_->closing ? State::kDrainStep : State::kWaitStep);
        if (count < 0 && errno != EINTR)
            return Accepted::kFailed;
        if (count <= 0)
            continue;
        if (event.data.ptr == nullptr) {
            if (!state_->LetIn((event.events & EPOLLRDHUP) != 0))
                return Accepted::kFailed;
            continue;
        }
        connection = static_cast<Connection*>(event.data.ptr);
        if (FCGX_Accept_r(&connection->fcgi) < 0) { // the web server has closed it
            state_->Remove(connection);
            continue;
        }
        request = Request();
        connection->ReadParameters(request);
        connection->ReadBody(request, state_->max_body);
        // What follows a body that was not read to its end is no request.
        if (request.body_state != BodyState::kWhole || FCGX_GetChar(connection->fcgi.in) != EOF)
            connection->fcgi.keepConnection = 0;
        return Accepted::kRequest;
    }
}

void Gateway::Leave() { state_->Leave(); }

void Gateway::Send(Connection* connection, const Response& response) {
    std::string text =
        "Status: " + std::to_string(response.status) + " " + std::string(Phrase(response.status)) + "\r\n";
    for (const auto& [name, value] : response.headers)
        text += name + ": " + value + "\r\n";
    text += "\r\n" + response.body;
    // A client that has gone is nobody's failure.
    FCGX_PutStr(text.data(), static_cast<int>(text.size()), connection->fcgi.out);
    FCGX_Finish_r(&connection->fcgi);
    if (connection->fcgi.ipcFd >= 0)
        state_->WaitFor(connection);
    else
        state_->Remove(connection);
}

} // namespace curfew::front
