#include "contracts/contracts.hpp"
#include "router.hpp"
#include "statement.hpp"

#include <boost/test/unit_test.hpp>

#include <set>
#include <stdexcept>

using namespace curfew::front;

BOOST_AUTO_TEST_SUITE(statement)

BOOST_AUTO_TEST_CASE(names_become_numbers_in_the_order_they_come) {
    const Statement made =
        Compile("s", "SELECT f($session_id, x => $body, y => $query_limit, z => $header_if_match, $base_url, $via, $request_id)",
                {"session_id"});
    BOOST_TEST(made.sql == "SELECT f($1, x => $2, y => $3, z => $4, $5, $6, $7)");
    const std::vector<Source> expected = {{Source::Kind::kPath, "session_id"},
                                          {Source::Kind::kBody, ""},
                                          {Source::Kind::kQuery, "limit"},
                                          {Source::Kind::kHeader, "if_match"},
                                          {Source::Kind::kBaseUrl, ""},
                                          {Source::Kind::kVia, ""},
                                          {Source::Kind::kRequestId, ""}};
    BOOST_TEST((made.sources == expected));
    BOOST_TEST(made.Takes({Source::Kind::kBody, ""}));
    BOOST_TEST(!made.Takes({Source::Kind::kQuery, "after"}));
}

BOOST_AUTO_TEST_CASE(the_same_name_is_the_same_number) {
    const Statement made = Compile("s", "SELECT $id, $body, $id", {"id"});
    BOOST_TEST(made.sql == "SELECT $1, $2, $1");
    BOOST_TEST(made.sources.size() == 2);
}

BOOST_AUTO_TEST_CASE(all_values_of_a_key_are_a_source_of_their_own) {
    const Statement made = Compile("s", "SELECT $queries_tag, $query_tag", {});
    BOOST_TEST(made.sql == "SELECT $1, $2");
    BOOST_TEST(made.Takes({Source::Kind::kQueries, "tag"}));
    BOOST_TEST(made.Takes({Source::Kind::kQuery, "tag"}));
}

BOOST_AUTO_TEST_CASE(a_name_ends_where_the_word_ends) {
    BOOST_TEST(Compile("s", "$sessionId::uuid+$sessionID", {"sessionId", "sessionID"}).sql == "$1::uuid+$2");
}

BOOST_AUTO_TEST_CASE(quoted_text_is_left_alone) {
    BOOST_TEST(Compile("s", R"(SELECT '^"[0-9]$' || 'it''s $id' AS "a$id", $id)", {"id"}).sql ==
               R"(SELECT '^"[0-9]$' || 'it''s $id' AS "a$id", $1)");
}

BOOST_AUTO_TEST_CASE(of_spaces_one_is_left_outside_of_quotes) {
    BOOST_TEST(Compile("s", "SELECT  a,\n    'b  \n c',  $id\n\n FROM t", {"id"}).sql == "SELECT a, 'b  \n c', $1 FROM t");
}

BOOST_AUTO_TEST_CASE(an_unknown_name_and_an_open_quote_are_mistakes_of_ours) {
    BOOST_CHECK_THROW(Compile("s", "SELECT $session_id", {"id"}), std::logic_error);
    BOOST_CHECK_THROW(Compile("s", "SELECT $1", {}), std::logic_error);
    BOOST_CHECK_THROW(Compile("s", "SELECT 'a", {}), std::logic_error);
}

BOOST_AUTO_TEST_CASE(the_statements_of_all_routes_have_names_of_their_own) {
    std::set<std::string> names;
    std::size_t asking = 0;
    for (const Contract* contract : Contracts()) {
        const Router router(*contract);
        for (const Endpoint& endpoint : router.endpoints()) {
            if (endpoint.route->asks == Asks::kNothing)
                continue;
            ++asking;
            names.insert(endpoint.statement.name);
            if (HasCompany(endpoint.route->effect)) {
                ++asking;
                names.insert(endpoint.proving.name);
            }
        }
    }
    BOOST_TEST(names.size() == asking);
}

BOOST_AUTO_TEST_SUITE_END()
