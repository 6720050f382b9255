// One row of a list of sessions, with the caller's standing at it.
#pragma once

#include "engine.hpp"

namespace curfew {

struct ListedSession {
    SessionRow row;
    TransactionId written_by; // who wrote the row as it is
    const core::Lifecycle* lifecycle;
    core::CallerFacts caller; // with the roles in this session's workspaces
};

// Row `index` of the last result of a list's cursor.
ListedSession listed_session(uint64 index, const core::CallerFacts& caller);

// Whether the session is in the workspace; a null workspace is any.
bool IsInWorkspace(const SessionRow& row, const Value& workspace);

} // namespace curfew
