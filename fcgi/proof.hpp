// proof.hpp: the SQL that proves who calls: a statement of its own, or a condition in a route's statement.
#pragma once

#include "exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace curfew::front {

/// The statement that comes before those of an exchange that asks for itself.
const Statement& AuthenticationFor(const Exchange& exchange);
std::vector<Value> AuthenticationValues(const Caller& caller);

/// `sql` with no condition, for when a statement before it proves the caller. Of sources as Compile has them.
Statement CompileUnproven(std::string name, std::string_view sql, const std::vector<std::string>& path_parameters);

/// `sql` with a condition that proves the caller, or raises the error that refuses him. Of an act it makes the transaction one
/// that several callers can have. A body that `sql` does not read is looked at, too. Throws std::logic_error where nothing
/// stands for the condition.
Statement CompileProving(const Statement& unproven, Effect effect, std::string_view sql,
                         const std::vector<std::string>& path_parameters);

/// The values of an exchange's proving statement.
std::vector<Value> ProvingValues(const Exchange& exchange);

} // namespace curfew::front
