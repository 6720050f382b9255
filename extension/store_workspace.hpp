// Queries about workspaces: who belongs to one, which may operate, which are idle.
#pragma once

#include "core/decide.hpp"
#include "store.hpp"

namespace curfew {

struct Membership {
    bool is_operator = false; // the workspace
    core::Role role = core::Role::none;
};
Membership read_membership(const pg_uuid_t& tenant, const pg_uuid_t& workspace, const pg_uuid_t& principal);

// The operator workspaces, at most two and never `but_for`, to which the principal belongs as more than a reader.
uint64 read_operator_workspaces(const pg_uuid_t& tenant, const pg_uuid_t& principal, const Value& but_for);

// Locks the operator workspace that is online, has no session and has been so for longest, passing over `but_for` and
// those that somebody else has locked. False when there is none.
bool lock_idle_operator(const pg_uuid_t& tenant, const Value& but_for, core::Instant now, pg_uuid_t* workspace);

// Whether the workspace operates a session that has not ended.
bool is_busy(const pg_uuid_t& tenant, const pg_uuid_t& workspace, core::Instant now);

// Says that the workspace is online from `now` on, or not; false when that was so already.
bool change_online(const pg_uuid_t& tenant, const pg_uuid_t& workspace, bool online, core::Instant now);

} // namespace curfew
