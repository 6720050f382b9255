// text_array.hpp: values as PostgreSQL takes them for a parameter of type text[] in binary form.
#pragma once

#include "statement.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace curfew::front {

/// The array of the values that stand at one place of each row.
std::string TextArray(const std::vector<Row>& rows, std::size_t place);

} // namespace curfew::front
