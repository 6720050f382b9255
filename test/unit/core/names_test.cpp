// What may be a name, an event's name, a scope; and durations as people write them.
#include "core/definition_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace curfew::core;

BOOST_AUTO_TEST_SUITE(names)

BOOST_AUTO_TEST_CASE(a_name_is_a_letter_then_letters_digits_and_underscores) {
    for (const char* name : {"a", "Z", "active", "handed_off", "LIVE", "s2", "a_", "max_duration"})
        BOOST_TEST(IsName(name), name);
    for (const char* name :
         {"", "1", "_a", "a-b", "a b", " a", "a.b", "a:b", "a*", "\xc3\xa9t\xc3\xa9", "a\n"})
        BOOST_TEST(!IsName(name), name);
}
BOOST_AUTO_TEST_CASE(an_events_name_has_dots_and_hyphens_too) {
    for (const char* name : {"AGENT_SESSION_TERMINATED", "login.end", "1", "a-b", "-", "."})
        BOOST_TEST(IsEventName(name), name);
    for (const char* name : {"", "a b", "a:b", "a*", "\xc3\xa9", "a\n"})
        BOOST_TEST(!IsEventName(name), name);
}
BOOST_AUTO_TEST_CASE(a_scope_has_colons_and_stars) {
    for (const char* scope : {"*", "sessions:*", "sessions:terminate", "a.b_c-d", "9"})
        BOOST_TEST(IsScope(scope), scope);
    for (const char* scope : {"", "a b", "a,b", "a/b", "\xc3\xa9", "a\n"})
        BOOST_TEST(!IsScope(scope), scope);
}
BOOST_AUTO_TEST_CASE(names_events_and_scopes_have_63_bytes_at_most) {
    std::string longest(63, 'a'), longer(64, 'a');
    BOOST_TEST(IsName(longest));
    BOOST_TEST(IsEventName(longest));
    BOOST_TEST(IsScope(longest));
    BOOST_TEST(!IsName(longer));
    BOOST_TEST(!IsEventName(longer));
    BOOST_TEST(!IsScope(longer));
    BOOST_TEST(Name(longest).View() == longest);
    BOOST_TEST(Name(longer).View() == longest);
}
BOOST_AUTO_TEST_CASE(a_text_with_a_zero_byte_is_no_name) {
    using namespace std::string_view_literals;
    BOOST_TEST(!IsName("a\0b"sv));
    BOOST_TEST(!IsEventName("a\0b"sv));
    BOOST_TEST(!IsScope("a\0b"sv));
}

BOOST_AUTO_TEST_CASE(a_duration_is_a_number_and_a_unit) {
    BOOST_TEST(ParseDuration("1 second") == 1'000'000);
    BOOST_TEST(ParseDuration("90 seconds") == 90'000'000);
    BOOST_TEST(ParseDuration("1 minute") == 60'000'000);
    BOOST_TEST(ParseDuration("5 minutes") == 300'000'000);
    BOOST_TEST(ParseDuration("1 hour") == 3'600'000'000);
    BOOST_TEST(ParseDuration("24 hours") == 86'400'000'000);
    BOOST_TEST(ParseDuration("1 day") == 86'400'000'000);
    BOOST_TEST(ParseDuration("30 days") == 2'592'000'000'000);
    BOOST_TEST(ParseDuration("1 hours") == 3'600'000'000);
}
BOOST_AUTO_TEST_CASE(a_duration_is_at_least_a_second_and_at_most_ten_years) {
    BOOST_TEST(ParseDuration("0 seconds") == -1);
    BOOST_TEST(ParseDuration("3660 days") == kLongest);
    BOOST_TEST(ParseDuration("3661 days") == -1);
    BOOST_TEST(ParseDuration("316224000 seconds") == kLongest);
    BOOST_TEST(ParseDuration("316224001 seconds") == -1);
    BOOST_TEST(ParseDuration("99999999999999999999999999 days") == -1);
}
BOOST_AUTO_TEST_CASE(anything_else_is_no_duration) {
    for (const char* text : {"",        " ",      "1",       "1 ",       "second",           " 1 hour",
                             "1  hour", "1hour",  "1 hour ", "-1 hours", "+1 hour",          "1.5 hours",
                             "1 Hour",  "1 week", "1 s",     "1 hourss", "1 hour 5 minutes", "one hour",
                             "1\thour", "PT1H"})
        BOOST_TEST(ParseDuration(text) == -1, '"' << text << '"');
}

BOOST_AUTO_TEST_SUITE_END()
