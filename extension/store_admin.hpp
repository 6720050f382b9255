// Statements about tenants, workspaces, principals, members, keys and role mappings. Each insert returns false when
// the name is taken.
#pragma once

#include "store.hpp"

#include <string_view>

namespace curfew {

bool insert_tenant(const pg_uuid_t& id, std::string_view slug, std::string_view name, const uint8* tag, int tag_size);

// Merges settings into the tenant's; null takes one away. All of them then; false when that changed none.
bool merge_settings(const pg_uuid_t& tenant, Datum settings, Datum* merged);
Value read_setting(const pg_uuid_t& tenant, std::string_view name);

bool insert_workspace(const pg_uuid_t& tenant, const pg_uuid_t& id, std::string_view slug, std::string_view name,
                      bool is_operator);

struct NewPrincipal {
    pg_uuid_t id;
    std::string_view name, kind, role;
    Value scopes, email, full_name; // text[], text, text
};
bool insert_principal(const pg_uuid_t& tenant, const NewPrincipal& principal);

// False when he is none.
bool delete_member(const pg_uuid_t& tenant, const pg_uuid_t& workspace, const pg_uuid_t& principal);

// Adds a member, or changes the role of one; false when that was the role already.
bool upsert_member(const pg_uuid_t& tenant, const pg_uuid_t& workspace, const pg_uuid_t& principal,
                   std::string_view role);

struct NewKey {
    pg_uuid_t id, principal;
    Value workspace, scopes, expires_at, revoke_grace; // uuid, text[], timestamptz, interval
    std::string_view prefix;
    Datum digest;
};
void insert_key(const pg_uuid_t& tenant, const NewKey& key);

// Revokes a key after its grace or, `at_once`, now. A key that is revoked already stays so, but at once can be sooner.
struct Revocation {
    bool found = false;
    bool changed = false;
    TimestampTz from = 0; // refused from then on
};
Revocation revoke_key(const pg_uuid_t& tenant, const pg_uuid_t& key, bool at_once, TimestampTz now);

// The prefix and the digest of a key that works; false when there is none, or it was revoked or has expired.
bool read_usable_key(const pg_uuid_t& tenant, const pg_uuid_t& key, TimestampTz now, Value* prefix, Value* digest);

// Keys without secrets, newest first: id, principal, workspace, prefix, scopes, created, expires, revoked, last used.
inline constexpr int kKeyColumns = 9;
uint64 read_keys(const pg_uuid_t& tenant, const Value& principal);

// Notes that a key was used, if that was not noted within the last minute and nobody else is noting it.
void touch_key(const pg_uuid_t& tenant, const pg_uuid_t& key, TimestampTz now);

// False when that was the status already.
bool change_tenant_status(const pg_uuid_t& tenant, std::string_view status);

// Changes the status; the former one and the principal's kind, or empty when there is no such principal.
std::string_view change_status(const pg_uuid_t& tenant, const pg_uuid_t& principal, std::string_view status,
                               std::string_view* kind);

// Ties a database role to a principal, in place of an earlier tie in the same tenant; false when it is tied in another.
bool upsert_mapping(Oid role, const pg_uuid_t& tenant, const pg_uuid_t& principal);
bool delete_mapping(Oid role, const pg_uuid_t& tenant);

} // namespace curfew
