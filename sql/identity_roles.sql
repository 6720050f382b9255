-- Who is calling, by database role: mapped to a principal, or acting as one.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')');
END $$;
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_curfew_billing, regress_curfew_dba, regress_curfew_team;
RESET client_min_messages;
CREATE ROLE regress_curfew_billing;
CREATE ROLE regress_curfew_dba;
CREATE ROLE regress_curfew_team;
SELECT curfew.grant_access('regress_curfew_billing', 'service'), curfew.grant_access('regress_curfew_dba', 'admin'), curfew.grant_access('regress_curfew_team', 'service') \gset
SELECT curfew.create_tenant('roles') AS tenant, curfew.create_tenant('roles-next-door') AS next_door \gset
SELECT curfew.create_principal('biller', kind => 'service', scopes => '{sessions:create_for}', tenant => 'roles') AS biller, curfew.create_principal('olga', tenant => 'roles') AS olga,
    curfew.create_principal('ada', role => 'admin', tenant => 'roles') AS ada, curfew.create_principal('stranger', role => 'admin', tenant => 'roles-next-door') AS stranger \gset

-- A role that is tied to nobody is refused, and told how that is done; a superuser is no exception.
SELECT pg_temp.answer('SELECT state FROM curfew.create_session(''login'')') AS superuser;
SET ROLE regress_curfew_billing;
SELECT curfew.list_sessions();
\echo :LAST_ERROR_SQLSTATE
SELECT curfew.current_tenant() IS NULL AND curfew.current_principal() IS NULL AND curfew.current_session() IS NULL AS nobody;
RESET ROLE;

-- Tied to a principal, it is that principal, in every transaction; its audit rows name both.
SELECT curfew.map_role('regress_curfew_billing', :'biller', 'roles') \gset
SET ROLE regress_curfew_billing;
SELECT curfew.current_tenant() = :'tenant' AS tenant, curfew.current_principal() = :'biller' AS principal, curfew.current_session() AS session;
SELECT id FROM curfew.create_session('run', :'olga') \gset
SELECT state FROM curfew.terminate_session(:'id', 'unpaid');
SELECT action, actor_id = :'biller' AS biller, on_behalf_of, db_role, relation, via, request_id FROM curfew.audit_log(:'id');
RESET ROLE;
-- A member of the role is himself, not the role, until he takes it on.
GRANT regress_curfew_billing TO regress_curfew_team;
SET ROLE regress_curfew_team;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions()');
SET ROLE regress_curfew_billing;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions()');
RESET ROLE;
-- In a function that runs as its owner, the owner is who calls.
CREATE FUNCTION pg_temp.as_superuser() RETURNS text SECURITY DEFINER LANGUAGE sql AS $$ SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions()') $$;
SET ROLE regress_curfew_billing;
SELECT pg_temp.as_superuser();
RESET ROLE;

-- Tied to another, it is the other from then on, whatever this backend remembers; untied, it is nobody.
SELECT curfew.map_role('regress_curfew_billing', :'olga', 'roles') \gset
SET ROLE regress_curfew_billing;
SELECT curfew.current_principal() = :'olga' AS olga, pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'id')) AS reads,
    pg_temp.answer('SELECT state FROM curfew.create_session(''login'')') AS begins;
RESET ROLE;
-- A role of another name is another role, even if it has the number of the one that was tied: after a restore, say.
ALTER ROLE regress_curfew_billing RENAME TO regress_curfew_intern;
SET ROLE regress_curfew_intern;
SELECT curfew.current_principal() IS NULL AS nobody, pg_temp.answer('SELECT state FROM curfew.create_session(''login'')') AS begins;
RESET ROLE;
ALTER ROLE regress_curfew_intern RENAME TO regress_curfew_billing;
SELECT curfew.unmap_role('regress_curfew_billing', 'roles-next-door') \gset
SELECT count(*) AS still FROM curfew.role_mapping WHERE role = 'regress_curfew_billing'::regrole;
SELECT curfew.unmap_role('regress_curfew_billing', 'roles') \gset
SET ROLE regress_curfew_billing;
SELECT left(pg_temp.answer(format('SELECT curfew.resolve_session(%L, %L)', left(:'id', 18), 'run')), 17) AS resolve_session;
SELECT left(pg_temp.answer(format('SELECT curfew.maip_session_id(%L)', :'id')), 17) AS maip_session_id;
SELECT pg_temp.answer('SELECT state FROM curfew.create_session(''login'', workspace => ''nowhere'')') AS create_session;
SELECT pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'id')) AS get_session;
RESET ROLE;
SELECT event, count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event LIKE 'role.%' GROUP BY event ORDER BY event COLLATE "C";

-- A mapping that is rolled back never was.
BEGIN;
SELECT curfew.map_role('regress_curfew_billing', :'ada', 'roles') \gset
SET LOCAL ROLE regress_curfew_billing;
SELECT count(*) FROM curfew.list_sessions();
ROLLBACK;
SET ROLE regress_curfew_billing;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions()');
RESET ROLE;

