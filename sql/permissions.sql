-- What a database role may do: nothing, until curfew.grant_access says what. Everything here is asked of the catalogs, so
-- that what is added later is asked too.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_curfew_nobody, regress_curfew_visitor, regress_curfew_front, regress_curfew_service, regress_curfew_auditor, regress_curfew_admin;
RESET client_min_messages;
CREATE ROLE regress_curfew_nobody;
CREATE ROLE regress_curfew_visitor;
CREATE ROLE regress_curfew_front;
CREATE ROLE regress_curfew_service;
CREATE ROLE regress_curfew_auditor;
CREATE ROLE regress_curfew_admin;
-- A visitor sees the schema and nothing in it.
GRANT USAGE ON SCHEMA curfew TO regress_curfew_visitor;
SELECT curfew.grant_access('regress_curfew_front', 'front'), curfew.grant_access('regress_curfew_service', 'service'), curfew.grant_access('regress_curfew_auditor', 'auditor'),
    curfew.grant_access('regress_curfew_admin', 'admin') \gset

-- Every function and procedure of the schema as a call with some value for each argument; every relation with each thing that can be done to one; every type.
CREATE TEMP VIEW function_call AS
SELECT p.proname AS name, format(CASE p.prokind WHEN 'p' THEN 'CALL curfew.%I(%s)' ELSE 'SELECT * FROM (SELECT curfew.%I(%s)) f' END, p.proname, coalesce((SELECT string_agg(CASE a.type::regtype
        WHEN 'uuid'::regtype THEN '''01890a5d-ac96-774b-bcce-b302099a8057''::uuid' WHEN 'text'::regtype THEN '''x''::text' WHEN 'text[]'::regtype THEN '''{}''::text[]' WHEN 'uuid[]'::regtype THEN '''{}''::uuid[]'
        WHEN 'jsonb'::regtype THEN '''{}''::jsonb' WHEN 'regrole'::regtype THEN '''regress_curfew_nobody''::regrole' WHEN 'timestamptz'::regtype THEN '''2024-01-01''::timestamptz'
        WHEN 'interval'::regtype THEN '''1 day''::interval' WHEN 'bytea'::regtype THEN '''x''::bytea' WHEN 'date'::regtype THEN '''2024-01-01''::date' WHEN 'boolean'::regtype THEN 'false' WHEN 'record'::regtype THEN 'ROW(1)' ELSE '1::' || a.type::regtype::text END, ', ' ORDER BY a.n)
    FROM unnest(p.proargtypes) WITH ORDINALITY a (type, n)), '')) AS statement
FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace;
CREATE TEMP VIEW relation_use AS
SELECT c.relname AS name, replace(v.statement, 'RELATION', format('curfew.%I', c.relname)) AS statement FROM pg_class c,
    unnest(ARRAY['SELECT FROM RELATION', 'INSERT INTO RELATION DEFAULT VALUES', 'DELETE FROM RELATION', 'TRUNCATE RELATION', 'LOCK TABLE RELATION', 'ALTER TABLE RELATION RENAME TO x', 'DROP TABLE RELATION',
        'CREATE TRIGGER x AFTER INSERT ON RELATION EXECUTE FUNCTION suppress_redundant_updates_trigger()']) v (statement)
WHERE c.relnamespace = 'curfew'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    AND NOT (c.relkind = 'v' AND v.statement ~ 'TRUNCATE|DROP|TRIGGER|DEFAULT|DELETE')
UNION ALL SELECT c.relname, format('UPDATE curfew.%I SET %I = %2$I', c.relname, a.attname) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
WHERE c.relnamespace = 'curfew'::regnamespace AND c.relkind IN ('r', 'p', 'm', 'f');
CREATE TEMP VIEW type_use AS
SELECT t.typname AS name, format('SELECT NULL::curfew.%I', t.typname) AS statement FROM pg_type t WHERE t.typnamespace = 'curfew'::regnamespace;
GRANT SELECT ON function_call, relation_use, type_use TO PUBLIC;
-- What a statement is answered with: its refusal, or "done"; it is undone either way.
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    word text;
BEGIN
    EXECUTE statement;
    RAISE EXCEPTION USING ERRCODE = 'P0001';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME;
    RETURN CASE SQLSTATE WHEN 'P0001' THEN 'done' ELSE concat_ws(' ', SQLSTATE, nullif(word, '')) END;
END $$;

-- Without a grant: no function, no relation, no type, in no way.
SET ROLE regress_curfew_nobody;
SELECT count(*) > 40 AS many, count(*) FILTER (WHERE answer = '42501') = count(*) AS all_refused FROM (SELECT pg_temp.answer(statement) FROM function_call) f (answer);
SELECT name, answer FROM (SELECT name, pg_temp.answer(statement) FROM function_call) f (name, answer) WHERE answer <> '42501';
SELECT count(*) > 100 AS many, count(*) FILTER (WHERE answer = '42501') = count(*) AS all_refused FROM (SELECT pg_temp.answer(statement) FROM relation_use) f (answer);
SELECT statement, answer FROM (SELECT statement, pg_temp.answer(statement) FROM relation_use) f (statement, answer) WHERE answer <> '42501';
SELECT count(*) > 20 AS many, count(*) FILTER (WHERE answer = '42501') = count(*) AS all_refused FROM (SELECT pg_temp.answer(statement) FROM type_use) f (answer);
SELECT curfew.version();
TABLE curfew.session;
CREATE TABLE curfew.mine (x integer);
RESET ROLE;
-- Who can see the schema gets no further.
SET ROLE regress_curfew_visitor;
SELECT name, answer FROM (SELECT name, pg_temp.answer(statement) FROM function_call) f (name, answer) WHERE answer <> '42501';
SELECT statement, answer FROM (SELECT statement, pg_temp.answer(statement) FROM relation_use) f (statement, answer) WHERE answer <> '42501';
SELECT curfew.version();
TABLE curfew.session;
CREATE TABLE curfew.mine (x integer);
RESET ROLE;

-- Who may execute which function.
SELECT p.proname AS function, has_function_privilege('regress_curfew_front', p.oid, 'EXECUTE') AS front, has_function_privilege('regress_curfew_service', p.oid, 'EXECUTE') AS service,
    has_function_privilege('regress_curfew_auditor', p.oid, 'EXECUTE') AS auditor, has_function_privilege('regress_curfew_admin', p.oid, 'EXECUTE') AS admin
FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace ORDER BY p.proname COLLATE "C";
-- Who may read which relation. Nobody may do anything else to any, to any of its columns, or to the schema.
SELECT c.relname AS relation, has_table_privilege('regress_curfew_front', c.oid, 'SELECT') AS front, has_table_privilege('regress_curfew_service', c.oid, 'SELECT') AS service,
    has_table_privilege('regress_curfew_auditor', c.oid, 'SELECT') AS auditor, has_table_privilege('regress_curfew_admin', c.oid, 'SELECT') AS admin
FROM pg_class c WHERE c.relnamespace = 'curfew'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname !~ '^audit_event_[0-9]' ORDER BY c.relname COLLATE "C";
SELECT count(*) AS partitions_that_are_open FROM pg_class c, unnest('{front,service,auditor,admin}'::text[]) kind
WHERE c.relnamespace = 'curfew'::regnamespace AND c.relname ~ '^audit_event_[0-9]' AND c.relkind = 'r' AND has_table_privilege('regress_curfew_' || kind, c.oid, 'SELECT');
SELECT c.relname, kind FROM pg_class c, unnest('{nobody,visitor,front,service,auditor,admin}'::text[]) kind WHERE c.relnamespace = 'curfew'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND (has_table_privilege('regress_curfew_' || kind, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') OR has_any_column_privilege('regress_curfew_' || kind, c.oid, 'INSERT, UPDATE, REFERENCES')
        OR (c.relkind <> 'v' AND has_any_column_privilege('regress_curfew_' || kind, c.oid, 'SELECT')));
SELECT kind, has_schema_privilege('regress_curfew_' || kind, 'curfew', 'USAGE') AS sees, has_schema_privilege('regress_curfew_' || kind, 'curfew', 'CREATE') AS creates
FROM unnest('{nobody,visitor,front,service,auditor,admin}'::text[]) WITH ORDINALITY k (kind, n) ORDER BY n;
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'curfew'::regnamespace 
    AND CASE c.relkind WHEN 'S' THEN has_sequence_privilege('regress_curfew_admin', c.oid, 'USAGE, SELECT, UPDATE') END;

-- No function that runs as its owner, none without a fixed search path (a procedure that commits can have none: it sets its own; those that are listed run no SQL, and in C no name is looked up by the path; authenticate and introspect run some of the engine's statements, which have that path whatever the caller's is), none for PUBLIC; no relation and no schema for PUBLIC.
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace AND p.prosecdef;
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace AND p.prokind <> 'p' AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false) ORDER BY p.proname COLLATE "C";
-- None that gives many rows is compiled each time: its plans say LIMIT with a parameter, which the planner takes for a tenth of the table.
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace AND p.proretset AND NOT coalesce('jit=off' = ANY (p.proconfig), false);
SELECT p.proname FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE p.pronamespace = 'curfew'::regnamespace AND a.grantee = 0;
SELECT c.relname FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a WHERE c.relnamespace = 'curfew'::regnamespace AND c.relkind <> 'i' AND a.grantee = 0;
SELECT n.nspname FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE n.nspname = 'curfew' AND a.grantee = 0;
-- No rule in another language than C, and no view that its reader could look behind.
SELECT p.proname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace = 'curfew'::regnamespace AND l.lanname <> 'c';
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'curfew'::regnamespace AND c.relkind = 'v' AND c.relname <> 'lifecycle_transitions' AND NOT coalesce('security_barrier=true' = ANY (c.reloptions), false);

-- A front that has presented no credential: of what it may execute, nothing answers but what decides nothing and shows nobody's.
SET ROLE regress_curfew_front;
SELECT name, pg_temp.answer(statement) FROM function_call WHERE has_function_privilege(current_user, ('curfew.' || name)::regproc, 'EXECUTE') ORDER BY name COLLATE "C";
SELECT curfew.current_tenant() AS tenant, curfew.current_principal() AS principal, curfew.current_session() AS session, curfew.session_is_live() AS live;
RESET ROLE;
-- Nor does a service, an auditor or an administrator who is tied to nobody; an administrator names the tenant.
SET ROLE regress_curfew_service;
SELECT answer, count(*) > 0 AS some FROM (SELECT name, pg_temp.answer(statement) FROM function_call WHERE has_function_privilege(current_user, ('curfew.' || name)::regproc, 'EXECUTE')) f (name, answer)
WHERE answer NOT LIKE 'SL401%' AND name NOT IN ('current_tenant', 'current_principal', 'current_session', 'list_transitions', 'lifecycle_diagram', 'session_id', 'session_is_live', 'rfc3339', 'version', 'end_all_sessions') GROUP BY answer;
RESET ROLE;
SET ROLE regress_curfew_auditor;
SELECT pg_temp.answer('SELECT FROM curfew.sessions') AS sessions, pg_temp.answer('SELECT FROM curfew.audit_events') AS events, pg_temp.answer('SELECT curfew.audit_log()') AS audit_log;
RESET ROLE;
SET ROLE regress_curfew_admin;
SELECT name, pg_temp.answer(statement) FROM function_call WHERE has_function_privilege(current_user, ('curfew.' || name)::regproc, 'EXECUTE')
    AND NOT has_function_privilege('regress_curfew_service', ('curfew.' || name)::regproc, 'EXECUTE') ORDER BY name COLLATE "C";
SELECT pg_temp.answer('SELECT curfew.create_principal(''x'')') AS no_tenant, pg_temp.answer('SELECT curfew.create_principal(''x'', tenant => ''no-such-tenant'')') AS unknown_tenant;
RESET ROLE;

-- A role's bound parameters, credentials among them, are kept out of the server's log; from 16 on out of auto_explain's too.
SELECT r.rolname, array_to_string(array_remove(s.setconfig, 'auto_explain.log_parameter_max_length=0'), ' ') AS settings, ('auto_explain.log_parameter_max_length=0' = ANY (s.setconfig)) = (current_setting('server_version_num')::int >= 160000) AS as_auto_explain_wants FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname LIKE 'regress\_curfew\_%' ORDER BY r.rolname COLLATE "C";

-- Only superusers give and take access, of the four kinds.
SET ROLE regress_curfew_admin;
SELECT pg_temp.answer('SELECT curfew.grant_access(''regress_curfew_visitor'', ''front'')') AS given, pg_temp.answer('SELECT curfew.revoke_access(''regress_curfew_front'')') AS taken;
RESET ROLE;
SELECT kind, pg_temp.answer(format('SELECT curfew.grant_access(%L, %L)', 'regress_curfew_nobody', kind)) FROM unnest('{god,"",NULL,Admin}'::text[]) WITH ORDINALITY k (kind, n) ORDER BY n;
SELECT pg_temp.answer('SELECT curfew.grant_access(NULL, ''front'')') AS null_role, pg_temp.answer('SELECT curfew.grant_access(4294967295::oid::regrole, ''front'')') AS no_role;
-- Taken back, it is all gone, and the role can be dropped.
SELECT count(curfew.grant_access('regress_curfew_nobody', kind)) FROM unnest('{front,service,auditor,admin}'::text[]) kind;
SELECT curfew.revoke_access('regress_curfew_nobody') \gset
SET ROLE regress_curfew_nobody;
SELECT count(*) FILTER (WHERE answer = '42501') = count(*) AS all_refused FROM (SELECT pg_temp.answer(statement) FROM function_call UNION ALL SELECT pg_temp.answer(statement) FROM relation_use) f (answer);
RESET ROLE;
DROP ROLE regress_curfew_nobody;
-- A role with a name that needs quoting.
SET client_min_messages = warning;
DROP ROLE IF EXISTS "regress_curfew; DROP 'x' ""y""";
RESET client_min_messages;
CREATE ROLE "regress_curfew; DROP 'x' ""y""";
SELECT curfew.grant_access('"regress_curfew; DROP ''x'' ""y"""', 'front') \gset
SELECT has_function_privilege('regress_curfew; DROP ''x'' "y"', 'curfew.version()', 'EXECUTE');
SELECT curfew.revoke_access('"regress_curfew; DROP ''x'' ""y"""') \gset
DROP ROLE "regress_curfew; DROP 'x' ""y""";
-- The others too, once what was given otherwise is taken.
REVOKE USAGE ON SCHEMA curfew FROM regress_curfew_visitor;
SELECT curfew.revoke_access('regress_curfew_front'), curfew.revoke_access('regress_curfew_service'), curfew.revoke_access('regress_curfew_auditor'), curfew.revoke_access('regress_curfew_admin') \gset
DROP ROLE regress_curfew_visitor, regress_curfew_front, regress_curfew_service, regress_curfew_auditor, regress_curfew_admin;
