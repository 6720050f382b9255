#include "results.hpp"

#include <boost/test/unit_test.hpp>

#include <libpq-fe.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

using namespace curfew::front;

namespace {

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

/// Rows of `place` and `body`.
Result Rows(std::initializer_list<std::pair<std::string, std::string>> rows) {
    Result result(PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK), &PQclear);
    std::string place = "place", body = "body";
    PGresAttDesc columns[] = {{place.data(), 0, 0, 0, 20, 8, -1}, {body.data(), 0, 0, 0, 25, -1, -1}};
    BOOST_REQUIRE(PQsetResultAttrs(result.get(), 2, columns) != 0);
    int row = 0;
    for (auto [number, text] : rows) {
        BOOST_REQUIRE(PQsetvalue(result.get(), row, 0, number.data(), static_cast<int>(number.size())) != 0);
        BOOST_REQUIRE(PQsetvalue(result.get(), row++, 1, text.data(), static_cast<int>(text.size())) != 0);
    }
    return result;
}

std::string BodyOf(const std::optional<Answer>& answer) { return answer ? answer->body : "none"; }

} // namespace

BOOST_AUTO_TEST_SUITE(results)

BOOST_AUTO_TEST_CASE(answers_are_where_their_rows_say) {
    const auto answers = AnswersOf(Rows({{"3", "c"}, {"1", "a"}, {"2", "b"}}).get(), 3);
    BOOST_REQUIRE(answers.size() == 3);
    BOOST_TEST(BodyOf(answers[0]) == "a");
    BOOST_TEST(BodyOf(answers[1]) == "b");
    BOOST_TEST(BodyOf(answers[2]) == "c");
}

BOOST_AUTO_TEST_CASE(who_has_no_row_or_two_has_no_answer) {
    const auto answers = AnswersOf(Rows({{"2", "b"}, {"3", "c"}, {"3", "d"}, {"4", "e"}, {"0", "f"}}).get(), 3);
    BOOST_REQUIRE(answers.size() == 3);
    BOOST_TEST(BodyOf(answers[0]) == "none");
    BOOST_TEST(BodyOf(answers[1]) == "b");
    BOOST_TEST(BodyOf(answers[2]) == "none");
}

BOOST_AUTO_TEST_CASE(a_statement_of_one_answers_with_one_row) {
    BOOST_TEST(BodyOf(AnswerOf(Rows({{"1", "a"}}).get())) == "a");
    BOOST_TEST(BodyOf(AnswerOf(Rows({}).get())) == "none");
    BOOST_TEST(BodyOf(AnswerOf(Rows({{"1", "a"}, {"2", "b"}}).get())) == "none");
}

BOOST_AUTO_TEST_CASE(a_refusal_tells_of_its_request_in_the_first_line_of_its_context) {
    BOOST_TEST(RequestIn("request r-1") == "r-1");
    BOOST_TEST(RequestIn("request r-1\nSQL function \"f\" statement 1") == "r-1");
    BOOST_TEST(RequestIn("SQL function \"f\" statement 1\nrequest r-1") == "");
    BOOST_TEST(RequestIn("") == "");
}

BOOST_AUTO_TEST_SUITE_END()
