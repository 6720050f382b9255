// Signatures are verified by OpenSSL's libcrypto, which PostgreSQL is linked with too, and JSON is read by
// PostgreSQL: libjwt and libcjose both bring libjansson, whose json_object() and others have the names of
// symbols that the server exports.
//
// What calls libcrypto allocates nothing of PostgreSQL's, raises nothing, and frees what the library gave it.
#include "jwk.hpp"

#include "core/slice.hpp"

extern "C" {
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
}

#if OPENSSL_VERSION_NUMBER < 0x30000000L
#error "Curfew needs OpenSSL 3.0 or later"
#endif

namespace curfew {
namespace {

constexpr int kShortestModulus = 2048; // bits
constexpr int kLongestModulus = 8192;
constexpr std::size_t kLongestExponent = 4; // bytes
constexpr std::size_t kCoordinate = 32;     // bytes, on P-256 and Ed25519
constexpr std::size_t kHmacSize = 32;

const unsigned char* Bytes(std::string_view view) {
    return reinterpret_cast<const unsigned char*>(view.data());
}

std::string_view WithoutZeros(std::string_view number) {
    while (!number.empty() && number.front() == '\0')
        number.remove_prefix(1);
    return number;
}

int BitsOf(std::string_view number) {
    number = WithoutZeros(number);
    if (number.empty())
        return 0;
    int bits = static_cast<int>(number.size() - 1) * 8;
    for (unsigned char top = static_cast<unsigned char>(number.front()); top != 0; top >>= 1)
        ++bits;
    return bits;
}

// A big-endian number as the library wants it: in the order of the machine.
void NativeOrder(std::string_view number, unsigned char* native) {
    for (std::size_t i = 0; i < number.size(); ++i) {
#ifdef WORDS_BIGENDIAN
        native[i] = static_cast<unsigned char>(number[i]);
#else
        native[number.size() - 1 - i] = static_cast<unsigned char>(number[i]);
#endif
    }
}

// The library's key, or null. The caller frees it.
EVP_PKEY* KeyFrom(const char* kind, OSSL_PARAM* parameters) {
    EVP_PKEY* key = nullptr;
    EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr);
    if (context == nullptr || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0)
        key = nullptr;
    EVP_PKEY_CTX_free(context);
    return key;
}

EVP_PKEY* PublicKey(const Key& key) {
    switch (key.algorithm) {
    case Algorithm::rs256: {
        unsigned char modulus[kLongestModulus / 8], exponent[kLongestExponent];
        NativeOrder(key.first, modulus);
        NativeOrder(key.second, exponent);
        OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_N, modulus, key.first.size()),
            OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_RSA_E, exponent, key.second.size()),
            OSSL_PARAM_construct_end()};
        return KeyFrom("RSA", parameters);
    }
    case Algorithm::es256: {
        char group[] = "prime256v1";
        unsigned char point[1 + 2 * kCoordinate] = {0x04}; // uncompressed
        memcpy(point + 1, key.first.data(), kCoordinate);
        memcpy(point + 1 + kCoordinate, key.second.data(), kCoordinate);
        OSSL_PARAM parameters[] = {
            OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
            OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
            OSSL_PARAM_construct_end()};
        return KeyFrom("EC", parameters);
    }
    case Algorithm::eddsa:
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, Bytes(key.first), key.first.size());
    case Algorithm::hs256:
        break;
    }
    return nullptr;
}

// One half of an ES256 signature as a DER INTEGER; its size.
std::size_t DerInteger(std::string_view half, unsigned char* der) {
    half = WithoutZeros(half);
    bool pad = half.empty() || (static_cast<unsigned char>(half.front()) & 0x80) != 0;
    der[0] = 0x02;
    der[1] = static_cast<unsigned char>(half.size() + pad);
    der[2] = 0;
    memcpy(der + 2 + pad, half.data(), half.size());
    return 2 + pad + half.size();
}

