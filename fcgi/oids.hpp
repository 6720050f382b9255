// oids.hpp: types of PostgreSQL, as every server numbers them.
#pragma once

namespace curfew::front {

inline constexpr unsigned kTextOid = 25;
inline constexpr unsigned kTextArrayOid = 1009;

} // namespace curfew::front
