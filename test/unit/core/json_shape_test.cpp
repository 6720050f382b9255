// Texts that are harmless to parse, and those that are not.
#include "core/json_shape.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace curfew::core;

namespace {

std::string Repeated(std::string_view part, int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += part;
    return text;
}

bool Fine(std::string_view text) { return ShapeOf(text) == JsonShape::fine; }
bool Deep(std::string_view text) { return ShapeOf(text) == JsonShape::too_deep; }
bool Large(std::string_view text) { return ShapeOf(text) == JsonShape::number_too_large; }

} // namespace

BOOST_AUTO_TEST_SUITE(json_shape)

BOOST_AUTO_TEST_CASE(ordinary_texts_are_fine_json_or_not) {
    for (const char* text : {"", "{}", R"({"a": [1, -2.5e3, "x", true, null]})", "\"", "\"\\", "]]", "hello"})
        BOOST_TEST(Fine(text), text);
}
BOOST_AUTO_TEST_CASE(a_depth_of_512_is_fine_and_one_more_is_too_deep) {
    BOOST_TEST(Fine(Repeated("[", 512)));
    BOOST_TEST(Deep(Repeated("[", 513)));
    BOOST_TEST(Fine(Repeated("{\"a\":", 512)));
    BOOST_TEST(Deep(Repeated("{\"a\":[", 257)));
}
BOOST_AUTO_TEST_CASE(what_is_closed_again_is_not_deep) {
    BOOST_TEST(Fine(Repeated("[],", 5000)));
    BOOST_TEST(Fine(Repeated("{},", 5000)));
}
BOOST_AUTO_TEST_CASE(brackets_in_a_string_are_not_deep) {
    BOOST_TEST(Fine("\"" + Repeated("[", 5000) + "\""));
    BOOST_TEST(Fine("\"\\\"" + Repeated("{", 5000) + "\""));
    BOOST_TEST(Deep("\"\\\\\"" + Repeated("[", 513)));
}
BOOST_AUTO_TEST_CASE(a_number_of_512_characters_is_fine_and_a_longer_one_is_too_large) {
    BOOST_TEST(Fine(Repeated("1", 512)));
    BOOST_TEST(Large(Repeated("1", 513)));
    BOOST_TEST(Fine("0." + Repeated("1", 510)));
    BOOST_TEST(Large("[0." + Repeated("1", 511) + "]"));
    BOOST_TEST(Fine("\"" + Repeated("1", 5000) + "\""));
}
BOOST_AUTO_TEST_CASE(an_exponent_of_999_is_fine_and_a_larger_one_is_too_large) {
    for (const char* text : {"1e999", "1E999", "-1e-999", "1.5e+999", "1e0000999", "1e"})
        BOOST_TEST(Fine(text), text);
    for (const char* text : {"1e1000", "1E1000", "-1e-1000", "[1e+1000]", "1e99999999999999999999"})
        BOOST_TEST(Large(text), text);
}
BOOST_AUTO_TEST_CASE(exponents_stand_for_65536_zeros_and_no_more) {
    BOOST_TEST(Fine(Repeated("1e512,", 128)));
    BOOST_TEST(Large(Repeated("1e512,", 128) + "1e1"));
    BOOST_TEST(Large(Repeated("1e-512,", 129)));
    BOOST_TEST(Fine("\"" + Repeated("1e999,", 128) + "\""));
}

BOOST_AUTO_TEST_SUITE_END()
