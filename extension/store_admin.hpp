// Statements about tenants, workspaces, principals, members, keys and role mappings. Each insert returns false when
// the name is taken.
#pragma once

#include "store.hpp"

#include <string_view>

namespace curfew {

bool insert_tenant(const pg_uuid_t& id, std::string_view slug, std::string_view name, const uint8* tag, int tag_size);
bool insert_workspace(const pg_uuid_t& tenant, const pg_uuid_t& id, std::string_view slug, std::string_view name,
                      bool is_operator);

struct NewPrincipal {
    pg_uuid_t id;
    std::string_view name, kind, role;
    Value scopes, email, full_name; // text[], text, text
};
bool insert_principal(const pg_uuid_t& tenant, const NewPrincipal& principal);

// Adds a member, or changes the role of one.
void upsert_member(const pg_uuid_t& tenant, const pg_uuid_t& workspace, const pg_uuid_t& principal,
                   std::string_view role);

struct NewKey {
    pg_uuid_t id, principal;
    Value workspace, scopes, expires_at; // uuid, text[], timestamptz
    std::string_view prefix;
    Datum digest;
};
void insert_key(const pg_uuid_t& tenant, const NewKey& key);

// False when the tenant has no such key. Revoking a revoked key changes nothing.
bool revoke_key(const pg_uuid_t& tenant, const pg_uuid_t& key, bool* changed);

// Changes the status; the former one, or empty when there is no such principal.
std::string_view change_status(const pg_uuid_t& tenant, const pg_uuid_t& principal, std::string_view status);

// Ties a database role to a principal, in place of an earlier tie.
void upsert_mapping(Oid role, const pg_uuid_t& tenant, const pg_uuid_t& principal);
bool delete_mapping(Oid role, const pg_uuid_t& tenant);

} // namespace curfew
