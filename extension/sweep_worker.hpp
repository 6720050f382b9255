// The process that sweeps a database.
#pragma once

namespace curfew {

// Whether this process is one.
bool IsSweepWorker();

} // namespace curfew
