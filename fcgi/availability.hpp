// availability.hpp: what the front knows of the database, so that one that is away costs the front
// one connection attempt at a time and not every request a timeout.
#pragma once

#include <chrono>

namespace curfew::front {

class Availability {
  public:
    using Clock = std::chrono::steady_clock;

    /// Whether the caller may try to connect at `now`; who may, reports Connected or Failed. While the
    /// database answers everybody may; once it does not, one at a time, and again only after kPause.
    bool MayTry(Clock::time_point now);
    void Connected();
    void Failed(Clock::time_point now);

    /// Whether the last attempt failed.
    bool is_away() const { return away_; }

    static constexpr std::chrono::milliseconds kPause{500};

  private:
    bool away_ = false;
    bool trying_ = false; // one caller is at it; only while away
    Clock::time_point next_{};
};

} // namespace curfew::front
