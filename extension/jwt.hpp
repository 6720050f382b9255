// JSON Web Tokens (RFC 7519) that are signed (RFC 7515): a token's text taken apart, its signature checked
// against a key set, its times and audience against what is expected. It reads no table: everything comes in
// as an argument.
#pragma once

#include "core/decide.hpp"
#include "core/refusals.hpp"
#include "jwk.hpp"

namespace curfew {

// A longer credential is not looked at.
inline constexpr std::size_t kLongestJwt = 16 * 1024;

// Whether a credential is to be read as a token: exactly two dots in it.
bool LooksLikeJwt(std::string_view credential);

// A token taken apart. Nothing in it is to be believed before its signature is verified.
struct Jwt {
    std::string_view signed_text; // header and payload as they were signed
    std::string_view signature;   // bytes
    JsonNode header;
    JsonNode claims;
    Datum claims_jsonb;
};
static_assert(std::is_trivially_destructible_v<Jwt>);

// False when it is not a token: not base64url, not JSON objects, nested too deep, with extensions that are
// critical.
bool parse_jwt(std::string_view token, Jwt* jwt);

// Whether a key of the set signed it: the key of the token's `kid`, or, when it names none, the only key of
// the token's algorithm. A token whose algorithm is not its key's is not verified.
bool SignatureVerifies(const Jwt& jwt, const KeySet& keys);

// What a verified token's claims must agree with.
struct Expectations {
    std::string_view audience; // empty: any
    int64 clock_skew = 0;      // microseconds
    core::Instant now = 0;
};

// What is wrong with a verified token; its detail is a sentence that shows nothing of the token.
struct Objection {
    core::Refusal refusal = core::Refusal::none;
    const char* argument = nullptr; // the SQL argument that does not agree with it
    const char* detail = nullptr;
};

// Whether the token is for that audience; for an empty one every token is.
bool IsFor(const Jwt& jwt, std::string_view audience);

// Checks exp (which must be there), nbf, iat and aud, and gives the instant from which on the token is not
// accepted. Refusals: jwt_expired, jwt_not_yet_valid, invalid_credential.
Objection check_claims(const Jwt& jwt, const Expectations& expected, core::Instant* expires_at);

// Calls f(word) for each word of a claim that is a string with spaces or a list of strings, until f returns
// false. False when the claim is neither.
template <class F>
bool for_each_word(JsonNode claim, F f) {
    if (claim.IsText()) {
        std::string_view rest = claim.Text();
        while (!rest.empty()) {
            std::size_t end = 0;
            while (end < rest.size() && rest[end] != ' ')
                ++end;
            if (end > 0 && !f(std::string_view(rest.data(), end)))
                break;
            rest.remove_prefix(end < rest.size() ? end + 1 : end);
        }
        return true;
    }
    bool strings = claim.IsArray(), go_on = true;
    claim.ForEachElement([&](JsonNode element) {
        strings = strings && element.IsText();
        go_on = go_on && strings && f(element.Text());
        return go_on;
    });
    return strings;
}

} // namespace curfew
