#include "envelope.hpp"

using namespace curfew::front;
using namespace curfew::front::test;

namespace {

std::string Problem(std::string_view reason, std::string_view title, int status, std::string_view message,
                    std::string_view more = "") {
    std::string kind(reason);
    for (char& c : kind)
        c = c == '_' ? '-' : c;
    return R"({"type":"urn:problem:)" + kind + R"(","title":")" + std::string(title) + R"(","status":)" +
           std::to_string(status) + R"(,"detail":")" + std::string(message) +
           R"(","instance":"/the/path","reason":")" + std::string(reason) + R"(",)" + std::string(more) +
           R"("request_id":"request-1"})";
}

void Check(const Failure& failure, int status, const std::string& body) {
    const ErrorAnswer answer = Answered(Native(), failure);
    BOOST_TEST(answer.status == status, failure.reason);
    BOOST_TEST(answer.content_type == "application/problem+json");
    BOOST_TEST(answer.body == body);
}

} // namespace

BOOST_AUTO_TEST_SUITE(native)

BOOST_AUTO_TEST_CASE(every_refusal_of_the_engine_keeps_its_status_reason_and_message) {
    const std::map<int, std::string> titles = {{400, "Bad Request"},
                                               {401, "Unauthorized"},
                                               {403, "Forbidden"},
                                               {404, "Not Found"},
                                               {409, "Conflict"},
                                               {412, "Precondition Failed"},
                                               {422, "Unprocessable Content"},
                                               {503, "Service Unavailable"}};
    for (const auto& [status, reason] : kEngineReasons)
        Check(Refused(status, reason), status,
              Problem(reason, titles.at(status), status, "said by the engine"));
}

BOOST_AUTO_TEST_CASE(the_argument_the_explanation_and_the_hint_are_shown_where_there_are_any) {
    Failure failure = Refused(422, "reason_too_long", "reason");
    failure.detail = "It has 1,025 characters.";
    failure.hint = "At most 1,024 are taken.";
    Check(failure, 422,
          Problem("reason_too_long", "Unprocessable Content", 422, "said by the engine",
                  R"("argument":"reason","explanation":"It has 1,025 characters.",)"
                  R"("hint":"At most 1,024 are taken.",)"));
}

BOOST_AUTO_TEST_CASE(the_fronts_own_failures) {
    const std::map<int, std::string> titles = {{400, "Bad Request"},
                                               {404, "Not Found"},
                                               {405, "Method Not Allowed"},
                                               {413, "Content Too Large"},
                                               {415, "Unsupported Media Type"},
                                               {422, "Unprocessable Content"},
                                               {426, "Upgrade Required"},
                                               {500, "Internal Server Error"},
                                               {503, "Service Unavailable"}};
    const std::map<std::string_view, std::string> messages = {
        {"not_json", "request body is not JSON"},
        {"route_not_found", "there is nothing at this path"},
        {"method_not_allowed", "this path does not take that method"},
        {"body_too_large", "request body is too large"},
        {"unsupported_media_type", "request body must be application/json"},
        {"invalid_value", "a value in the request cannot be accepted"},
        {"client_too_old", "this client version is no longer supported"},
        {"internal_error", "internal error"},
        {"behind", "what the consistency token tells of has not arrived here yet"},
        {"database_away", "the database cannot be reached; nothing was changed"},
        {"in_doubt", "the database was lost before the outcome was known; look before trying again"},
        {"read_only", "the database takes no changes here now; nothing was changed"},
        {"timed_out", "the database took too long; nothing was changed"},
        {"try_again", "another transaction was in the way; nothing was changed"},
    };
    for (const auto& [status, reason] : kOwnReasons)
        Check(OwnFailure(reason, "secret"), status,
              Problem(reason, titles.at(status), status, messages.at(reason)));
}

BOOST_AUTO_TEST_CASE(a_credential_is_a_key_header_or_a_bearer) {
    Request request;
    BOOST_TEST(!Native().present(request, {}).credential.has_value());
    request.headers["authorization"] = "Bearer token";
    BOOST_TEST(Native().present(request, {}).credential.value() == "token");
    request.headers["x_api_key"] = "key";
    BOOST_TEST(Native().present(request, {}).credential.value() == "key");
}

BOOST_AUTO_TEST_SUITE_END()
