// What Curfew signs itself: who changes it, or takes it to another tenant or installation, is found out.
#pragma once

#include "pg.hpp"

#include <string_view>

namespace curfew {

inline constexpr int kSignatureSize = 16;

// The signature of `content` for a purpose, the same for the same two. The store is open. `purpose` has no NUL byte.
void sign(std::string_view purpose, std::string_view content, uint8* signature);

// The same with a key that was read before.
void sign_with(const uint8* key, std::string_view purpose, std::string_view content, uint8* signature);

// Whether that is the signature; compared in constant time.
bool is_signature(std::string_view purpose, std::string_view content, const uint8* signature);

// A position in a list as a cursor: a text that unseal() takes back for the same purpose and tenant only. The store is open.
Datum seal(std::string_view purpose, const pg_uuid_t& tenant, std::string_view position);
bool unseal(std::string_view purpose, const pg_uuid_t& tenant, std::string_view cursor, std::string_view* position);

// The purpose of the event feed's cursors.
inline constexpr std::string_view kFeed = "feed";

// base64url without padding.
Datum base64url_datum(std::string_view bytes);

// The bytes of such a text, palloc'd; false where it is none.
bool base64url_bytes(std::string_view text, std::string_view* bytes);

} // namespace curfew
