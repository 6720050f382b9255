// Raising refusals as PostgreSQL errors.
#pragma once

#include "core/refusals.hpp"

#include <string_view>

namespace curfew {

// Raises a refusal: SQLSTATE SL + its status, its message, its word in the constraint-name field, and in its context the id of
// the request, where one was told. It is kept where it is worth an audit event.
//   argument  the argument or field that is wrong, in the column-name field; null for none
//   detail    one sentence about this very case; null for none
//   hint      what to do; null for the table's hint
[[noreturn]] void raise_refusal(core::Refusal refusal, const char* argument = nullptr, const char* detail = nullptr,
                                const char* hint = nullptr);

// What of a caller's own text an error repeats: at most 64 bytes of it, cut between characters; palloc'd.
const char* excerpt(std::string_view text);

} // namespace curfew
