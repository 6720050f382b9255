// Timestamps as RFC 3339 writes them, in UTC.
#pragma once

#include "core/decide.hpp"
#include "pg.hpp"

namespace curfew {

// Appends `2026-11-21T12:00:00.000Z`, cut (not rounded) to `digits` (0 to 6) of a second; an error outside years 0 to 9999.
void append_rfc3339(StringInfo out, core::Instant at, int digits);

// The same as a text datum.
Datum rfc3339_datum(core::Instant at, int digits);

} // namespace curfew
