#include "text_array.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace curfew::front;

BOOST_AUTO_TEST_SUITE(text_array)

BOOST_AUTO_TEST_CASE(an_array_is_written_as_postgresql_reads_it) {
    const std::string text = "ab", empty, other = "x";
    const std::vector<Row> rows = {{&other, &text}, {&other, nullptr}, {&other, &empty}};
    const auto number = [](char low) { return std::string(3, '\0') + low; };
    BOOST_TEST(TextArray(rows, 1) == number(1) + number(1) + number(25) + number(3) + number(1) + number(2) + "ab" +
                                         std::string(4, '\xff') + number(0));
}

BOOST_AUTO_TEST_SUITE_END()
