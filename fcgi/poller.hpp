// poller.hpp: who waits for which descriptor, in one thread, and how other threads reach that thread.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace curfew::front {

/// Something that waits for a descriptor.
class Watched {
  public:
    virtual ~Watched() = default;
    /// What was waited for is there; `events` are epoll's. It throws nothing.
    virtual void Ready(std::uint32_t events) = 0;

  private:
    friend class Poller;
    bool buried_ = false;
};

/// One epoll set. Everything but the constructor is for the thread that waits. Throws std::system_error where the kernel
/// refuses.
class Poller {
  public:
    /// Wait hands out so many events at most.
    explicit Poller(int most_at_once);
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    void Watch(int descriptor, Watched& watched, std::uint32_t events);
    void Change(int descriptor, Watched& watched, std::uint32_t events);
    void Forget(int descriptor);

    /// Destroys what is not used any more, once no event can lead to it and nobody is in the middle of it. Its descriptor is
    /// forgotten or closed.
    void Bury(std::unique_ptr<Watched> watched);

    /// Waits for events, for so long at most or without end (negative), and hands them out.
    void Wait(std::chrono::milliseconds at_most);

  private:
    void Control(int operation, int descriptor, Watched* watched, std::uint32_t events);

    const int epoll_;
    std::vector<epoll_event> events_; // of one Wait, at most
    std::vector<std::unique_ptr<Watched>> buried_;
};

/// What other threads want done in the poller's.
class Inbox : private Watched {
  public:
    explicit Inbox(Poller& poller);
    ~Inbox() override;
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;

    /// By any thread: `task` is run in the poller's, after those that came before it.
    void Post(std::function<void()> task);

  private:
    void Ready(std::uint32_t events) override;

    const int descriptor_;
    std::mutex guard_;
    std::vector<std::function<void()>> tasks_;
};

} // namespace curfew::front
