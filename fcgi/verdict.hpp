// verdict.hpp: an error that came after others' acts in one transaction.
#pragma once

#include "failure.hpp"

#include <cstddef>

namespace curfew::front {

struct Question;

/// The error has undone those acts, which it may be about. It is told when all of them have been done again, so that nobody is
/// told of what never was; where one was not, its question is asked again.
struct Verdict {
    std::size_t missing; // acts that are to be done again
    bool stands = true;
    Question* question = nullptr; // none: the error is not to be told
    Failure failure{};
};

} // namespace curfew::front
