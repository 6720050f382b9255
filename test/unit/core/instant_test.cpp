// Times as RFC 3339 writes them.
#include "core/instant.hpp"

#include "core/duration.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew::core;

namespace {

constexpr Instant kHour = 3600 * kSecond;

} // namespace

BOOST_AUTO_TEST_SUITE(instant)

BOOST_AUTO_TEST_CASE(the_beginning_of_2000_is_zero) {
    BOOST_TEST(ParseRfc3339("2000-01-01T00:00:00Z") == 0);
    BOOST_TEST(ParseRfc3339("1999-12-31T23:59:59Z") == -kSecond);
}

BOOST_AUTO_TEST_CASE(other_times_are_microseconds_from_it) {
    BOOST_TEST(ParseRfc3339("2000-02-29T12:30:15Z") == (59 * 24 + 12) * kHour + 30 * 60 * kSecond + 15 * kSecond);
    BOOST_TEST(ParseRfc3339("2026-11-24T00:00:00Z") == 9824 * 24 * kHour);
    BOOST_TEST(ParseRfc3339("1970-01-01T00:00:00Z") == -10957 * 24 * kHour);
}

BOOST_AUTO_TEST_CASE(a_fraction_is_read_to_the_microsecond) {
    BOOST_TEST(ParseRfc3339("2000-01-01T00:00:00.5Z") == kSecond / 2);
    BOOST_TEST(ParseRfc3339("2000-01-01T00:00:00.000001Z") == 1);
    BOOST_TEST(ParseRfc3339("2000-01-01T00:00:00.1234569Z") == 123456);
}

BOOST_AUTO_TEST_CASE(an_offset_is_taken_off) {
    BOOST_TEST(ParseRfc3339("2000-01-01T01:00:00+01:00") == 0);
    BOOST_TEST(ParseRfc3339("1999-12-31T18:30:00-05:30") == 0);
}

BOOST_AUTO_TEST_CASE(small_letters_are_taken_too) {
    BOOST_TEST(ParseRfc3339("2000-01-01t00:00:00z") == 0);
}

BOOST_AUTO_TEST_CASE(what_is_no_such_time_is_unset) {
    for (std::string_view text :
         {"", "yesterday", "2000-01-01", "2000-01-01T00:00:00", "2000-01-01T00:00Z", "2000-13-01T00:00:00Z",
          "2000-00-01T00:00:00Z", "2000-01-32T00:00:00Z", "1900-02-29T00:00:00Z", "2001-02-29T00:00:00Z",
          "2000-01-01T24:00:00Z", "2000-01-01T00:60:00Z", "2000-01-01T00:00:60Z", "2000-01-01T00:00:00.Z",
          "2000-01-01T00:00:00+1:00", "2000-01-01T00:00:00+0100", "2000-01-01T00:00:00Z ",
          "2000-1-01T00:00:00Z", "infinity"})
        BOOST_TEST(ParseRfc3339(text) == kUnset, text);
}

BOOST_AUTO_TEST_SUITE_END()
