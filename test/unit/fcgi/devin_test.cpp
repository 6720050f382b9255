#include "envelope.hpp"

using namespace curfew::front;
using namespace curfew::front::test;

namespace {

constexpr const char* kSaid = "said by the engine";

std::string Plain(std::string_view message) { return R"({"detail":")" + std::string(message) + R"("})"; }

std::string Invalid(std::string_view loc, std::string_view message, std::string_view type) {
    return R"({"detail":[{"loc":)" + std::string(loc) + R"(,"msg":")" + std::string(message) +
           R"(","type":")" + std::string(type) + R"("}]})";
}

void Check(const Failure& failure, int status, const std::string& body) {
    const ErrorAnswer answer = Answered(Devin(), failure);
    BOOST_TEST(answer.status == status, failure.reason);
    BOOST_TEST(answer.content_type == "application/json");
    BOOST_TEST(answer.body == body);
}

} // namespace

BOOST_AUTO_TEST_SUITE(devin)

BOOST_AUTO_TEST_CASE(a_session_that_has_exited_is_a_validation_error) {
    Check(Refused(409, "invalid_state"), 422,
          Invalid(R"(["path","session_id"])", "The session has already exited", "session_exited"));
}

BOOST_AUTO_TEST_CASE(a_malformed_id_is_in_the_path) {
    Check(Refused(422, "malformed_id", "id"), 422,
          Invalid(R"(["path","session_id"])", kSaid, "malformed_id"));
    Check(Refused(422, "ambiguous_id"), 422, Invalid(R"(["path","session_id"])", kSaid, "ambiguous_id"));
}

BOOST_AUTO_TEST_CASE(a_body_that_is_not_json_is_a_validation_error_whoever_says_so) {
    const std::string body = Invalid(R"(["body"])", "JSON decode error", "json_invalid");
    Check(Refused(400, "not_json"), 422, body);
    Check(OwnFailure("not_json"), 422, body);
}

BOOST_AUTO_TEST_CASE(every_other_validation_error_is_in_the_body) {
    for (const auto& [status, reason] : kEngineReasons) {
        if (status != 422 || reason == "malformed_id" || reason == "ambiguous_id" || reason == "missing_field")
            continue;
        Check(Refused(422, reason, "tags"), 422, Invalid(R"(["body","tags"])", kSaid, reason));
        Check(Refused(422, reason), 422, Invalid(R"(["body"])", kSaid, reason));
    }
    Check(Refused(422, "value_out_of_range", "body"), 422, Invalid(R"(["body"])", kSaid, "value_out_of_range"));
    Check(Refused(422, "missing_field", "prompt"), 422, Invalid(R"(["body","prompt"])", "Field required", "missing"));
    Check(OwnFailure("invalid_value"), 422,
          Invalid(R"(["body"])", "a value in the request cannot be accepted", "invalid_value"));
}

BOOST_AUTO_TEST_CASE(every_other_refusal_is_a_message) {
    for (const auto& [status, reason] : kEngineReasons) {
        if (status == 422 || reason == "not_json" || reason == "invalid_state")
            continue;
        Check(Refused(status, reason, "argument"), status, Plain(kSaid));
    }
    Check(OwnFailure("route_not_found"), 404, Plain("there is nothing at this path"));
    Check(OwnFailure("method_not_allowed"), 405, Plain("this path does not take that method"));
    Check(OwnFailure("body_too_large"), 413, Plain("request body is too large"));
    Check(OwnFailure("unsupported_media_type"), 415, Plain("request body must be application/json"));
    Check(OwnFailure("internal_error"), 500, Plain("internal error"));
    Check(OwnFailure("database_away"), 503, Plain("the database cannot be reached; nothing was changed"));
    Check(OwnFailure("in_doubt"), 503,
          Plain("the database was lost before the outcome was known; look before trying again"));
    Check(OwnFailure("timed_out"), 503, Plain("the database took too long; nothing was changed"));
    Check(OwnFailure("try_again"), 503, Plain("another transaction was in the way; nothing was changed"));
}

BOOST_AUTO_TEST_SUITE_END()
