// What the functions that read a request's values have in common. Their first argument is the value or the body, their
// second the field's name.
#pragma once

#include "function.hpp"
#include "json.hpp"

namespace curfew {

// The body's member of that name; absent when it is not there or null.
JsonNode body_member(FunctionCallInfo fcinfo);

// Refused as wrong_type: the field must be `wanted`.
[[noreturn]] void raise_type(FunctionCallInfo fcinfo, const char* wanted);

// Refused as value_out_of_range; `sentence` says what it can be.
[[noreturn]] void raise_range(FunctionCallInfo fcinfo, const char* sentence);

// A palloc'd copy of the id.
Datum uuid_datum(const pg_uuid_t& id);

} // namespace curfew
