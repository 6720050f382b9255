// The order of checks and the headers, with a stand-in for the database that writes down what it is asked.
#include "handler.hpp"

#include "envelope.hpp"
#include "text.hpp"

#include <boost/test/unit_test.hpp>

#include <map>

using namespace curfew::front;
using namespace curfew::front::test;
using namespace std::string_literals;

namespace {

struct Fixture {
    const Site site;
    Settings settings;
    Request request;
    std::vector<Exchange> asked;
    Answer answer{.body = "{}", .status = {}, .content_type = {}, .etag = {}, .location = {}, .link = {}, .consistency = {}, .rest = {}, .refused = {}};
    std::optional<Failure> refusal;
    Handled handled;

    Fixture() {
        request.method = "POST";
        request.target = "/curfew/v1/sessions/1/end";
        request.contract = "native";
        request.request_id = "request-1";
    }

    const Response& Handle() {
        Handling handling(site, settings, request, kNow);
        if (handling.exchange() != nullptr) {
            asked.push_back(*handling.exchange());
            refusal ? handling.Take(*refusal) : handling.Take(answer);
        }
        handled = handling.Finish();
        return handled.response;
    }

    std::string Header(std::string_view name) const {
        for (const auto& [key, value] : handled.response.headers)
            if (key == name)
                return value;
        return "";
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(handler, Fixture)

BOOST_AUTO_TEST_CASE(an_answer_is_passed_on_with_its_headers) {
    answer.body = R"({"id":1})";
    answer.status = 201;
    answer.etag = "\"3\"";
    answer.location = "http://x/1";
    BOOST_TEST(Handle().status == 201);
    BOOST_TEST(handled.response.body == R"({"id":1})");
    BOOST_TEST(Header("Content-Type") == "application/json");
    BOOST_TEST(Header("Content-Length") == "8");
    BOOST_TEST(Header("ETag") == "\"3\"");
    BOOST_TEST(Header("Location") == "http://x/1");
    BOOST_TEST(Header("X-Request-Id") == "request-1");
    BOOST_TEST(Header("Cache-Control") == "no-store");
    BOOST_TEST(handled.pattern == "/curfew/v1/sessions/{id}/{action}");
    BOOST_TEST(!handled.failure.has_value());
}

BOOST_AUTO_TEST_CASE(an_answer_that_refuses_is_a_failure) {
    answer.body = "";
    answer.refused = "refresh_token_reused";
    BOOST_TEST(Handle().status == 401);
    BOOST_TEST(handled.failure.value().reason == "refresh_token_reused");
}

BOOST_AUTO_TEST_CASE(the_database_is_given_who_asks_and_what) {
    request.headers = {{"authorization", "bearer  key "}, {"if_match", "\"7\""}, {"idempotency_key", "k-1"}};
    request.body = R"({"reason":"done"})";
    Handle();
    BOOST_REQUIRE(asked.size() == 1);
    BOOST_TEST(asked[0].caller->credential.value() == "key");
    BOOST_TEST(!asked[0].caller->tenant.has_value());
    BOOST_TEST(asked[0].caller->via == "http:native");
    BOOST_TEST(asked[0].caller->request_id == "request-1");
    BOOST_TEST((asked[0].effect == Effect::kAct));
    const std::vector<Value> expected = {"1", "end", R"({"reason":"done"})", "\"7\"", "k-1"};
    BOOST_TEST((asked[0].values == expected));
    BOOST_TEST(!asked[0].unread_body.has_value());
}

BOOST_AUTO_TEST_CASE(an_absent_header_query_or_base_url_is_null) {
    request.method = "GET";
    request.target = "/curfew/v1/sessions?state=&limit=5";
    Handle();
    std::map<std::string, Value> by_name;
    for (std::size_t i = 0; i < asked.at(0).values.size(); ++i)
        by_name[asked[0].statement->sources[i].name] = asked[0].values[i];
    BOOST_TEST(by_name["limit"].value() == "5");
    for (const auto* absent : {"state", "lifecycle", "owner_id", "agent_id", "workspace", "after"})
        BOOST_TEST(!by_name[absent].has_value(), absent);
}

BOOST_AUTO_TEST_CASE(an_absent_header_is_null_and_an_empty_one_is_empty) {
    Handle();
    request.headers = {{"if_match", ""}, {"idempotency_key", ""}};
    Handle();
    for (const std::size_t header : {3, 4}) {
        BOOST_TEST(!asked.at(0).values.at(header).has_value());
        BOOST_TEST(asked.at(1).values.at(header).value() == "");
    }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_text_become_text_that_is_refused) {
    request.target = "/curfew/v1/sessions/%ff%00/end";
    request.headers = {{"authorization", "Bearer k\xFFy"}};
    request.body = "{\"reason\":\"\xFF\"}";
    Handle();
    BOOST_TEST(asked.at(0).values[0].value() == "\xEF\xBF\xBD\xEF\xBF\xBD");
    BOOST_TEST(asked[0].values[2].value() == kReplacement);
    BOOST_TEST(asked[0].caller->credential.value() == "k\xEF\xBF\xBDy");
    request.body = "{}\0"s;
    Handle();
    BOOST_TEST(asked.at(1).values[2].value() == kReplacement);
}

BOOST_AUTO_TEST_CASE(a_body_that_the_statement_does_not_read_is_checked_all_the_same) {
    request.contract = "dhcp-shield";
    request.method = "DELETE";
    request.target = "/api/sessions/1";
    Handle();
    BOOST_TEST(!asked.at(0).unread_body.has_value());
    request.body = "{nope";
    Handle();
    BOOST_TEST(asked.at(1).unread_body.value() == "{nope");
    request.body = "\xFF";
    Handle();
    BOOST_TEST(asked.at(2).unread_body.value() == kReplacement);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_before_anybody_is_asked_comes_in_one_order) {
    request.target = "/nowhere";
    request.method = "PATCH";
    request.content_type = "text/plain";
    request.body = "x";
    request.body_state = BodyState::kTooLarge;
    BOOST_TEST(Handle().status == 404);
    request.target = "/curfew/v1/sessions/1/end";
    BOOST_TEST(Handle().status == 405);
    BOOST_TEST(Header("Allow") == "POST, OPTIONS");
    request.method = "POST";
    BOOST_TEST(Handle().status == 413);
    request.body_state = BodyState::kCutOff;
    BOOST_TEST(Handle().status == 415);
    request.content_type = "application/json";
    BOOST_TEST(Handle().status == 400);
    BOOST_TEST(handled.failure->reason == "not_json");
    BOOST_TEST(asked.empty());
    request.body_state = BodyState::kWhole;
    BOOST_TEST(Handle().status == 200);
    BOOST_TEST(asked.size() == 1);
}

BOOST_AUTO_TEST_CASE(a_body_must_be_json_by_its_type_where_there_is_a_body_and_a_type) {
    const std::pair<const char*, int> types[] = {
        {"", 200},
        {"application/json", 200},
        {"APPLICATION/JSON ; charset=utf-8", 200},
        {"application/merge-patch+json", 200},
        {"text/plain", 415},
        {"text/json", 415},
        {"text/x+json", 415},
        {"application/jsonx", 415},
        {"application/x-www-form-urlencoded", 415},
        {";", 415},
    };
    for (const auto& [type, status] : types) {
        request.content_type = type;
        request.body = "{}";
        BOOST_TEST(Handle().status == status, type);
        request.body.clear();
        BOOST_TEST(Handle().status == 200, type);
    }
}

BOOST_AUTO_TEST_CASE(head_has_the_headers_of_get_and_no_body) {
    request.method = "HEAD";
    request.target = "/curfew/v1/sessions/1";
    answer.body = R"({"id":1})";
    answer.etag = "\"3\"";
    BOOST_TEST(Handle().status == 200);
    BOOST_TEST(handled.response.body.empty());
    BOOST_TEST(Header("Content-Length") == "8");
    BOOST_TEST(Header("ETag") == "\"3\"");
}

BOOST_AUTO_TEST_CASE(options_is_answered_on_natives_paths_alone) {
    request.method = "OPTIONS";
    BOOST_TEST(Handle().status == 204);
    BOOST_TEST(Header("Allow") == "POST, OPTIONS");
    BOOST_TEST(Header("Content-Length").empty());
    BOOST_TEST(handled.response.body.empty());
    request.target = "/nowhere";
    BOOST_TEST(Handle().status == 404);
    request.contract = "devin";
    request.target = "/v1/sessions/1";
    BOOST_TEST(Handle().status == 405);
    BOOST_TEST(Header("Allow") == "DELETE, GET, HEAD");
    BOOST_TEST(asked.empty());
}

BOOST_AUTO_TEST_CASE(refusals_have_the_headers_of_their_status) {
    refusal = Refused(401, "no_credential");
    BOOST_TEST(Handle().status == 401);
    BOOST_TEST(Header("WWW-Authenticate") == "Bearer realm=\"curfew\"");
    BOOST_TEST(Header("Content-Type") == "application/problem+json");
    BOOST_TEST(Header("Retry-After").empty());
    BOOST_TEST(handled.failure->reason == "no_credential");
    settings.retry_after = std::chrono::seconds(7);
    for (const auto* reason : {"behind", "database_away", "in_doubt", "read_only", "timed_out", "try_again"}) {
        refusal = OwnFailure(reason);
        BOOST_TEST(Handle().status == 503, reason);
        BOOST_TEST(Header("Retry-After") == "7", reason);
        BOOST_TEST(Header("WWW-Authenticate").empty());
    }
}

BOOST_AUTO_TEST_CASE(dreadnodes_502_for_a_database_that_is_away_says_when_to_come_again) {
    request.contract = "dreadnode";
    request.target = "/api/v1/org/acme/ws/main/sessions/1/archive";
    refusal = OwnFailure("database_away");
    BOOST_TEST(Handle().status == 502);
    BOOST_TEST(Header("Retry-After") == "2");
}

BOOST_AUTO_TEST_CASE(the_front_lives_without_a_database_and_is_ready_with_one_without_a_credential) {
    request.method = "GET";
    request.target = "/healthz";
    BOOST_TEST(Handle().body == R"({"status":"ok"})");
    BOOST_TEST(asked.empty());
    request.target = "/readyz";
    refusal = OwnFailure("database_away");
    BOOST_TEST(Handle().status == 503);
    BOOST_TEST(!asked.at(0).caller.has_value());
}

BOOST_AUTO_TEST_CASE(a_contract_that_nobody_knows_is_answered_as_curfews_own) {
    request.contract = "no-such";
    request.target = "/v1/sessions/1";
    BOOST_TEST(Handle().status == 404);
    BOOST_TEST(handled.contract == "native");
    BOOST_TEST(Header("Content-Type") == "application/problem+json");
}

BOOST_AUTO_TEST_CASE(the_cause_of_an_internal_error_is_not_shown) {
    refusal = OwnFailure("internal_error", "secret");
    BOOST_TEST(Handle().status == 500);
    BOOST_TEST(handled.response.body.find("secret") == std::string::npos);
    BOOST_TEST(handled.failure->cause == "secret");
}

BOOST_AUTO_TEST_CASE(a_change_asks_for_a_consistency_token_and_shows_it) {
    answer.consistency = "fresh";
    request.headers = {{"x_curfew_token", "earlier"}};
    Handle();
    BOOST_TEST(asked.at(0).wants_consistency);
    BOOST_TEST(asked.at(0).consistency.value() == "earlier");
    BOOST_TEST(Header("X-Curfew-Token") == "fresh");
}

BOOST_AUTO_TEST_CASE(a_read_asks_for_none_and_repeats_what_came_in) {
    request.method = "GET";
    request.target = "/curfew/v1/sessions";
    Handle();
    BOOST_TEST(!asked.at(0).wants_consistency);
    BOOST_TEST(Header("X-Curfew-Token") == "");
    request.headers = {{"x_curfew_token", "earlier"}};
    Handle();
    BOOST_TEST(asked.at(1).consistency.value() == "earlier");
    BOOST_TEST(Header("X-Curfew-Token") == "earlier");
}

BOOST_AUTO_TEST_CASE(a_contract_without_such_a_header_neither_reads_nor_shows_one) {
    request.contract = "devin";
    request.method = "DELETE";
    request.target = "/v1/sessions/devin-1";
    request.headers = {{"x_curfew_token", "earlier"}};
    Handle();
    BOOST_TEST(!asked.at(0).wants_consistency);
    BOOST_TEST(!asked.at(0).consistency.has_value());
    BOOST_TEST(Header("X-Curfew-Token") == "");
}

BOOST_AUTO_TEST_CASE(a_token_takes_its_place_in_the_body) {
    answer.body = R"({"token":)";
    answer.rest = "}";
    answer.consistency = "fresh";
    BOOST_TEST(Handle().body == R"({"token":"fresh"})");
    answer.consistency.reset();
    BOOST_TEST(Handle().body == R"({"token":null})");
    BOOST_TEST(Header("Content-Length") == "14");
}

BOOST_AUTO_TEST_CASE(a_query_parameter_that_cannot_be_taken_is_refused_by_the_database_in_its_turn) {
    request.method = "GET";
    for (const auto& [query, doubled] : std::map<std::string, std::string>{{"limt=1", "false"}, {"limit=1&limit=1", "true"}}) {
        request.target = "/curfew/v1/sessions?" + query;
        Handle();
        BOOST_TEST(asked.back().caller.has_value());
        BOOST_TEST(asked.back().statement->name == "refuse parameter");
        BOOST_TEST(asked.back().values.at(1).value() == doubled);
    }
    request.target = "/curfew/v1/sessions?limit=1";
    Handle();
    BOOST_TEST(asked.back().statement->name != "refuse parameter");
}

BOOST_AUTO_TEST_CASE(vendors_clients_may_send_what_the_route_does_not_have) {
    request.contract = "devin";
    request.method = "DELETE";
    request.target = "/v1/sessions/devin-1?utm=1&utm=2";
    Handle();
    BOOST_TEST(asked.back().statement->name != "refuse parameter");
}

BOOST_AUTO_TEST_SUITE_END()
