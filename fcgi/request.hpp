// request.hpp: requests as they come in over FastCGI. The .cpp is the only file with libfcgi.
#pragma once

#include "http.hpp"

#include <cstddef>
#include <memory>

struct FCGX_Request;

namespace curfew::front {

/// Makes the library ready; once, before any WebConnection. Throws std::runtime_error.
void StartFastCgi();

/// A connection of the web server's: one request after the other, where it keeps it. By one thread at a time.
class WebConnection {
  public:
    /// Takes the connected socket over.
    explicit WebConnection(int descriptor);
    ~WebConnection();
    WebConnection(const WebConnection&) = delete;
    WebConnection& operator=(const WebConnection&) = delete;

    int descriptor() const { return descriptor_; }

    enum class Arrived {
        kNothing,
        kPart,  // to read it may be to wait, or it is too long to see its end
        kWhole, // a request that can be read without waiting
        kEnd,   // the web server has closed it
    };
    /// What has come in; reads nothing and does not wait.
    Arrived Look() const;

    /// Reads the next request, of whose body at most so many bytes, and waits for what has not come yet. False where there is
    /// none: the connection is of no use any more.
    bool Read(Request& request, std::size_t most);

    /// Whether sending that may be waiting, because it is long or because the connection ends with it.
    bool MayWaitToSend(const Response& response) const;

    /// Answers the request that was read; whether there may be another one. That the web server has gone is nobody's failure.
    bool Send(const Response& response);

    /// By any thread: who waits for the web server here waits no longer.
    void Cut() const;

  private:
    void ReadParameters(Request& request) const;
    void ReadBody(Request& request, std::size_t most);

    const int descriptor_;
    const std::unique_ptr<FCGX_Request> fcgi_;
};

} // namespace curfew::front
