#include "server.hpp"

#include "gateway.hpp"
#include "listener.hpp"
#include "request.hpp"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <functional>
#include <system_error>

namespace curfew::front {
namespace {

// Threads that wait: for what a web server sends slowly, for one to take what is long, and for the database to let in. None of
// them waits for another kind's wait.
constexpr int kReaders = 8;
constexpr int kSenders = 8;
constexpr int kConnectors = 4;
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

    void Watch(Poller& poller, std::function<void(int)> first) {
        first_ = std::move(first);
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
            if (!first_)
                _exit(1);
            std::exchange(first_, nullptr)(static_cast<int>(received.ssi_signo));
        }
    }

    int descriptor_;
    std::function<void(int)> first_;
};

} // namespace

void Serve(const Settings& settings, const Log& log) {
    Signals signals;
    StartFastCgi();
    const Site site;
    Poller poller;
    Inbox inbox(poller);
    Helpers readers(kReaders);
    Helpers senders(kSenders);
    Helpers connectors(kConnectors);
    Pool pool(settings, log, poller, inbox, connectors);
    Surroundings around{settings, log, site, poller, inbox, readers, senders, pool};
    const std::optional<int> handed_over = HandedOver();
    Listener listener = handed_over ? Listener(*handed_over) : Listener(settings.listen, settings.socket_mode);
    Gateway gateway(around, listener.descriptor());

    signals.Watch(poller, [&](int received) {
        log.Write(LogLevel::kInfo, "stopping", {{"signal", received == SIGTERM ? "SIGTERM" : "SIGINT"}});
        listener.Close();
        if (handed_over)
            gateway.Leave();
        else
            gateway.Drain();
    });
    log.Write(LogLevel::kInfo, "serving",
              {{"listen", handed_over ? "a socket that was handed over" : settings.listen.c_str()}, {"connections", settings.connections}});
    log.Flush();
    for (auto ticked = Connection::Clock::now(); !gateway.IsDrained();) {
        poller.Wait(pool.is_waiting() || gateway.is_waiting() ? kTick : std::chrono::milliseconds(-1));
        pool.Dispatch();
        log.Flush();
        const auto now = Connection::Clock::now();
        if (now - ticked < kTick)
            continue;
        ticked = now;
        pool.Tick(now);
        gateway.Tick(now);
    }
    Signals::Release();
    gateway.Cut();
    for (Helpers* const helpers : {&readers, &senders, &connectors})
        helpers->End();
    log.Write(LogLevel::kInfo, "stopped");
}

} // namespace curfew::front
