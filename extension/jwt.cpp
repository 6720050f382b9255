#include "jwt.hpp"

#include "core/slice.hpp"

namespace curfew {
namespace {

constexpr int kDeepest = 32;            // levels of a token's JSON
constexpr int kLongestJsonExponent = 3; // digits; with more it can be a number that numeric does not take
constexpr double kFarthest = 1e11;      // seconds since 1970; whatever is later is the same
constexpr int64 kEpoch =
    int64{POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE} * SECS_PER_DAY; // 2000, in seconds since 1970

int HexDigit(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// The four hex digits after `\u` at `at`; -1 when they are not that.
int EscapedUnit(std::string_view text, std::size_t at) {
    if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u')
        return -1;
    int unit = 0;
    for (std::size_t i = at + 2; i < at + 6; ++i) {
        int digit = HexDigit(text[i]);
        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

// Passes an escape of a string; 0 when jsonb cannot hold what it stands for.
std::size_t EscapeLength(std::string_view text, std::size_t at) {
    if (at + 1 >= text.size() || text[at + 1] != 'u')
        return 2;
    int unit = EscapedUnit(text, at);
    if (unit < 0xd800 || unit > 0xdfff)
        return unit > 0 ? 6 : 0;
    int low = EscapedUnit(text, at + 6);
    return unit < 0xdc00 && low >= 0xdc00 && low <= 0xdfff ? 12 : 0;
}

// Whether PostgreSQL's JSON functions can be given the text: they answer malformed JSON quietly, but raise
// errors over deep nesting, code points that jsonb cannot hold, and numbers that numeric cannot.
bool IsTameJson(std::string_view text) {
    bool in_string = false;
    int depth = 0, exponent = -1;
    for (std::size_t i = 0; i < text.size();) {
        char c = text[i];
        if (in_string) {
            std::size_t step = c == '\\' ? EscapeLength(text, i) : 1;
            if (step == 0)
                return false;
            in_string = c != '"';
            i += step;
            continue;
        }
        bool digit = c >= '0' && c <= '9';
        exponent = exponent >= 0 && (c == '+' || c == '-') ? exponent
                   : exponent >= 0 && digit                ? exponent + 1
                   : c == 'e' || c == 'E'                  ? 0
                                                           : -1;
        depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
        if (exponent > kLongestJsonExponent || depth > kDeepest)
            return false;
        in_string = c == '"';
        ++i;
    }
    return true;
}

// A base64url part of a token that is a JSON object.
bool parse_object(std::string_view part, Datum* jsonb, JsonNode* object) {
    char* bytes = static_cast<char*>(palloc(part.size() + 1));
    std::size_t count;
    if (!Base64urlBytes(part, bytes, &count))
        return false;
    bytes[count] = '\0';
    std::string_view json = {bytes, count};
    if (!pg_verify_mbstr(PG_UTF8, bytes, static_cast<int>(count), true) || !IsTameJson(json) ||
        !is_json(cstring_to_text_with_len(bytes, static_cast<int>(count))))
        return false;
    *jsonb = DirectFunctionCall1(jsonb_in, CStringGetDatum(bytes));
    *object = JsonNode::of_datum(*jsonb);
    return object->IsObject();
}

// A NumericDate (RFC 7519, section 2), which may have a fraction.
bool instant_of(JsonNode claim, core::Instant* instant) {
    if (!claim.IsNumber())
        return false;
    double seconds =
        DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow, NumericGetDatum(claim.Number())));
    seconds = Min(Max(seconds, -kFarthest), kFarthest);
    *instant = static_cast<int64>(seconds * core::kSecond) - kEpoch * core::kSecond;
    return true;
}

Objection invalid(const char* detail) { return {core::Refusal::invalid_credential, nullptr, detail}; }

} // namespace

bool LooksLikeJwt(std::string_view credential) {
    int dots = 0;
    for (char c : credential)
        dots += c == '.';
    return dots == 2;
}

bool parse_jwt(std::string_view token, Jwt* jwt) {
    if (token.size() > kLongestJwt || !LooksLikeJwt(token))
        return false;
    std::size_t first = 0;
    while (token[first] != '.')
        ++first;
    std::size_t second = first + 1;
    while (token[second] != '.')
        ++second;
    jwt->signed_text = core::First(token, second);

    std::string_view signature = core::After(token, second + 1);
    char* bytes = static_cast<char*>(palloc(signature.size() + 1));
    std::size_t count;
    if (!Base64urlBytes(signature, bytes, &count) || count == 0)
        return false;
    jwt->signature = {bytes, count};

    Datum header;
    return parse_object(core::First(token, first), &header, &jwt->header) &&
           !jwt->header.Member("crit").Present() &&
           parse_object(core::After(jwt->signed_text, first + 1), &jwt->claims_jsonb, &jwt->claims);
}

bool SignatureVerifies(const Jwt& jwt, const KeySet& keys) {
    JsonNode algorithm = jwt.header.Member("alg"), kid = jwt.header.Member("kid");
    if (!algorithm.IsText() || (kid.Present() && !kid.IsText()))
        return false;
    const Key* fitting = nullptr;
    for (int i = 0; i < keys.count; ++i) {
        const Key& key = keys.keys[i];
        if (WordOf(key.algorithm) != algorithm.Text() ||
            (kid.Present() && !(key.named && key.kid == kid.Text())))
            continue;
        if (fitting != nullptr)
            return false;
        fitting = &key;
    }
    return fitting != nullptr && Verifies(*fitting, jwt.signed_text, jwt.signature);
}

bool IsFor(const Jwt& jwt, std::string_view audience) {
    if (audience.empty())
        return true;
    JsonNode given = jwt.claims.Member("aud");
    auto is_expected = [&](JsonNode name) { return name.IsText() && name.Text() == audience; };
    bool meant = is_expected(given);
    given.ForEachElement([&](JsonNode element) { return !(meant = is_expected(element)); });
    return meant;
}

Objection check_claims(const Jwt& jwt, const Expectations& expected, core::Instant* expires_at) {
    core::Instant at;
    if (!instant_of(jwt.claims.Member("exp"), &at))
        return invalid("The token has no time at which it expires.");
    *expires_at = at + expected.clock_skew;
    if (*expires_at <= expected.now)
        return {core::Refusal::jwt_expired};
    for (const char* beginning : {"nbf", "iat"}) {
        JsonNode claim = jwt.claims.Member(beginning);
        if (claim.Present() && !instant_of(claim, &at))
            return invalid("The token's nbf or iat is not a time.");
        if (claim.Present() && at - expected.clock_skew > expected.now)
            return {core::Refusal::jwt_not_yet_valid};
    }
    return IsFor(jwt, expected.audience) ? Objection{} : invalid("The token is for another audience.");
}

} // namespace curfew
