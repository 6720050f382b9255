// The process that writes a database's refusals into its audit log.
#pragma once

namespace curfew {

// Whether this process is one.
bool IsRefusalWorker();

} // namespace curfew
