// W3C Trace Context: what a `traceparent` is. Pure C++; the front reads it too.
#pragma once

#include <string_view>

namespace curfew::core {

// Whether the text is a traceparent of version 00: "00-", 32 hex digits, "-", 16 hex digits, "-", 2 hex digits, in lower
// case, neither id all zeros.
constexpr bool IsTraceparent(std::string_view text) noexcept {
    if (text.size() != 55 || !text.starts_with("00-"))
        return false;
    bool trace = false, parent = false; // whether a digit is not zero
    for (int i = 3; i < 55; ++i) {
        char c = text[i];
        if (i == 35 || i == 52) {
            if (c != '-')
                return false;
            continue;
        }
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
            return false;
        (i < 35 ? trace : parent) |= i < 52 && c != '0';
    }
    return trace && parent;
}

} // namespace curfew::core
