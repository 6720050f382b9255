#include "poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace curfew::front {
namespace {

int Checked(int result, const char* what) {
    if (result < 0)
        throw std::system_error(errno, std::generic_category(), what);
    return result;
}

} // namespace

Poller::Poller(int most_at_once)
    : epoll_(Checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")), events_(static_cast<std::size_t>(most_at_once)) {}

Poller::~Poller() { close(epoll_); }

void Poller::Control(int operation, int descriptor, Watched* watched, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = watched;
    Checked(epoll_ctl(epoll_, operation, descriptor, &event), "epoll_ctl");
}

void Poller::Watch(int descriptor, Watched& watched, std::uint32_t events) {
    Control(EPOLL_CTL_ADD, descriptor, &watched, events);
}

void Poller::Change(int descriptor, Watched& watched, std::uint32_t events) {
    Control(EPOLL_CTL_MOD, descriptor, &watched, events);
}

void Poller::Forget(int descriptor) { Control(EPOLL_CTL_DEL, descriptor, nullptr, 0); }

void Poller::Bury(std::unique_ptr<Watched> watched) {
    watched->buried_ = true;
    buried_.push_back(std::move(watched));
}

void Poller::Wait(std::chrono::milliseconds at_most) {
    buried_.clear();
    const int timeout = at_most.count() < 0 ? -1 : static_cast<int>(at_most.count());
    const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout);
    if (count < 0 && errno != EINTR)
        Checked(count, "epoll_wait");
    for (int i = 0; i < count; ++i) {
        const epoll_event event = events_[static_cast<std::size_t>(i)];
        Watched& watched = *static_cast<Watched*>(event.data.ptr);
        if (!watched.buried_)
            watched.Ready(event.events);
    }
    buried_.clear();
}

Inbox::Inbox(Poller& poller) : descriptor_(Checked(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "eventfd")) {
    poller.Watch(descriptor_, *this, EPOLLIN);
}

Inbox::~Inbox() { close(descriptor_); }

void Inbox::Post(std::function<void()> task) {
    {
        const std::lock_guard lock(guard_);
        tasks_.push_back(std::move(task));
    }
    eventfd_write(descriptor_, 1);
}

void Inbox::Ready(std::uint32_t) {
    eventfd_t count = 0;
    eventfd_read(descriptor_, &count);
    std::vector<std::function<void()>> tasks;
    {
        const std::lock_guard lock(guard_);
        tasks.swap(tasks_);
    }
    for (const auto& task : tasks)
        task();
}

} // namespace curfew::front
