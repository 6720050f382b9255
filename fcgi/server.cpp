#include "server.hpp"

#include "availability.hpp"
#include "database.hpp"
#include "handler.hpp"
#include "listener.hpp"
#include "request.hpp"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

namespace curfew::front {
namespace {

using Clock = std::chrono::steady_clock;

/// What all workers share. It outlives them.
struct Shared {
    const Settings& settings;
    const Log& log;
    const Site site{};
    Availability availability{};
};

/// SIGTERM and SIGINT, which from here on come only to who waits for them.
sigset_t BlockSignals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
    return signals;
}

int WaitForSignal(const sigset_t& signals) {
    int received = 0;
    sigwait(&signals, &received);
    return received;
}

void LogRequest(const Log& log, const Request& request, const Handled& handled, Clock::duration took) {
    const double milliseconds = std::chrono::duration<double, std::milli>(took).count();
    Json line = {
        {"request_id", request.request_id}, {"contract", handled.contract},      {"method", request.method},
        {"path", handled.pattern},          {"status", handled.response.status},
    };
    if (handled.failure)
        line["reason"] = handled.failure->reason;
    line["ms"] = std::round(milliseconds * 100) / 100;
    log.Write(LogLevel::kInfo, "request", line);
    if (!handled.failure || handled.failure->cause.empty())
        return;
    const LogLevel level = handled.failure->status >= 500 ? LogLevel::kError : LogLevel::kDebug;
    log.Write(level, "failure",
              {{"request_id", request.request_id},
               {"reason", handled.failure->reason},
               {"cause", handled.failure->cause}});
}

void Work(Shared& shared, Gateway& gateway) {
    // A failing accept (out of descriptors, say) is tried again after a while.
    constexpr std::chrono::milliseconds kAcceptPause{100};
    Database database(shared.settings, shared.availability, shared.log);
    const Ask ask = [&](const Exchange& exchange) { return database.Ask(exchange); };
    Request request;
    Gateway::Connection* connection = nullptr;
    for (;;) {
        const Gateway::Accepted accepted = gateway.Accept(request, connection);
        if (accepted == Gateway::Accepted::kClosed)
            return;
        if (accepted == Gateway::Accepted::kFailed) {
            shared.log.Write(LogLevel::kError, "accept failed", {{"cause", std::strerror(errno)}});
            std::this_thread::sleep_for(kAcceptPause);
            continue;
        }
        const auto started = Clock::now();
        const Handled handled =
            Handle(shared.site, shared.settings, request, ask, std::chrono::system_clock::now());
        gateway.Send(connection, handled.response);
        LogRequest(shared.log, request, handled, Clock::now() - started);
    }
}

} // namespace

void Serve(const Settings& settings, const Log& log) {
    const sigset_t signals = BlockSignals();
    StartGateways();
    Shared shared{settings, log};
    const std::optional<int> handed_over = HandedOver();
    Listener listener = handed_over ? Listener(*handed_over) : Listener(settings.listen, settings.socket_mode);
    Gateway gateway(listener.descriptor(), settings.max_body);

    std::vector<std::jthread> workers;
    for (int i = 0; i < settings.workers; ++i)
        workers.emplace_back([&] { Work(shared, gateway); });
    log.Write(LogLevel::kInfo, "serving", {{"listen", handed_over ? "a socket that was handed over" : settings.listen}, {"workers", settings.workers}});

    const int received = WaitForSignal(signals);
    log.Write(LogLevel::kInfo, "stopping", {{"signal", received == SIGTERM ? "SIGTERM" : "SIGINT"}});
    listener.Close();
    if (handed_over)
        gateway.Leave();
    std::thread([signals] {
        WaitForSignal(signals);
        _exit(1);
    }).detach();
    workers.clear();
    log.Write(LogLevel::kInfo, "stopped");
}

} // namespace curfew::front
