#include "store_standing.hpp"

#include "directory_watch.hpp"
#include "store_session.hpp"

namespace curfew {
namespace {

// The directory's columns: the caller's, then those of an API key. $1 tenant, $2 principal, $3 the credential's id or
// the database role.
enum StandingColumn {
    kTenantStatus,
    kPrincipalStatus,
    kPrincipalKind,
    kPrincipalRole,
    kPrincipalScopes,
    kKeyScopes,
    kKeyWorkspace,
    kKeyRevokedAt,
    kKeyExpiresAt,
    kKeyLastUsedAt
};
#define CURFEW_STANDING(columns, join)                                                                             \
    "SELECT t.status, p.status, p.kind, p.role, p.scopes" columns                                                  \
    " FROM curfew.principal p JOIN curfew.tenant t ON t.id = p.tenant_id" join                                     \
    " WHERE p.tenant_id = $1 AND p.id = $2"

Statement& standing_statement(IdentityKind kind) {
    static Statement plain = {CURFEW_STANDING("", ""), {UUIDOID, UUIDOID}};
    static Statement role = {CURFEW_STANDING("", " JOIN curfew.role_mapping m ON m.role = $3"
                                                 " AND m.role_name = pg_get_userbyid($3)"
                                                 " AND m.tenant_id = p.tenant_id AND m.principal_id = p.id"),
                             {UUIDOID, UUIDOID, REGROLEOID}};
    static Statement key = {
        CURFEW_STANDING(", k.scopes, k.workspace_id, k.revoked_at, k.expires_at, u.last_used_at",
                        " JOIN curfew.api_key k ON k.tenant_id = p.tenant_id AND k.id = $3 AND k.principal_id = p.id"
                        " LEFT JOIN curfew.api_key_use u ON u.tenant_id = k.tenant_id AND u.key_id = k.id"),
        {UUIDOID, UUIDOID, UUIDOID}};
    static Statement jwt = {CURFEW_STANDING("", " JOIN curfew.issuer i ON i.tenant_id = p.tenant_id AND i.id = $3"),
                            {UUIDOID, UUIDOID, UUIDOID}};
    switch (kind) {
    case IdentityKind::mapped_role:
        return role;
    case IdentityKind::api_key:
        return key;
    case IdentityKind::jwt:
        return jwt;
    default:
        return plain;
    }
}

bool read_caller(const StandingKey& key, Standing* standing) {
    IdentityKind kind = static_cast<IdentityKind>(key.kind);
    Parameters parameters;
    parameters.Add(key.tenant);
    parameters.Add(key.principal);
    if (kind == IdentityKind::mapped_role)
        parameters.Add(ObjectIdGetDatum(key.role));
    else if (kind != IdentityKind::act_as)
        parameters.Add(key.credential);
    if (run_latest(standing_statement(kind), parameters) == 0)
        return false;

    *standing = {};
    if (text_view(result_value(0, kTenantStatus).datum) != "active")
        standing->refusal = core::Refusal::tenant_suspended;
    else
        standing->refusal = StatusRefusal(text_view(result_value(0, kPrincipalStatus).datum));
    standing->kind = core::KindOf(text_view(result_value(0, kPrincipalKind).datum));
    standing->role = core::RoleOf(text_view(result_value(0, kPrincipalRole).datum));
    standing->scopes = result_value(0, kPrincipalScopes);
    if (kind == IdentityKind::api_key) {
        standing->key_scopes = result_value(0, kKeyScopes);
        standing->workspace = ToCore(result_value(0, kKeyWorkspace));
        standing->revoked_at = InstantOf(result_value(0, kKeyRevokedAt));
        standing->expires_at = InstantOf(result_value(0, kKeyExpiresAt));
        standing->last_used_at = InstantOf(result_value(0, kKeyLastUsedAt));
    }
    return true;
}

} // namespace

bool IsUsedLately(const Standing& standing, core::Instant now) {
    return standing.last_used_at != core::kUnset && now - standing.last_used_at < 60 * core::kSecond;
}

// An API key's last use is not part of what is watched: where the one that is kept is old, it is read again.
bool standing_of(const Identity& identity, core::Instant now, Standing* standing) {
    StandingKey key;
    memset(&key, 0, sizeof key);
    bool by_itself = identity.kind == IdentityKind::session_token;
    key.kind = static_cast<int32>(by_itself ? IdentityKind::act_as : identity.kind);
    key.tenant = identity.tenant;
    key.principal = identity.principal;
    if (identity.kind == IdentityKind::mapped_role)
        key.role = identity.role;
    else if (identity.kind == IdentityKind::api_key || identity.kind == IdentityKind::jwt)
        key.credential = identity.credential;

    uint64 generation = directory_generation();
    if (find_standing(key, generation, standing) &&
        (identity.kind != IdentityKind::api_key || IsUsedLately(*standing, now)))
        return true;
    if (!read_caller(key, standing))
        return false;
    keep_standing(key, generation, *standing);
    return true;
}

bool standing_of(const pg_uuid_t& tenant, const pg_uuid_t& principal, core::Instant now, Standing* standing) {
    Identity person;
    person.kind = IdentityKind::act_as;
    person.tenant = tenant;
    person.principal = principal;
    return standing_of(person, now, standing);
}

} // namespace curfew
