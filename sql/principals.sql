-- Principals: made, suspended, resumed, revoked with their sessions, killed with what descends from these.
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
CREATE FUNCTION pg_temp.answer_as(who uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('principals', who);
    RETURN pg_temp.answer(statement);
END $$;
SELECT curfew.create_tenant('principals') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'principals') AS ada, curfew.create_principal('olga', tenant => 'principals') AS olga \gset

-- Kinds, roles, scopes: an administrator has all scopes unless told otherwise, anybody else none.
SELECT count(curfew.create_principal(name, kind, role, scopes::text[], tenant => 'principals'))
FROM (VALUES (1, 'u1', 'user', 'member', NULL), (2, 'u2', 'service', 'admin', NULL), (3, 'u3', 'agent', 'reader', '{a,b:*}'), (4, 'u4', 'user', 'admin', '{}')) v (n, name, kind, role, scopes);
SELECT name, kind, role, status, scopes FROM curfew.principal WHERE tenant_id = :'tenant' AND name LIKE 'u%' ORDER BY name COLLATE "C";
SELECT what, pg_temp.answer(format('SELECT curfew.create_principal(%s, tenant => %L)', arguments, 'principals')) FROM (VALUES (1, 'no kind', '''x'', ''robot'''), (2, 'no role', '''x'', ''user'', ''king'''), (3, 'null kind', '''x'', NULL'),
    (4, 'no scope', '''x'', scopes => ''{a b}'''), (5, 'long scope', '''x'', scopes => ARRAY[repeat(''s'', 64)]'), (6, 'empty scope', '''x'', scopes => ARRAY['''']'), (7, 'empty name', ''''''), (8, 'null name', 'NULL'),
    (9, 'long name', 'repeat(''é'', 201)'), (11, 'long email', '''x'', email => repeat(''é'', 201)'), (12, 'empty full name', '''x'', full_name => '''''), (13, 'many scopes', '''x'', scopes => (SELECT array_agg(''s'' || i) FROM generate_series(1, 257) i)'), (10, 'same name', '''olga''')) v (n, what, arguments) ORDER BY n;
SELECT pg_temp.answer('SELECT curfew.create_principal(repeat(''é'', 200), tenant => ''principals'') IS NOT NULL') AS longest;
-- Slugs: of tenants and workspaces.
SELECT slug, pg_temp.answer(format('SELECT curfew.create_workspace(%L, tenant => %L) IS NOT NULL', slug, 'principals')) AS workspace, pg_temp.answer(format('SELECT curfew.create_tenant(%L)', slug)) AS tenant
FROM unnest('{"",Upper,under_score,-a,a-,é,"a b",01890a5d-ac96-774b-bcce-b302099a8057,01890a5dac96774bbcceb302099a8057}'::text[] || repeat('a', 64) || NULL::text) slug;
-- Only an administrator of the tenant does this, without a key that is bound to a workspace.
SELECT pg_temp.answer_as(:'olga', 'SELECT curfew.create_principal(''x'')') AS olga, pg_temp.answer_as(:'ada', 'SELECT curfew.create_principal(''by ada'') IS NOT NULL') AS ada;
SELECT curfew.create_workspace('room', tenant => 'principals') AS room \gset
SELECT key FROM curfew.issue_api_key(:'ada', workspace => 'room', tenant => 'principals') \gset
BEGIN;
SELECT curfew.authenticate(:'key') \gset
SELECT pg_temp.answer('SELECT curfew.create_principal(''x'')') AS bound;
COMMIT;

-- Somebody of the tenant is looked up by oneself, by administrators and services, and by who shares a workspace with him.
SELECT curfew.create_principal('carol', email => 'carol@example.org', full_name => 'Carol C', tenant => 'principals') AS carol \gset
BEGIN;
SELECT curfew.act_as('principals', :'carol') \gset
SELECT principal_id = :'carol' AS carol, kind, role, status, name, email, full_name FROM curfew.get_principal(:'carol');
SELECT pg_temp.answer('SELECT name FROM curfew.get_principal(gen_random_uuid())'), pg_temp.answer('SELECT name FROM curfew.get_principal(NULL)');
COMMIT;
SELECT curfew.create_principal('sam', 'service', tenant => 'principals') AS sam, curfew.create_principal('neighbour', tenant => 'principals') AS neighbour \gset
SELECT curfew.add_member('room', :'carol', tenant => 'principals'), curfew.add_member('room', :'neighbour', tenant => 'principals') \gset
SELECT who, pg_temp.answer_as(id, format('SELECT name FROM curfew.get_principal(%L)', :'carol')) FROM (VALUES (1, 'carol', :'carol'::uuid), (2, 'ada', :'ada'), (3, 'sam', :'sam'), (4, 'neighbour', :'neighbour'), (5, 'olga', :'olga')) v (n, who, id) ORDER BY n;
-- A key of one workspace knows its members and its own principal, whoever that is.
SELECT curfew.create_workspace('attic', tenant => 'principals') AS attic \gset
SELECT curfew.add_member('attic', :'olga', tenant => 'principals') \gset
CREATE TEMP TABLE bound AS SELECT w.n, w.workspace, p.name, p.id, (curfew.issue_api_key(p.id, workspace => w.workspace, tenant => 'principals')).key
FROM (VALUES (1, 'room'), (2, 'attic'), (3, NULL)) w (n, workspace), (VALUES ('ada', :'ada'::uuid), ('sam', :'sam'), ('neighbour', :'neighbour')) p (name, id);
CREATE FUNCTION pg_temp.known_by(key text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.authenticate(key);
    RETURN (SELECT string_agg(CASE WHEN pg_temp.answer(format('SELECT name FROM curfew.get_principal(%L)', f.principal_id)) = f.principal_name THEN f.principal_name END, ' ' ORDER BY f.principal_name COLLATE "C")
        FROM curfew.find_principals() f WHERE f.principal_name IN ('ada', 'olga', 'carol', 'sam', 'neighbour'));
END $$;
SELECT coalesce(workspace, 'any') AS workspace, name, pg_temp.known_by(key) AS knows FROM bound ORDER BY n, name;
SELECT key AS attic_key FROM bound WHERE workspace = 'attic' AND name = 'ada' \gset
BEGIN;
SELECT curfew.authenticate(:'attic_key') \gset
SELECT pg_temp.answer(format('SELECT name FROM curfew.get_principal(%L)', :'olga')) AS of_the_attic, pg_temp.answer(format('SELECT name FROM curfew.get_principal(%L)', :'carol')) AS of_the_room;
COMMIT;

-- A tree of sessions: bot runs the first for olga; the second is of a second agent and descends from the first; the third of olga's
-- own, descending from the second; a conversation, which nothing ends; and one of olga's that has to do with none of them.
SELECT curfew.create_principal('bot', 'agent', tenant => 'principals') AS bot, curfew.create_principal('second', 'agent', tenant => 'principals') AS second \gset
SELECT curfew.add_member('room', :'olga', tenant => 'principals') \gset
CREATE TEMP TABLE tree (name text, id uuid);
CREATE FUNCTION pg_temp.plant(olga uuid, ada uuid, bot uuid, second uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('principals', ada);
    DELETE FROM tree;
    INSERT INTO tree SELECT '1 bot''s', (curfew.create_session('agent', olga, bot)).id;
    INSERT INTO tree SELECT '2 second''s', (curfew.create_session('run', olga, second, parent => (SELECT id FROM tree WHERE name LIKE '1%'))).id;
    INSERT INTO tree SELECT '3 olga''s', (curfew.create_session('login', olga, parent => (SELECT id FROM tree WHERE name LIKE '2%'))).id;
    INSERT INTO tree SELECT '4 bot''s talk', (curfew.create_session('conversation', olga, bot, 'room')).id;
    INSERT INTO tree SELECT '5 another', (curfew.create_session('login', olga)).id;
END $$;
CREATE FUNCTION pg_temp.states() RETURNS TABLE (session text, state text, version bigint, event text, reason text, details text) LANGUAGE sql AS $$
    SELECT t.name, s.state, s.version, e.event, e.reason, e.details->>'cause' FROM tree t JOIN curfew.session s USING (id)
    LEFT JOIN curfew.audit_event e ON e.session_id = s.id AND e.version = s.version AND s.version > 1 ORDER BY t.name COLLATE "C"
$$;
SELECT pg_temp.plant(:'olga', :'ada', :'bot', :'second') \gset
-- Suspending ends nothing, resuming leaves all as it was.
SELECT curfew.suspend_principal(:'bot', 'hm', 'principals'), curfew.resume_principal(:'bot', 'well', 'principals') \gset
SELECT * FROM pg_temp.states();
-- Revoking ends the principal's own sessions, each by its lifecycle's forced ending, with an audit row each; not what descends from them.
SELECT curfew.revoke_principal(:'bot', 'gone', 'principals') AS ended;
SELECT * FROM pg_temp.states();
-- Again: nothing is left to end, and nothing is written.
SELECT curfew.revoke_principal(:'bot', 'gone', 'principals') AS ended;
SELECT event, count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event LIKE 'principal.revoke' GROUP BY event;
-- No row of a change behind the engine's back comes of it.
SELECT count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event LIKE 'session.%';

-- Killing does so for holders of agents:kill; with cascade for what descends from its sessions too.
SELECT curfew.create_principal('bot two', 'agent', tenant => 'principals') AS bot \gset
SELECT pg_temp.plant(:'olga', :'ada', :'bot', :'second') \gset
SELECT curfew.create_principal('killer', 'service', scopes => '{agents:kill}', tenant => 'principals') AS killer, curfew.create_principal('toothless', 'user', 'admin', '{}', tenant => 'principals') AS toothless \gset
SELECT pg_temp.answer_as(:'olga', format('SELECT curfew.kill_principal(%L)', :'bot')) AS olga, pg_temp.answer_as(:'toothless', format('SELECT curfew.kill_principal(%L)', :'bot')) AS admin_without_scope,
    pg_temp.answer_as(:'killer', format('SELECT curfew.kill_principal(%L)', gen_random_uuid())) AS nobody;
SELECT pg_temp.answer_as(:'killer', format('SELECT curfew.kill_principal(%L, %L, true)', :'bot', 'rogue')) AS killed;
SELECT * FROM pg_temp.states();
SELECT event, reason, actor_id = :'killer' AS killer FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event = 'principal.kill';
-- Rolled back, nobody is dead and nothing is ended.
SELECT curfew.create_principal('bot three', 'agent', tenant => 'principals') AS bot \gset
SELECT pg_temp.plant(:'olga', :'ada', :'bot', :'second') \gset
BEGIN;
SELECT curfew.kill_principal(:'bot', 'rogue', true, 'principals');
ROLLBACK;
SELECT * FROM pg_temp.states();
-- What has ended, or is past its deadline, is not ended again.
UPDATE curfew.session SET deadline = now() WHERE id = (SELECT id FROM tree WHERE name LIKE '1%');
SELECT curfew.kill_principal(:'bot', 'rogue', true, 'principals');
SELECT session, state FROM pg_temp.states();
