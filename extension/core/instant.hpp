// Moments. Pure C++.
#pragma once

#include <cstdint>
#include <limits>

namespace curfew::core {

using Instant = std::int64_t; // microseconds since the beginning of 2000 in UTC; PostgreSQL's TimestampTz
inline constexpr Instant kNever = std::numeric_limits<Instant>::max();
inline constexpr Instant kUnset = std::numeric_limits<Instant>::min();

} // namespace curfew::core
