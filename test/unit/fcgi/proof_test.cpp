#include "contracts/contracts.hpp"
#include "proof.hpp"
#include "router.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <stdexcept>

using namespace curfew::front;

namespace {

constexpr std::string_view kSql = "SELECT CASE WHEN $caller THEN f($id, $body, '$caller') END";
constexpr std::string_view kSqlWithoutBody = "SELECT CASE WHEN $caller THEN f($id) END";

Statement Proving(Effect effect, std::string_view sql) {
    return CompileProving(CompileUnproven("s", sql, {"id"}), effect, sql, {"id"});
}

/// The highest number of a parameter.
std::size_t Highest(const std::string& sql) {
    std::size_t highest = 0;
    for (auto at = sql.find('$'); at != std::string::npos; at = sql.find('$', at + 1))
        if (at + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[at + 1])))
            highest = std::max<std::size_t>(highest, std::stoul(sql.substr(at + 1)));
    return highest;
}

Exchange Asked(const Statement& statement, std::vector<Value> values) {
    Exchange exchange;
    exchange.caller = Caller{"key", std::nullopt, "http:native", "r-1", "00-1"};
    exchange.statement = &statement;
    exchange.values = std::move(values);
    return exchange;
}

} // namespace

BOOST_AUTO_TEST_SUITE(proof)

BOOST_AUTO_TEST_CASE(a_statement_before_it_proves_the_caller) {
    const Statement made = CompileUnproven("s", kSql, {"id"});
    BOOST_TEST(made.sql == "SELECT CASE WHEN true THEN f($1, $2, '$caller') END");
    BOOST_TEST(made.name == "s");
}

BOOST_AUTO_TEST_CASE(the_condition_takes_its_values_after_the_others) {
    const Statement made = Proving(Effect::kLookup, kSql);
    BOOST_TEST(made.sql ==
               "SELECT CASE WHEN (curfew.authenticate($3::text, $4::text, $5::text, $6::text, $7::text)).principal_id IS NOT NULL "
               "THEN f($1, $2, '$caller') END");
    BOOST_TEST(made.name != "s");
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_read_is_looked_at_when_the_caller_is_proven) {
    BOOST_TEST(Proving(Effect::kLookup, kSqlWithoutBody).sql ==
               "SELECT CASE WHEN CASE WHEN (curfew.authenticate($2::text, $3::text, $4::text, $5::text, $6::text)).principal_id "
               "IS NOT NULL THEN curfew.json_body($7::text) IS NOT NULL END THEN f($1) END");
}

BOOST_AUTO_TEST_CASE(an_act_makes_way_for_the_next_caller_first) {
    const std::string sql = Proving(Effect::kAct, kSql).sql;
    const auto way = sql.find("CASE WHEN CASE WHEN curfew.next_caller('50 milliseconds', report_token => true) IS NOT NULL THEN (");
    BOOST_TEST(way != std::string::npos);
    BOOST_TEST(way < sql.find("curfew.authenticate("));
}

BOOST_AUTO_TEST_CASE(a_statement_that_may_have_company_and_proves_nobody_is_a_mistake_of_ours) {
    BOOST_CHECK_THROW(Proving(Effect::kLookup, "SELECT f($id)"), std::logic_error);
    BOOST_CHECK_THROW(Proving(Effect::kLookup, "SELECT f($id) WHERE $caller AND $caller"), std::logic_error);
}

BOOST_AUTO_TEST_CASE(a_route_that_may_have_company_and_has_no_caller_is_a_mistake_of_ours) {
    Contract contract{.name = "made up", .routes = {}, .challenge = "", .present = nullptr, .refuse = nullptr};
    for (const Effect effect : {Effect::kLookup, Effect::kAct}) {
        contract.routes = {{"GET", "/x", 200, effect, "SELECT CASE WHEN $caller THEN f() END", Asks::kDatabase}};
        BOOST_CHECK_THROW(Router{contract}, std::logic_error);
        contract.routes.front().asks = Asks::kCaller;
        BOOST_CHECK_NO_THROW(Router{contract});
    }
}

BOOST_AUTO_TEST_CASE(the_values_are_the_statements_then_the_callers_then_the_body_that_is_not_read) {
    const Statement reading = CompileUnproven("s", kSql, {"id"});
    const std::vector<Value> expected = {"1", "{}", "key", std::nullopt, "http:native", "r-1", "00-1"};
    BOOST_TEST((ProvingValues(Asked(reading, {"1", "{}"})) == expected));

    const Statement other = CompileUnproven("s", kSqlWithoutBody, {"id"});
    Exchange exchange = Asked(other, {"1"});
    BOOST_TEST((ProvingValues(exchange).back() == Value()));
    exchange.unread_body = "[";
    const std::vector<Value> with_body = {"1", "key", std::nullopt, "http:native", "r-1", "00-1", "["};
    BOOST_TEST((ProvingValues(exchange) == with_body));
}

BOOST_AUTO_TEST_CASE(every_route_that_may_have_company_proves_its_caller_with_as_many_values_as_it_takes) {
    std::size_t count = 0;
    for (const Contract* contract : Contracts()) {
        const Router router(*contract);
        for (const Endpoint& endpoint : router.endpoints()) {
            BOOST_TEST(endpoint.proving.sql.empty() == !HasCompany(endpoint.route->effect));
            if (endpoint.proving.sql.empty())
                continue;
            ++count;
            const Exchange exchange = Asked(endpoint.statement, std::vector<Value>(endpoint.statement.sources.size()));
            BOOST_TEST(Highest(endpoint.proving.sql) == ProvingValues(exchange).size());
            BOOST_TEST((endpoint.proving.sources == endpoint.statement.sources));
        }
    }
    BOOST_TEST(count > 20);
}

BOOST_AUTO_TEST_SUITE_END()
