// results.hpp: what the results of libpq say.
#pragma once

#include "exchange.hpp"
#include "failure.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

struct pg_result;

namespace curfew::front {

/// The fields of an error, empty where it has none: one of libpq's own has no SQLSTATE.
ErrorFields FieldsOf(const pg_result* error);

/// Whether the server ended the connection with this error.
bool IsLast(const pg_result* error);

/// The id of the request that a refusal tells of in its context; empty where it tells of none.
std::string_view RequestIn(std::string_view context);

/// The answer that a statement's row is; none where there is not one row, or where the columns that every answer has are not
/// there.
std::optional<Answer> AnswerOf(const pg_result* row);

/// The answers of a statement that asks so many, each at its place; none where there is not one row for it.
std::vector<std::optional<Answer>> AnswersOf(const pg_result* rows, std::size_t count);

} // namespace curfew::front
