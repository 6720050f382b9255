#include "channel.hpp"

#include <sys/epoll.h>

#include <cmath>
#include <exception>
#include <utility>
#include <variant>
#include <vector>

namespace curfew::front {

Channel::Channel(Surroundings& around, int descriptor, std::function<void(Channel&)> ended)
    : around_(around), ended_(std::move(ended)), connection_(descriptor) {
    question_.answered = [this](Reply reply) {
        std::visit([this](auto&& said) { handling_->Take(std::move(said)); }, std::move(reply));
        Finish();
    };
    Watch();
}

void Channel::Watch() {
    around_.poller.Watch(connection_.descriptor(), *this, EPOLLIN);
    watched_ = true;
}

void Channel::Unwatch() {
    if (std::exchange(watched_, false))
        around_.poller.Forget(connection_.descriptor());
}

void Channel::Ready(std::uint32_t events) {
    if (at_ == At::kIdle) {
        Arrive();
        return;
    }
    // Nothing is read before the answer is sent. Who has gone meanwhile is not worked for, unless that has begun.
    Unwatch();
    if ((events & (EPOLLHUP | EPOLLERR)) == 0 || !around_.pool.Withdraw(question_))
        return;
    around_.log.Write(LogLevel::kInfo, "abandoned", {{"request_id", request_.request_id}, {"method", request_.method}});
    ended_(*this);
}

void Channel::Arrive() {
    switch (connection_.Look()) {
    case WebConnection::Arrived::kNothing:
        return;
    case WebConnection::Arrived::kEnd:
        Unwatch();
        ended_(*this);
        return;
    case WebConnection::Arrived::kWhole:
        if (Read()) {
            Handle();
        } else {
            ended_(*this);
        }
        return;
    case WebConnection::Arrived::kPart:
        Unwatch();
        at_ = At::kReading;
        around_.readers.Run([this] {
            const bool there = Read();
            around_.inbox.Post([this, there] {
                if (!there) {
                    ended_(*this);
                    return;
                }
                Watch();
                Handle();
            });
        });
        return;
    }
}

/// Reads the request; whether there is one.
bool Channel::Read() {
    try {
        return connection_.Read(request_, around_.settings.max_body);
    } catch (const std::exception& error) {
        around_.log.Write(LogLevel::kError, "request not read", {{"cause", error.what()}});
        connection_.Cut();
        return false;
    }
}

void Channel::Handle() {
    at_ = At::kAsking;
    started_ = Clock::now();
    handling_.emplace(around_.site, around_.settings, request_, std::chrono::system_clock::now());
    if (handling_->exchange() == nullptr) {
        Finish();
        return;
    }
    question_.exchange = handling_->exchange();
    around_.pool.Ask(question_);
}

void Channel::Finish() {
    at_ = At::kSending;
    handled_ = handling_->Finish();
    if (!connection_.MayWaitToSend(handled_.response)) {
        Sent(connection_.Send(handled_.response));
        return;
    }
    Unwatch();
    around_.senders.Run([this] {
        const bool kept = connection_.Send(handled_.response);
        around_.inbox.Post([this, kept] { Sent(kept); });
    });
}

void Channel::Sent(bool kept) {
    LogAnswer();
    // A connection may be idle for long, and there may be many. A text that is only assigned to would keep its room.
    handling_.reset();
    std::exchange(handled_, {});
    std::exchange(request_, {});
    if (!kept) {
        ended_(*this);
        return;
    }
    at_ = At::kIdle;
    if (around_.ending)
        EndIfIdle();
    else if (!watched_)
        Watch();
}

void Channel::EndIfIdle() {
    if (at_ != At::kIdle)
        return;
    Unwatch();
    ended_(*this);
}

void Channel::LogAnswer() const {
    const double milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - started_).count();
    std::vector<Log::Field> fields = {
        {"request_id", request_.request_id}, {"contract", handled_.contract},      {"method", request_.method},
        {"path", handled_.pattern},          {"status", handled_.response.status},
    };
    if (handled_.failure)
        fields.push_back({"reason", handled_.failure->reason});
    fields.push_back({"ms", std::round(milliseconds * 100) / 100});
    around_.log.Write(LogLevel::kInfo, "request", fields);
    if (!handled_.failure || handled_.failure->cause.empty())
        return;
    const LogLevel level = handled_.failure->status >= 500 ? LogLevel::kError : LogLevel::kDebug;
    around_.log.Write(level, "failure",
                      {{"request_id", request_.request_id},
                       {"reason", handled_.failure->reason},
                       {"cause", handled_.failure->cause}});
}

} // namespace curfew::front
