#include "contracts/contracts.hpp"
#include "router.hpp"

#include <boost/test/unit_test.hpp>

using namespace curfew::front;
using namespace std::string_literals;

namespace {

std::string PatternOf(const Match& match) {
    return match.endpoint == nullptr ? "" : std::string(match.endpoint->route->pattern);
}

std::string Allowed(const Match& match) {
    std::string methods;
    for (const auto& method : match.allowed)
        methods += method + " ";
    return methods;
}

} // namespace

BOOST_AUTO_TEST_SUITE(router)

BOOST_AUTO_TEST_CASE(every_route_of_every_contract_is_found_under_its_own_method_and_path) {
    for (const Contract* contract : Contracts()) {
        const Router router(*contract);
        for (const Endpoint& endpoint : router.endpoints()) {
            std::string path;
            for (std::size_t i = 1; i < endpoint.segments.size(); ++i)
                path += "/" + (endpoint.segments[i].starts_with('{') ? "value" + std::to_string(i)
                                                                     : endpoint.segments[i]);
            const Match match = router.Find(endpoint.route->method, path);
            BOOST_TEST(match.endpoint == &endpoint, contract->name << " " << path);
            for (const auto& [name, value] : match.path)
                BOOST_TEST(value.starts_with("value"), name);
            BOOST_TEST(match.path.size() == PathParameters(endpoint.route->pattern).size());
        }
    }
}

BOOST_AUTO_TEST_CASE(another_method_finds_no_route_and_is_told_which_there_are) {
    const Router devin(Devin());
    for (const auto* method : {"POST", "PUT", "PATCH", "OPTIONS", "TRACE", "delete", ""}) {
        const Match match = devin.Find(method, "/v1/sessions/devin-1");
        BOOST_TEST((match.endpoint == nullptr), method);
        BOOST_TEST(Allowed(match) == "DELETE GET HEAD ");
    }
}

BOOST_AUTO_TEST_CASE(head_is_taken_where_get_is_and_options_on_natives_paths) {
    const Router native(Native());
    BOOST_TEST(PatternOf(native.Find("HEAD", "/curfew/v1/sessions/1")) == "/curfew/v1/sessions/{id}");
    BOOST_TEST(PatternOf(native.Find("HEAD", "/curfew/v1/introspect")) == "");
    BOOST_TEST(Allowed(native.Find("PUT", "/curfew/v1/sessions")) == "POST GET HEAD OPTIONS ");
    BOOST_TEST(Allowed(native.Find("PUT", "/curfew/v1/sessions/1/events")) == "POST GET HEAD OPTIONS ");
    BOOST_TEST(Allowed(native.Find("GET", "/curfew/v1/sessions/1/end")) == "POST OPTIONS ");
}

BOOST_AUTO_TEST_CASE(an_unknown_path_has_no_methods) {
    const Router native(Native());
    for (const auto* path :
         {"", "/", "/curfew", "/curfew/v1", "/curfew/v2/sessions", "/curfew/v1/sessions/1/2/3", "*"})
        BOOST_TEST(native.Find("GET", path).allowed.empty(), path);
}

BOOST_AUTO_TEST_CASE(slashes_count) {
    const Router shield(DhcpShield());
    BOOST_TEST(shield.Find("DELETE", "/api/sessions/1/").allowed.empty());
    BOOST_TEST(shield.Find("DELETE", "/api/sessions/").allowed.empty());
    BOOST_TEST(shield.Find("DELETE", "//api/sessions/1").allowed.empty());
    BOOST_TEST(shield.Find("DELETE", "/api//sessions/1").allowed.empty());
    BOOST_TEST(shield.Find("DELETE", "api/sessions/1").allowed.empty());
}

BOOST_AUTO_TEST_CASE(segments_are_decoded_one_by_one) {
    const Router truthlocks(Truthlocks());
    const auto id = [&](std::string_view path) {
        return truthlocks.Find("DELETE", path).path.at("sessionID");
    };
    BOOST_TEST(id("/v1/agent-sessions/maip-sess%3Aa1b2c3d4%3A9f8e") == "maip-sess:a1b2c3d4:9f8e");
    BOOST_TEST(id("/v1/agent%2Dsessions/x") == "x");
    BOOST_TEST(id("/v1/agent-sessions/a%2Fb") == "a/b");
    BOOST_TEST(id("/v1/agent-sessions/a%00b") == "a\0b"s);
    BOOST_TEST(id("/v1/agent-sessions/..") == "..");
    BOOST_TEST(id("/v1/agent-sessions/%252e") == "%2e");
    BOOST_TEST(id("/v1/agent-sessions/a+b") == "a+b");
}

BOOST_AUTO_TEST_CASE(a_target_is_taken_apart_at_the_first_question_mark) {
    const Target target = SplitTarget("/a%20b?x=1&y=a+b%26&z&=v&&w=a=b?c#d");
    BOOST_TEST(target.path == "/a%20b");
    BOOST_TEST(target.query.size() == 5);
    BOOST_TEST(QueryValue(target, "x").value() == "1");
    BOOST_TEST(QueryValue(target, "y").value() == "a b&");
    BOOST_TEST(QueryValue(target, "w").value() == "a=b?c");
    BOOST_TEST(!QueryValue(target, "z").has_value());
    BOOST_TEST(!QueryValue(target, "absent").has_value());
    BOOST_TEST(SplitTarget("/plain").query.empty());
    BOOST_TEST(SplitTarget("/plain?").query.empty());
}

BOOST_AUTO_TEST_CASE(of_a_key_that_comes_twice_the_first_counts) {
    BOOST_TEST(QueryValue(SplitTarget("/?limit=1&limit=2"), "limit").value() == "1");
    BOOST_TEST(QueryValue(SplitTarget("/?l%69mit=3&limit=2"), "limit").value() == "3");
}

// That these are the routes that the README lists, a check of its own sees to.
BOOST_AUTO_TEST_CASE(the_list_of_routes_has_each_on_a_line_of_its_own) {
    BOOST_TEST(RouteList(Router(Luxxon())).starts_with("luxxon\tPOST\t/api/v1/sessions\n"
                                                       "luxxon\tGET\t/api/v1/sessions\n"
                                                       "luxxon\tGET\t/api/v1/sessions/{id}\n"));
    for (const Contract* contract : Contracts()) {
        const std::string list = RouteList(Router(*contract));
        BOOST_TEST(static_cast<std::size_t>(std::count(list.begin(), list.end(), '\n')) ==
                   contract->routes.size());
    }
}

BOOST_AUTO_TEST_CASE(all_values_of_a_key_come_as_an_array) {
    const Target target = SplitTarget("/x?tag=a&other=b&tag=c%22&tag=");
    BOOST_TEST(QueryValues(target, "tag").value() == R"({"a","c\""})");
    BOOST_TEST(!QueryValues(target, "none").has_value());
}

BOOST_AUTO_TEST_SUITE_END()
