#include "envelope.hpp"

using namespace curfew::front;
using namespace curfew::front::test;

namespace {

constexpr const char* kSaid = "said by the engine";

std::string Envelope(int code, std::string_view type, std::string_view message = kSaid) {
    return R"({"code":)" + std::to_string(code) + R"(,"detail":")" + std::string(message) + R"(","type":")" +
           std::string(type) + R"("})";
}

std::string Invalid(std::string_view loc, std::string_view type, std::string_view message = kSaid) {
    const std::string text(message);
    return R"({"code":422,"detail":")" + text + R"(","errors":[{"loc":)" + std::string(loc) + R"(,"msg":")" +
           text + R"(","type":")" + std::string(type) + R"("}],"type":"validation_error"})";
}

void Check(const Failure& failure, int status, const std::string& body) {
    const ErrorAnswer answer = Answered(Dreadnode(), failure);
    BOOST_TEST(answer.status == status, failure.reason);
    BOOST_TEST(answer.content_type == "application/json");
    BOOST_TEST(answer.body == body);
}

bool IsServed(std::string_view minimum, std::string_view named) {
    Settings settings;
    settings.dreadnode_min_client = minimum;
    Request request;
    if (!named.empty())
        request.headers["x_client_version"] = named;
    return !Dreadnode().admit(request, settings).has_value();
}

} // namespace

BOOST_AUTO_TEST_SUITE(dreadnode)

BOOST_AUTO_TEST_CASE(every_refusal_of_the_engine_has_the_type_of_its_status) {
    const std::map<int, std::string> types = {{400, "invalid_request"},  {401, "authentication_failed"},
                                              {403, "access_forbidden"}, {404, "not_found"},
                                              {409, "already_exists"},   {412, "invalid_request"}};
    for (const auto& [status, reason] : kEngineReasons) {
        if (status == 422 || reason == "tenant_mismatch" || reason == "no_coverage")
            continue;
        Check(Refused(status, reason), status, Envelope(status, types.at(status)));
    }
}

BOOST_AUTO_TEST_CASE(another_organisation_is_not_found) {
    Check(Refused(403, "tenant_mismatch", "tenant"), 404,
          Envelope(404, "not_found", "organization not found"));
}

BOOST_AUTO_TEST_CASE(a_validation_error_says_where_it_is) {
    Check(Refused(422, "malformed_id", "id"), 422, Invalid(R"(["path","session_id"])", "malformed_id"));
    Check(Refused(422, "ambiguous_id", "id"), 422, Invalid(R"(["path","session_id"])", "ambiguous_id"));
    Check(Refused(422, "unknown_value", "workspace"), 422,
          Invalid(R"(["path","workspace"])", "unknown_value"));
    for (const auto& [status, reason] : kEngineReasons) {
        if (status != 422 || reason == "malformed_id" || reason == "ambiguous_id")
            continue;
        Check(Refused(422, reason, "labels"), 422, Invalid(R"(["body","labels"])", reason));
        Check(Refused(422, reason), 422, Invalid(R"(["body"])", reason));
    }
}

BOOST_AUTO_TEST_CASE(the_fronts_own_failures) {
    Check(OwnFailure("not_json"), 400, Envelope(400, "invalid_request", "request body is not JSON"));
    Check(OwnFailure("route_not_found"), 404, Envelope(404, "not_found", "there is nothing at this path"));
    Check(OwnFailure("method_not_allowed"), 405,
          Envelope(405, "method_not_allowed", "this path does not take that method"));
    Check(OwnFailure("body_too_large"), 413, Envelope(413, "invalid_request", "request body is too large"));
    Check(OwnFailure("unsupported_media_type"), 415,
          Envelope(415, "invalid_request", "request body must be application/json"));
    Check(OwnFailure("invalid_value"), 422,
          Invalid(R"(["body"])", "invalid_value", "a value in the request cannot be accepted"));
    Check(OwnFailure("client_too_old"), 426,
          Envelope(426, "upgrade_required", "this client version is no longer supported"));
    Check(OwnFailure("internal_error"), 500, Envelope(500, "internal_error", "internal error"));
    Check(OwnFailure("database_away"), 502,
          Envelope(502, "bad_gateway", "the database cannot be reached; nothing was changed"));
    Check(OwnFailure("in_doubt"), 502,
          Envelope(502, "bad_gateway",
                   "the database was lost before the outcome was known; look before trying again"));
    Check(OwnFailure("timed_out"), 504,
          Envelope(504, "gateway_timeout", "the database took too long; nothing was changed"));
    Check(OwnFailure("try_again"), 502,
          Envelope(502, "bad_gateway", "another transaction was in the way; nothing was changed"));
}

BOOST_AUTO_TEST_CASE(the_organisation_of_the_path_must_be_the_callers) {
    Request request;
    request.headers["authorization"] = "Bearer key";
    const Presented presented = Dreadnode().present(request, {{"org", "acme"}});
    BOOST_TEST(presented.credential.value() == "key");
    BOOST_TEST(presented.tenant.value() == "acme");
}

BOOST_AUTO_TEST_CASE(a_client_below_the_minimum_is_not_served) {
    BOOST_TEST(IsServed("", "0.1"));
    BOOST_TEST(IsServed("1.4.0", ""));
    for (const auto* enough : {"1.4.0", "1.4", "1.4.1", "1.10", "2", "v1.4.0", "1.4.0-rc1", "1.4.0+x"})
        BOOST_TEST(IsServed("1.4.0", enough), enough);
    for (const auto* old : {"1.3.9", "1.3", "1", "0.99.99", "v1.3", "1.0.0.7"})
        BOOST_TEST(!IsServed("1.4.0", old), old);
    for (const auto* none : {"latest", "1.x", "1..2", ".", "1.", "-1", "99999999999999999999"})
        BOOST_TEST(IsServed("1.4.0", none), none);
}

BOOST_AUTO_TEST_SUITE_END()
