// Compiled lifecycles, kept per backend.
#pragma once

#include "core/lifecycle.hpp"
#include "core/problem.hpp"
#include "pg.hpp"
#include "store_lifecycle.hpp"

#include <string_view>

namespace curfew {

// The compiled lifecycle. A load returns the version with the session, so that what is kept never needs to be
// invalidated. When the lifecycle was defined anew since, that newer form: states are only ever added. The store is
// open. SL404 when there is no such lifecycle any more.
const core::Lifecycle& compiled_lifecycle(std::string_view name, const LifecycleVersion& version);

// The compiled lifecycle of that name as it is now, by the latest snapshot. The store is open. SL404 when there is none.
const core::Lifecycle& current_lifecycle(std::string_view name);

// The same where this backend knows it without reading; else null.
const core::Lifecycle* KnownLifecycle(std::string_view name);

// Reads and checks a definition; a problem's place and sentence go to an SL422 invalid_definition.
void compile_definition(std::string_view name, Datum definition, core::Lifecycle* lifecycle);

[[noreturn]] void raise_problem(const core::Problem& problem);

} // namespace curfew
