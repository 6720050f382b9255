#include "envelope.hpp"

using namespace curfew::front;
using namespace curfew::front::test;

namespace {

std::string Problem(std::string_view kind, std::string_view title, int status, std::string_view message,
                    std::string_view details = "{}") {
    const std::string text(message);
    return R"({"type":"urn:problem:)" + std::string(kind) + R"(","title":")" + std::string(title) +
           R"(","status":)" + std::to_string(status) + R"(,"detail":")" + text +
           R"(","instance":"/the/path","error":")" + text + R"(","details":)" + std::string(details) +
           R"(,"request_id":"request-1"})";
}

void Check(const Failure& failure, int status, const std::string& body) {
    const ErrorAnswer answer = Answered(DhcpShield(), failure);
    BOOST_TEST(answer.status == status, failure.reason);
    BOOST_TEST(answer.content_type == "application/problem+json");
    BOOST_TEST(answer.body == body);
}

std::string Hyphens(std::string_view reason) {
    std::string text(reason);
    for (char& c : text)
        c = c == '_' ? '-' : c;
    return text;
}

} // namespace

BOOST_AUTO_TEST_SUITE(dhcp_shield)

BOOST_AUTO_TEST_CASE(a_problem_in_full) {
    Check(Refused(403, "not_owner"), 403,
          R"({"type":"urn:problem:not-owner","title":"Forbidden","status":403,"detail":"said by the engine",)"
          R"("instance":"/the/path","error":"said by the engine","details":{},"request_id":"request-1"})");
}

BOOST_AUTO_TEST_CASE(what_is_not_there_to_be_ended_is_not_found_whatever_the_reason) {
    for (const auto& [status, reason] :
         {Reason{404, "session_not_found"}, {409, "invalid_state"}, {422, "malformed_id"}})
        Check(Refused(status, reason, "id"), 404,
              Problem("session-not-found", "Not Found", 404, "session not found"));
}

BOOST_AUTO_TEST_CASE(every_other_refusal_of_the_engine_keeps_its_status_and_message) {
    const std::map<int, std::string> titles = {{400, "Bad Request"},
                                               {401, "Unauthorized"},
                                               {403, "Forbidden"},
                                               {404, "Not Found"},
                                               {409, "Conflict"},
                                               {412, "Precondition Failed"},
                                               {422, "Unprocessable Content"},
                                               {503, "Service Unavailable"}};
    for (const auto& [status, reason] : kEngineReasons) {
        if (reason == "session_not_found" || reason == "invalid_state" || reason == "malformed_id" ||
            reason == "principal_not_found")
            continue;
        Check(Refused(status, reason), status,
              Problem(Hyphens(reason), titles.at(status), status, "said by the engine"));
    }
}

BOOST_AUTO_TEST_CASE(a_principal_that_is_not_there_is_a_user) {
    Check(Refused(404, "principal_not_found"), 404, Problem("user-not-found", "Not Found", 404, "user not found"));
}

BOOST_AUTO_TEST_CASE(a_field_to_blame_is_in_details) {
    Check(Refused(422, "reason_too_long", "reason"), 422,
          Problem("reason-too-long", "Unprocessable Content", 422, "said by the engine",
                  R"({"reason":"said by the engine"})"));
}

BOOST_AUTO_TEST_CASE(the_fronts_own_failures) {
    Check(OwnFailure("not_json"), 400, Problem("not-json", "Bad Request", 400, "request body is not JSON"));
    Check(OwnFailure("route_not_found"), 404,
          Problem("route-not-found", "Not Found", 404, "there is nothing at this path"));
    Check(OwnFailure("method_not_allowed"), 405,
          Problem("method-not-allowed", "Method Not Allowed", 405, "this path does not take that method"));
    Check(OwnFailure("body_too_large"), 413,
          Problem("body-too-large", "Content Too Large", 413, "request body is too large"));
    Check(OwnFailure("unsupported_media_type"), 415,
          Problem("unsupported-media-type", "Unsupported Media Type", 415,
                  "request body must be application/json"));
    Check(
        OwnFailure("invalid_value"), 422,
        Problem("invalid-value", "Unprocessable Content", 422, "a value in the request cannot be accepted"));
    Check(OwnFailure("internal_error"), 500,
          Problem("internal-error", "Internal Server Error", 500, "internal error"));
    Check(OwnFailure("database_away"), 503,
          Problem("database-away", "Service Unavailable", 503,
                  "the database cannot be reached; nothing was changed"));
    Check(OwnFailure("in_doubt"), 503,
          Problem("in-doubt", "Service Unavailable", 503,
                  "the database was lost before the outcome was known; look before trying again"));
    Check(
        OwnFailure("timed_out"), 503,
        Problem("timed-out", "Service Unavailable", 503, "the database took too long; nothing was changed"));
    Check(OwnFailure("try_again"), 503,
          Problem("try-again", "Service Unavailable", 503,
                  "another transaction was in the way; nothing was changed"));
}

BOOST_AUTO_TEST_CASE(text_from_outside_is_escaped) {
    Failure failure = Refused(403, "not_owner");
    failure.message = "a \"quote\" and \xFF";
    const ErrorAnswer answer = DhcpShield().refuse(failure, {kNow, "/a\"b\n", "r", nullptr});
    BOOST_TEST(answer.body ==
               "{\"type\":\"urn:problem:not-owner\",\"title\":\"Forbidden\",\"status\":403,"
               "\"detail\":\"a \\\"quote\\\" and \xEF\xBF\xBD\",\"instance\":\"/a\\\"b\\n\","
               "\"error\":\"a \\\"quote\\\" and \xEF\xBF\xBD\",\"details\":{},\"request_id\":\"r\"}");
}

BOOST_AUTO_TEST_CASE(a_credential_is_a_bearer) {
    Request request;
    BOOST_TEST(!DhcpShield().present(request, {}).credential.has_value());
    const std::pair<const char*, const char*> headers[] = {
        {"Bearer abc", "abc"}, {"bEaReR   abc", "abc"}, {" Bearer abc ", "abc"}};
    for (const auto& [header, credential] : headers) {
        request.headers["authorization"] = header;
        BOOST_TEST(DhcpShield().present(request, {}).credential.value() == credential);
    }
    for (const auto* header : {"", "Bearer", "Bearer ", "Basic YTpi", "Bearerabc"}) {
        request.headers["authorization"] = header;
        BOOST_TEST(!DhcpShield().present(request, {}).credential.has_value(), header);
    }
}

BOOST_AUTO_TEST_SUITE_END()
