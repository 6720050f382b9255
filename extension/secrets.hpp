// Random numbers, digests, ids and the text of secrets.
#pragma once

#include "store.hpp"

#include <string_view>

namespace curfew {

inline constexpr int kDigestSize = PG_SHA256_DIGEST_LENGTH;
inline constexpr int kTagSize = 8;        // of a tenant, at the start of its session tokens
inline constexpr int kTokenSize = 32;     // bytes of a session token; 64 hex digits as text
inline constexpr int kKeyRandomSize = 24; // bytes of an API key's secret; 32 characters as text

void fill_random(uint8* bytes, int count);

// The SHA-256 digest as a bytea datum.
Datum digest_datum(std::string_view secret);

// Another digest of an API key than the one that is kept of it: a KeyProof.
void prove_key(std::string_view key, uint8* proof);

// Whether two bytea datums are the same.
bool same_digest(Datum left, Datum right);

// HMAC-SHA256 of the message under the key.
inline constexpr int kHmacSize = 32;
void hmac_sha256(std::string_view key, std::string_view message, uint8* result);

inline constexpr int kSaltSize = 32;

// What whoever presented `secret` can derive again and nobody else: an HMAC of salt and label under it. `label` tells
// one thing that is derived with this salt from another.
void derive(std::string_view secret, const uint8* salt, char label, uint8* result);

// A session token as text: the tenant's tag, then `kTokenSize - kTagSize` bytes. Its digest goes to `digest`.
Value token_text(const uint8* tag, const uint8* bytes, Value* digest);

// By what a session token is found: its tenant's tag and its own digest, as bytea datums.
struct TokenLookup {
    Datum tag, digest;
};

// False when the text is not 64 hex digits.
bool token_lookup(std::string_view token, TokenLookup* lookup);

// A time-ordered id (UUIDv7) or, with `random`, one that tells nothing (UUIDv4).
pg_uuid_t new_uuid(bool random = false);

// The 32 characters of an API key's `kKeyRandomSize` bytes, base64url, into `text`.
inline constexpr int kKeyTextSize = kKeyRandomSize / 3 * 4;
void KeyText(const uint8* bytes, char* text);

// Lower-case hex digits of the bytes into `text`, which holds 2 × count characters.
void HexText(const uint8* bytes, int count, char* text);

// The bytes of `text`'s hex digits; false when it is not exactly 2 × count of them.
bool HexBytes(std::string_view text, uint8* bytes, int count);

// A UUID with or without hyphens; false when it is none.
bool ParseUuid(std::string_view text, pg_uuid_t* id);

} // namespace curfew