bool VerifiesWithKey(const Key& key, std::string_view text, std::string_view signature) {
    // A token has r and s side by side (RFC 7518, section 3.4); the library reads a DER SEQUENCE of them.
    unsigned char der[2 + 2 * (3 + kCoordinate)] = {0x30};
    if (key.algorithm == Algorithm::es256) {
        if (signature.size() != 2 * kCoordinate)
            return false;
        std::size_t size = DerInteger(core::First(signature, kCoordinate), der + 2);
        size += DerInteger(core::After(signature, kCoordinate), der + 2 + size);
        der[1] = static_cast<unsigned char>(size);
        signature = {reinterpret_cast<const char*>(der), 2 + size};
    }
    const EVP_MD* digest = key.algorithm == Algorithm::eddsa ? nullptr : EVP_sha256();
    EVP_PKEY* library_key = PublicKey(key);
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    bool verified =
        library_key != nullptr && context != nullptr &&
        EVP_DigestVerifyInit(context, nullptr, digest, nullptr, library_key) == 1 &&
        EVP_DigestVerify(context, Bytes(signature), signature.size(), Bytes(text), text.size()) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(library_key);
    ERR_clear_error();
    return verified;
}

bool VerifiesWithSecret(std::string_view secret, std::string_view text, std::string_view signature) {
    unsigned char expected[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    bool made = HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), Bytes(text), text.size(),
                     expected, &size) != nullptr;
    ERR_clear_error();
    return made && size == kHmacSize && signature.size() == kHmacSize &&
           CRYPTO_memcmp(expected, signature.data(), kHmacSize) == 0;
}

// A member that is base64url, as bytes; empty when it is none.
std::string_view bytes_member(JsonNode key, std::string_view name) {
    JsonNode member = key.Member(name);
    if (!member.IsText() || member.Text().empty())
        return {};
    char* bytes = static_cast<char*>(palloc(member.Text().size()));
    std::size_t count;
    if (!Base64urlBytes(member.Text(), bytes, &count))
        return {};
    return {bytes, count};
}

bool is_text(JsonNode member, std::string_view text) { return member.IsText() && member.Text() == text; }

// The key's algorithm and bytes; null, or what is wrong.
const char* read_kind(JsonNode node, Key* key) {
    JsonNode kind = node.Member("kty"), curve = node.Member("crv");
    if (is_text(kind, "RSA")) {
        key->algorithm = Algorithm::rs256;
        key->first = WithoutZeros(bytes_member(node, "n"));
        key->second = WithoutZeros(bytes_member(node, "e"));
        int bits = BitsOf(key->first);
        if (bits < kShortestModulus || bits > kLongestModulus)
            return psprintf("its modulus has %d bits; from %d to %d are taken", bits, kShortestModulus,
                            kLongestModulus);
        bool odd = (key->first.back() & 1) != 0 && !key->second.empty() && (key->second.back() & 1) != 0;
        if (!odd || key->second.size() > kLongestExponent || BitsOf(key->second) < 2)
            return "its modulus and exponent are not those of an RSA key";
        return nullptr;
    }
    if (is_text(kind, "EC") && is_text(curve, "P-256")) {
        key->algorithm = Algorithm::es256;
        key->first = bytes_member(node, "x");
        key->second = bytes_member(node, "y");
        return key->first.size() == kCoordinate && key->second.size() == kCoordinate
                   ? nullptr
                   : "its x and y are not of 32 bytes each";
    }
    if (is_text(kind, "OKP") && is_text(curve, "Ed25519")) {
        key->algorithm = Algorithm::eddsa;
        key->first = bytes_member(node, "x");
        return key->first.size() == kCoordinate ? nullptr : "its x is not of 32 bytes";
    }
    if (!kind.IsText())
        return "it has no kty";
    return psprintf("its kind \"%s%s%s\" is not supported: RSA, EC with P-256 and OKP with Ed25519 are%s",
                    pnstrdup(kind.Text().data(), kind.Text().size()), curve.IsText() ? " " : "",
                    curve.IsText() ? pnstrdup(curve.Text().data(), curve.Text().size()) : "",
                    is_text(kind, "oct") ? "; a shared secret is registered as hs256_secret" : "");
}

