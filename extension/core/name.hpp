// A short name held by value. Pure C++: no PostgreSQL header, no allocation, no exception.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace curfew::core {

// A name of at most 63 bytes, the length PostgreSQL gives to identifiers.
class Name {
  public:
    static constexpr std::size_t kCapacity = 63;

    constexpr Name() noexcept = default;

    // The text, cut at 63 bytes; callers that must not cut check the length first.
    constexpr explicit Name(std::string_view text) noexcept {
        length_ = static_cast<std::uint8_t>(text.size() < kCapacity ? text.size() : kCapacity);
        for (std::size_t i = 0; i < length_; ++i)
            bytes_[i] = text[i];
    }

    constexpr std::string_view View() const noexcept { return {bytes_.data(), length_}; }
    constexpr bool Empty() const noexcept { return length_ == 0; }

  private:
    std::array<char, kCapacity + 1> bytes_{};
    std::uint8_t length_ = 0;
};

constexpr bool operator==(const Name& left, std::string_view right) noexcept { return left.View() == right; }

} // namespace curfew::core
