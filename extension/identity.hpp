// Who is calling, for the rest of the transaction: ids only, never that the caller still may.
#pragma once

#include "pg.hpp"

#include <cstdint>
#include <string_view>

namespace curfew {

enum class IdentityKind : std::uint8_t { none, api_key, session_token, jwt, act_as, mapped_role };

inline constexpr int kViaSize = 64;
inline constexpr int kRequestIdSize = 129;
inline constexpr int kTraceparentSize = 56; // version 00 of W3C Trace Context has 55 characters
inline constexpr int kTokenScopesSize = 1024;

// What a JWT says of scopes, as words that each end in a space.
struct TokenScopes {
    bool limited = false;         // to these words
    std::uint16_t from_roles = 0; // bytes of the words that the token's roles add to what the principal holds
    std::uint16_t size = 0;       // bytes of all words
    char text[kTokenScopesSize] = "";
};

struct Identity {
    IdentityKind kind = IdentityKind::none;
    pg_uuid_t tenant = {};
    pg_uuid_t principal = {};
    pg_uuid_t credential = {};      // the API key's, the session's or the token issuer's id
    Oid role = InvalidOid;          // with mapped_role and act_as: the database role that it is for
    char via[kViaSize] = "sql";     // the way in, for the audit row
    char request_id[kRequestIdSize] = "";
    char traceparent[kTraceparentSize] = "";
    std::int64_t expires_at = 0; // with jwt: the instant from which on it is not accepted
    TokenScopes scopes;          // with jwt
};

// What the audit row tells of the request. No `via`: as it was; what is too long is cut, and what is no traceparent left out.
void set_request(Identity* identity, std::string_view via, std::string_view request_id, std::string_view traceparent);

// The traceparent of the transaction's request, or "": the caller's, or the one that was told where nobody is authenticated.
const char* TransactionTraceparent();

// Tells that of this identity, for which nobody is authenticated, until the transaction ends or this is rolled back.
void TellTraceparent(const Identity& identity);

// The id of the request that was told last in this transaction, or "": what is refused tells it. It is told before it is known
// who asks. Where the telling is rolled back, it is the one before it again.
const char* TransactionRequestId();
void TellRequestId(std::string_view request_id);

// The identity that authenticate() or act_as() set in this transaction, or null. It is gone after commit, abort and
// prepare, and after the rollback of the subtransaction that set it. act_as() is for the role that called it alone: a
// SECURITY DEFINER function does not lend it to its caller.
const Identity* TransactionIdentity();

// What stands for the API key that the caller presented: a digest that is nowhere kept, from which nobody finds the key.
// Secrets that only its holder is to get again are derived from this.
inline constexpr int kKeyProofSize = 32;
struct KeyProof {
    std::uint8_t bytes[kKeyProofSize];
};

// The proof that came with the transaction's identity, or null: the caller presented something else than an API key.
// It is overwritten when the identity goes.
const KeyProof* TransactionKeyProof();

// Sets the identity for the rest of the transaction.
//   proof  with an API key; null otherwise
void set_transaction_identity(const Identity& identity, const KeyProof* proof = nullptr);

// The identity of a database role's last resolved mapping, or null: a hint that every load verifies.
const Identity* RememberedMapping(Oid role);
void RememberMapping(const Identity& identity);
void ForgetMapping();

// Registers the transaction callbacks; once, from _PG_init.
void register_identity_callbacks();

} // namespace curfew
