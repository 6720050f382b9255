// A problem with a definition: its place and its sentence, whole characters however long they would be.
#include "core/problem.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace curfew::core;

namespace {

// Whether the text is made of whole `e` with an acute accent (two bytes each) and ASCII.
bool IsWhole(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((text[i] & 0x80) != 0) {
            if (text[i] != '\xc3' || i + 1 == text.size() || text[i + 1] != '\xa9')
                return false;
            ++i;
        }
    return true;
}

std::string Accents(int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "\xc3\xa9";
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(problem)

BOOST_AUTO_TEST_CASE(no_problem_is_none) { BOOST_TEST(!Problem()); }

BOOST_AUTO_TEST_CASE(a_problem_has_a_place_and_a_sentence_of_parts) {
    Problem problem(Place{"actions", "end", "by"}, {"the state \"", "open", "\" is unknown"});
    BOOST_TEST(bool(problem));
    BOOST_TEST(problem.Place() == "actions.end.by");
    BOOST_TEST(problem.Sentence() == "the state \"open\" is unknown");
}
BOOST_AUTO_TEST_CASE(a_problem_of_the_whole_has_no_place_and_is_one_still) {
    Problem problem("", {"a definition is a JSON object"});
    BOOST_TEST(bool(problem));
    BOOST_TEST(problem.Place() == "");
}
BOOST_AUTO_TEST_CASE(a_place_begins_with_no_dot) { BOOST_TEST(std::string_view(Place{"", "ids"}) == "ids"); }

BOOST_AUTO_TEST_CASE(what_is_too_long_is_cut_and_still_readable) {
    Problem problem(Place{"states", std::string(300, 'a')}, {std::string(500, 'b')});
    BOOST_TEST(problem.Place() == "states." + std::string(193, 'a'));
    BOOST_TEST(problem.Sentence() == std::string(400, 'b'));
}
BOOST_AUTO_TEST_CASE(what_is_too_long_is_cut_between_characters) {
    for (const char* before : {"", "x", "xy"}) {
        Problem problem(Place{before, Accents(300)}, {before, Accents(300), "\""});
        BOOST_TEST(IsWhole(problem.Place()), before);
        BOOST_TEST(IsWhole(problem.Sentence()), before);
        BOOST_TEST(problem.Sentence().size() >= 398u, before);
    }
}

BOOST_AUTO_TEST_SUITE_END()
