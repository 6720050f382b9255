// contracts.hpp: the list of contracts.
#pragma once

#include "../contract.hpp"

#include <array>
#include <string>

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

/// An expression, once the caller is proven: CASE has that done first, but for what is IMMUTABLE.
inline std::string Proven(const std::string& expression) {
    return "CASE WHEN " + std::string(kCallerIsProven) + " THEN " + expression + " END";
}

/// The row of one column `b`, the body.
inline std::string ProvenBody() {
    return "(SELECT " + Proven("curfew.json_body($body)") + " OFFSET 0) AS asked (b)";
}

} // namespace curfew::front
