// seat.hpp: a connection of the pool, for its own files.
#pragma once

#include "pool.hpp"

#include <sys/epoll.h>

#include <cstdint>
#include <deque>
#include <memory>
#include <utility>

namespace curfew::front {

/// A connection, and who is answered on it, in the order of what was sent.
class Pool::Seat : public Watched {
  public:
    Seat(Pool& pool, std::shared_ptr<Connection> connection) : pool_(pool), connection_(std::move(connection)) {
        pool_.poller_.Watch(connection_->descriptor(), *this, EPOLLIN);
    }

    void Ready(std::uint32_t) override { pool_.Advance(*this); }

    /// Waits for room to write as long as not everything has been sent.
    void WaitForMore() {
        if (std::exchange(waits_to_send_, connection_->is_unsent()) == connection_->is_unsent())
            return;
        pool_.poller_.Change(connection_->descriptor(), *this, waits_to_send_ ? EPOLLIN | EPOLLOUT : EPOLLIN);
    }

    Connection& connection() { return *connection_; }
    bool is_free() const { return questions.empty(); }
    std::deque<Question*> questions;

  private:
    Pool& pool_;
    const std::shared_ptr<Connection> connection_;
    bool waits_to_send_ = false;
};

} // namespace curfew::front
