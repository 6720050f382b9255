-- Every function and view, called first thing in a fresh backend under a search path that shadows operators, functions
-- and types with ones that raise an error: none of them is ever reached. A function that is new fails this suite until it
-- is called here too.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
DROP SCHEMA IF EXISTS regress_curfew_hostile CASCADE;
DROP ROLE IF EXISTS regress_curfew_path, regress_curfew_other;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE ROLE regress_curfew_path;
CREATE ROLE regress_curfew_other;

-- What is called with: a tenant whose administrator the role is tied to, and a session of every kind.
CREATE SCHEMA regress_curfew_hostile;
GRANT USAGE ON SCHEMA regress_curfew_hostile TO PUBLIC;
CREATE TABLE regress_curfew_hostile.thing (name text PRIMARY KEY, value text);
CREATE FUNCTION regress_curfew_hostile.secret(wanted text) RETURNS text STABLE SECURITY DEFINER SET search_path = pg_catalog LANGUAGE sql AS
    'SELECT value FROM regress_curfew_hostile.thing WHERE name = wanted';
CREATE FUNCTION regress_curfew_hostile.id(wanted text) RETURNS uuid STABLE SECURITY DEFINER SET search_path = pg_catalog LANGUAGE sql AS
    'SELECT value::uuid FROM regress_curfew_hostile.thing WHERE name = wanted';
INSERT INTO regress_curfew_hostile.thing SELECT 'tenant', curfew.create_tenant('hostile');
INSERT INTO regress_curfew_hostile.thing SELECT 'room', curfew.create_workspace('room', tenant => 'hostile');
INSERT INTO regress_curfew_hostile.thing SELECT name, curfew.create_principal(name, kind, role, tenant => 'hostile', scopes => scopes)
FROM (VALUES ('ada', 'user', 'admin', '{*}'::text[]), ('member', 'user', 'member', '{}'), ('bot', 'agent', 'member', '{files:read}'), ('other bot', 'agent', 'member', '{}')) v (name, kind, role, scopes);
SELECT count(curfew.add_member('room', regress_curfew_hostile.id(name), tenant => 'hostile')) FROM unnest('{ada,member}'::text[]) name;
INSERT INTO regress_curfew_hostile.thing SELECT n.name, n.value FROM curfew.issue_api_key(regress_curfew_hostile.id('ada'), tenant => 'hostile') k, LATERAL (VALUES ('key', k.key)) n (name, value);
INSERT INTO regress_curfew_hostile.thing SELECT 'member key', key FROM curfew.issue_api_key(regress_curfew_hostile.id('member'), tenant => 'hostile');
INSERT INTO regress_curfew_hostile.thing SELECT 'key id', id FROM curfew.issue_api_key(regress_curfew_hostile.id('bot'), tenant => 'hostile');
BEGIN;
SELECT curfew.act_as('hostile', regress_curfew_hostile.id('ada')) \gset
INSERT INTO regress_curfew_hostile.thing SELECT lifecycle, (curfew.create_session(lifecycle, workspace => 'room', title => 'a title', labels => '{"k": ["v"]}')).id FROM unnest('{login,conversation,visual,run}'::text[]) lifecycle;
INSERT INTO regress_curfew_hostile.thing SELECT n.name, n.value FROM curfew.create_session('agent', workspace => 'room') s, LATERAL (VALUES ('agent', s.id::text), ('token', s.token), ('refresh token', s.refresh_token), ('maip', curfew.maip_session_id(s.id))) n (name, value);
INSERT INTO regress_curfew_hostile.thing SELECT 'login token', (curfew.create_session('login')).token;
INSERT INTO regress_curfew_hostile.thing SELECT 'used login', (curfew.create_session('login')).id;
INSERT INTO regress_curfew_hostile.thing SELECT 'plain', (curfew.create_session('login')).id;
SELECT count(curfew.create_session('login', title => 'doomed')) FROM generate_series(1, 3);
INSERT INTO regress_curfew_hostile.thing SELECT 'late', (curfew.create_session('run', workspace => 'room')).id;
INSERT INTO regress_curfew_hostile.thing SELECT 'ancient', (curfew.create_session('visual', workspace => 'room')).id;
SELECT state FROM curfew.cancel_session(regress_curfew_hostile.id('ancient'));
INSERT INTO regress_curfew_hostile.thing SELECT 'beginning', left(regress_curfew_hostile.secret('conversation'), 12);
COMMIT;
UPDATE curfew.session SET created_at = now() - interval '999 years', ended_at = now() - interval '999 years' WHERE id = regress_curfew_hostile.id('ancient');
UPDATE curfew.session SET deadline = now() WHERE id = regress_curfew_hostile.id('late');
SELECT curfew.grant_access('regress_curfew_path', 'front'), curfew.grant_access('regress_curfew_path', 'service'), curfew.grant_access('regress_curfew_path', 'auditor'),
    curfew.grant_access('regress_curfew_path', 'admin'), curfew.map_role('regress_curfew_path', regress_curfew_hostile.id('ada'), 'hostile') \gset

