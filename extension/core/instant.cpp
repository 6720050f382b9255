#include "core/instant.hpp"

#include "core/duration.hpp"

namespace curfew::core {
namespace {

// Days from 2000-01-01 to a day of the Gregorian calendar. Years are counted from March, so that a leap day is the last.
constexpr std::int64_t DaysSince2000(int year, int month, int day) noexcept {
    std::int64_t y = month <= 2 ? year - 1 : year;
    std::int64_t era = y / 400, of_era = y % 400;
    std::int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 730'425;
}
static_assert(DaysSince2000(2000, 1, 1) == 0);
static_assert(DaysSince2000(1970, 1, 1) == -10'957);

constexpr int DaysOf(int year, int month) noexcept {
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

// Reads a text from its beginning; once something does not fit, nothing more does.
class Reader {
  public:
    explicit Reader(std::string_view text) noexcept : rest_(text) {}

    int Number(int digits, int least, int most) noexcept {
        int number = 0;
        for (int i = 0; i < digits; ++i)
            number = number * 10 + Digit();
        fits_ = fits_ && number >= least && number <= most;
        return number;
    }
    char OneOf(std::string_view characters) noexcept {
        char c = rest_.empty() ? '\0' : rest_.front();
        fits_ = fits_ && c != '\0' && characters.find(c) != std::string_view::npos;
        if (fits_)
            rest_.remove_prefix(1);
        return c;
    }
    bool NextIs(char c) const noexcept { return fits_ && !rest_.empty() && rest_.front() == c; }
    bool NextIsDigit() const noexcept { return fits_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
    int Digit() noexcept { return OneOf("0123456789") - '0'; }
    bool Fits() const noexcept { return fits_; }
    bool FitsWhole() const noexcept { return fits_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool fits_ = true;
};

} // namespace

Instant ParseRfc3339(std::string_view text) noexcept {
    Reader reader(text);
    int year = reader.Number(4, 1, 9999);
    reader.OneOf("-");
    int month = reader.Number(2, 1, 12);
    reader.OneOf("-");
    int day = reader.Number(2, 1, 31);
    if (!reader.Fits() || day > DaysOf(year, month))
        return kUnset;
    reader.OneOf("Tt ");
    int hour = reader.Number(2, 0, 23);
    reader.OneOf(":");
    int minute = reader.Number(2, 0, 59);
    reader.OneOf(":");
    int second = reader.Number(2, 0, 60); // 60: a leap second

    std::int64_t fraction = 0;
    if (reader.NextIs('.')) {
        reader.OneOf(".");
        std::int64_t unit = kSecond / 10;
        do {
            fraction += reader.Digit() * unit;
            unit /= 10;
        } while (reader.NextIsDigit());
    }

    int offset = 0; // minutes
    char zone = reader.OneOf("Zz+-");
    if (reader.Fits() && (zone == '+' || zone == '-')) {
        int hours = reader.Number(2, 0, 23);
        reader.OneOf(":");
        offset = (hours * 60 + reader.Number(2, 0, 59)) * (zone == '+' ? 1 : -1);
    }
    if (!reader.FitsWhole())
        return kUnset;
    std::int64_t minutes = (DaysSince2000(year, month, day) * 24 + hour) * 60 + minute - offset;
    return (minutes * 60 + second) * kSecond + fraction;
}

} // namespace curfew::core
