// Queries that list principals and lifecycles.
#pragma once

#include "store.hpp"

namespace curfew {

// id, name, kind, role, status, scopes, email, full_name, created_at; in the order of creation. Null values narrow nothing.
inline constexpr int kPrincipalListColumns = 9;
struct PrincipalFilter {
    Value kind, status;
    Value after = {0, true}; // id of the last row seen
    int rows;
};
uint64 list_principals(const pg_uuid_t& tenant, const PrincipalFilter& filter);

// name, revision, builtin, definition; in the order of names. A null name is any.
inline constexpr int kLifecycleListColumns = 4;
uint64 read_definitions(const Value& name);

} // namespace curfew
