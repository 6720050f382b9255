#include "envelope.hpp"

using namespace curfew::front;
using namespace curfew::front::test;

namespace {

constexpr const char* kSaid = "said by the engine";

std::string Envelope(std::string_view code, int status, std::string_view message = kSaid,
                     std::string_view details = "{}") {
    return R"({"code":")" + std::string(code) + R"(","message":")" + std::string(message) +
           R"(","http_status":)" + std::to_string(status) + R"(,"details":)" + std::string(details) + "}";
}

void Check(const Failure& failure, int status, const std::string& body, std::size_t route = 0) {
    const ErrorAnswer answer = Answered(Truthlocks(), failure, route);
    BOOST_TEST(answer.status == status, failure.reason);
    BOOST_TEST(answer.content_type == "application/json");
    BOOST_TEST(answer.body == body);
}

Presented Present(std::map<std::string, std::string, std::less<>> headers) {
    Request request;
    request.headers = std::move(headers);
    return Truthlocks().present(request, {});
}

} // namespace

BOOST_AUTO_TEST_SUITE(truthlocks)

BOOST_AUTO_TEST_CASE(every_refusal_of_the_engine_has_the_code_of_its_status) {
    const std::map<int, std::pair<int, std::string>> codes = {
        {400, {400, "INVALID_INPUT"}}, {401, {401, "UNAUTHORIZED"}}, {403, {403, "FORBIDDEN"}},
        {404, {404, "NOT_FOUND"}},     {409, {409, "CONFLICT"}},     {412, {409, "CONFLICT"}},
        {422, {400, "INVALID_INPUT"}}, {503, {503, "INTERNAL_ERROR"}}};
    for (const auto& [status, reason] : kEngineReasons) {
        if (reason == "malformed_id" || reason == "ambiguous_id")
            continue;
        const auto& [shown, code] = codes.at(status);
        Check(Refused(status, reason), shown, Envelope(code, shown));
    }
}

BOOST_AUTO_TEST_CASE(a_reason_that_is_missing_or_too_long_names_its_field) {
    for (const auto* reason : {"reason_required", "reason_too_long", "wrong_type"})
        Check(Refused(422, reason, "reason"), 400,
              Envelope("INVALID_INPUT", 400, kSaid, R"({"field":"reason"})"));
}

BOOST_AUTO_TEST_CASE(an_id_that_is_none_has_a_code_of_its_own_and_names_the_paths_parameter) {
    for (const auto* reason : {"malformed_id", "ambiguous_id"}) {
        Check(Refused(422, reason, "id"), 400, Envelope("INVALID_ID", 400, kSaid, R"({"field":"sessionId"})"),
              2);
        Check(Refused(422, reason, "id"), 400, Envelope("INVALID_ID", 400, kSaid, R"({"field":"sessionID"})"),
              6);
    }
    Check(Refused(422, "malformed_id", "agentId"), 400,
          Envelope("INVALID_ID", 400, kSaid, R"({"field":"agentId"})"), 9);
    Check(Refused(422, "malformed_id", "agent_id"), 400,
          Envelope("INVALID_ID", 400, kSaid, R"({"field":"agent_id"})"), 8);
}

BOOST_AUTO_TEST_CASE(a_field_has_the_requests_name) {
    Check(Refused(422, "unknown_value", "agent"), 400,
          Envelope("INVALID_INPUT", 400, kSaid, R"({"field":"agent_id"})"));
    Check(Refused(422, "unknown_value", "after"), 400,
          Envelope("INVALID_INPUT", 400, kSaid, R"({"field":"cursor"})"));
    Check(OwnFailure("refresh_token_reused"), 401,
          Envelope("UNAUTHORIZED", 401, "the refresh token was used before; its session has ended"));
}

BOOST_AUTO_TEST_CASE(the_fronts_own_failures) {
    Check(OwnFailure("not_json"), 400, Envelope("INVALID_INPUT", 400, "request body is not JSON"));
    Check(OwnFailure("route_not_found"), 404, Envelope("NOT_FOUND", 404, "there is nothing at this path"));
    Check(OwnFailure("method_not_allowed"), 405,
          Envelope("METHOD_NOT_ALLOWED", 405, "this path does not take that method"));
    Check(OwnFailure("body_too_large"), 413, Envelope("INVALID_INPUT", 413, "request body is too large"));
    Check(OwnFailure("unsupported_media_type"), 415,
          Envelope("INVALID_INPUT", 415, "request body must be application/json"));
    Check(OwnFailure("invalid_value"), 400,
          Envelope("INVALID_INPUT", 400, "a value in the request cannot be accepted"));
    Check(OwnFailure("internal_error"), 500, Envelope("INTERNAL_ERROR", 500, "internal error"));
    Check(OwnFailure("database_away"), 503,
          Envelope("INTERNAL_ERROR", 503, "the database cannot be reached; nothing was changed"));
    Check(OwnFailure("in_doubt"), 503,
          Envelope("INTERNAL_ERROR", 503,
                   "the database was lost before the outcome was known; look before trying again"));
    Check(OwnFailure("timed_out"), 503,
          Envelope("INTERNAL_ERROR", 503, "the database took too long; nothing was changed"));
    Check(OwnFailure("try_again"), 503,
          Envelope("INTERNAL_ERROR", 503, "another transaction was in the way; nothing was changed"));
}

BOOST_AUTO_TEST_CASE(a_credential_is_a_key_header_an_ApiKey_or_a_bearer) {
    BOOST_TEST(!Present({}).credential.has_value());
    BOOST_TEST(Present({{"x_api_key", "k"}}).credential.value() == "k");
    BOOST_TEST(Present({{"authorization", "apikey k"}}).credential.value() == "k");
    BOOST_TEST(Present({{"authorization", "Bearer k"}}).credential.value() == "k");
    BOOST_TEST(Present({{"x_api_key", "k"}, {"authorization", "Bearer other"}}).credential.value() == "k");
    BOOST_TEST(!Present({{"authorization", "Digest k"}}).credential.has_value());
}

BOOST_AUTO_TEST_CASE(the_tenant_is_the_headers) {
    BOOST_TEST(!Present({{"x_api_key", "k"}}).tenant.has_value());
    BOOST_TEST(Present({{"x_api_key", "k"}, {"x_tenant_id", "t"}}).tenant.value() == "t");
}

BOOST_AUTO_TEST_SUITE_END()
