-- What administrators call: tenants, people, keys, database roles, lifecycles.

CREATE FUNCTION curfew.create_tenant(slug text, name text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_create_tenant' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.create_tenant(text, text) IS 'Makes a tenant.';

CREATE FUNCTION curfew.suspend_tenant(tenant text, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_suspend_tenant' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.suspend_tenant(text, text) IS 'Suspends a tenant: nothing that its principals and their sessions'' tokens ask is done until it is resumed. Its sessions expire as ever.';

CREATE FUNCTION curfew.resume_tenant(tenant text, reason text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_resume_tenant' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.resume_tenant(text, text) IS 'Undoes a tenant''s suspension.';

CREATE FUNCTION curfew.create_workspace(slug text, name text DEFAULT NULL, operator boolean DEFAULT false, tenant text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_create_workspace' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.create_workspace(text, text, boolean, text, text) IS 'Makes a workspace. operator: it may take the operator''s place in sessions between workspaces.';

CREATE FUNCTION curfew.set_workspace_online(workspace text, online boolean DEFAULT true, tenant text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_set_workspace_online' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.set_workspace_online(text, boolean, text) IS 'Says whether an operator workspace takes sessions that are dispatched.';

CREATE FUNCTION curfew.set_tenant_settings(settings jsonb, tenant text DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'curfew_set_tenant_settings' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.set_tenant_settings(jsonb, text) IS 'Changes the settings that are named, null takes one away, and gives all that are set.';

CREATE FUNCTION curfew.tenant_setting(name text, usual text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_tenant_setting' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.tenant_setting(text, text) IS 'A setting of the caller''s tenant, or what is usual where it is not set.';

CREATE FUNCTION curfew.create_principal(name text, kind text DEFAULT 'user', role text DEFAULT 'member', scopes text[] DEFAULT NULL,
    email text DEFAULT NULL, full_name text DEFAULT NULL, tenant text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_create_principal' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.create_principal(text, text, text, text[], text, text, text, text) IS 'Makes a user, service or agent. Without scopes an admin has all of them and others none.';

CREATE FUNCTION curfew.add_member(workspace text, principal uuid, role text DEFAULT 'member', tenant text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_add_member' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.add_member(text, uuid, text, text, text) IS 'Makes a principal a member of a workspace, or changes the role of one.';

CREATE FUNCTION curfew.remove_member(workspace text, principal uuid, tenant text DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_remove_member' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.remove_member(text, uuid, text, text) IS 'Takes a principal out of a workspace. Of who is no member nothing happens.';

CREATE FUNCTION curfew.issue_api_key(principal uuid, prefix text DEFAULT 'cf_', workspace text DEFAULT NULL, scopes text[] DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL, tenant text DEFAULT NULL, revoke_grace interval DEFAULT '0',
    idempotency_key text DEFAULT NULL, OUT id uuid, OUT key text)
RETURNS record
AS 'MODULE_PATHNAME', 'curfew_issue_api_key' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.issue_api_key(uuid, text, text, text[], timestamptz, text, interval, text) IS 'Issues a key, of which only a digest is kept. {workspace} in the prefix becomes six hex digits of the workspace''s id. revoke_grace: how long it still works after it was revoked.';

CREATE FUNCTION curfew.revoke_api_key(id uuid, tenant text DEFAULT NULL, at_once boolean DEFAULT false,
    idempotency_key text DEFAULT NULL)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'curfew_revoke_api_key' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.revoke_api_key(uuid, text, boolean, text) IS 'Revokes a key, for good, after its grace or at once, and tells from when on it is refused.';

CREATE FUNCTION curfew.list_api_keys(principal uuid DEFAULT NULL, tenant text DEFAULT NULL, OUT id uuid,
    OUT principal_id uuid, OUT workspace_id uuid, OUT prefix text, OUT scopes text[], OUT created_at timestamptz,
    OUT expires_at timestamptz, OUT revoked_at timestamptz, OUT last_used_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_list_api_keys' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.list_api_keys(uuid, text) IS 'The keys of a principal or of the tenant, without any secret. last_used_at is kept to the minute.';

CREATE FUNCTION curfew.suspend_principal(id uuid, reason text DEFAULT NULL, tenant text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_suspend_principal' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.suspend_principal(uuid, text, text, text) IS 'Suspends a principal: nothing that it or its sessions'' tokens ask for is done.';

CREATE FUNCTION curfew.resume_principal(id uuid, reason text DEFAULT NULL, tenant text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_resume_principal' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.resume_principal(uuid, text, text, text) IS 'Undoes a suspension.';

CREATE FUNCTION curfew.revoke_principal(id uuid, reason text DEFAULT NULL, tenant text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'curfew_revoke_principal' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.revoke_principal(uuid, text, text, text) IS 'Revokes a principal, for good, and ends all its sessions; gives their number.';

CREATE FUNCTION curfew.kill_principal(id uuid, reason text DEFAULT NULL, cascade boolean DEFAULT false,
    tenant text DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'curfew_kill_principal' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.kill_principal(uuid, text, boolean, text, text) IS 'Revokes a principal and ends all its sessions, for holders of the scope agents:kill. cascade: those that descend from them too.';

CREATE FUNCTION curfew.get_principal(id uuid, OUT principal_id uuid, OUT kind text, OUT role text, OUT status text, OUT name text,
    OUT email text, OUT full_name text)
RETURNS record
AS 'MODULE_PATHNAME', 'curfew_get_principal' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.get_principal(uuid) IS 'A principal of the caller''s tenant whom he may know, as find_principals has it.';

CREATE FUNCTION curfew.map_role(role regrole, principal uuid, tenant text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_map_role' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.map_role(regrole, uuid, text) IS 'Ties a database role to the principal as whom it acts.';

CREATE FUNCTION curfew.unmap_role(role regrole, tenant text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_unmap_role' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.unmap_role(regrole, text) IS 'Unties a database role.';

CREATE FUNCTION curfew.grant_access(role regrole, kind text)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_grant_access' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.grant_access(regrole, text) IS 'Lets a database role in, as front, service, auditor or admin. For superusers.';

CREATE FUNCTION curfew.revoke_access(role regrole)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_revoke_access' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.revoke_access(regrole) IS 'Takes back all that grant_access gave. For superusers.';

CREATE FUNCTION curfew.define_lifecycle(name text, definition jsonb)
RETURNS integer
AS 'MODULE_PATHNAME', 'curfew_define_lifecycle' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.define_lifecycle(text, jsonb) IS 'Defines a lifecycle, or defines one anew, and gives its revision. A definition that cannot work is refused whole.';

CREATE FUNCTION curfew.list_transitions(OUT lifecycle text, OUT state text, OUT action text, OUT who text, OUT scope text, OUT reason text,
    OUT again text, OUT next_state text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_list_transitions' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.list_transitions() IS 'Every action from every state of every lifecycle.';

CREATE FUNCTION curfew.lifecycle_diagram(name text)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_lifecycle_diagram' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.lifecycle_diagram(text) IS 'A lifecycle as a Mermaid state diagram.';

CREATE FUNCTION curfew.create_audit_partition(month date)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_create_audit_partition' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.create_audit_partition(date) IS 'Makes the audit log''s partition of a month and moves its rows there.';

CREATE FUNCTION curfew.version()
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_version' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.version() IS 'The version of the library that is loaded.';

CREATE FUNCTION curfew.administers_installation()
RETURNS boolean
AS 'MODULE_PATHNAME', 'curfew_administers_installation' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.administers_installation() IS 'Whoever may call this administers every tenant, by naming it.';

CREATE FUNCTION curfew.close_schema()
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_close_schema' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.close_schema() IS 'Takes back what default privileges gave on the schema''s tables.';
