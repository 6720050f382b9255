#include "core/duration.hpp"

#include "core/slice.hpp"

namespace curfew::core {

std::int64_t ParseDuration(std::string_view text) noexcept {
    std::int64_t number = 0;
    std::size_t i = 0;
    for (; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i) {
        number = number * 10 + (text[i] - '0');
        if (number > 1'000'000'000)
            return -1;
    }
    if (i == 0 || i >= text.size() || text[i] != ' ')
        return -1;

    std::string_view unit = After(text, i + 1);
    if (unit.ends_with('s'))
        unit.remove_suffix(1);
    std::int64_t seconds = unit == "second" ? 1 : unit == "minute" ? 60 : unit == "hour" ? 3600 : unit == "day" ? 86400 : 0;
    if (seconds == 0 || number == 0 || number > kLongest / kSecond / seconds)
        return -1;
    return number * seconds * kSecond;
}

} // namespace curfew::core