-- The calls. next() gives one after the other.
CREATE TABLE regress_curfew_hostile.call (n serial, by_superuser boolean, called text, statement text, done boolean NOT NULL DEFAULT false);
INSERT INTO regress_curfew_hostile.call (by_superuser, called, statement) VALUES
    (false, 'version', 'SELECT curfew.version() IS NOT NULL AS version'),
    (false, 'current_tenant', 'SELECT curfew.current_tenant() IS NOT NULL AS tenant'),
    (false, 'current_principal', 'SELECT curfew.current_principal() IS NOT NULL AS principal'),
    (false, 'current_session', 'SELECT curfew.current_session()'),
    (false, 'authenticate', 'SELECT kind, role FROM curfew.authenticate(regress_curfew_hostile.secret(''key''), ''hostile'', ''http:x'', ''r-1'')'),
    (false, 'authenticate', 'SELECT kind, role FROM curfew.authenticate(regress_curfew_hostile.secret(''login token''))'),
    (false, 'act_as', 'SELECT curfew.act_as(''hostile'', regress_curfew_hostile.id(''ada''))'),
    (false, 'create_session', 'SELECT state FROM curfew.create_session(''visual'', workspace => ''room'', timers => ''{"wait": 60}'', title => ''x'', labels => ''{"a": ["b"]}'', parent => regress_curfew_hostile.id(''run''))'),
    (false, 'create_session', 'SELECT state FROM curfew.create_session(''agent'', regress_curfew_hostile.id(''ada''), regress_curfew_hostile.id(''bot''), ''room'', ''{files:read}'')'),
    (false, 'create_session', 'SELECT state FROM curfew.create_session(''conversation'', workspace => ''room'')'),
    (false, 'act', 'SELECT state, version FROM curfew.act(regress_curfew_hostile.id(''conversation''), ''pin'', ''why not'', 1, ''conversation'', ''room'')'),
    (false, 'decides', 'SELECT e.state FROM curfew.get_session(regress_curfew_hostile.id(''plain'')) g, LATERAL curfew.end_session(g.id, ''known now'') e'),
    (false, 'archive_session', 'SELECT version FROM curfew.archive_session(regress_curfew_hostile.id(''conversation''))'),
    (false, 'unarchive_session', 'SELECT version FROM curfew.unarchive_session(regress_curfew_hostile.id(''conversation''))'),
    (false, 'get_session', 'SELECT state FROM curfew.get_session(regress_curfew_hostile.id(''conversation''), ''conversation'', ''room'')'),
    (false, 'get_session', 'SELECT state FROM curfew.get_session(regress_curfew_hostile.id(''late''))'),
    (false, 'get_session_detail', 'SELECT title, labels FROM curfew.get_session_detail(regress_curfew_hostile.id(''conversation''))'),
    (false, 'update_session', 'SELECT version FROM curfew.update_session(regress_curfew_hostile.id(''conversation''), ''label'', ''a title'', ''{"k": ["w"]}'', ''{}'', ''{"f": 1}'', ''why'')'),
    (false, 'post_message', 'SELECT version FROM curfew.post_message(regress_curfew_hostile.id(''conversation''), ''a message'')'),
    (false, 'list_messages', 'SELECT kind, author, message FROM curfew.list_messages(regress_curfew_hostile.id(''conversation''))'),
    (false, 'create_session', 'SELECT replayed FROM curfew.create_session(''login'', once => ''x'')'),
    (false, 'create_session', 'SELECT replayed FROM curfew.create_session(''login'', once => ''x'')'),
    (false, 'find_sessions', 'SELECT f.total, s.lifecycle, s.title FROM curfew.find_sessions(''{"lifecycle": ["run", "conversation"], "workspace": "room", "label": {"k": ["w", null]}, "search": "TITLE", "fields": {"f": 1}}'', ''last_message_at'', false, 1) f, pg_catalog.unnest(f.sessions) s'),
    (false, 'act_each', 'SELECT refused, state FROM curfew.act_each(ARRAY[regress_curfew_hostile.id(''conversation'')], ''pin'', ''why'', ''conversation'', ''room'')'),
    (false, 'find_principals', 'SELECT kind, principal_name FROM curfew.find_principals(regress_curfew_hostile.id(''ada''), ''ada'')'),
    (false, 'own_or_administered', 'SELECT curfew.own_or_administered(regress_curfew_hostile.id(''bot'')) IS NOT NULL AS own'),
    (false, 'resolve_workspace', 'SELECT curfew.resolve_workspace(''room'') IS NOT NULL AS workspace'),
    (false, 'given', 'SELECT curfew.given(''x''::pg_catalog.text, ''a'')'),
    (false, 'body_choice', 'SELECT curfew.body_choice(''{"a": "b"}'', ''a'', ''{b,c}'')'),
    (false, 'body_labels', 'SELECT curfew.body_labels(''{"a": {"b": ["c"]}}'', ''a'')'),
    (false, 'body_uuids', 'SELECT curfew.body_uuids(''{"a": ["01890a5d-ac96-774b-bcce-b302099a8057"]}'', ''a'', 1, 1)'),
    (false, 'query_boolean', 'SELECT curfew.query_boolean(''true'', ''a'')'),
    (false, 'query_choice', 'SELECT curfew.query_choice(''b'', ''a'', ''{b,c}'')'),
    (false, 'query_choices', 'SELECT curfew.query_choices(''{b,c}'', ''a'', ''{b,c}'')'),
    (false, 'query_text', 'SELECT curfew.query_text(''b'', ''a'', 1)'),
    (false, 'query_uuids', 'SELECT curfew.query_uuids(''{01890a5d-ac96-774b-bcce-b302099a8057}'', ''a'')'),
    (false, 'query_labels', 'SELECT curfew.query_labels(''{a:b,a:c,d:e}'', ''label'')'),
    (false, 'list_sessions', 'SELECT lifecycle FROM curfew.list_sessions(''run'', ''working'', regress_curfew_hostile.id(''ada''), workspace => ''room'', max_rows => 1)'),
    (false, 'list_sessions', 'SELECT lifecycle FROM curfew.list_sessions(''login'', after => regress_curfew_hostile.id(''conversation''))'),
    (false, 'list_sessions', 'SELECT l.lifecycle FROM curfew.authenticate(regress_curfew_hostile.secret(''member key'')) a, LATERAL (SELECT x.lifecycle FROM curfew.list_sessions(''conversation'', max_rows => CASE WHEN a.kind IS NULL THEN 2 ELSE 1 END) x) l'),
    (false, 'terminate_session', 'SELECT state FROM curfew.terminate_session(regress_curfew_hostile.id(''run''), ''over'', 1)'),
    (false, 'cancel_session', 'SELECT state FROM curfew.cancel_session(regress_curfew_hostile.id(''visual''))'),
    (false, 'end_session', 'SELECT state FROM curfew.end_session(regress_curfew_hostile.id(''login''))'),
    (false, 'extend_session', 'SELECT state, version FROM curfew.extend_session(regress_curfew_hostile.id(''agent''), by => ''1 minute'', reason => ''why not'', expected_version => 1)'),
    (false, 'extend_session', 'SELECT state, version FROM curfew.extend_session(regress_curfew_hostile.id(''agent''), until => pg_catalog.statement_timestamp() OPERATOR(pg_catalog.+) ''2 hours'')'),
    (false, 'touch_session', 'SELECT curfew.touch_session(regress_curfew_hostile.id(''used login''))'),
    (false, 'refresh_session', 'SELECT refused FROM curfew.refresh_session(regress_curfew_hostile.secret(''refresh token''))'),
    (false, 'refresh_session', 'SELECT refused FROM curfew.refresh_session(regress_curfew_hostile.secret(''refresh token''))'),
    (false, 'session_is_live', 'SELECT curfew.session_is_live()'),
    (false, 'introspect', 'SELECT active, lifecycle, state FROM curfew.introspect(regress_curfew_hostile.secret(''login token''))'),
    (false, 'session_as_of', 'SELECT state, version, marks FROM curfew.session_as_of(regress_curfew_hostile.id(''visual''), pg_catalog.clock_timestamp())'),
    (false, 'session_as_of', 'SELECT state, version FROM curfew.session_as_of(regress_curfew_hostile.id(''late''), pg_catalog.clock_timestamp())'),
    (false, 'audit_log', 'SELECT action, version FROM curfew.audit_log(regress_curfew_hostile.id(''conversation''), since => ''2001-01-01'', until => ''infinity'')'),
    (false, 'audit_log', 'SELECT event FROM curfew.audit_log(event => ''tenant.create'', max_rows => 1)'),
    (false, 'resolve_session', 'SELECT curfew.resolve_session(regress_curfew_hostile.secret(''beginning''), ''conversation'', ''room'') IS NOT NULL AS resolved'),
    (false, 'resolve_session', 'SELECT curfew.resolve_session(regress_curfew_hostile.secret(''maip''), ''agent'') IS NOT NULL AS resolved'),
    (false, 'maip_session_id', 'SELECT curfew.maip_session_id(regress_curfew_hostile.id(''late'')) IS NOT NULL AS written'),
    (false, 'session_id', 'SELECT curfew.session_id(''devin-01890a5dac96774bbcceb302099a8057'', ''devin-'')'),
    (false, 'json_body', 'SELECT curfew.json_body(''{"a": [1, "b"]}'')'),
    (false, 'body_text', 'SELECT curfew.body_text(''{"a": "b"}'', ''a'')'),
    (false, 'body_integer', 'SELECT curfew.body_integer(''{"a": 7}'', ''a'', 1, 9)'),
    (false, 'body_object', 'SELECT curfew.body_object(''{"a": {"b": [1]}}'', ''a'')'),
    (false, 'body_texts', 'SELECT curfew.body_texts(''{"a": ["b", "c"]}'', ''a'')'),
    (false, 'body_uuid', 'SELECT curfew.body_uuid(''{"a": "01890a5d-ac96-774b-bcce-b302099a8057"}'', ''a'')'),
    (false, 'query_integer', 'SELECT curfew.query_integer(''7'', ''limit'', 1, 9)'),
    (false, 'query_uuid', 'SELECT curfew.query_uuid(''01890a5d-ac96-774b-bcce-b302099a8057'', ''agent'')'),
    (false, 'list_principals', 'SELECT principal_kind FROM curfew.list_principals(''agent'', ''active'', max_rows => 1)'),
    (false, 'list_lifecycles', 'SELECT name, revision, builtin FROM curfew.list_lifecycles(''login'')'),
    (false, 'event_feed', 'SELECT event FROM curfew.event_feed(max_rows => 1)'),
    (false, 'sequence_events', 'SELECT curfew.sequence_events(1)'),
    (false, 'next_caller', 'SELECT curfew.next_caller(''1 second'')'),
    (false, 'refuse_parameter', 'SELECT curfew.refuse_parameter(''x'', true)'),
    (false, 'consistency_token', 'SELECT curfew.consistency_token() IS NOT NULL AS given'),
    (false, 'check_consistency', 'SELECT curfew.check_consistency(curfew.consistency_token())'),
    (false, 'seal_cursor', 'SELECT curfew.seal_cursor(''a list'', ''a place'') IS NOT NULL AS sealed'),
    (false, 'open_cursor', 'SELECT curfew.open_cursor(''a list'', curfew.seal_cursor(''a list'', ''a place''))'),
    (false, 'query_timestamp', 'SELECT curfew.query_timestamp(''2024-02-29T12:00:00+00:00'', ''at'') IS NOT NULL AS read'),
    (false, 'rfc3339', 'SELECT curfew.rfc3339(''2024-02-29 12:00:00+00'')'),
    (false, 'row_json', 'SELECT curfew.row_json(s) IS NOT NULL AS shown FROM curfew.get_session(regress_curfew_hostile.id(''conversation'')) s'),
    (false, 'effective_state', 'SELECT curfew.effective_state(''a'', ''2024-02-29 12:00:00+00'', ''b'', NULL, ''2024-03-01 12:00:00+00'')'),
    (false, 'effective_ended_at', 'SELECT curfew.effective_ended_at(''2024-02-29 12:00:00+00'', ''b'', NULL, ''2024-03-01 12:00:00+00'') IS NOT NULL AS ended'),
    (false, 'audited_tenant', 'SELECT curfew.audited_tenant() IS NOT NULL AS tenant'),
    (false, 'administers_installation', 'SELECT curfew.administers_installation()'),
    (false, 'list_transitions', 'SELECT next_state FROM curfew.list_transitions() WHERE lifecycle OPERATOR(pg_catalog.=) ''login'''),
    (false, 'lifecycle_diagram', 'SELECT curfew.lifecycle_diagram(''login'')'),
    (false, 'define_lifecycle', 'SELECT curfew.define_lifecycle(''hostile'', ''{"initial": "a", "states": {"a": {}, "b": {"terminal": true}}, "actions": {"go": {"from": ["a"], "to": "b", "by": ["owner"]}}}'') AS revision'),
    (false, 'define_lifecycle', 'SELECT curfew.define_lifecycle(''hostile'', ''{"initial": "a", "states": {"a": {}, "b": {"terminal": true}}, "actions": {"go": {"from": ["a"], "to": "b", "by": ["owner", "admin"]}}}'') AS revision'),
    (false, 'create_tenant', 'SELECT curfew.create_tenant(''hostile-two'') IS NOT NULL AS created'),
    (false, 'create_workspace', 'SELECT curfew.create_workspace(''attic'', tenant => ''hostile'') IS NOT NULL AS created'),
    (false, 'create_principal', 'SELECT curfew.create_principal(''new'', scopes => ''{a,b}'', email => ''n@example.org'', tenant => ''hostile'') IS NOT NULL AS created'),
    (false, 'create_principal', 'SELECT p IS NOT NULL AS created FROM curfew.authenticate(regress_curfew_hostile.secret(''key'')) a, LATERAL curfew.create_principal(CASE WHEN a.kind IS NULL THEN NULL ELSE ''another'' END) p'),
    (false, 'get_principal', 'SELECT name, status FROM curfew.get_principal(regress_curfew_hostile.id(''bot''))'),
    (false, 'add_member', 'SELECT curfew.add_member(''attic'', regress_curfew_hostile.id(''bot''), tenant => ''hostile'')'),
    (false, 'add_member', 'SELECT curfew.add_member(''attic'', regress_curfew_hostile.id(''bot''), ''reader'', tenant => ''hostile'')'),
    (false, 'suspend_tenant', 'SELECT curfew.suspend_tenant(''hostile-two'', ''unpaid'')'),
    (false, 'resume_tenant', 'SELECT curfew.resume_tenant(''hostile-two'')'),
    (false, 'remove_member', 'SELECT curfew.remove_member(''room'', regress_curfew_hostile.id(''member''), tenant => ''hostile'')'),
    (false, 'issue_api_key', 'SELECT key IS NOT NULL AS issued FROM curfew.issue_api_key(regress_curfew_hostile.id(''bot''), ''x_{workspace}_'', ''attic'', ''{a}'', ''infinity'', ''hostile'', ''1 minute'')'),
    (false, 'list_api_keys', 'SELECT prefix FROM curfew.list_api_keys(regress_curfew_hostile.id(''ada''), ''hostile'')'),
    (false, 'revoke_api_key', 'SELECT curfew.revoke_api_key(regress_curfew_hostile.id(''key id''), tenant => ''hostile'') IS NOT NULL AS revoked'),
    (false, 'suspend_principal', 'SELECT curfew.suspend_principal(regress_curfew_hostile.id(''bot''), ''why not'', tenant => ''hostile'')'),
    (false, 'resume_principal', 'SELECT curfew.resume_principal(regress_curfew_hostile.id(''bot''), tenant => ''hostile'')'),
    (false, 'revoke_principal', 'SELECT curfew.revoke_principal(regress_curfew_hostile.id(''bot''), tenant => ''hostile'')'),
    (false, 'kill_principal', 'SELECT curfew.kill_principal(regress_curfew_hostile.id(''other bot''), ''why not'', true, ''hostile'')'),
    (false, 'map_role', 'SELECT curfew.map_role(''regress_curfew_other'', regress_curfew_hostile.id(''member''), tenant => ''hostile'')'),
    (false, 'unmap_role', 'SELECT curfew.unmap_role(''regress_curfew_other'', tenant => ''hostile'')'),
    (false, 'register_issuer', 'SELECT curfew.register_issuer(''https://id.example'', hs256_secret => ''0123456789abcdef0123456789abcdef'', role_scopes => ''{"r": ["a"]}'', tenant => ''hostile'') IS NOT NULL AS registered'),
    (false, 'create_session', 'SELECT s.token IS NOT NULL AS token FROM curfew.authenticate(regress_curfew_hostile.secret(''key'')) a, LATERAL curfew.create_session(CASE WHEN a.kind IS NULL THEN NULL ELSE ''agent'' END, idempotency_key => ''hostile'') s'),
    (false, 'create_session', 'SELECT s.token IS NOT NULL AS token FROM curfew.authenticate(regress_curfew_hostile.secret(''key'')) a, LATERAL curfew.create_session(CASE WHEN a.kind IS NULL THEN NULL ELSE ''agent'' END, idempotency_key => ''hostile'') s'),
    (false, 'issue_api_key', 'SELECT k.key IS NOT NULL AS key FROM curfew.authenticate(regress_curfew_hostile.secret(''key'')) a, LATERAL curfew.issue_api_key(CASE WHEN a.kind IS NULL THEN NULL ELSE a.principal_id END, idempotency_key => ''hostile-key'') k'),
    (false, 'issue_api_key', 'SELECT k.key IS NOT NULL AS key FROM curfew.authenticate(regress_curfew_hostile.secret(''key'')) a, LATERAL curfew.issue_api_key(CASE WHEN a.kind IS NULL THEN NULL ELSE a.principal_id END, idempotency_key => ''hostile-key'') k'),
    (false, 'create_workspace', 'SELECT curfew.create_workspace(''loft'', idempotency_key => ''hostile-loft'') IS NOT NULL AS created'),
    (false, 'create_workspace', 'SELECT curfew.create_workspace(''loft'', idempotency_key => ''hostile-loft'') IS NOT NULL AS created'),
    (false, 'list_issuers', 'SELECT issuer, algorithms FROM curfew.list_issuers(''hostile'')'),
    (false, 'remove_issuer', 'SELECT curfew.remove_issuer(''https://id.example'', ''hostile'')'),
    (false, 'sweep', 'SELECT curfew.sweep(1) IS NOT NULL AS swept'),
    (false, 'sweep_status', 'SELECT written IS NOT NULL AS written FROM curfew.sweep_status()'),
    (false, 'sweeper_status', 'SELECT written IS NOT NULL AS written FROM curfew.sweeper_status'),
    (false, 'refusal_status', 'SELECT database FROM curfew.refusal_status() LIMIT 0'),
    (false, 'write_refusals', 'SELECT curfew.write_refusals(true)'),
    (false, 'create_audit_partition', 'SELECT curfew.create_audit_partition(''2001-05-05'')'),
    (false, 'body_number', 'SELECT curfew.body_number(''{"a": 7.5}'', ''a'', 1, 9)'),
    (false, 'require_fields', 'SELECT curfew.require_fields(''{"a": 7}'', ''{a}'')'),
    (false, 'refuse', 'SELECT curfew.refuse(''invalid_state'')'),
    (false, 'session_relations', 'SELECT curfew.session_relations(regress_curfew_hostile.id(''conversation''))'),
    (false, 'caller_workspace', 'SELECT curfew.caller_workspace(scope => ''sessions:read'') IS NULL AS unbound'),
    (false, 'set_tenant_settings', 'SELECT curfew.set_tenant_settings(''{"video": "events"}'', ''hostile'')'),
    (false, 'tenant_setting', 'SELECT curfew.tenant_setting(''video'', ''none'')'),
    (false, 'set_workspace_online', 'SELECT curfew.set_workspace_online(''attic'', tenant => ''hostile'')'),
    (false, 'find_sessions', 'SELECT total FROM curfew.find_sessions(''{"party": "room", "lifecycle": "run"}'')'),
    (false, 'body_boolean', 'SELECT curfew.body_boolean(''{"a": true}'', ''a'')'),
    (false, 'query_timestamp', 'SELECT curfew.query_timestamp(''2024-02-29T12:00:00Z'', ''from'') IS NOT NULL AS read'),
    (false, 'maip_principal_id', 'SELECT curfew.maip_principal_id(regress_curfew_hostile.id(''bot'')) IS NOT NULL AS written'),
    (false, 'resolve_principal', 'SELECT curfew.resolve_principal(curfew.maip_principal_id(''01890a5d-ac96-774b-bcce-b302099a8057''))'),
    (false, 'principal_kind', 'SELECT curfew.principal_kind(regress_curfew_hostile.id(''bot''))'),
    (false, 'session_refreshed_at', 'SELECT curfew.session_refreshed_at(regress_curfew_hostile.id(''conversation'')) IS NULL AS never'),
    (false, 'audit_log', 'SELECT event FROM curfew.audit_log(about => ''tenant'', max_rows => 1)'),
    (false, 'create_audit_partition', 'SELECT curfew.create_audit_partition(''2000-06-06'')'),
    (false, 'make_audit_partitions', 'SELECT curfew.make_audit_partitions() IS NOT NULL AS made'),
    (false, 'set_session_retention', 'SELECT curfew.set_session_retention(''visual'', ''998 years'')'),
    (false, 'set_audit_retention', 'SELECT curfew.set_audit_retention(pg_catalog.now() OPERATOR(pg_catalog.-) ''2000-07-02 00:00:00+00''::pg_catalog.timestamptz)'),
    (false, 'retention_plan', 'SELECT what, partition, number, holding FROM curfew.retention_plan() WHERE removable'),
    (false, 'apply_retention', 'CALL curfew.apply_retention()'),
    (false, 'set_session_retention', 'SELECT curfew.set_session_retention(''visual'', NULL)'),
    (false, 'set_audit_retention', 'SELECT curfew.set_audit_retention(NULL)'),
    (false, 'end_sessions', 'SELECT matched, ended FROM curfew.end_sessions(''{"search": "doomed", "live": true, "label": {"a": "b"}, "fields": {"a": 1}, "mark": {"x": true, "y": false}, "state": "active", "older_than": "1 day"}'', dry_run => true)'),
    (false, 'end_sessions', 'SELECT matched, ended, remaining FROM curfew.end_sessions(''{"search": "doomed", "lifecycle": ["login"], "ended": false}'', max_rows => 1)'),
    (false, 'end_sessions', 'SELECT e.matched, e.ended FROM curfew.end_sessions(''{"search": "doomed", "live": true}'', preview => (SELECT p.preview FROM curfew.end_sessions(''{"search": "doomed", "live": true}'', dry_run => true) p)) e'),
    (false, 'end_all_sessions', 'DO ''DECLARE e pg_catalog.int8; a pg_catalog.int8; f pg_catalog.int8; i pg_catalog.int8; r pg_catalog.uuid; BEGIN CALL curfew.end_all_sessions(''''{"search": "doomed"}'''', NULL, NULL, 2, NULL, NULL, e, a, f, i, r); END'''),
    (false, 'list_bulk_runs', 'SELECT status, matched, already FROM curfew.list_bulk_runs()'),
    (false, 'bulk_runs', 'SELECT status, matched, already FROM curfew.bulk_runs'),
    (false, 'sessions', 'SELECT state FROM curfew.sessions WHERE id OPERATOR(pg_catalog.=) regress_curfew_hostile.id(''late'')'),
    (false, 'audit_events', 'SELECT event FROM curfew.audit_events WHERE event OPERATOR(pg_catalog.=) ''tenant.create'''),
    (false, 'lifecycle_transitions', 'SELECT next_state FROM curfew.lifecycle_transitions WHERE lifecycle OPERATOR(pg_catalog.=) ''login'''),
    (true, 'current_traceparent', 'SELECT curfew.current_traceparent()'),
    (true, 'grant_access', 'SELECT curfew.grant_access(''regress_curfew_other'', ''front'')'),
    (true, 'revoke_access', 'SELECT curfew.revoke_access(''regress_curfew_other'')'),
    (true, 'close_schema', 'SELECT curfew.close_schema()'),
    (true, 'outside_engine', 'SELECT curfew.outside_engine(NULL)'),
    (true, 'record_outside_change', 'UPDATE curfew.session SET metered_us = 1 WHERE id OPERATOR(pg_catalog.=) regress_curfew_hostile.id(''late'')'),
    (true, 'record_outside_change', 'DELETE FROM curfew.session WHERE id OPERATOR(pg_catalog.=) regress_curfew_hostile.id(''late'')'),
    (true, 'tell_directory_change', 'UPDATE curfew.principal SET name = name WHERE tenant_id OPERATOR(pg_catalog.=) regress_curfew_hostile.id(''tenant'')'),
    (true, 'refuse_audit_change', 'UPDATE curfew.audit_event SET reason = ''x'' WHERE tenant_id OPERATOR(pg_catalog.=) regress_curfew_hostile.id(''tenant'')');
