// Who may administer a tenant, and what each administrative function does first and last.
#pragma once

#include "details.hpp"
#include "function.hpp"

namespace curfew {

// An administrative call: the tenant it is about and, unless a database role acts on its own, who asks.
struct Administration {
    pg_uuid_t tenant;
    bool has_identity = false;
    bool by_scope = false; // by a scope, of one who is no administrator
    Identity identity;
    core::Instant now;

    // Writes the call's audit row. `details` is a jsonb datum or null.
    void log(std::string_view event, const Value& details, const Value& reason = {0, true}) const;
};

// What an administrator's credential must cover, where it is limited to scopes.
inline constexpr std::string_view kAdminScope = "admin";

// Whether the calling database role administers the whole installation: it may execute the function of this name.
bool administers_installation();

// Whether the caller may read the whole tenant's log: an administrator or a holder of the scope audit:read, whose
// credential is not bound to a workspace.
bool MayAudit(const Loaded& loaded);
inline constexpr const char* kAuditorsOnly =
    "The whole tenant's log is for administrators and for the scope \"audit:read\".";

// Checks the caller. With a tenant named (slug or id), a database role that administers the installation may act on
// its own; otherwise the caller's identity must be an administrator of the tenant, which is then his own.
//   scope   whoever holds it may do this too; empty: administrators alone
//   needed  the scope is needed by administrators as well
// Errors: SL401, SL403 not_admin, scope_missing, SL404 tenant_not_found.
Administration begin_administration(FunctionCallInfo fcinfo, int tenant_argument, std::string_view scope = {},
                                    bool needed = false);

// Refuses what is not a list of scopes, or a longer one than is kept.
inline constexpr std::size_t kMostScopes = 256;
void check_scopes(const Value& scopes);

// The reason that an administrator gives; null for an empty one. Refused where it is too long.
Value reason_argument(FunctionCallInfo fcinfo, int index);

// The argument's principal or workspace (slug or id) of the tenant; SL404 where there is none.
pg_uuid_t existing_principal(FunctionCallInfo fcinfo, int index, const char* name, const pg_uuid_t& tenant);
pg_uuid_t existing_workspace(std::string_view slug_or_id, const pg_uuid_t& tenant);

} // namespace curfew
