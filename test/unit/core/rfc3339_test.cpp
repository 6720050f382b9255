// Times as RFC 3339 writes them are read exactly, and nothing else is.
#include "core/rfc3339.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew;

namespace {

constexpr core::Instant kSecond = core::kSecond, kDay = 86'400 * kSecond;
core::Instant Read(const char* text) { return core::ParseRfc3339(text); }

} // namespace

BOOST_AUTO_TEST_SUITE(rfc3339)

BOOST_AUTO_TEST_CASE(times_count_from_the_year_2000) {
    BOOST_TEST(Read("2000-01-01T00:00:00Z") == 0);
    BOOST_TEST(Read("1999-12-31T23:59:59.999999Z") == -1);
    BOOST_TEST(Read("2000-03-01T00:00:00Z") == 60 * kDay);
    BOOST_TEST(Read("2024-02-29T12:00:00Z") == 8'825 * kDay + kDay / 2);
    BOOST_TEST(Read("1970-01-01T00:00:00Z") == -10'957 * kDay);
    BOOST_TEST(Read("0001-01-01T00:00:00Z") == -730'119 * kDay);
    BOOST_TEST(Read("0000-01-01T00:00:00Z") == -730'485 * kDay);
    BOOST_TEST(Read("9999-12-31T23:59:59Z") == 2'921'940 * kDay - kSecond);
}
BOOST_AUTO_TEST_CASE(fractions_are_cut_to_the_microsecond) {
    BOOST_TEST(Read("2000-01-01T00:00:01.5Z") == kSecond + kSecond / 2);
    BOOST_TEST(Read("2000-01-01T00:00:00.000001Z") == 1);
    BOOST_TEST(Read("2000-01-01T00:00:00.0000019999Z") == 1);
}
BOOST_AUTO_TEST_CASE(offsets_count) {
    BOOST_TEST(Read("2000-01-01T01:30:00+01:30") == 0);
    BOOST_TEST(Read("1999-12-31T16:00:00-08:00") == 0);
    BOOST_TEST(Read("2000-01-01t00:00:00z") == 0);
    BOOST_TEST(Read("2000-01-01T00:00:00-00:00") == 0);
}
BOOST_AUTO_TEST_CASE(what_is_not_of_that_form_or_not_a_time_is_not_read) {
    for (const char* text :
         {"", "now", "infinity", "2000", "2000-01-01", "2000-01-01T00:00:00", "2000-01-01 00:00:00Z",
          "2000-01-01T00:00Z", "2000-01-01T00:00:00.Z", "2000-01-01T00:00:00Z ", " 2000-01-01T00:00:00Z",
          "2000-1-01T00:00:00Z", "2000-01-01T00:00:00+0100", "2000-01-01T00:00:00 01:00", "2000-01-01T00:00:00+01",
          "2000-13-01T00:00:00Z", "2000-00-01T00:00:00Z", "2000-01-32T00:00:00Z", "2001-02-29T00:00:00Z",
          "1900-02-29T00:00:00Z", "2000-01-00T00:00:00Z", "2000-01-01T24:00:00Z", "2000-01-01T00:60:00Z",
          "2000-01-01T00:00:60Z", "2000-01-01T00:00:00+24:00", "2000-01-01T00:00:00+01:60", "+2000-01-01T00:00:00Z",
          "12000-01-01T00:00:00Z", "2000-01-01T00:00:00.5.5Z", "2000-01-01T00:00:00Z+01:00", "2000-01-01T00:00:00,5Z"})
        BOOST_TEST(Read(text) == core::kUnset, text);
}

BOOST_AUTO_TEST_SUITE_END()
