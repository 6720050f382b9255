// Queries that tell who a credential or a database role is.
#pragma once

#include "identity.hpp"
#include "store.hpp"

#include <string_view>

namespace curfew {

// Each fills ids and kind of the identity; false when there is none. Whether it may still act, load() tells.
bool find_mapping(Oid role, Identity* identity);
bool find_api_key(std::string_view key, Identity* identity);
bool find_session_token(std::string_view token, Identity* identity);

// The tenant of a slug or id; false when there is none.
bool find_tenant(std::string_view slug_or_id, pg_uuid_t* tenant);

// The workspace of a slug or id in a tenant; false when there is none.
bool find_workspace(const pg_uuid_t& tenant, std::string_view slug_or_id, pg_uuid_t* workspace);

} // namespace curfew
