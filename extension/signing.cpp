#include "signing.hpp"

#include "secrets.hpp"
#include "store_signing.hpp"

extern "C" {
#include <openssl/crypto.h>
#include <openssl/evp.h>
}

namespace curfew {
namespace {

// A cursor's purpose with the tenant in it: elsewhere its signature is another.
std::string_view cursor_purpose(std::string_view purpose, const pg_uuid_t& tenant) {
    char digits[2 * UUID_LEN + 1] = {};
    HexText(tenant.data, UUID_LEN, digits);
    const char* text = psprintf("cursor %s %.*s", digits, static_cast<int>(purpose.size()), purpose.data());
    return {text, strlen(text)};
}

} // namespace

void sign(std::string_view purpose, std::string_view content, uint8* signature) {
    sign_with(signing_key(), purpose, content, signature);
}

void sign_with(const uint8* key, std::string_view purpose, std::string_view content, uint8* signature) {
    StringInfoData message;
    initStringInfo(&message);
    appendBinaryStringInfo(&message, purpose.data(), static_cast<int>(purpose.size()));
    appendStringInfoChar(&message, '\0');
    appendBinaryStringInfo(&message, content.data(), static_cast<int>(content.size()));
    uint8 full[kHmacSize];
    hmac_sha256({reinterpret_cast<const char*>(key), kSigningKeySize}, {message.data, static_cast<size_t>(message.len)}, full);
    memcpy(signature, full, kSignatureSize);
}

bool is_signature(std::string_view purpose, std::string_view content, const uint8* signature) {
    uint8 expected[kSignatureSize];
    sign(purpose, content, expected);
    return CRYPTO_memcmp(expected, signature, kSignatureSize) == 0;
}

Datum seal(std::string_view purpose, const pg_uuid_t& tenant, std::string_view position) {
    StringInfoData bytes;
    initStringInfo(&bytes);
    uint8 signature[kSignatureSize];
    sign(cursor_purpose(purpose, tenant), position, signature);
    appendBinaryStringInfo(&bytes, reinterpret_cast<char*>(signature), kSignatureSize);
    appendBinaryStringInfo(&bytes, position.data(), static_cast<int>(position.size()));
    return base64url_datum({bytes.data, static_cast<size_t>(bytes.len)});
}

bool unseal(std::string_view purpose, const pg_uuid_t& tenant, std::string_view cursor, std::string_view* position) {
    std::string_view bytes;
    if (!base64url_bytes(cursor, &bytes) || bytes.size() <= kSignatureSize)
        return false;
    const uint8* signature = reinterpret_cast<const uint8*>(bytes.data());
    bytes.remove_prefix(kSignatureSize);
    *position = bytes;
    return is_signature(cursor_purpose(purpose, tenant), bytes, signature);
}

Datum base64url_datum(std::string_view bytes) {
    int room = static_cast<int>((bytes.size() + 2) / 3 * 4);
    uint8* text = static_cast<uint8*>(palloc(room + 1));
    int size = EVP_EncodeBlock(text, reinterpret_cast<const uint8*>(bytes.data()), static_cast<int>(bytes.size()));
    while (size > 0 && text[size - 1] == '=')
        --size;
    for (int i = 0; i < size; ++i)
        text[i] = text[i] == '+' ? '-' : text[i] == '/' ? '_' : text[i];
    return PointerGetDatum(cstring_to_text_with_len(reinterpret_cast<char*>(text), size));
}

bool base64url_bytes(std::string_view text, std::string_view* bytes) {
    if (text.empty() || text.size() % 4 == 1 || text.size() > 4096)
        return false;
    int padded = static_cast<int>((text.size() + 3) / 4 * 4);
    uint8* plain = static_cast<uint8*>(palloc(padded));
    for (int i = 0; i < padded; ++i) {
        char c = i < static_cast<int>(text.size()) ? text[i] : '=';
        bool known = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!known && i < static_cast<int>(text.size()))
            return false;
        plain[i] = c == '-' ? '+' : c == '_' ? '/' : static_cast<uint8>(c);
    }
    uint8* decoded = static_cast<uint8*>(palloc(padded));
    int size = EVP_DecodeBlock(decoded, plain, padded);
    if (size < 0)
        return false;
    size -= padded - static_cast<int>(text.size());
    *bytes = {reinterpret_cast<const char*>(decoded), static_cast<size_t>(size)};
    // Another spelling of the same bytes is no token of ours.
    return text_view(base64url_datum(*bytes)) == text;
}

} // namespace curfew
