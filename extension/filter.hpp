// Which sessions: what narrows lists and what is done to many at once.
#pragma once

#include "store_filter.hpp"

namespace curfew {

// Reads a filter, a JSON object; the tenant's workspaces are found by slug or id. Members narrow one by one, and a list's
// elements are alternatives:
//   lifecycle, state, owner, agent, workspace, operator_workspace   a text or a list of texts
//   party                                                            a workspace that they are in, or that operates them
//   live, ended                                                      true or false
//   label, fields                                                    {"key": value or list of values}; null: has none
//   mark                                                             {"mark": whether it is set}
//   search                                                           what the title contains, whatever the case
//   older_than                                                       an age, such as "2 days"
//   created_after, created_before                                    a time of RFC 3339
//   ids                                                              a list of ids
// The store is open. Errors, all naming the argument `filter`: SL404 workspace_not_found; SL422 missing_field,
// wrong_type, unknown_value, value_out_of_range, malformed_id.
SessionFilter read_filter(const Value& filter, const pg_uuid_t& tenant, core::Instant now);

// Whether a session that a filter's cursor gave matches it as the session is now: the cursor looks at rows, which tell
// a session's state only until its deadline.
bool Matches(const SessionFilter& filter, const core::Lifecycle& lifecycle, const core::Present& present);

} // namespace curfew
