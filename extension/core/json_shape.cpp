#include "core/json_shape.hpp"

namespace curfew::core {
namespace {

bool IsDigit(char c) noexcept { return c >= '0' && c <= '9'; }

// Whether a number, from its first digit on, is too large, or one too many; `i` moves behind it. `zeros` are those of all
// numbers so far.
bool SkipLargeNumber(std::string_view text, std::size_t& i, int& zeros) noexcept {
    std::size_t begin = i;
    int exponent = 0;
    while (i < text.size() && (IsDigit(text[i]) || text[i] == '.'))
        ++i;
    if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
        ++i;
        if (i < text.size() && (text[i] == '+' || text[i] == '-'))
            ++i;
        for (; i < text.size() && IsDigit(text[i]); ++i)
            if (exponent <= kLargestExponent)
                exponent = exponent * 10 + (text[i] - '0');
    }
    if (i - begin > kLongestNumber || exponent > kLargestExponent)
        return true;
    zeros += exponent;
    return zeros > kMostZeros;
}

} // namespace

JsonShape ShapeOf(std::string_view text) noexcept {
    int depth = 0, zeros = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size();) {
        char c = text[i];
        if (in_string) {
            i += c == '\\' ? 2 : 1;
            in_string = c != '"';
            continue;
        }
        if (IsDigit(c)) {
            if (SkipLargeNumber(text, i, zeros))
                return JsonShape::number_too_large;
            continue;
        }
        ++i;
        in_string = c == '"';
        if (c == '[' || c == '{') {
            if (++depth > kDeepest)
                return JsonShape::too_deep;
        } else if (c == ']' || c == '}') {
            --depth;
        }
    }
    return JsonShape::fine;
}

} // namespace curfew::core
