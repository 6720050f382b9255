// The query for the signing key.
#pragma once

#include "store.hpp"

namespace curfew {

inline constexpr int kSigningKeySize = 32;

// The installation's key, 32 bytes; made where there is none yet. SQLSTATE 25006 where there is none and nothing can be
// written.
const uint8* signing_key();

// The same where this backend knows it without reading; else null.
const uint8* KnownSigningKey();

} // namespace curfew
