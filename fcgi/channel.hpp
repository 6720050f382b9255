// channel.hpp: a connection of the web server's, and the request on it from its arrival to its answer. In the poller's thread.
#pragma once

#include "handler.hpp"
#include "helpers.hpp"
#include "log.hpp"
#include "poller.hpp"
#include "pool.hpp"
#include "request.hpp"

#include <chrono>
#include <functional>
#include <optional>

namespace curfew::front {

/// What all channels share. It outlives them.
struct Surroundings {
    const Settings& settings;
    const Log& log;
    const Site& site;
    Poller& poller;
    Inbox& inbox;
    Helpers& readers;
    Helpers& senders;
    Pool& pool;
    bool ending = false; // no connection is kept any more
};

class Channel : public Watched {
  public:
    /// Takes the connected socket over. `ended` is called when there is nothing more to come; the channel is in no epoll set
    /// then, and is to be buried.
    Channel(Surroundings& around, int descriptor, std::function<void(Channel&)> ended);

    void Ready(std::uint32_t events) override;

    /// Whether there is a request whose answer has not been sent.
    bool is_answering() const { return at_ == At::kAsking || at_ == At::kSending; }

    /// Ends it, unless a request is on it or on its way.
    void EndIfIdle();

    /// Whoever waits for the web server here waits no longer.
    void Cut() const { connection_.Cut(); }

  private:
    using Clock = std::chrono::steady_clock;

    enum class At {
        kIdle,    // waits for a request
        kReading, // a helper waits for the rest of it
        kAsking,
        kSending, // a helper may be at it
    };

    void Watch();
    void Unwatch();
    void Arrive();
    bool Read();
    void Handle();
    void Finish();
    void Sent(bool kept);
    void LogAnswer() const;

    Surroundings& around_;
    const std::function<void(Channel&)> ended_;
    WebConnection connection_;
    At at_ = At::kIdle;
    bool watched_ = false;
    Request request_;
    Clock::time_point started_{};
    std::optional<Handling> handling_;
    Question question_;
    Handled handled_;
};

} // namespace curfew::front
