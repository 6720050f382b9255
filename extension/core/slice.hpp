// Parts of a text, without the bounds error of string_view::substr, which would need the C++ runtime.
#pragma once

#include <string_view>

namespace curfew::core {

// What comes after the first `count` bytes; `count` is at most the size.
constexpr std::string_view After(std::string_view text, std::size_t count) noexcept {
    text.remove_prefix(count);
    return text;
}

// The first `count` bytes; `count` is at most the size.
constexpr std::string_view First(std::string_view text, std::size_t count) noexcept { return {text.data(), count}; }

} // namespace curfew::core
