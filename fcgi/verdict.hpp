// verdict.hpp: an error that came after others' acts in one transaction.
#pragma once

#include "failure.hpp"

#include <chrono>
#include <cstddef>

namespace curfew::front {

struct Question;

/// The error has undone those acts, which it may be about. It is told when all of them have been done again, so that nobody is
/// told of what never was; where one was not, or takes long, its question is asked again.
struct Verdict {
    std::size_t missing; // acts that are to be done again
    bool stands = true;
    Question* question = nullptr; // none: it is not waited for
    Failure failure{};
    std::chrono::steady_clock::time_point since{};
};

} // namespace curfew::front
