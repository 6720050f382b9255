// Refusals as lines of the server's log, where no worker writes them into the audit log.
#pragma once

#include "refusal_ring.hpp"

namespace curfew {

// Writes a line, without any secret. Within curfew.refusal_window the same refusal in this backend is only counted; the
// count is a line after the window, at the latest when the backend ends.
void log_refusal(const KeptRefusal& refusal);

} // namespace curfew
