// Whether a well-formed lifecycle can work. Pure C++.
#pragma once

#include "core/lifecycle.hpp"
#include "core/problem.hpp"

namespace curfew::core {

// The first thing that keeps the lifecycle from working, or no problem.
Problem Check(const Lifecycle& lifecycle) noexcept;

// Whether `next` may replace `current` while sessions of it exist: states, marks, what is terminal and what is metered stay.
Problem CheckSuccessor(const Lifecycle& current, const Lifecycle& next) noexcept;

} // namespace curfew::core
