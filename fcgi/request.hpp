// request.hpp: requests as they come in over FastCGI. The .cpp is the only file with libfcgi.
#pragma once

#include "http.hpp"

#include <cstddef>
#include <memory>

namespace curfew::front {

/// Makes the library ready; once, before any Gateway.
void StartGateways();

/// The way in and out for all workers: the web server's connections, each of which is kept open between two
/// requests where the web server asks for that, and belongs to no worker meanwhile.
class Gateway {
  public:
    /// A connection with a request in hand.
    struct Connection;

    Gateway(int listener, std::size_t max_body);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    enum class Accepted { kRequest, kClosed, kFailed };

    /// Waits for the next request, body included. kClosed: the listener takes no more or was left, and the web
    /// server has closed what was kept, or had kLongestDrain for it. kFailed: errno says why. By any number of threads.
    Accepted Accept(Request& request, Connection*& connection);

    /// Takes no more connections in and leaves the listener, with who waits there, to another process.
    void Leave();

    /// Answers the connection's request; it is not to be used any more.
    void Send(Connection* connection, const Response& response);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace curfew::front
