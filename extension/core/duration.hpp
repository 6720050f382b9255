// Durations as people write them in a definition: "90 seconds", "1 hour". Pure C++.
#pragma once

#include <cstdint>
#include <string_view>

namespace curfew::core {

inline constexpr std::int64_t kSecond = 1'000'000; // microseconds
inline constexpr std::int64_t kLongest = 3660LL * 24 * 3600 * kSecond;

// Microseconds of "<whole number> <second|minute|hour|day>[s]", from 1 second to ten years; -1 otherwise.
std::int64_t ParseDuration(std::string_view text) noexcept;

} // namespace curfew::core
