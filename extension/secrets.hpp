// Random numbers, digests, ids and the text of secrets.
#pragma once

#include "pg.hpp"

#include <string_view>

namespace curfew {

inline constexpr int kDigestSize = PG_SHA256_DIGEST_LENGTH;
inline constexpr int kTagSize = 8;        // of a tenant, at the start of its session tokens
inline constexpr int kTokenSize = 32;     // bytes of a session token; 64 hex digits as text
inline constexpr int kKeyRandomSize = 24; // bytes of an API key's secret; 32 characters as text

void fill_random(uint8* bytes, int count);

// The SHA-256 digest as a bytea datum.
Datum digest_datum(std::string_view secret);

// By what a session token is found: its tenant's tag and its own digest, as bytea datums.
struct TokenLookup {
    Datum tag, digest;
};

// False when the text is not 64 hex digits.
bool token_lookup(std::string_view token, TokenLookup* lookup);

// A time-ordered id (UUIDv7) or, with `random`, one that tells nothing (UUIDv4).
pg_uuid_t new_uuid(bool random = false);

// 32 characters of 24 random bytes, base64url, into `text`.
void random_key_text(char* text);

// Lower-case hex digits of the bytes into `text`, which holds 2 × count characters.
void HexText(const uint8* bytes, int count, char* text);

// The bytes of `text`'s hex digits; false when it is not exactly 2 × count of them.
bool HexBytes(std::string_view text, uint8* bytes, int count);

// A UUID with or without hyphens; false when it is none.
bool ParseUuid(std::string_view text, pg_uuid_t* id);

} // namespace curfew
