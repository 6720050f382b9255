// results.hpp: what the results of libpq say.
#pragma once

#include "exchange.hpp"
#include "failure.hpp"

#include <optional>

struct pg_result;

namespace curfew::front {

/// The fields of an error, empty where it has none: one of libpq's own has no SQLSTATE.
ErrorFields FieldsOf(const pg_result* error);

/// Whether the server ended the connection with this error.
bool IsLast(const pg_result* error);

/// The answer that a statement's row is; none where there is not one row, or where the columns that every answer has are not
/// there.
std::optional<Answer> AnswerOf(const pg_result* row);

} // namespace curfew::front
