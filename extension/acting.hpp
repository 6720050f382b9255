// For which workspace a caller acts, and who takes the operator's place. The store is open.
#pragma once

#include "store_session.hpp"

namespace curfew {

// Narrows a caller whose credential is bound to no workspace to one that he belongs to as more than a reader, as if the
// credential were bound to it.
//   argument  the SQL argument's name, for refusals
// Errors: SL404 workspace_not_found, SL403 workspace_mismatch: it is none that the caller acts for.
void act_for_workspace(const Identity& identity, std::string_view workspace, const char* argument, Loaded* loaded);

// Where the credential is bound to no workspace: whether one of the caller's own but for `but_for` could take an
// operator's place; and the same of the session that was loaded, where its parties are workspaces.
void consider_own_places(const Identity& identity, const Value& but_for, core::CallerFacts* caller);
void consider_places(const Identity& identity, const core::Lifecycle& lifecycle, Loaded* loaded);

// The workspace that the action puts into the operator's place, or null: the caller's or, where the action dispatches,
// the one that is online and has been idle longest. Errors: SL422 missing_field, SL503 no_coverage.
Value operator_place(const Identity& identity, const Loaded& loaded, const core::Action& action, core::Instant now);

// The one operator workspace that a caller with an unbound credential acts for; false when it is none or several.
bool only_operator_workspace(const Identity& identity, const Value& but_for, pg_uuid_t* workspace);

} // namespace curfew
