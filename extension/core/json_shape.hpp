// The outer shape of a JSON text, looked at before it is parsed. Pure C++.
#pragma once

#include <string_view>

namespace curfew::core {

inline constexpr int kDeepest = 512;        // arrays and objects within each other
inline constexpr int kLongestNumber = 512;  // characters
inline constexpr int kLargestExponent = 999;

enum class JsonShape { fine, too_deep, number_too_large };

// Whether a text nests too deep, or has a number that is too long or has too large an exponent, for parsing it to be
// harmless. Says nothing about whether it is JSON.
JsonShape ShapeOf(std::string_view text) noexcept;

} // namespace curfew::core
