#include "availability.hpp"

namespace curfew::front {

bool Availability::MayTry(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (!away_)
        return true;
    if (trying_ || now < next_)
        return false;
    trying_ = true;
    return true;
}

void Availability::Connected() {
    const std::lock_guard lock(mutex_);
    away_ = false;
    trying_ = false;
}

void Availability::Failed(Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    away_ = true;
    trying_ = false;
    next_ = now + kPause;
}

} // namespace curfew::front
