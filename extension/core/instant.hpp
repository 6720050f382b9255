// Times as RFC 3339 writes them. Pure C++.
#pragma once

#include <cstdint>
#include <limits>
#include <string_view>

namespace curfew::core {

using Instant = std::int64_t; // microseconds since the beginning of 2000 in UTC; PostgreSQL's TimestampTz
inline constexpr Instant kNever = std::numeric_limits<Instant>::max();
inline constexpr Instant kUnset = std::numeric_limits<Instant>::min();

// The time of a text such as "2026-01-31T12:00:00Z", "2026-01-31T13:00:00.5+01:00"; kUnset where it is no such time.
// What is finer than a microsecond is cut off.
Instant ParseRfc3339(std::string_view text) noexcept;

} // namespace curfew::core
