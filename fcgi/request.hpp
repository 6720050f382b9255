// request.hpp: requests as they come in over FastCGI. The .cpp is the only file with libfcgi.
#pragma once

#include "http.hpp"

#include <cstddef>
#include <memory>

namespace curfew::front {

/// Makes the library ready; once, before any Gateway.
void StartGateways();

/// One worker's way in and out: one connection at a time.
class Gateway {
  public:
    Gateway(int listener, std::size_t max_body);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    enum class Accepted { kRequest, kClosed, kFailed };

    /// Waits for the next request, body included. kClosed: the listener takes no more; kFailed: errno says
    /// why.
    Accepted Accept(Request& request);

    void Send(const Response& response);

  private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace curfew::front
