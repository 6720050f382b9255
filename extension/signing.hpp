// What Curfew signs itself: who changes it, or takes it to another tenant or installation, is found out.
#pragma once

#include "pg.hpp"

#include <string_view>

namespace curfew {

inline constexpr int kSignatureSize = 16;

// The signature of `content` for a purpose, the same for the same two. The store is open. `purpose` has no NUL byte.
void sign(std::string_view purpose, std::string_view content, uint8* signature);

// Whether that is the signature; compared in constant time.
bool is_signature(std::string_view purpose, std::string_view content, const uint8* signature);

// base64url without padding.
Datum base64url_datum(std::string_view bytes);

// The bytes of such a text, palloc'd; false where it is none.
bool base64url_bytes(std::string_view text, std::string_view* bytes);

} // namespace curfew
