#include "listing.hpp"

#include "lifecycle_cache.hpp"
#include "store_filter.hpp"

namespace curfew {
namespace {

core::Role role_of(const Value& word) { return word.null ? core::Role::none : core::RoleOf(text_view(word.datum)); }

} // namespace

ListedSession listed_session(uint64 index, const core::CallerFacts& caller) {
    ListedSession listed;
    StoredSession stored = stored_session(index);
    listed.row = stored.row;
    listed.written_by = stored.written_by;
    listed.caller = caller;
    listed.caller.workspace_role = role_of(result_value(index, kListWorkspaceRole));
    listed.caller.operator_workspace_role = role_of(result_value(index, kListOperatorRole));
    listed.lifecycle = &compiled_lifecycle(text_view(listed.row.column[kSessionLifecycle].datum), stored.version);
    return listed;
}

bool IsInWorkspace(const SessionRow& row, const Value& workspace) {
    const Value& own = row.column[kSessionWorkspace];
    return workspace.null || (!own.null && memcmp(DatumGetUUIDP(own.datum)->data, DatumGetUUIDP(workspace.datum)->data,
                                                  UUID_LEN) == 0);
}

} // namespace curfew
