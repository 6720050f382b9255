#include "server.hpp"

#include "gateway.hpp"
#include "listener.hpp"
#include "request.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <functional>
#include <system_error>

namespace curfew::front {
namespace {

// Threads that wait for what a web server sends slowly, and for one to take what is long.
constexpr int kReaders = 8;
constexpr int kSenders = 8;
// So many events are looked at before what they ask is sent, for PostgreSQL to work on it meanwhile; those of one transaction at
// least.
constexpr int kMostAtOnce = 16;
// How soon what no descriptor tells is seen.
constexpr std::chrono::milliseconds kTick{50};

sigset_t Ending() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

/// SIGTERM and SIGINT: what is to be done at the first one; the second ends the process.
class Signals : private Watched {
  public:
    /// Before any thread is made, since it is inherited that they are blocked.
    Signals() {
        const sigset_t signals = Ending();
        pthread_sigmask(SIG_BLOCK, &signals, nullptr);
        signal(SIGPIPE, SIG_IGN);
        descriptor_ = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        if (descriptor_ < 0)
            throw std::system_error(errno, std::generic_category(), "signalfd");
    }
    ~Signals() override { close(descriptor_); }

    /// Of `first` and `second`, the latter is followed by the process's end.
    void Watch(Poller& poller, std::function<void(int)> first, std::function<void()> second) {
        first_ = std::move(first);
        second_ = std::move(second);
        poller.Watch(descriptor_, *this, EPOLLIN);
    }

    /// They end the process from here on, though nobody polls any more.
    static void Release() {
        const sigset_t signals = Ending();
        for (const int number : {SIGTERM, SIGINT})
            signal(number, [](int) { _exit(1); });
        pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
    }

  private:
    void Ready(std::uint32_t) override {
        signalfd_siginfo received{};
        while (read(descriptor_, &received, sizeof received) == static_cast<ssize_t>(sizeof received)) {
            if (!first_) {
                second_();
                _exit(1);
            }
            std::exchange(first_, nullptr)(static_cast<int>(received.ssi_signo));
        }
    }

    int descriptor_;
    std::function<void(int)> first_;
    std::function<void()> second_;
};

/// Until there is nothing more to do. What cannot go wrong and does ends the process, with nothing of it left running.
void Loop(Poller& poller, Pool& pool, Gateway& gateway, const Log& log) try {
    for (auto ticked = Connection::Clock::now(); !gateway.IsDrained();) {
        poller.Wait(pool.Patience(pool.is_waiting() || gateway.is_waiting() ? kTick : std::chrono::milliseconds(-1)));
        if (const auto now = Connection::Clock::now(); now - ticked >= kTick) {
            ticked = now;
            pool.Tick(now);
            gateway.Tick(now);
        }
        pool.Dispatch(); // after the tick, which may have something asked again
        log.Flush();
    }
} catch (const std::exception& error) {
    log.Write(LogLevel::kError, "cannot go on", {{"cause", error.what()}});
    log.Flush();
    _exit(1);
}

} // namespace

void Serve(const Settings& settings, const Log& log) {
    Signals signals;
    StartFastCgi();
    const Site site;
    Poller poller(std::max(kMostAtOnce, settings.requests_per_transaction));
    Inbox inbox(poller);
    Helpers readers(kReaders);
    Helpers senders(kSenders);
    Helpers connectors(Pool::kMostConnecting);
    Pool pool(settings, log, poller, inbox, connectors);
    Surroundings around{settings, log, site, poller, inbox, readers, senders, pool};
    const std::optional<int> handed_over = HandedOver();
    Listener listener = handed_over ? Listener(*handed_over) : Listener(settings.listen, settings.socket_mode);
    Gateway gateway(around, listener.descriptor());

    const auto stop = [&](int received) {
        log.Write(LogLevel::kInfo, "stopping", {{"signal", received == SIGTERM ? "SIGTERM" : "SIGINT"}});
        listener.Close();
        if (handed_over)
            gateway.Leave();
        else
            gateway.Drain();
    };
    signals.Watch(poller, stop, [&] { log.Flush(); });
    log.Write(LogLevel::kInfo, "serving",
              {{"listen", handed_over ? "a socket that was handed over" : settings.listen.c_str()}, {"connections", settings.connections}});
    log.Flush();
    Loop(poller, pool, gateway, log);
    log.Flush();
    Signals::Release();
    gateway.Cut();
    for (Helpers* const helpers : {&readers, &senders, &connectors})
        helpers->End();
    log.Write(LogLevel::kInfo, "stopped");
}

} // namespace curfew::front
