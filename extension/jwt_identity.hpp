// Who a token stands for: its issuer's registration found, the token verified with it, its claims turned into
// an identity.
#pragma once

#include "identity.hpp"
#include "jwt.hpp"
#include "store.hpp"

#include <string_view>

namespace curfew {

// Fills the identity that a token proves, and tells what else is wrong with the token, for the caller to
// refuse it as that principal's. `tenant` is the slug or id that came along, or null. Whether the principal
// may still act, load() tells. Of a token that nobody signed nothing is said but that. Errors, where there is
// no such principal: SL401 invalid_credential, jwt_expired, jwt_not_yet_valid; SL403 tenant_mismatch.
Objection find_jwt(std::string_view token, const Value& tenant, core::Instant now, Identity* identity);

} // namespace curfew
