// The session of an access token, and whether that token is valid.
#pragma once

#include "store_session.hpp"

#include <string_view>

namespace curfew {

struct TokenSession {
    SessionRow row;
    const core::Lifecycle* lifecycle;
    core::SessionFacts facts;
    const core::State* state; // the present one
    bool active;              // the session is live and its people are active
};

// False when no session of the tenant has that access token.
bool find_token_session(const pg_uuid_t& tenant, std::string_view token, core::Instant now, TokenSession* found);

} // namespace curfew
