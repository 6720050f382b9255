// How a refusal tells which request it answers. Pure C++; the front reads it too.
#pragma once

#include <string_view>

namespace curfew::core {

// The first line of a refusal's context is this and the id that came with the request.
inline constexpr std::string_view kRequestContext = "request ";

} // namespace curfew::core
