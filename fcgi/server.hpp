// server.hpp: the process: its one loop, its signals, its end.
#pragma once

#include "log.hpp"
#include "settings.hpp"

namespace curfew::front {

/// Serves until SIGTERM or SIGINT, then finishes what is in hand, what waits to be accepted, and what comes on
/// connections that are still open. A second signal ends the process at once, with 1. Throws
/// std::runtime_error where it cannot start.
void Serve(const Settings& settings, const Log& log);

} // namespace curfew::front
