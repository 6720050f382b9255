// Keys that tokens are signed with: a JSON Web Key Set (RFC 7517) read into keys, and signatures verified
// with them.
//
// The algorithm is the key's, by its kind: RSA is RS256, EC on P-256 is ES256, OKP on Ed25519 is EdDSA, and
// HS256 is for a secret that was registered as such, never for a key of a set.
#pragma once

#include "json.hpp"

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace curfew {

enum class Algorithm : std::uint8_t { rs256, es256, eddsa, hs256 };

// The word of a token's `alg`.
std::string_view WordOf(Algorithm algorithm);

// One key. The views point into palloc's memory or the set's jsonb.
struct Key {
    Algorithm algorithm = Algorithm::hs256;
    bool named = false; // it has a `kid`
    std::string_view kid;
    std::string_view first;  // bytes: the modulus, the point's x, the Ed25519 key or the secret
    std::string_view second; // bytes: the exponent or the point's y
};

inline constexpr int kMostKeys = 32;
inline constexpr int kLongestKid = 255;     // bytes
inline constexpr int kShortestSecret = 32;  // bytes; RFC 7518, section 3.2
inline constexpr int kLongestSecret = 1024; // bytes

struct KeySet {
    Key keys[kMostKeys + 1]; // and the issuer's secret
    int count = 0;
};
static_assert(std::is_trivially_destructible_v<KeySet>);

// Reads a set into `keys`. Null, or what is wrong with it as a sentence in palloc's memory that shows no key.
const char* read_key_set(JsonNode set, KeySet* keys);

// Whether `signature` (bytes as the token has them) is this key's over `text`.
bool Verifies(const Key& key, std::string_view text, std::string_view signature);

// Whether the library takes the key: its point is on the curve.
bool IsUsable(const Key& key);

// Decodes base64url without padding into `bytes`, which holds 3/4 of the text's length. False when the text
// is not strictly that: another character, an impossible length, or bits left over that are not zero.
bool Base64urlBytes(std::string_view text, char* bytes, std::size_t* count);

} // namespace curfew
