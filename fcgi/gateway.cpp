#include "gateway.hpp"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

namespace curfew::front {

Gateway::Gateway(Surroundings& around, int listener) : around_(around), listener_(listener) {
    if (fcntl(listener, F_SETFL, O_NONBLOCK) != 0)
        throw std::system_error(errno, std::generic_category(), "fcntl");
    Watch();
}

Gateway::~Gateway() = default;

void Gateway::Watch() { around_.poller.Watch(listener_, *this, EPOLLIN | EPOLLRDHUP); }

void Gateway::Ready(std::uint32_t) {
    if (!draining_ && !paused_) // since the event, that is
        LetIn();
}

/// Lets in all who wait.
void Gateway::LetIn() {
    for (;;) {
        const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (descriptor >= FD_SETSIZE) { // libfcgi cannot wait for it
            close(descriptor);
            Pause(EMFILE);
            return;
        }
        if (descriptor >= 0) {
            auto channel = std::make_unique<Channel>(around_, descriptor, [this](Channel& ended) {
                auto found = channels_.extract(&ended);
                around_.poller.Bury(std::move(found.mapped()));
            });
            channels_.emplace(channel.get(), std::move(channel));
            continue;
        }
        const int error = errno;
        if (error == EINTR || error == ECONNABORTED)
            continue;
        if (error != EAGAIN && error != EINVAL) {
            Pause(error);
        } else if (shut_) {
            around_.poller.Forget(listener_);
            BeginDrain();
        }
        return;
    }
}

void Gateway::Pause(int error) {
    around_.log.Write(LogLevel::kError, "accept failed", {{"cause", std::strerror(error)}});
    around_.poller.Forget(listener_);
    paused_ = true;
    resumes_at_ = Clock::now() + kAcceptPause;
}

void Gateway::Tick(Clock::time_point now) {
    if (paused_ && now >= resumes_at_) {
        paused_ = false;
        Watch();
    }
    if (draining_ && !around_.ending && now >= drained_at_)
        EndIdle();
}

/// Ends the connections on which there is no request, and the others with their answers.
void Gateway::EndIdle() {
    around_.ending = true;
    std::vector<Channel*> all;
    for (const auto& entry : channels_)
        all.push_back(entry.first);
    for (Channel* const channel : all)
        channel->EndIfIdle();
}

void Gateway::BeginDrain() {
    draining_ = true;
    drained_at_ = Clock::now() + kLongestDrain;
}

void Gateway::Leave() {
    if (!std::exchange(paused_, false))
        around_.poller.Forget(listener_);
    BeginDrain();
}

bool Gateway::IsDrained() const {
    if (!draining_)
        return false;
    if (channels_.empty())
        return true;
    const auto is_answering = [](const auto& entry) { return entry.first->is_answering(); };
    return around_.ending && std::none_of(channels_.begin(), channels_.end(), is_answering);
}

void Gateway::Cut() const {
    for (const auto& entry : channels_)
        entry.first->Cut();
}

} // namespace curfew::front
