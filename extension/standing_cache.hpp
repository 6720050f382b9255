// What this backend keeps of the directory, until it changes: the standing of callers, and whose an API key is.
#pragma once

#include "core/decide.hpp"
#include "identity.hpp"
#include "store.hpp"

namespace curfew {

// A caller as the directory has him. Nothing in it depends on the clock.
struct Standing {
    core::Refusal refusal = core::Refusal::none; // of the tenant's and the principal's status
    core::Kind kind = core::Kind::user;
    core::Role role = core::Role::none;
    Value scopes = {0, true}; // text[]: the principal's
    // of an API key
    Value key_scopes = {0, true}; // text[]; null: not limited
    core::MaybeUuid workspace;    // that it is bound to
    core::Instant revoked_at = core::kUnset;
    core::Instant expires_at = core::kUnset;
    core::Instant last_used_at = core::kUnset; // as it was written down when this was read
};

// Whose standing: a principal's by itself (act_as), or by a key, an issuer or a role's mapping that must be there too.
struct StandingKey {
    pg_uuid_t tenant;
    pg_uuid_t principal;
    pg_uuid_t credential; // the key's or the issuer's; else zero
    Oid role;             // with mapped_role; else zero
    int32 kind;           // IdentityKind; act_as for a principal by itself
};

// What is kept of it, with the arrays copied to the current memory; false when nothing is. `generation` is what
// directory_generation() gave before it was read.
bool find_standing(const StandingKey& key, uint64 generation, Standing* standing);
void keep_standing(const StandingKey& key, uint64 generation, const Standing& standing);

// Whose the API key of a digest is, likewise.
bool find_kept_key(Datum digest, uint64 generation, Identity* identity);
void keep_key(Datum digest, uint64 generation, const Identity& identity);

} // namespace curfew