const char* read_key(JsonNode node, Key* key, bool* passed_over) {
    if (!node.IsObject())
        return "it is not an object";
    // First of all, so that nothing else is said of a private key.
    for (const char* secret : {"d", "p", "q", "dp", "dq", "qi", "oth"})
        if (node.Member(secret).Present())
            return "it is a private key; register the public one, and replace this one, which has been shown";
    *passed_over = is_text(node.Member("use"), "enc"); // an issuer's own set often has one, which signs nothing
    if (*passed_over)
        return nullptr;
    if (const char* problem = read_kind(node, key))
        return problem;

    JsonNode algorithm = node.Member("alg"), use = node.Member("use"), operations = node.Member("key_ops");
    if (algorithm.Present() && !is_text(algorithm, WordOf(key->algorithm)))
        return psprintf("its alg is not %s, which is what a key of its kind is used for",
                        WordOf(key->algorithm).data());
    if (use.Present() && !is_text(use, "sig"))
        return "its use is not sig";
    bool verify = !operations.Present();
    operations.ForEachElement([&](JsonNode operation) { return !(verify = is_text(operation, "verify")); });
    if (!verify)
        return "its key_ops do not have verify";

    JsonNode kid = node.Member("kid");
    if (kid.Present() && (!kid.IsText() || kid.Text().empty() || kid.Text().size() > kLongestKid))
        return psprintf("its kid is not a string of 1 to %d bytes", kLongestKid);
    key->named = kid.Present();
    key->kid = kid.Text();
    return nullptr;
}

} // namespace

std::string_view WordOf(Algorithm algorithm) {
    static constexpr std::string_view kWords[] = {"RS256", "ES256", "EdDSA", "HS256"};
    return kWords[static_cast<int>(algorithm)];
}

const char* read_key_set(JsonNode set, KeySet* keys) {
    JsonNode list = set.Member("keys");
    if (!list.IsArray())
        return "It is not a key set: an object whose \"keys\" is a list.";
    const char* problem = nullptr;
    list.ForEachElement([&](JsonNode node) {
        if (keys->count == kMostKeys) {
            problem = psprintf("It has more than %d keys.", kMostKeys);
            return false;
        }
        Key key;
        bool passed_over = false;
        const char* reason = read_key(node, &key, &passed_over);
        if (passed_over)
            return true;
        for (int i = 0; i < keys->count && reason == nullptr && key.named; ++i)
            if (keys->keys[i].named && keys->keys[i].kid == key.kid)
                reason = "its kid is that of another key of the set";
        if (reason != nullptr)
            problem = psprintf("Key %d cannot be taken: %s.", keys->count + 1, reason);
        else
            keys->keys[keys->count++] = key;
        return problem == nullptr;
    });
    if (problem == nullptr && keys->count == 0)
        problem = "It has no key that signs.";
    return problem;
}

bool IsUsable(const Key& key) {
    if (key.algorithm == Algorithm::hs256)
        return true;
    EVP_PKEY* library_key = PublicKey(key);
    bool usable = library_key != nullptr;
    EVP_PKEY_free(library_key);
    ERR_clear_error();
    return usable;
}

bool Verifies(const Key& key, std::string_view text, std::string_view signature) {
    return key.algorithm == Algorithm::hs256 ? VerifiesWithSecret(key.first, text, signature)
                                             : VerifiesWithKey(key, text, signature);
}

bool Base64urlBytes(std::string_view text, char* bytes, std::size_t* count) {
    uint32 buffer = 0;
    int bits = 0;
    std::size_t written = 0;
    for (char c : text) {
        int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                    : c >= 'a' && c <= 'z' ? c - 'a' + 26
                    : c >= '0' && c <= '9' ? c - '0' + 52
                    : c == '-'             ? 62
                    : c == '_'             ? 63
                                           : -1;
        if (value < 0)
            return false;
        buffer = (buffer << 6 | static_cast<uint32>(value)) & 0xffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            bytes[written++] = static_cast<char>(buffer >> bits);
        }
    }
    *count = written;
    return text.size() % 4 != 1 && (buffer & ((1u << bits) - 1)) == 0;
}

} // namespace curfew
