// Statements about issuers of tokens, and about the principals whom tokens name.
#pragma once

#include "store.hpp"

#include <string_view>

namespace curfew {

// A tenant's registration of an issuer. The datums live as long as the result they came from.
struct Issuer {
    pg_uuid_t tenant, id;
    std::string_view tenant_slug;
    std::string_view audience; // empty: none
    Value jwks, hs256_secret;  // jsonb, bytea
    std::string_view principal_claim;
    Value tenant_claim, roles_claim, scopes_claim; // text
    Datum role_scopes;                             // jsonb
    int64 clock_skew;                              // microseconds
};

// The registrations that a token of this issuer may be verified with: that of `tenant`, when it is not null and has one; else
// those whose tenant the token's claims name; else those that ask for no such claim; else all. At most kMostIssuers; 0 where
// there are more, among which nobody could tell. What the claims say is not verified yet.
inline constexpr int kMostIssuers = 16;
int find_issuers(std::string_view issuer, const pg_uuid_t* tenant, Datum claims, Issuer found[kMostIssuers]);

// The principal with that id, or else that name; false when there is none.
bool find_principal(const pg_uuid_t& tenant, std::string_view id_or_name, pg_uuid_t* principal);

// Registers an issuer, or replaces the registration that the tenant has of it and keeps its id. `clock_skew`
// is an interval.
struct NewIssuer {
    pg_uuid_t id;
    std::string_view issuer, principal_claim;
    Value jwks, audience, hs256_secret, tenant_claim, roles_claim, role_scopes, scopes_claim, clock_skew;
};
pg_uuid_t upsert_issuer(const pg_uuid_t& tenant, const NewIssuer& issuer);

// Gives the id and the key set of what is gone; false when the tenant has no such issuer.
bool delete_issuer(const pg_uuid_t& tenant, std::string_view issuer, pg_uuid_t* id, Value* jwks);

// The tenant's issuers by their names: the columns of curfew.list_issuers, but for the key set (jsonb) and
// whether there is a secret in the places of algorithms and kids.
inline constexpr int kIssuerColumns = 13;
inline constexpr int kIssuerKeySet = 2, kIssuerHasSecret = 3;
uint64 list_issuers(const pg_uuid_t& tenant);

} // namespace curfew
