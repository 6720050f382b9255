-- Idempotency keys: a call with a key has its effect once, and a repeat gets the first answer.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
DROP ROLE IF EXISTS regress_curfew_once_front, regress_curfew_once_service, regress_curfew_once_admin;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE ROLE regress_curfew_once_front;
CREATE ROLE regress_curfew_once_service;
CREATE ROLE regress_curfew_once_admin;
SELECT curfew.grant_access('regress_curfew_once_front', 'front'), curfew.grant_access('regress_curfew_once_service', 'service'), curfew.grant_access('regress_curfew_once_admin', 'admin') \gset
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
CREATE TEMP TABLE caller (name text, id uuid, key_id uuid, key text);
-- What a statement answers to a caller with an API key: its first column, or what it is refused with.
CREATE FUNCTION pg_temp.asks(caller text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    presented text;
BEGIN
    SELECT c.key INTO STRICT presented FROM caller c WHERE c.name = caller;
    RETURN pg_temp.answer(format('SELECT x FROM (SELECT curfew.authenticate(%L)) a, LATERAL (%s) x (x)', presented, statement));
END $$;
SELECT curfew.create_tenant('once') AS tenant \gset
SELECT curfew.create_workspace('room', tenant => 'once') AS room, curfew.create_workspace('cellar', tenant => 'once') AS cellar \gset
INSERT INTO caller SELECT p.name, p.id, k.id, k.key FROM (SELECT name, curfew.create_principal(name, kind, role, scopes, tenant => 'once') AS id FROM (VALUES
    (1, 'olga', 'user', 'member', '{sessions:*}'::text[]), (2, 'otto', 'user', 'member', '{}'), (3, 'ada', 'user', 'admin', '{*}'), (4, 'idle', 'user', 'member', '{}')) v (n, name, kind, role, scopes) ORDER BY n) p,
    LATERAL curfew.issue_api_key(p.id, tenant => 'once') k;
INSERT INTO caller SELECT 'olga, bound', c.id, k.id, k.key FROM caller c, LATERAL curfew.issue_api_key(c.id, workspace => 'cellar', tenant => 'once') k WHERE c.name = 'olga';
INSERT INTO caller SELECT 'olga, limited', c.id, k.id, k.key FROM caller c, LATERAL curfew.issue_api_key(c.id, scopes => '{files:read}', tenant => 'once') k WHERE c.name = 'olga';
INSERT INTO caller SELECT 'olga again', c.id, k.id, k.key FROM caller c, LATERAL curfew.issue_api_key(c.id, tenant => 'once') k WHERE c.name = 'olga';
SELECT count(curfew.add_member('room', id, tenant => 'once')) FROM caller WHERE name IN ('olga', 'otto');
SELECT id AS olga, key AS olgas_key FROM caller WHERE name = 'olga' \gset
SELECT id AS otto, key_id AS ottos_key_id FROM caller WHERE name = 'otto' \gset
SELECT id AS ada, key AS adas_key FROM caller WHERE name = 'ada' \gset
SELECT id AS idle FROM caller WHERE name = 'idle' \gset

-- Every function that changes something and that a front or a service may call takes a key, as its last argument. These do not: they
-- only read, or say who calls, or know a repeat by its token (refresh_session), or come to the same when they are called again.
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace AND p.provolatile = 'v'
    AND (has_function_privilege('regress_curfew_once_front', p.oid, 'EXECUTE') OR has_function_privilege('regress_curfew_once_service', p.oid, 'EXECUTE'))
    AND p.proargnames[p.pronargs] IS DISTINCT FROM 'idempotency_key'
    AND p.proname <> ALL ('{act_each,audit_log,authenticate,caller_workspace,check_consistency,consistency_token,end_all_sessions,event_feed,find_principals,find_sessions,get_principal,get_session,get_session_detail,introspect,lifecycle_diagram,list_api_keys,list_issuers,list_messages,list_principals,list_sessions,list_transitions,next_caller,open_cursor,own_or_administered,principal_kind,refresh_session,refuse,resolve_principal,resolve_session,resolve_workspace,seal_cursor,session_as_of,session_is_live,session_refreshed_at,session_relations,set_tenant_settings,set_workspace_online,tenant_setting,touch_session}')
ORDER BY p.proname COLLATE "C";
-- And no other function takes one.
SELECT count(*), bool_and(p.provolatile = 'v' AND p.proargnames[p.pronargs] = 'idempotency_key' AND format_type(p.proargtypes[p.pronargs - 1], NULL) = 'text') AS last_and_text
FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace AND 'idempotency_key' = ANY (p.proargnames);

-- Each of them, twice under one key: one answer, one audit row. Without a key the second call would be refused, or would do it again, or would say that it is a repeat.
BEGIN;
SELECT FROM curfew.authenticate(:'olgas_key');
SELECT id AS login FROM curfew.create_session('login') \gset
SELECT id AS run FROM curfew.create_session('run') \gset
SELECT id AS agent FROM curfew.create_session('agent') \gset
SELECT id AS visual FROM curfew.create_session('visual', workspace => 'room') \gset
SELECT id AS conversation FROM curfew.create_session('conversation', workspace => 'room') \gset
SELECT id AS talk FROM curfew.create_session('conversation', workspace => 'room') \gset
SELECT id AS bulk FROM curfew.create_session('agent') \gset
COMMIT;
CREATE TEMP TABLE call (n serial, caller text, name text, arguments text);
INSERT INTO call (caller, name, arguments) VALUES
    ('olga', 'create_session', '''conversation'', workspace => ''room'', title => ''one'', labels => ''{"a": ["b"]}'', scopes => NULL'),
    ('olga', 'act', format('%L, ''pin''', :'conversation')),
    ('olga', 'archive_session', format('%L', :'conversation')),
    ('olga', 'unarchive_session', format('%L', :'conversation')),
    ('olga', 'terminate_session', format('%L, ''done'', 1', :'run')),
    ('olga', 'end_session', format('%L', :'login')),
    ('olga', 'extend_session', format('%L, ''2 minutes''', :'bulk')),
    ('olga', 'update_session', format('%L, title => ''another''', :'talk')),
    ('olga', 'post_message', format('%L, ''hello''', :'talk')),
    ('olga', 'end_sessions', format('''{"ids": [%s]}''', to_json(:'bulk'::text))),
    ('olga', 'cancel_session', format('%L', :'visual')),
    ('ada', 'create_workspace', '''attic'', ''The attic'''),
    ('ada', 'create_principal', '''new'', scopes => ''{a,b}'''),
    ('ada', 'add_member', format('''attic'', %L', :'otto')),
    ('ada', 'issue_api_key', format('%L, ''x_{workspace}_'', ''attic'', ''{a}'', ''2100-01-01'', revoke_grace => ''1 minute''', :'otto')),
    ('ada', 'revoke_api_key', format('%L', :'ottos_key_id')),
    ('ada', 'remove_member', format('''attic'', %L', :'otto')),
    ('ada', 'register_issuer', '''https://id.example'', hs256_secret => ''0123456789abcdef0123456789abcdef'''),
    ('ada', 'remove_issuer', '''https://id.example'''),
    ('ada', 'suspend_principal', format('%L, ''why not''', :'idle')),
    ('ada', 'resume_principal', format('%L', :'idle')),
    ('ada', 'revoke_principal', format('%L', :'idle')),
    ('ada', 'kill_principal', format('%L, cascade => true', :'otto'));
SELECT count(*) AS not_tried FROM (SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace AND 'idempotency_key' = ANY (p.proargnames) EXCEPT SELECT name FROM call) f;
CREATE FUNCTION pg_temp.twice(caller text, name text, arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    statement text := format('SELECT (curfew.%I(%s, idempotency_key => %L))::text', name, arguments, 'twice-' || name);
    before bigint; between bigint; after bigint; first text; again text;
BEGIN
    SELECT count(*) INTO before FROM curfew.audit_event;
    first := pg_temp.asks(caller, statement);
    SELECT count(*) INTO between FROM curfew.audit_event;
    again := pg_temp.asks(caller, statement);
    SELECT count(*) INTO after FROM curfew.audit_event;
    RETURN CASE WHEN first = again AND first !~ '^[0-9A-Z]{5}( |$)' THEN 'same' ELSE concat_ws(' then ', first, again) END || ', ' || between - before || ' and ' || after - between;
END $$;
SELECT name, pg_temp.twice(caller, name, arguments) AS answers_and_audit_rows FROM call ORDER BY n;

-- The first answer stays as it was: what happened since does not show, though the session itself tells it.
SELECT pg_temp.asks('olga', format('SELECT concat_ws('' '', version, replayed, marks = ''{}'') FROM curfew.archive_session(%L, idempotency_key => ''first'')', :'agent')) AS refused;
SELECT pg_temp.asks('olga', format('SELECT concat_ws('' '', version, replayed, marks ? ''archived'') FROM curfew.archive_session(%L, idempotency_key => ''first'')', :'conversation')) AS archived;
SELECT pg_temp.asks('olga', format('SELECT concat_ws('' '', version, replayed, marks ? ''archived'') FROM curfew.unarchive_session(%L)', :'conversation')) AS unarchived;
SELECT pg_temp.asks('olga', format('SELECT concat_ws('' '', version, replayed, marks ? ''archived'') FROM curfew.archive_session(%L, idempotency_key => ''first'')', :'conversation')) AS as_it_was,
    pg_temp.asks('olga', format('SELECT concat_ws('' '', version, marks ? ''archived'') FROM curfew.get_session(%L)', :'conversation')) AS as_it_is;
-- A repeat that was a replay says so again; the settings of who asks do not matter.
SELECT pg_temp.asks('olga', format('SELECT replayed FROM curfew.unarchive_session(%L, idempotency_key => ''replay'')', :'conversation')) AS first,
    pg_temp.asks('olga', format('SELECT replayed FROM curfew.unarchive_session(%L, idempotency_key => ''replay'')', :'conversation')) AS again;
SELECT pg_temp.asks('ada', format('SELECT extract(epoch FROM curfew.revoke_api_key(%L, idempotency_key => ''times''))', :'ottos_key_id')) AS revoked_at \gset
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Kathmandu';
SELECT pg_temp.asks('ada', format('SELECT extract(epoch FROM curfew.revoke_api_key(%L, idempotency_key => ''times''))', :'ottos_key_id')) = :'revoked_at' AS to_the_microsecond;
RESET datestyle;
RESET timezone;

-- Another request under the same key is refused, whatever differs; another principal's same key is another one.
SELECT n, pg_temp.asks('olga', statement) FROM (VALUES
    (1, 'SELECT state FROM curfew.create_session(''run'', title => ''a'', labels => ''{"a": 1, "b": 2}'', idempotency_key => ''one'')'),
    (2, 'SELECT state FROM curfew.create_session(''run'', labels => ''{"b": 2, "a": 1}'', title => ''a'', idempotency_key => ''one'')'),
    (3, 'SELECT state FROM curfew.create_session(''run'', title => ''b'', labels => ''{"a": 1, "b": 2}'', idempotency_key => ''one'')'),
    (4, 'SELECT state FROM curfew.create_session(''run'', title => ''a'', labels => ''{"a": 1, "b": 3}'', idempotency_key => ''one'')'),
    (5, 'SELECT state FROM curfew.create_session(''run'', labels => ''{"a": 1, "b": 2}'', idempotency_key => ''one'')'),
    (6, 'SELECT state FROM curfew.create_session(''run'', metadata => ''{"a": 1, "b": 2}'', title => ''a'', idempotency_key => ''one'')'),
    (7, 'SELECT state FROM curfew.create_session(''run'', scopes => ''{}'', title => ''a'', labels => ''{"a": 1, "b": 2}'', idempotency_key => ''one'')'),
    (8, format('SELECT state FROM curfew.terminate_session(%L, idempotency_key => ''one'')', :'agent'))) v (n, statement) ORDER BY n;
SELECT pg_temp.asks('olga', format('SELECT version FROM curfew.archive_session(%L, idempotency_key => ''function'')', :'conversation')) AS archived,
    pg_temp.asks('olga', format('SELECT version FROM curfew.unarchive_session(%L, idempotency_key => ''function'')', :'conversation')) AS other_function;
SELECT count(*) AS olgas FROM curfew.idempotency_key WHERE tenant_id = :'tenant' AND principal_id = :'olga' AND key = 'one';
SELECT pg_temp.asks('ada', 'SELECT state FROM curfew.create_session(''run'', title => ''c'', idempotency_key => ''one'')') AS adas;

-- What a key can be: 1 to 255 visible ASCII characters without a comma.
SELECT what, pg_temp.asks('olga', format('SELECT state FROM curfew.create_session(''run'', idempotency_key => %L)', key)) FROM (VALUES (1, 'one character', '~'), (2, '255', repeat('x', 255)), (3, 'punctuation', '"8e03978e-40d5-43dd-bc93-6894a57f9324"'),
    (4, 'none', ''), (5, '256', repeat('x', 256)), (6, '255 that are no ASCII', repeat('ü', 255)), (7, 'space', 'a b'), (8, 'tab', E'a\tb'), (9, 'line', E'a\n'), (10, 'delete', E'a\x7f'), (11, 'two', 'a,b'), (12, 'no ASCII', 'é')) v (n, what, key) ORDER BY n;
SELECT pg_temp.asks('olga', 'SELECT (SELECT id FROM curfew.create_session(''run'', idempotency_key => NULL)) = (SELECT id FROM curfew.create_session(''run'', idempotency_key => NULL))') AS null_is_no_key;
SELECT pg_temp.asks('olga', 'SELECT (SELECT id FROM curfew.create_session(''run'', idempotency_key => ''Case'')) = (SELECT id FROM curfew.create_session(''run'', idempotency_key => ''case''))') AS same_for_other_case;

-- A refusal is not kept: the key is free for the same request, and for another.
SELECT pg_temp.asks('olga', format('SELECT state FROM curfew.terminate_session(%L, expected_version => 7, idempotency_key => ''later'')', :'agent')) AS conflict,
    pg_temp.asks('olga', format('SELECT state FROM curfew.terminate_session(%L, expected_version => 1, idempotency_key => ''later'')', :'agent')) AS other,
    pg_temp.asks('olga', format('SELECT state FROM curfew.terminate_session(%L, expected_version => 1, idempotency_key => ''later'')', :'agent')) AS again;
-- So is what was rolled back, to a savepoint too.
BEGIN;
SELECT FROM curfew.authenticate(:'olgas_key');
SAVEPOINT s;
SELECT state FROM curfew.create_session('run', idempotency_key => 'undone');
ROLLBACK TO s;
SELECT count(*) FROM curfew.idempotency_key WHERE tenant_id = :'tenant' AND key = 'undone';
SELECT lifecycle FROM curfew.create_session('login', idempotency_key => 'undone');
ROLLBACK;
SELECT count(*) FROM curfew.idempotency_key WHERE tenant_id = :'tenant' AND key = 'undone';

-- Tokens. With an API key a repeat gets the same ones, as long as they are the session's.
CREATE FUNCTION pg_temp.created(caller text, key text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.asks(caller, format('SELECT concat_ws('' '', id, token, refresh_token) FROM curfew.create_session(''agent'', idempotency_key => %L)', key)) $$;
CREATE FUNCTION pg_temp.shape(answer text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace(regexp_replace(answer, '[0-9a-f-]{36}', 'id'), '[0-9a-f]{64}', 'token', 'g') $$;
SELECT pg_temp.created('olga', 'tokens') AS created \gset
SELECT pg_temp.shape(:'created') AS first, pg_temp.created('olga', 'tokens') = :'created' AS again_the_same, split_part(:'created', ' ', 2) <> split_part(:'created', ' ', 3) AS two_tokens;
SELECT split_part(:'created', ' ', 1) AS id, split_part(:'created', ' ', 2) AS token, split_part(:'created', ' ', 3) AS refresh_token \gset
SELECT pg_temp.asks('ada', format('SELECT active FROM curfew.introspect(%L)', :'token')) AS active;
-- One where its lifecycle gives one.
SELECT pg_temp.shape(pg_temp.asks('olga', 'SELECT concat_ws('' '', id, token, refresh_token) FROM curfew.create_session(''login'', idempotency_key => ''login'')')) AS first,
    pg_temp.shape(pg_temp.asks('olga', 'SELECT concat_ws('' '', id, token, refresh_token) FROM curfew.create_session(''login'', idempotency_key => ''login'')')) AS again;
-- The key is nothing without the API key, and what is kept has no token.
SELECT count(*) AS rows, bool_or(k::text ~ :'token' OR k::text ~ :'refresh_token' OR encode(k.salt, 'hex') || encode(k.request_digest, 'hex') ~ left(:'token', 16)) AS token_in_it, bool_and(octet_length(salt) = 32) AS salted
FROM curfew.idempotency_key k WHERE tenant_id = :'tenant' AND key = 'tokens';
-- Another API key of the same principal, the session's own token, and whoever came without any: the session without its tokens.
SELECT pg_temp.shape(pg_temp.created('olga again', 'tokens')) AS other_api_key;
BEGIN;
SELECT FROM curfew.authenticate(:'token');
SELECT id = :'id' AS same, token, refresh_token FROM curfew.create_session('agent', idempotency_key => 'tokens');
COMMIT;
BEGIN;
SELECT curfew.act_as('once', :'olga') \gset
SELECT id = :'id' AS same, token, refresh_token FROM curfew.create_session('agent', idempotency_key => 'tokens');
-- In a transaction where an API key was presented before.
SELECT FROM curfew.authenticate(:'olgas_key');
SELECT curfew.act_as('once', :'olga') \gset
SELECT id = :'id' AS same, token, refresh_token FROM curfew.create_session('agent', idempotency_key => 'tokens');
COMMIT;
-- Whose first call was without an API key gets tokens once.
BEGIN;
SELECT curfew.act_as('once', :'olga') \gset
SELECT id, length(token) AS token, length(refresh_token) AS refresh_token FROM curfew.create_session('agent', idempotency_key => 'acting') \gset acting_
COMMIT;
SELECT :acting_token AS token, :acting_refresh_token AS refresh_token, pg_temp.shape(pg_temp.created('olga', 'acting')) AS again, pg_temp.created('olga', 'acting') = :'acting_id' AS same;
SELECT salt FROM curfew.idempotency_key WHERE tenant_id = :'tenant' AND key = 'acting';
-- Refreshed, they are no longer the session's.
SELECT pg_temp.created('olga', 'rotated') AS created \gset
SELECT token IS NOT NULL AS refreshed FROM curfew.refresh_session(split_part(:'created', ' ', 3));
SELECT pg_temp.shape(pg_temp.created('olga', 'rotated')) AS after_refresh;
-- Nor when it has ended, or its time is over.
SELECT pg_temp.asks('olga', format('SELECT state FROM curfew.terminate_session(%L)', :'id')) AS ended, pg_temp.shape(pg_temp.created('olga', 'tokens')) AS after_end,
    pg_temp.asks('olga', 'SELECT state FROM curfew.create_session(''agent'', idempotency_key => ''tokens'')') AS as_it_was;
SELECT pg_temp.created('olga', 'overdue') AS created \gset
UPDATE curfew.session SET deadline = now() WHERE id = split_part(:'created', ' ', 1)::uuid;
SELECT pg_temp.shape(pg_temp.created('olga', 'overdue')) AS after_deadline;

-- Who ends his own session by its token gets the answer once, since with the session the token has ended.
SELECT split_part(pg_temp.created('olga', 'own'), ' ', 1) AS own, split_part(pg_temp.created('olga', 'own'), ' ', 2) AS own_token \gset
BEGIN;
SELECT FROM curfew.authenticate(:'own_token');
SELECT state, version FROM curfew.terminate_session(:'own', idempotency_key => 'own-end');
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L, idempotency_key => ''own-end'')', :'own')) AS by_the_token;
COMMIT;
SELECT pg_temp.asks('olga', format('SELECT state FROM curfew.terminate_session(%L, idempotency_key => ''own-end'')', :'own')) AS by_the_owners_key;

-- An issued key: the same to who can derive it, while it works.
SELECT pg_temp.asks('ada', format('SELECT key FROM curfew.issue_api_key(%L, ''again_'', idempotency_key => ''issue'')', :'olga')) AS issued \gset
SELECT pg_temp.asks('ada', format('SELECT key FROM curfew.issue_api_key(%L, ''again_'', idempotency_key => ''issue'')', :'olga')) = :'issued' AS same, :'issued' ~ '^again_[A-Za-z0-9_-]{32}$' AS formed;
SELECT role FROM curfew.authenticate(:'issued');
SELECT count(*) AS kept, bool_or(k::text ~ right(:'issued', 32)) AS key_in_it FROM curfew.idempotency_key k WHERE tenant_id = :'tenant' AND key = 'issue';
BEGIN;
SELECT curfew.act_as('once', :'ada') \gset
SELECT id IS NOT NULL AS id, key FROM curfew.issue_api_key(:'olga', 'again_', idempotency_key => 'issue');
COMMIT;
SELECT count(curfew.revoke_api_key(id, tenant => 'once')) FROM curfew.list_api_keys(:'olga', 'once') WHERE prefix = 'again_';
SELECT pg_temp.asks('ada', format('SELECT concat_ws('' '', id IS NOT NULL, key) FROM curfew.issue_api_key(%L, ''again_'', idempotency_key => ''issue'')', :'olga')) AS revoked;

-- Who may act no more gets no answer: neither a principal who is suspended, nor a key that was revoked, nor somebody who lost what the call needs.
SELECT pg_temp.asks('olga again', 'SELECT state FROM curfew.create_session(''conversation'', workspace => ''room'', idempotency_key => ''standing'')') AS first;
SELECT pg_temp.asks('olga again', format('SELECT state FROM curfew.archive_session(%L, idempotency_key => ''archived'')', :'conversation')) AS archived;
SELECT pg_temp.asks('olga, bound', format('SELECT state FROM curfew.archive_session(%L, idempotency_key => ''archived'')', :'conversation')) AS key_of_another_place,
    pg_temp.asks('olga, limited', format('SELECT state FROM curfew.cancel_session(%L, idempotency_key => ''twice-cancel_session'')', :'visual')) AS key_without_the_scope,
    pg_temp.asks('olga, limited', 'SELECT state FROM curfew.create_session(''conversation'', workspace => ''room'', idempotency_key => ''standing'')') AS as_good_as_the_first;
-- The same words, of a key that is bound to a workspace, mean a session in that: another request.
SELECT pg_temp.asks('olga again', 'SELECT state FROM curfew.create_session(''login'', idempotency_key => ''anywhere'')') AS first, pg_temp.asks('olga again', 'SELECT state FROM curfew.create_session(''login'', idempotency_key => ''anywhere'')') AS again;
SELECT count(curfew.add_member('cellar', :'olga', tenant => 'once')) AS member \gset
SELECT pg_temp.asks('olga, bound', 'SELECT state FROM curfew.create_session(''login'', idempotency_key => ''anywhere'')') AS bound;
DELETE FROM curfew.workspace_member WHERE tenant_id = :'tenant' AND principal_id = :'olga' AND workspace_id = :'cellar';
BEGIN;
DELETE FROM curfew.workspace_member WHERE tenant_id = :'tenant' AND principal_id = :'olga';
SELECT pg_temp.asks('olga again', 'SELECT state FROM curfew.create_session(''conversation'', workspace => ''room'', idempotency_key => ''standing'')') AS no_member,
    pg_temp.asks('olga again', format('SELECT state FROM curfew.archive_session(%L, idempotency_key => ''archived'')', :'conversation')) AS no_member_either;
ROLLBACK;
BEGIN;
UPDATE curfew.principal SET role = 'member', scopes = '{}' WHERE tenant_id = :'tenant' AND id = :'ada';
SELECT pg_temp.asks('ada', 'SELECT curfew.create_workspace(''attic'', ''The attic'', idempotency_key => ''twice-create_workspace'')') AS no_admin;
ROLLBACK;
SELECT curfew.suspend_principal(:'olga', tenant => 'once') \gset
BEGIN;
SELECT pg_temp.asks('olga again', 'SELECT state FROM curfew.create_session(''conversation'', workspace => ''room'', idempotency_key => ''standing'')') AS suspended;
COMMIT;
-- Suspended after he was authenticated, in the same transaction.
SELECT curfew.resume_principal(:'olga', tenant => 'once') \gset
BEGIN;
SELECT FROM curfew.authenticate(:'olgas_key');
UPDATE curfew.principal SET status = 'suspended' WHERE tenant_id = :'tenant' AND id = :'olga';
SELECT pg_temp.answer('SELECT state FROM curfew.create_session(''conversation'', workspace => ''room'', idempotency_key => ''standing'')') AS repeated,
    pg_temp.answer(format('SELECT state FROM curfew.archive_session(%L, idempotency_key => ''archived'')', :'conversation')) AS action,
    pg_temp.answer('SELECT state FROM curfew.create_session(''run'', idempotency_key => ''standing'')') AS another_request,
    pg_temp.answer('SELECT state FROM curfew.create_session(''run'', idempotency_key => '''')') AS malformed;
ROLLBACK;
SELECT count(curfew.revoke_api_key(key_id, tenant => 'once')) FROM caller WHERE name = 'olga again';
SELECT pg_temp.asks('olga again', 'SELECT state FROM curfew.create_session(''conversation'', workspace => ''room'', idempotency_key => ''standing'')') AS revoked;
-- A session that is gone takes no answer along.
BEGIN;
SELECT pg_temp.asks('olga', format('SELECT concat_ws('' '', state, version) FROM curfew.terminate_session(%L, ''done'', 1, idempotency_key => ''twice-terminate_session'')', :'run')) AS first;
DELETE FROM curfew.session WHERE id = :'run';
SELECT pg_temp.asks('olga', format('SELECT concat_ws('' '', state, version) FROM curfew.terminate_session(%L, ''done'', 1, idempotency_key => ''twice-terminate_session'')', :'run')) AS gone;
ROLLBACK;

-- Keys are a principal's: a database role that acts on its own has none, and one that is tied to a principal has his.
SET ROLE regress_curfew_once_admin;
SELECT pg_temp.answer('SELECT curfew.create_workspace(''cellar'', tenant => ''once'', idempotency_key => ''role'')') AS on_its_own;
RESET ROLE;
SELECT curfew.map_role('regress_curfew_once_service', :'olga', 'once') \gset
SET ROLE regress_curfew_once_service;
SELECT state, version FROM curfew.terminate_session(:'run', 'done', 1, idempotency_key => 'twice-terminate_session');
SELECT pg_temp.answer('SELECT state FROM curfew.create_session(''run'', idempotency_key => ''one'')') AS olgas_key;
RESET ROLE;

-- Kept for a day at least; then the key may be used anew, for anything.
SHOW curfew.idempotency_retention;
SELECT DISTINCT expires_at - created_at AS kept FROM curfew.idempotency_key WHERE tenant_id = :'tenant';
SELECT setting, unit, min_val, context FROM pg_settings WHERE name = 'curfew.idempotency_retention';
UPDATE curfew.idempotency_key SET expires_at = now() WHERE tenant_id = :'tenant' AND principal_id = :'olga' AND key = 'one';
SELECT pg_temp.asks('olga', 'SELECT lifecycle FROM curfew.create_session(''login'', idempotency_key => ''one'')') AS anew, pg_temp.asks('olga', 'SELECT lifecycle FROM curfew.create_session(''login'', idempotency_key => ''one'')') AS again;
SELECT count(*), bool_and(expires_at > now()) AS kept FROM curfew.idempotency_key WHERE tenant_id = :'tenant' AND principal_id = :'olga' AND key = 'one';

-- Nobody reads the table.
SET ROLE regress_curfew_once_front;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.idempotency_key') AS front;
RESET ROLE;
SELECT curfew.unmap_role('regress_curfew_once_service', 'once') \gset
DROP OWNED BY regress_curfew_once_front, regress_curfew_once_service, regress_curfew_once_admin;
DROP ROLE regress_curfew_once_front, regress_curfew_once_service, regress_curfew_once_admin;
