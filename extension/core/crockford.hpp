// Ids as 26 characters of Crockford's base 32, as ULIDs are written. Pure C++.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace curfew::core {

inline constexpr int kCrockfordSize = 26;
inline constexpr std::string_view kCrockfordDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// The 16 bytes as 26 characters.
void CrockfordText(const std::uint8_t* bytes, char* text) noexcept;

// The bytes of 26 characters, in either case; false for anything else.
bool CrockfordBytes(std::string_view text, std::uint8_t* bytes) noexcept;

} // namespace curfew::core
