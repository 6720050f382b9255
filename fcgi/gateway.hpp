// gateway.hpp: where the web server comes in: the listener and the connections that came of it. In the poller's thread.
#pragma once

#include "channel.hpp"
#include "poller.hpp"

#include <chrono>
#include <memory>
#include <unordered_map>

namespace curfew::front {

class Gateway : private Watched {
  public:
    using Clock = std::chrono::steady_clock;

    /// Lets in who comes to the listener. Throws std::system_error.
    Gateway(Surroundings& around, int listener);
    ~Gateway() override;

    /// The listener was closed: those who still wait there are let in, and nobody after them.
    void Drain() { shut_ = true; }

    /// Lets nobody in any more, and leaves the listener, with who waits there, to another process.
    void Leave();

    /// Whether there is nothing more to do: nobody comes in any more, and the web server has closed what was kept, or had
    /// kLongestDrain for it and every request that had come by then has its answer.
    bool IsDrained() const;

    /// Whether there is something to be done that no descriptor tells of: then Tick is called now and again.
    bool is_waiting() const { return draining_ || paused_; }
    void Tick(Clock::time_point now);

    /// Ends every connection.
    void Cut() const;

  private:
    // A web server that keeps a connection for longer loses what it sends on it then.
    static constexpr std::chrono::seconds kLongestDrain{10};
    // A failing accept (out of descriptors, say) is tried again after a while.
    static constexpr std::chrono::milliseconds kAcceptPause{100};

    void Ready(std::uint32_t events) override;
    void Watch();
    void LetIn();
    void BeginDrain();
    void EndIdle();
    void Pause(int error);

    Surroundings& around_;
    const int listener_;
    std::unordered_map<Channel*, std::unique_ptr<Channel>> channels_;
    bool shut_ = false;     // the listener was closed
    bool draining_ = false; // nobody comes in any more
    bool paused_ = false;
    Clock::time_point resumes_at_{};
    Clock::time_point drained_at_{};
};

} // namespace curfew::front