CREATE FUNCTION regress_curfew_hostile.next() RETURNS text SECURITY DEFINER SET search_path = pg_catalog LANGUAGE sql AS
    'UPDATE regress_curfew_hostile.call SET done = true WHERE n = (SELECT min(n) FROM regress_curfew_hostile.call WHERE NOT done) RETURNING statement';
-- Every function and every view of the schema is called. What is listed here is not, and has to be added above.
SELECT name FROM (SELECT proname::text FROM pg_proc WHERE pronamespace = 'curfew'::regnamespace
    UNION SELECT relname::text FROM pg_class WHERE relnamespace = 'curfew'::regnamespace AND relkind = 'v') f (name)
WHERE name NOT IN (SELECT called FROM regress_curfew_hostile.call WHERE statement ~ ('curfew\.' || called || '\M') OR called IN ('record_outside_change', 'refuse_audit_change', 'tell_directory_change', 'decides'))
ORDER BY name COLLATE "C";

-- The hostile path: every operator between the types that there are in curfew's tables, some functions, and the types themselves.
CREATE FUNCTION regress_curfew_hostile.trap(bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'hostile code was run'; END $$;
CREATE AGGREGATE regress_curfew_hostile.count(*) (SFUNC = regress_curfew_hostile.trap, STYPE = bigint);
DO $$
DECLARE
    types regtype[] := '{text,uuid,timestamptz,integer,bigint,jsonb,boolean,bytea,name,oid,regrole,text[],interval,xid,date,numeric,xid8,bigint[]}';
    pseudo regtype[] := '{anyarray,record,anynonarray,anyelement}';
    thing record;
    body text := 'BEGIN RAISE EXCEPTION ''hostile code was run''; END';
BEGIN
    FOR thing IN SELECT oprname, oprleft::regtype AS l, oprright::regtype AS r, oprresult::regtype AS result, row_number() OVER () AS n FROM pg_operator
        WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprcode <> 0 AND oprkind = 'b' AND oprleft = ANY (types || pseudo) AND oprright = ANY (types || pseudo) LOOP
        EXECUTE format('CREATE FUNCTION regress_curfew_hostile.operator_%s(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L', thing.n, thing.l, thing.r, thing.result, body);
        EXECUTE format('CREATE OPERATOR regress_curfew_hostile.%s (FUNCTION = regress_curfew_hostile.operator_%s, LEFTARG = %s, RIGHTARG = %s)', thing.oprname, thing.n, thing.l, thing.r);
    END LOOP;
    FOR thing IN SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS arguments, p.prorettype::regtype AS result FROM pg_proc p WHERE p.pronamespace = 'pg_catalog'::regnamespace
        AND p.proname IN ('now', 'statement_timestamp', 'clock_timestamp', 'transaction_timestamp', 'substr', 'substring', 'uuid_send', 'octet_length', 'length', 'gen_random_uuid', 'replace', 'lower', 'upper', 'sha256',
            'jsonb_object_field', 'jsonb_object_field_text', 'texteq', 'uuid_eq', 'int4eq', 'int8eq', 'current_setting', 'set_config', 'nextval', 'coalesce') LOOP
        EXECUTE format('CREATE FUNCTION regress_curfew_hostile.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', thing.proname, thing.arguments, thing.result, body);
    END LOOP;
    EXECUTE format('CREATE FUNCTION regress_curfew_hostile.jsonb_build_object(text, text) RETURNS jsonb LANGUAGE plpgsql AS %L', body);
    FOR thing IN SELECT t AS name FROM unnest('{text,uuid,timestamptz,jsonb,bytea,xid,regrole,name}'::text[]) t LOOP
        EXECUTE format('CREATE DOMAIN regress_curfew_hostile.%I AS pg_catalog.int4 CHECK (false)', thing.name);
    END LOOP;
END $$;
SELECT count(*) > 100 AS many_operators FROM pg_operator WHERE oprnamespace = 'regress_curfew_hostile'::regnamespace;
CREATE FUNCTION regress_curfew_hostile.careless(pg_catalog.uuid) RETURNS boolean LANGUAGE sql AS 'SELECT $1 = $1';

-- From here on every connection begins with that path, as that role. It is hostile indeed:
\c -reuse-previous=on "options='-c search_path=regress_curfew_hostile,pg_catalog -c role=regress_curfew_path'"
SHOW search_path;
SELECT now();
SELECT 1 = 1;
SELECT regress_curfew_hostile.careless('01890a5d-ac96-774b-bcce-b302099a8057');
SELECT 'x'::text;
-- Each call in a backend of its own.
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
-- The rest as the superuser.
\c -reuse-previous=on "options='-c search_path=regress_curfew_hostile,pg_catalog'"
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
\c -
SELECT regress_curfew_hostile.next() \gexec
-- TRUNCATE has a trigger too.
\c -
BEGIN;
TRUNCATE curfew.session, curfew.session_detail, curfew.session_token, curfew.session_message, curfew.session_once;
ROLLBACK;

-- All were called.
\c -reuse-previous=on "options=''"
SELECT count(*) FILTER (WHERE done) = count(*) AS all_called FROM regress_curfew_hostile.call;
SET client_min_messages = warning;
DROP SCHEMA regress_curfew_hostile CASCADE;
RESET client_min_messages;
DROP OWNED BY regress_curfew_path, regress_curfew_other;
DROP ROLE regress_curfew_path, regress_curfew_other;
