#include "acting.hpp"

#include "errors.hpp"
#include "store_identity.hpp"
#include "store_workspace.hpp"

namespace curfew {
namespace {

constexpr int kAttempts = 10;

// The row of the one that was chosen stays locked, so that of two who dispatch at the same moment each gets another one.
// What had been read of it before it was locked may be old: whoever became busy meanwhile is passed over.
Value idle_operator(const Identity& identity, const Value& consumer, core::Instant now) {
    pg_uuid_t workspace;
    for (int attempt = 1; attempt <= kAttempts && lock_idle_operator(identity.tenant, consumer, now, &workspace); ++attempt)
        if (!is_busy(identity.tenant, workspace, now))
            return uuid_value(workspace);
    raise_refusal(core::Refusal::no_coverage);
}

} // namespace

void act_for_workspace(const Identity& identity, std::string_view named, const char* argument, Loaded* loaded) {
    core::CallerFacts& caller = loaded->caller;
    pg_uuid_t workspace;
    if (!find_workspace(identity.tenant, named, &workspace))
        raise_refusal(core::Refusal::workspace_not_found, argument);
    if (caller.bound_workspace.set) {
        if (caller.bound_workspace.id != ToCore(workspace))
            raise_refusal(core::Refusal::workspace_mismatch, argument);
        return;
    }
    Membership membership = read_membership(identity.tenant, workspace, identity.principal);
    if (membership.role == core::Role::none || membership.role == core::Role::reader)
        raise_refusal(core::Refusal::workspace_mismatch, argument);
    caller.bound_workspace = {true, ToCore(workspace)};
    caller.bound_is_operator = membership.is_operator;
    caller.bound_role = membership.role;
}

void consider_own_places(const Identity& identity, const Value& but_for, core::CallerFacts* caller) {
    if (!caller->bound_workspace.set)
        caller->bound_is_operator = read_operator_workspaces(identity.tenant, identity.principal, but_for) > 0;
}

void consider_places(const Identity& identity, const core::Lifecycle& lifecycle, Loaded* loaded) {
    if (lifecycle.workspace_parties)
        consider_own_places(identity, loaded->session.column[kSessionWorkspace], &loaded->caller);
}

bool only_operator_workspace(const Identity& identity, const Value& but_for, pg_uuid_t* workspace) {
    if (read_operator_workspaces(identity.tenant, identity.principal, but_for) != 1)
        return false;
    *workspace = *DatumGetUUIDP(result_value(0, 0).datum);
    return true;
}

Value operator_place(const Identity& identity, const Loaded& loaded, const core::Action& action, core::Instant now) {
    const Value& consumer = loaded.session.column[kSessionWorkspace];
    if (action.dispatches)
        return idle_operator(identity, consumer, now);
    if (!action.assigns)
        return {0, true};
    pg_uuid_t workspace;
    if (loaded.caller.bound_workspace.set)
        memcpy(workspace.data, loaded.caller.bound_workspace.id.data(), UUID_LEN);
    else if (!only_operator_workspace(identity, consumer, &workspace))
        raise_refusal(core::Refusal::missing_field, "for_workspace", "The caller acts for several operator workspaces.");
    return uuid_value(workspace);
}

} // namespace curfew