-- A principal that is suspended is refused by its role too, before anything else is looked at.
SELECT curfew.map_role('regress_curfew_billing', :'olga', 'roles') \gset
SELECT curfew.suspend_principal(:'olga', tenant => 'roles') \gset
SET ROLE regress_curfew_billing;
SELECT pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'id')) AS get_session,
    pg_temp.answer(format('SELECT state FROM curfew.get_session(%L, workspace => %L)', :'id', 'nowhere')) AS in_no_workspace,
    left(pg_temp.answer(format('SELECT curfew.resolve_session(%L, %L)', left(:'id', 18), 'run')), 25) AS resolve_session,
    pg_temp.answer('SELECT curfew.create_principal(''x'')') AS create_principal;
RESET ROLE;
SELECT curfew.resume_principal(:'olga', tenant => 'roles') \gset

-- A database administrator who is tied to an administrator of a tenant is that one where no tenant is named, and is named
-- in the audit log; where one is named, the database role acts on its own.
SELECT curfew.map_role('regress_curfew_dba', :'ada', 'roles') \gset
SET ROLE regress_curfew_dba;
SELECT left(pg_temp.answer('SELECT curfew.create_principal(''made by ada'')'), 5) <> 'SL422' AS without_tenant, left(pg_temp.answer('SELECT curfew.create_principal(''made by the role'', tenant => ''roles'')'), 2) <> 'SL' AS with_tenant;
RESET ROLE;
SELECT details->>'name' AS name, actor_id = :'ada' AS by_ada, db_role FROM curfew.audit_event WHERE tenant_id = :'tenant' AND details->>'name' LIKE 'made by%' ORDER BY details->>'name' COLLATE "C";
SELECT curfew.unmap_role('regress_curfew_dba', 'roles') \gset

-- What map_role refuses: a principal that is not of the tenant, a role that is not there, nothing.
SELECT pg_temp.answer(format('SELECT curfew.map_role(%L, %L, %L)', 'regress_curfew_billing', :'stranger', 'roles')) AS stranger,
    pg_temp.answer(format('SELECT curfew.map_role(4294967295::oid::regrole, %L, %L)', :'olga', 'roles')) AS no_role,
    pg_temp.answer(format('SELECT curfew.map_role(NULL, %L, %L)', :'olga', 'roles')) AS null_role, pg_temp.answer('SELECT curfew.map_role(''regress_curfew_billing'', NULL, ''roles'')') AS null_principal,
    pg_temp.answer(format('SELECT curfew.map_role(%L, %L, %L)', 'regress_curfew_billing', :'olga', 'nowhere')) AS no_tenant;
-- A database administrator ties no superuser to a principal.
SET ROLE regress_curfew_dba;
SELECT pg_temp.answer(format('SELECT curfew.map_role(%L, %L, %L)', session_user, :'olga', 'roles'));
-- Acting as somebody: for the rest of the transaction; audit rows name the principal and the database role.
BEGIN;
SELECT curfew.act_as('roles', :'ada') \gset
SELECT curfew.current_principal() = :'ada' AS ada, curfew.current_session() AS session;
SELECT id FROM curfew.create_session('login') \gset
SELECT state FROM curfew.end_session(:'id');
SELECT action, actor_id = :'ada' AS ada, db_role, relation, via FROM curfew.audit_log(:'id');
COMMIT;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions()');
-- By the tenant's id too, and in any tenant; but only as somebody who is there and may act.
SELECT pg_temp.answer(format('SELECT curfew.act_as(%L, %L)', :'next_door', :'stranger')) AS by_id, pg_temp.answer(format('SELECT curfew.act_as(%L, %L)', 'roles', :'stranger')) AS stranger,
    pg_temp.answer(format('SELECT curfew.act_as(%L, %L)', 'nowhere', :'olga')) AS nowhere, pg_temp.answer(format('SELECT curfew.act_as(NULL, %L)', :'olga')) AS no_tenant,
    pg_temp.answer('SELECT curfew.act_as(''roles'', NULL)') AS no_principal;
RESET ROLE;
SELECT curfew.suspend_principal(:'olga', tenant => 'roles') \gset
SELECT pg_temp.answer(format('SELECT curfew.act_as(%L, %L)', 'roles', :'olga')) AS suspended;
-- It is not for services.
SET ROLE regress_curfew_billing;
SELECT curfew.act_as('roles', :'ada');
RESET ROLE;

-- What a credential was presented for goes into the audit row: the way in and the request's id, cut where they are too long.
SELECT key FROM curfew.issue_api_key(:'ada', tenant => 'roles') \gset
BEGIN;
SELECT curfew.authenticate(:'key', via => 'http:native', request_id => 'r-1') \gset
SELECT id FROM curfew.create_session('login') \gset
SELECT curfew.authenticate(:'key', via => repeat('é', 40), request_id => repeat('x', 63) || repeat('é', 40)) \gset
SELECT state FROM curfew.end_session(:'id');
SELECT action, via, request_id = repeat('x', 63) || repeat('é', 32) AS cut FROM curfew.audit_log(:'id');
COMMIT;

DROP OWNED BY regress_curfew_billing, regress_curfew_dba, regress_curfew_team;
DROP ROLE regress_curfew_billing, regress_curfew_dba, regress_curfew_team;
