// The outer shape of a JSON text, looked at before it is parsed. Pure C++.
#pragma once

#include <string_view>

namespace curfew::core {

inline constexpr int kDeepest = 512;        // arrays and objects within each other
inline constexpr int kLongestNumber = 512;  // characters
inline constexpr int kLargestExponent = 999;
inline constexpr int kMostZeros = 1 << 16; // that the exponents of all numbers stand for: each is written out when it is shown

enum class JsonShape { fine, too_deep, number_too_large };

// Whether a text nests too deep, or has a number that is too long or has too large an exponent, or too many with a large
// one, for parsing it and showing it to be harmless. Says nothing about whether it is JSON.
JsonShape ShapeOf(std::string_view text) noexcept;

} // namespace curfew::core
