// Whom a caller may know of his tenant's principals.
#pragma once

#include "store_read.hpp"

namespace curfew {

struct Acquaintances {
    pg_uuid_t tenant;
    pg_uuid_t self;
    bool all;                     // else who shares a workspace with him
    core::MaybeUuid of_workspace; // and of these its members alone: his credential acts there only
};
Acquaintances acquaintances_of(const Identity& identity, const Loaded& caller);

// Which of them: each null for any.
struct PrincipalName {
    Value id, name, email;
};

// The caller himself and whom he may know, of that name, as the columns of read_principal; by name.
uint64 read_acquaintances(const Acquaintances& whom, const PrincipalName& name);

} // namespace curfew
