// contracts.hpp: the list of contracts.
#pragma once

#include "../contract.hpp"

#include <array>

namespace curfew::front {

const Contract& DhcpShield();
const Contract& Dreadnode();
const Contract& Devin();
const Contract& Truthlocks();
const Contract& Luxxon();
const Contract& Native();

/// Every contract; the last is Curfew's own, which also answers what belongs to none.
inline std::array<const Contract*, 6> Contracts() {
    return {&DhcpShield(), &Dreadnode(), &Devin(), &Truthlocks(), &Luxxon(), &Native()};
}

} // namespace curfew::front
