// Reading times as RFC 3339 writes them. Pure C++.
#pragma once

#include "core/decide.hpp"

#include <string_view>

namespace curfew::core {

// `2026-11-21T12:00:00.5+01:00` as an instant; kUnset where the text is not of that form or there is no such time, a
// leap second included. What is finer than a microsecond is cut off.
Instant ParseRfc3339(std::string_view text) noexcept;

} // namespace curfew::core
