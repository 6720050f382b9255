#include "core/rfc3339.hpp"

namespace curfew::core {
namespace {

// What is left to read, and whether all that was read had its form.
struct Reader {
    std::string_view text;
    bool good = true;

    bool Next(char one, char other) noexcept {
        if (text.empty() || (text[0] != one && text[0] != other))
            return false;
        text.remove_prefix(1);
        return true;
    }
    void Need(char one, char other) noexcept { good = Next(one, other) && good; }
    bool AtDigit() const noexcept { return !text.empty() && text[0] >= '0' && text[0] <= '9'; }

    int Number(int digits, int least, int most) noexcept {
        int value = 0;
        for (int i = 0; i < digits; ++i) {
            if (!AtDigit()) {
                good = false;
                return least;
            }
            value = 10 * value + (text[0] - '0');
            text.remove_prefix(1);
        }
        good = good && value >= least && value <= most;
        return value;
    }
};

int DaysIn(int year, int month) noexcept {
    constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

// Days from 2000-01-01. Years are counted from March, so that a leap day is a year's last.
std::int64_t DayNumber(int year, int month, int day) noexcept {
    std::int64_t y = month > 2 ? year : year - 1;
    std::int64_t m = month > 2 ? month - 3 : month + 9;
    std::int64_t leap_days = y >= 0 ? y / 4 - y / 100 + y / 400 : -1; // of the year 0, in January and February
    constexpr std::int64_t kOfTheYear2000 = 730'426;
    return 365 * y + leap_days + (153 * m + 2) / 5 + day - kOfTheYear2000;
}

} // namespace

Instant ParseRfc3339(std::string_view text) noexcept {
    Reader reader{text};
    int year = reader.Number(4, 0, 9999);
    reader.Need('-', '-');
    int month = reader.Number(2, 1, 12);
    reader.Need('-', '-');
    int day = reader.Number(2, 1, 31);
    reader.Need('T', 't');
    std::int64_t seconds = reader.Number(2, 0, 23) * 3600;
    reader.Need(':', ':');
    seconds += reader.Number(2, 0, 59) * 60;
    reader.Need(':', ':');
    seconds += reader.Number(2, 0, 59);

    Instant fraction = 0;
    if (reader.Next('.', '.')) {
        Instant unit = kSecond / 10;
        reader.good = reader.good && reader.AtDigit();
        for (; reader.AtDigit(); unit /= 10)
            fraction += unit * reader.Number(1, 0, 9);
    }
    if (!reader.Next('Z', 'z')) {
        bool west = reader.Next('-', '-');
        if (!west)
            reader.Need('+', '+');
        std::int64_t offset = reader.Number(2, 0, 23) * 3600;
        reader.Need(':', ':');
        offset += reader.Number(2, 0, 59) * 60;
        seconds += west ? offset : -offset;
    }
    if (!reader.good || !reader.text.empty() || day > DaysIn(year, month))
        return kUnset;
    return (DayNumber(year, month, day) * 86'400 + seconds) * kSecond + fraction;
}

} // namespace curfew::core
