#include "availability.hpp"

namespace curfew::front {

bool Availability::MayTry(Clock::time_point now) {
    if (!away_)
        return true;
    if (trying_ || now < next_)
        return false;
    trying_ = true;
    return true;
}

void Availability::Connected() {
    away_ = false;
    trying_ = false;
}

void Availability::Failed(Clock::time_point now) {
    away_ = true;
    trying_ = false;
    next_ = now + kPause;
}

} // namespace curfew::front
