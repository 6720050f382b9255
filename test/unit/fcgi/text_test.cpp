#include "text.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew::front;
using namespace std::string_literals;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(valid_utf8_is_text) {
    for (const auto& valid : {""s, "plain"s, "\xC3\xA9"s, "\xE2\x82\xAC"s, "\xF0\x9F\x94\x92"s,
                              "\xEE\x80\x80"s, "\xF4\x8F\xBF\xBF"s})
        BOOST_TEST(IsText(valid), valid);
}

BOOST_AUTO_TEST_CASE(nul_overlong_surrogate_beyond_and_cut_off_are_not_text) {
    const std::string invalid[] = {"a\0b"s,
                                   "\xFF"s,
                                   "\x80"s,
                                   "\xC0\x80"s,
                                   "\xC1\xBF"s,
                                   "\xE0\x80\x80"s,
                                   "\xED\xA0\x80"s,
                                   "\xF0\x80\x80\x80"s,
                                   "\xF4\x90\x80\x80"s,
                                   "\xF5\x80\x80\x80"s,
                                   "\xE2\x82"s,
                                   "\xC3"s};
    for (const auto& bytes : invalid)
        BOOST_TEST(!IsText(bytes));
}

BOOST_AUTO_TEST_CASE(what_is_not_text_becomes_replacement_characters_and_the_rest_stays) {
    BOOST_TEST(AsText("a\0b"s) == "a\xEF\xBF\xBD"
                                  "b");
    BOOST_TEST(AsText("\xC3\xA9\xFF!"s) == "\xC3\xA9\xEF\xBF\xBD!");
    BOOST_TEST(AsText("\xE2\x82"s) == "\xEF\xBF\xBD\xEF\xBF\xBD");
    BOOST_TEST(IsText(AsText("\xED\xA0\x80\0"s)));
}

BOOST_AUTO_TEST_CASE(percent_escapes_are_decoded_and_what_is_none_stays) {
    BOOST_TEST(PercentDecode("maip-sess%3Aab%3acd") == "maip-sess:ab:cd");
    BOOST_TEST(PercentDecode("%2F%00") == "/\0"s);
    BOOST_TEST(PercentDecode("100%") == "100%");
    BOOST_TEST(PercentDecode("%4") == "%4");
    BOOST_TEST(PercentDecode("%zz%41") == "%zzA");
    BOOST_TEST(PercentDecode("%2541") == "%41");
}

BOOST_AUTO_TEST_CASE(plus_is_a_space_in_a_query_alone) {
    BOOST_TEST(PercentDecode("a+b") == "a+b");
    BOOST_TEST(PercentDecode("a+b%2B", true) == "a b+");
}

BOOST_AUTO_TEST_CASE(timestamps_have_three_decimals_truncated) {
    using namespace std::chrono;
    const system_clock::time_point noon{seconds(1778673600)};
    BOOST_TEST(Timestamp(noon) == "2026-05-13T12:00:00.000Z");
    BOOST_TEST(Timestamp(noon + microseconds(7999)) == "2026-05-13T12:00:00.007Z");
    BOOST_TEST(Timestamp(noon + microseconds(999999)) == "2026-05-13T12:00:00.999Z");
}

BOOST_AUTO_TEST_CASE(scheme_names_compare_without_case) {
    BOOST_TEST(EqualsIgnoringCase("bEARER", "Bearer"));
    BOOST_TEST(!EqualsIgnoringCase("Bearer", "Bearers"));
    BOOST_TEST(Trim("  a b\t") == "a b");
    BOOST_TEST(Trim(" \t").empty());
}

BOOST_AUTO_TEST_SUITE_END()
