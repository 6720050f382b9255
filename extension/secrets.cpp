#include "secrets.hpp"

extern "C" {
#include <openssl/evp.h>
#include <openssl/hmac.h>
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#include <openssl/core_names.h>
#include <openssl/params.h>
#endif
}

namespace curfew {

void fill_random(uint8* bytes, int count) {
    if (!pg_strong_random(bytes, static_cast<size_t>(count)))
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
}

namespace {

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
// Fetched once: a fetch takes several times as long as a digest.
const EVP_MD* sha256() {
    static EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}
#else
const EVP_MD* sha256() { return EVP_sha256(); }
#endif

// Kept for the life of the backend, so that an error leaves nothing behind.
EVP_MD_CTX* digest_context() {
    static EVP_MD_CTX* const context = EVP_MD_CTX_new();
    return context;
}

// SHA-256 of the two, one after the other.
void compute_digest(std::string_view prefix, std::string_view secret, uint8* digest) {
    EVP_MD_CTX* context = digest_context();
    bool done = context != nullptr && sha256() != nullptr && EVP_DigestInit_ex(context, sha256(), nullptr) == 1 &&
                EVP_DigestUpdate(context, prefix.data(), prefix.size()) == 1 &&
                EVP_DigestUpdate(context, secret.data(), secret.size()) == 1 &&
                EVP_DigestFinal_ex(context, digest, nullptr) == 1;
    if (!done)
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute a digest")));
}

} // namespace

Datum digest_datum(std::string_view secret) {
    bytea* digest = static_cast<bytea*>(palloc(VARHDRSZ + kDigestSize));
    SET_VARSIZE(digest, VARHDRSZ + kDigestSize);
    compute_digest({}, secret, reinterpret_cast<uint8*>(VARDATA(digest)));
    return PointerGetDatum(digest);
}

void prove_key(std::string_view key, uint8* proof) {
    compute_digest("curfew: the key was presented: ", key, proof);
    EVP_DigestInit_ex(digest_context(), sha256(), nullptr); // what the context has made of the key is overwritten
}

bool same_digest(Datum left, Datum right) {
    bytea* one = DatumGetByteaPP(left);
    bytea* other = DatumGetByteaPP(right);
    return VARSIZE_ANY_EXHDR(one) == VARSIZE_ANY_EXHDR(other) &&
           memcmp(VARDATA_ANY(one), VARDATA_ANY(other), VARSIZE_ANY_EXHDR(one)) == 0;
}

#if OPENSSL_VERSION_NUMBER >= 0x30000000L

namespace {

// One for the life of the backend, for the same reasons.
EVP_MAC_CTX* mac_context() {
    static EVP_MAC_CTX* const context = [] {
        char digest[] = "SHA256";
        OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
        EVP_MAC_CTX* made = EVP_MAC_CTX_new(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
        return made != nullptr && EVP_MAC_CTX_set_params(made, parameters) == 1 ? made : nullptr;
    }();
    return context;
}

bool compute_hmac(std::string_view key, std::string_view message, uint8* result) {
    EVP_MAC_CTX* context = mac_context();
    size_t length = 0;
    return context != nullptr &&
           EVP_MAC_init(context, reinterpret_cast<const uint8*>(key.data()), key.size(), nullptr) == 1 &&
           EVP_MAC_update(context, reinterpret_cast<const uint8*>(message.data()), message.size()) == 1 &&
           EVP_MAC_final(context, result, &length, kHmacSize) == 1 && length == kHmacSize;
}

} // namespace

void hmac_sha256(std::string_view key, std::string_view message, uint8* result) {
    static const uint8 nothing[1] = {};
    bool done = compute_hmac(key, message, result);
    if (mac_context() != nullptr) // what it has made of the key is overwritten
        EVP_MAC_init(mac_context(), nothing, sizeof nothing, nullptr);
    if (!done)
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute an HMAC")));
}

#else

void hmac_sha256(std::string_view key, std::string_view message, uint8* result) {
    unsigned int length = 0;
    if (HMAC(sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const uint8*>(message.data()),
             message.size(), result, &length) == nullptr ||
        length != kHmacSize)
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute an HMAC")));
}

#endif

void derive(std::string_view secret, const uint8* salt, char label, uint8* result) {
    char message[kSaltSize + 1];
    memcpy(message, salt, kSaltSize);
    message[kSaltSize] = label;
    hmac_sha256(secret, {message, sizeof message}, result);
}

Value token_text(const uint8* tag, const uint8* bytes, Value* digest) {
    uint8 token[kTokenSize];
    memcpy(token, tag, kTagSize);
    memcpy(token + kTagSize, bytes, kTokenSize - kTagSize);
    *digest = {digest_datum({reinterpret_cast<const char*>(token), kTokenSize}), false};
    char text[2 * kTokenSize];
    HexText(token, kTokenSize, text);
    return {text_datum({text, sizeof text}), false};
}

bool token_lookup(std::string_view token, TokenLookup* lookup) {
    uint8 bytes[kTokenSize];
    if (!HexBytes(token, bytes, kTokenSize))
        return false;
    *lookup = {bytea_datum(bytes, kTagSize), digest_datum({reinterpret_cast<const char*>(bytes), kTokenSize})};
    return true;
}

namespace {

// Random bytes for ids, fetched by the kilobyte: a call of the source takes longer than all the rest of an id. Each byte is
// used once, and overwritten then. Secrets have bytes of their own.
void fill_id(uint8* bytes) {
    static uint8 fetched[1024];
    static int left = 0;
    if (left == 0) {
        fill_random(fetched, sizeof fetched);
        left = sizeof fetched;
    }
    left -= UUID_LEN;
    memcpy(bytes, fetched + left, UUID_LEN);
    explicit_bzero(fetched + left, UUID_LEN);
}

} // namespace

pg_uuid_t new_uuid(bool random) {
    pg_uuid_t id;
    fill_id(id.data);
    if (!random) {
        // Milliseconds since 1970, big-endian, in the first 48 bits (RFC 9562, section 5.7).
        int64 since_2000 = GetCurrentTimestamp() / 1000;
        uint64 milliseconds =
            static_cast<uint64>(since_2000) + uint64{POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE} * SECS_PER_DAY * 1000;
        for (int i = 0; i < 6; ++i)
            id.data[i] = static_cast<uint8>(milliseconds >> (8 * (5 - i)));
    }
    id.data[6] = static_cast<uint8>((id.data[6] & 0x0f) | (random ? 0x40 : 0x70));
    id.data[8] = static_cast<uint8>((id.data[8] & 0x3f) | 0x80);
    return id;
}

void KeyText(const uint8* bytes, char* text) {
    static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (int i = 0; i < kKeyRandomSize; i += 3) {
        uint32 group = uint32{bytes[i]} << 16 | uint32{bytes[i + 1]} << 8 | bytes[i + 2];
        for (int shift = 18; shift >= 0; shift -= 6)
            *text++ = kAlphabet[(group >> shift) & 63];
    }
}

void HexText(const uint8* bytes, int count, char* text) {
    static constexpr char kDigits[] = "0123456789abcdef";
    for (int i = 0; i < count; ++i) {
        text[2 * i] = kDigits[bytes[i] >> 4];
        text[2 * i + 1] = kDigits[bytes[i] & 15];
    }
}

bool HexBytes(std::string_view text, uint8* bytes, int count) {
    if (text.size() != static_cast<size_t>(2 * count))
        return false;
    for (int i = 0; i < 2 * count; ++i) {
        char c = text[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return false;
        bytes[i / 2] = static_cast<uint8>(i % 2 == 0 ? digit << 4 : bytes[i / 2] | digit);
    }
    return true;
}

bool ParseUuid(std::string_view text, pg_uuid_t* id) {
    char digits[2 * UUID_LEN];
    if (text.size() == 2 * UUID_LEN)
        return HexBytes(text, id->data, UUID_LEN);
    if (text.size() != 36)
        return false;
    int count = 0;
    for (int i = 0; i < 36; ++i) {
        bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen != (text[i] == '-'))
            return false;
        if (!hyphen)
            digits[count++] = text[i];
    }
    return HexBytes({digits, sizeof digits}, id->data, UUID_LEN);
}

} // namespace curfew
