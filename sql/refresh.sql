-- refresh_session: two new tokens for a refresh token, the same two within the grace, and the end of the session after it.
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
SELECT curfew.create_tenant('refresh') AS tenant, curfew.create_tenant('refresh-next-door') AS next_door \gset
SELECT curfew.create_principal('olga', scopes => '{sessions:create_for}', tenant => 'refresh') AS olga, curfew.create_principal('bot', kind => 'agent', tenant => 'refresh') AS bot, curfew.create_principal('gate', kind => 'service', tenant => 'refresh') AS gate \gset
CREATE FUNCTION pg_temp.greeting(token text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L)', token)) $$;
BEGIN;
SELECT curfew.act_as('refresh', :'olga') \gset
SELECT id, token, refresh_token, deadline FROM curfew.create_session('agent', agent => :'bot') \gset
SELECT token AS login_token, refresh_token IS NULL AS login_has_none FROM curfew.create_session('login') \gset
COMMIT;

-- Without any other credential: the refresh token is one. New ones, of the same tenant, for the same time; the old access token is void.
SELECT id = :'id' AS session, token AS token_2, new_refresh_token AS refresh_token_2, expires_at = :'deadline' AS deadline, refused FROM curfew.refresh_session(:'refresh_token') \gset
SELECT :'session' AS session, :'deadline' AS deadline, :'token_2' ~ '^[0-9a-f]{64}$' AND :'refresh_token_2' ~ '^[0-9a-f]{64}$' AS form, left(:'token_2', 16) = left(:'token', 16) AS same_tag,
    :'token_2' NOT IN (:'token', :'refresh_token', :'refresh_token_2') AS different;
SELECT pg_temp.greeting(:'token') AS old, pg_temp.greeting(:'token_2') AS new, pg_temp.greeting(:'refresh_token_2') AS refresh_token;
-- A repeat within the grace, an answer lost on the way: the same two, and nothing more is written.
SELECT token = :'token_2' AS same_token, new_refresh_token = :'refresh_token_2' AS same_refresh_token, refused FROM curfew.refresh_session(:'refresh_token');
SELECT event, action, outcome, actor_id = :'bot' AS bot, from_state, to_state, version FROM curfew.audit_event WHERE session_id = :'id' ORDER BY at, version;
SELECT version FROM curfew.session WHERE id = :'id';
-- For that session only, where one is named.
SELECT pg_temp.answer(format('SELECT refused FROM curfew.refresh_session(%L, %L)', :'refresh_token_2', gen_random_uuid())) AS another, pg_temp.answer(format('SELECT refused IS NULL FROM curfew.refresh_session(%L, %L)', :'refresh_token_2', :'id')) AS itself;
-- By then the first one is of no use: whoever has it is not the one who got the second. The session ends.
SELECT token, new_refresh_token, refused FROM curfew.refresh_session(:'refresh_token');
SELECT state, version FROM curfew.session WHERE id = :'id';
SELECT action, from_state, to_state, reason, details FROM curfew.audit_event WHERE session_id = :'id' AND action = 'terminate';
SELECT pg_temp.greeting(:'token_2') AS token, pg_temp.answer(format('SELECT refused FROM curfew.refresh_session(%L)', :'refresh_token_2')) AS refresh_token;

-- After the grace a repeat is a theft too, though nobody went on.
BEGIN;
SELECT curfew.act_as('refresh', :'olga') \gset
SELECT id, refresh_token FROM curfew.create_session('agent', agent => :'bot') \gset
COMMIT;
SELECT refused FROM curfew.refresh_session(:'refresh_token');
UPDATE curfew.session_token SET used_at = used_at - interval '1 minute' WHERE session_id = :'id' AND used_at IS NOT NULL;
SELECT token, refused FROM curfew.refresh_session(:'refresh_token');
SELECT state FROM curfew.session WHERE id = :'id';

-- What is no refresh token is none: an access token, one that was cut or changed, nothing.
BEGIN;
SELECT curfew.act_as('refresh', :'olga') \gset
SELECT id, token, refresh_token FROM curfew.create_session('agent', agent => :'bot') \gset
COMMIT;
SELECT what, pg_temp.answer(format('SELECT refused FROM curfew.refresh_session(%L)', token)) FROM (VALUES (1, 'access token', :'token'), (2, 'login''s', :'login_token'), (3, 'cut', left(:'refresh_token', 62)),
    (4, 'changed', left(:'refresh_token', 63) || CASE right(:'refresh_token', 1) WHEN '0' THEN '1' ELSE '0' END), (5, 'empty', ''), (6, 'null', NULL), (7, 'wrong', 'wrong')) v (n, what, token) ORDER BY n;
-- While its people are suspended, or its tenant, it is refused; resumed, it works; past the deadline it does not.
SELECT curfew.suspend_principal(:'bot', tenant => 'refresh') \gset
SELECT pg_temp.answer(format('SELECT refused FROM curfew.refresh_session(%L)', :'refresh_token')) AS agent_suspended;
SELECT curfew.resume_principal(:'bot', tenant => 'refresh'), curfew.suspend_principal(:'olga', tenant => 'refresh') \gset
SELECT pg_temp.answer(format('SELECT refused FROM curfew.refresh_session(%L)', :'refresh_token')) AS owner_suspended;
SELECT curfew.resume_principal(:'olga', tenant => 'refresh') \gset
BEGIN;
UPDATE curfew.tenant SET status = 'suspended' WHERE id = :'tenant';
SELECT pg_temp.answer(format('SELECT refused FROM curfew.refresh_session(%L)', :'refresh_token')) AS tenant_suspended;
ROLLBACK;
SELECT new_refresh_token AS refresh_token FROM curfew.refresh_session(:'refresh_token') \gset
UPDATE curfew.session SET deadline = now() WHERE id = :'id';
SELECT pg_temp.answer(format('SELECT refused FROM curfew.refresh_session(%L)', :'refresh_token')) AS expired;

-- What is rolled back was not refreshed, and its trace is not the transaction's.
BEGIN;
SELECT curfew.act_as('refresh', :'olga') \gset
SELECT id, token, refresh_token FROM curfew.create_session('agent', agent => :'bot') \gset
COMMIT;
\set trace 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
BEGIN;
SAVEPOINT before;
SELECT refused FROM curfew.refresh_session(:'refresh_token', traceparent => :'trace');
SELECT curfew.current_traceparent() = :'trace' AS told;
ROLLBACK TO before;
SELECT curfew.current_traceparent() AS taken_back;
SELECT refused FROM curfew.refresh_session(:'refresh_token', traceparent => :'trace');
SAVEPOINT before;
SELECT refused FROM curfew.refresh_session(:'refresh_token', traceparent => overlay(:'trace' placing 'c' from 4));
SELECT curfew.current_traceparent() = :'trace' AS told_first;
ROLLBACK TO before;
SELECT curfew.current_traceparent() = :'trace' AS told_first;
ROLLBACK;
SELECT pg_temp.greeting(:'token') AS still_good;
SELECT refused FROM curfew.refresh_session(:'refresh_token');
SELECT pg_temp.greeting(:'token') AS no_more;

-- Whether the caller's own session is live: for a caller by token, true until it ends; for any other, false.
SELECT curfew.session_is_live() AS nobody;
BEGIN;
SELECT curfew.authenticate(:'login_token') \gset
SELECT curfew.session_is_live() AS live;
SELECT state FROM curfew.end_session(curfew.current_session());
SELECT curfew.session_is_live() AS live;
SELECT curfew.act_as('refresh', :'olga') \gset
SELECT curfew.session_is_live() AS not_by_token;
COMMIT;
