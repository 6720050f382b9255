// envelope.hpp: what the tests of the contracts' envelopes share. Envelopes are compared byte by byte with
// text put together here, not by a JSON library.
#pragma once

#include "contracts/contracts.hpp"
#include "router.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace curfew::front::test {

/// 2026-05-13T12:00:00.042Z
inline const std::chrono::system_clock::time_point kNow{std::chrono::milliseconds(1778673600042)};

/// A refusal of the extension's: its SQLSTATE's status, its reason word, the argument to blame.
inline Failure Refused(int status, std::string_view reason, std::string_view argument = "") {
    return FailureFrom({.sqlstate = "SL" + std::to_string(status),
                        .message = "said by the engine",
                        .detail = "",
                        .hint = "",
                        .constraint = std::string(reason),
                        .column = std::string(argument)});
}

/// The contract's answer to a failure on its route number `route`.
inline ErrorAnswer Answered(const Contract& contract, const Failure& failure, std::size_t route = 0) {
    return contract.refuse(failure, {kNow, "/the/path", "request-1", &contract.routes.at(route)});
}

/// Every reason word of the extension with its status, and every one of the front's own.
struct Reason {
    int status;
    std::string_view reason;
};
inline const std::vector<Reason> kEngineReasons = {
    {400, "not_json"},
    {401, "no_credential"},
    {401, "invalid_credential"},
    {401, "key_revoked"},
    {401, "key_expired"},
    {401, "session_not_live"},
    {401, "principal_revoked"},
    {401, "no_identity"},
    {403, "principal_suspended"},
    {403, "tenant_suspended"},
    {403, "tenant_mismatch"},
    {403, "not_owner"},
    {403, "reader"},
    {403, "scope_missing"},
    {403, "not_admin"},
    {403, "workspace_mismatch"},
    {404, "session_not_found"},
    {404, "workspace_not_found"},
    {404, "principal_not_found"},
    {404, "lifecycle_not_found"},
    {404, "tenant_not_found"},
    {404, "key_not_found"},
    {404, "quote_not_found"},
    {404, "frame_not_available"},
    {409, "already_exists"},
    {409, "invalid_state"},
    {412, "version_conflict"},
    {422, "unknown_action"},
    {422, "reason_required"},
    {422, "reason_too_long"},
    {422, "reason_not_taken"},
    {422, "malformed_id"},
    {422, "ambiguous_id"},
    {422, "wrong_type"},
    {422, "value_out_of_range"},
    {422, "missing_field"},
    {422, "unknown_value"},
    {422, "invalid_definition"},
    {422, "not_object"},
    {503, "no_coverage"},
};
inline const std::vector<Reason> kOwnReasons = {
    {400, "not_json"},
    {404, "route_not_found"},
    {405, "method_not_allowed"},
    {413, "body_too_large"},
    {415, "unsupported_media_type"},
    {422, "invalid_value"},
    {426, "client_too_old"},
    {500, "internal_error"},
    {503, "behind"},
    {503, "database_away"},
    {503, "in_doubt"},
    {503, "read_only"},
    {503, "timed_out"},
    {503, "try_again"},
};

} // namespace curfew::front::test
