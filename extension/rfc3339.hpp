// Timestamps as RFC 3339 writes them, in UTC.
#pragma once

#include "core/decide.hpp"
#include "pg.hpp"

namespace curfew {

// `2026-11-21T12:00:00.000Z` as a text datum, cut (not rounded) to `digits` (0 to 6) of a second.
Datum rfc3339_datum(core::Instant at, int digits);

} // namespace curfew
