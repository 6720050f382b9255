#include "envelope.hpp"

using namespace curfew::front;
using namespace curfew::front::test;

namespace {

std::string Envelope(int status, std::string_view code, std::string_view message,
                     std::string_view detail = "") {
    return R"({"statusCode":)" + std::to_string(status) + R"(,"code":")" + std::string(code) +
           R"(","message":")" + std::string(message) + R"(",)" +
           (detail.empty() ? "" : R"("detail":")" + std::string(detail) + R"(",)") +
           R"("timestamp":"2026-05-13T12:00:00.042Z"})";
}

void Check(const Failure& failure, int status, const std::string& body) {
    const ErrorAnswer answer = Answered(Luxxon(), failure);
    BOOST_TEST(answer.status == status, failure.reason);
    BOOST_TEST(answer.content_type == "application/json");
    BOOST_TEST(answer.body == body);
}

constexpr const char* kForbidden = "Not authorized for this operation";
constexpr const char* kState = "Operation not allowed in the current state";
constexpr const char* kInput = "Invalid request payload";
constexpr const char* kMissing = "Session expired or missing";
constexpr const char* kAway = "Authorization service unavailable";

} // namespace

BOOST_AUTO_TEST_SUITE(luxxon)

BOOST_AUTO_TEST_CASE(an_envelope_in_full) {
    Check(Refused(403, "not_owner"), 403,
          R"({"statusCode":403,"code":"NOT_AUTHORIZED","message":"Not authorized for this operation",)"
          R"("detail":"session:notOwner","timestamp":"2026-05-13T12:00:00.042Z"})");
}

BOOST_AUTO_TEST_CASE(every_refusal_of_the_engine) {
    const std::map<std::string_view, std::string> named = {
        {"no_credential", Envelope(401, "NOT_AUTHENTICATED", kMissing, "auth:noCredential")},
        {"session_not_live", Envelope(401, "NOT_AUTHENTICATED", kMissing, "auth:sessionNotLive")},
        {"no_identity", Envelope(401, "NOT_AUTHENTICATED", kMissing)},
        {"invalid_credential",
         Envelope(401, "INVALID_API_KEY", "API key is not valid", "auth:invalidCredential")},
        {"key_expired", Envelope(401, "INVALID_API_KEY", "API key is not valid", "auth:keyExpired")},
        {"key_revoked", Envelope(401, "REVOKED_API_KEY", "API key has been revoked", "auth:keyRevoked")},
        {"principal_revoked",
         Envelope(401, "REVOKED_API_KEY", "API key has been revoked", "auth:principalRevoked")},
        {"not_owner", Envelope(403, "NOT_AUTHORIZED", kForbidden, "session:notOwner")},
        {"scope_missing", Envelope(403, "NOT_AUTHORIZED", kForbidden, "auth:scopeMissing")},
        {"reader", Envelope(403, "NOT_AUTHORIZED", kForbidden, "auth:reader")},
        {"principal_suspended", Envelope(403, "NOT_AUTHORIZED", kForbidden, "auth:principalSuspended")},
        {"tenant_suspended", Envelope(403, "NOT_AUTHORIZED", kForbidden, "auth:tenantSuspended")},
        {"tenant_mismatch", Envelope(403, "NOT_AUTHORIZED", kForbidden)},
        {"not_admin", Envelope(403, "NOT_AUTHORIZED", kForbidden)},
        {"workspace_mismatch",
         Envelope(403, "WORKSPACE_MISMATCH", "Workspace does not match", "session:workspaceMismatch")},
        {"session_not_found", Envelope(404, "SESSION_NOT_FOUND", "Session not found", "session:notFound")},
        {"malformed_id", Envelope(404, "SESSION_NOT_FOUND", "Session not found", "session:notFound")},
        {"workspace_not_found",
         Envelope(404, "WORKSPACE_NOT_FOUND", "Workspace not found", "workspace:notFound")},
        {"quote_not_found", Envelope(404, "QUOTE_NOT_FOUND", "Quote not found", "quote:notFound")},
        {"frame_not_available",
         Envelope(404, "FRAME_NOT_AVAILABLE", "Frame not available", "frame:notAvailable")},
        {"no_coverage", Envelope(503, "NO_COVERAGE", "No operator available", "session:noCoverage")},
        {"invalid_state", Envelope(409, "INVALID_STATE", kState, "session:invalidState")},
        {"already_exists", Envelope(409, "INVALID_STATE", kState)},
        {"version_conflict", Envelope(409, "INVALID_STATE", kState)},
    };
    const std::map<int, std::string> by_status = {{400, Envelope(400, "INVALID_INPUT", kInput)},
                                                  {404, Envelope(404, "NOT_FOUND", "Not found")},
                                                  {422, Envelope(400, "INVALID_INPUT", kInput)}};
    for (const auto& [status, reason] : kEngineReasons) {
        const auto found = named.find(reason);
        const std::string& body = found != named.end() ? found->second : by_status.at(status);
        Check(Refused(status, reason), std::stoi(body.substr(body.find(':') + 1)), body);
    }
}

BOOST_AUTO_TEST_CASE(a_field_to_blame_is_the_detail) {
    Check(Refused(422, "value_out_of_range", "maxDurationSeconds"), 400,
          Envelope(400, "INVALID_INPUT", kInput, "input:maxDurationSeconds"));
    Check(Refused(422, "missing_field", "workspace"), 400,
          Envelope(400, "INVALID_INPUT", kInput, "input:workspaceId"));
    Check(Refused(422, "missing_field", "for_workspace"), 400,
          Envelope(400, "INVALID_INPUT", kInput, "input:operatorWorkspaceId"));
}

BOOST_AUTO_TEST_CASE(the_fronts_own_failures) {
    Check(OwnFailure("not_json"), 400, Envelope(400, "INVALID_INPUT", kInput));
    Check(OwnFailure("route_not_found"), 404, Envelope(404, "NOT_FOUND", "Not found"));
    Check(OwnFailure("method_not_allowed"), 405, Envelope(405, "METHOD_NOT_ALLOWED", "Method not allowed"));
    Check(OwnFailure("body_too_large"), 413, Envelope(413, "INVALID_INPUT", "Request payload too large"));
    Check(OwnFailure("unsupported_media_type"), 415,
          Envelope(415, "INVALID_INPUT", "Request payload must be application/json"));
    Check(OwnFailure("invalid_value"), 400, Envelope(400, "INVALID_INPUT", kInput));
    Check(OwnFailure("internal_error"), 500, Envelope(500, "INTERNAL_SERVER_ERROR", "Internal server error"));
    Check(OwnFailure("database_away"), 503, Envelope(503, "AUTHZ_ERROR", kAway));
    Check(OwnFailure("in_doubt"), 503,
          Envelope(503, "DATABASE_ERROR", "Outcome of the operation is not known", "database:inDoubt"));
    Check(OwnFailure("timed_out"), 503, Envelope(503, "AUTHZ_ERROR", kAway));
    Check(OwnFailure("try_again"), 503, Envelope(503, "AUTHZ_ERROR", kAway));
}

BOOST_AUTO_TEST_SUITE_END()
