-- Who is calling, by API key or session token: what is accepted, and what each of the others is refused with.
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
-- What authenticate answers: kind and role, or the refusal.
CREATE FUNCTION pg_temp.greeting(credential text, tenant text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer(format('SELECT kind || %L || role || CASE WHEN session_id IS NULL THEN %L ELSE %L END FROM curfew.authenticate(%L, %L)', ' ', ' by key', ' by token', credential, tenant))
$$;
SELECT curfew.create_tenant('credentials') AS tenant, curfew.create_tenant('credentials-next-door') AS next_door \gset
SELECT curfew.create_principal('olga', scopes => '{sessions:create_for}', tenant => 'credentials') AS olga, curfew.create_principal('ada', role => 'admin', tenant => 'credentials') AS ada,
    curfew.create_principal('sam', kind => 'service', scopes => '{sessions:create_for}', tenant => 'credentials') AS sam, curfew.create_principal('bot', kind => 'agent', tenant => 'credentials') AS bot,
    curfew.create_principal('rex', role => 'reader', tenant => 'credentials') AS rex \gset
SELECT curfew.create_workspace('room', tenant => 'credentials') AS room \gset
SELECT id AS key_id, key FROM curfew.issue_api_key(:'olga', tenant => 'credentials') \gset
BEGIN;
SELECT curfew.authenticate(:'key') \gset
SELECT id AS login, token FROM curfew.create_session('login') \gset
SELECT id AS agent, token AS agent_token, refresh_token FROM curfew.create_session('agent', agent => :'bot') \gset
COMMIT;

-- A key is its prefix and 32 characters; a token is 64 hex digits, of which the first 16 are its tenant's.
SELECT :'key' ~ '^cf_[A-Za-z0-9_-]{32}$' AS key, :'token' ~ '^[0-9a-f]{64}$' AS token, left(:'token', 16) = left(:'agent_token', 16) AS same_tag, :'token' <> :'agent_token' AS different;
SELECT (curfew.issue_api_key(:'olga', prefix => 'lxxn_test_{workspace}_', workspace => 'room', tenant => 'credentials')).key ~ ('^lxxn_test_' || left(:'room', 6) || '_[A-Za-z0-9_-]{32}$') AS with_workspace;
SELECT prefix, pg_temp.answer(format('SELECT left(key, -32) FROM curfew.issue_api_key(%L, %L, tenant => %L)', :'olga', prefix, 'credentials'))
FROM (VALUES (1, ''), (2, 'a b'), (3, 'é_'), (4, '{workspace}_'), (5, repeat('p', 32)), (6, repeat('p', 33)), (7, NULL)) v (n, prefix) ORDER BY n;
-- None of them is kept, only their digests.
SELECT count(*) FILTER (WHERE k.digest = sha256(convert_to(:'key', 'UTF8'))) AS digests, count(*) FILTER (WHERE k::text LIKE '%' || right(:'key', 32) || '%') AS keys FROM curfew.api_key k;
SELECT count(*) FILTER (WHERE t.digest = sha256(decode(:'token', 'hex'))) AS digests, count(*) FILTER (WHERE t::text LIKE '%' || right(:'token', 48) || '%') AS tokens FROM curfew.session_token t;
SELECT count(*) AS secrets_in_the_log FROM curfew.audit_event e WHERE e::text LIKE '%' || right(:'key', 32) || '%' OR e::text LIKE '%' || :'token' || '%';

-- Good ones: by key and by token, of an owner and of the agent that a session is run by; all parts of the answer.
SELECT who, pg_temp.greeting(key) FROM (VALUES (1, 'olga', :'olga'::uuid), (2, 'ada', :'ada'), (3, 'sam', :'sam'), (4, 'bot', :'bot'), (5, 'rex', :'rex')) v (n, who, id),
    LATERAL (SELECT (curfew.issue_api_key(id, tenant => 'credentials')).key) k ORDER BY n;
SELECT pg_temp.greeting(:'token') AS login, pg_temp.greeting(:'agent_token') AS agent;
SELECT tenant_id = :'tenant' AS tenant, principal_id = :'bot' AS principal, session_id = :'agent' AS session, kind, role FROM curfew.authenticate(:'agent_token');
SELECT tenant_id = :'tenant' AS tenant, principal_id = :'olga' AS principal, session_id IS NULL AS no_session, kind, role FROM curfew.authenticate(:'key');
BEGIN;
SELECT curfew.authenticate(:'agent_token') \gset
SELECT curfew.current_tenant() = :'tenant' AS tenant, curfew.current_principal() = :'bot' AS principal, curfew.current_session() = :'agent' AS session;
SELECT curfew.authenticate(:'key') \gset
SELECT curfew.current_tenant() = :'tenant' AS tenant, curfew.current_principal() = :'olga' AS principal, curfew.current_session() AS session;
COMMIT;

-- A tenant that is named must be the credential's, by slug or id.
SELECT pg_temp.greeting(:'key', 'credentials') AS slug, pg_temp.greeting(:'key', :'tenant') AS id, pg_temp.greeting(:'key', 'credentials-next-door') AS other,
    pg_temp.greeting(:'token', :'next_door') AS others_id, pg_temp.greeting(:'key', 'nowhere') AS unknown, pg_temp.greeting(:'key', '') AS empty;

-- None, wrong, cut, with something around it, and a token that is for renewing only.
SELECT what, pg_temp.greeting(credential) FROM (VALUES (1, 'null', NULL), (2, 'empty', ''), (3, 'wrong', 'wrong'), (4, 'cut', left(:'key', -1)), (5, 'cut in front', substr(:'key', 2)),
    (6, 'without prefix', right(:'key', 32)), (7, 'and more', :'key' || 'x'), (8, 'space', ' ' || :'key'), (9, 'other case', upper(:'key')), (10, 'token cut', left(:'token', 62)),
    (11, 'token changed', left(:'token', 63) || CASE right(:'token', 1) WHEN '0' THEN '1' ELSE '0' END), (12, 'other tag', repeat('0', 16) || right(:'token', 48)),
    (13, '64 hex digits', repeat('a', 64)), (14, 'the digest', encode(sha256(convert_to(:'key', 'UTF8')), 'hex')), (15, 'refresh token', :'refresh_token'), (16, 'its id', :'key_id'),
    (17, 'long', repeat('k', 100000)), (18, 'wildcard', '%')) v (n, what, credential) ORDER BY n;

-- Revoked and expired keys; one that expires later works.
SELECT key AS expired FROM curfew.issue_api_key(:'olga', expires_at => now() - interval '1 second', tenant => 'credentials') \gset
SELECT key AS expiring FROM curfew.issue_api_key(:'olga', expires_at => now() + interval '1 hour', tenant => 'credentials') \gset
SELECT pg_temp.greeting(:'expired') AS expired, pg_temp.greeting(:'expiring') AS expiring;
SELECT curfew.revoke_api_key(:'key_id', 'credentials') \gset
SELECT pg_temp.greeting(:'key') AS revoked, pg_temp.greeting(:'expiring') AS another;
-- Revoking twice is revoking once; one that is not there cannot be.
SELECT curfew.revoke_api_key(:'key_id', 'credentials') \gset
SELECT count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event = 'api_key.revoke';
SELECT pg_temp.answer(format('SELECT curfew.revoke_api_key(%L, %L)', gen_random_uuid(), 'credentials'));

-- A suspended principal is refused by key, by token, and by the token of a session that somebody runs for it; resumed, accepted.
SELECT key FROM curfew.issue_api_key(:'olga', tenant => 'credentials') \gset
SELECT curfew.suspend_principal(:'olga', 'holiday', 'credentials') \gset
SELECT pg_temp.greeting(:'key') AS key, pg_temp.greeting(:'token') AS token, pg_temp.greeting(:'agent_token') AS agents_token;
SELECT curfew.suspend_principal(:'olga', 'still', 'credentials'), curfew.resume_principal(:'olga', 'back', 'credentials') \gset
SELECT pg_temp.greeting(:'key') AS key, pg_temp.greeting(:'token') AS token, pg_temp.greeting(:'agent_token') AS agents_token;
-- A suspended agent blocks its own tokens, not its owner's.
SELECT curfew.suspend_principal(:'bot', 'loops', 'credentials') \gset
SELECT pg_temp.greeting(:'key') AS key, pg_temp.greeting(:'token') AS token, pg_temp.greeting(:'agent_token') AS agents_token;
SELECT curfew.resume_principal(:'bot', tenant => 'credentials') \gset
SELECT event, reason, count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event LIKE 'principal.%e' AND event <> 'principal.create' OR tenant_id = :'tenant' AND event LIKE 'principal.s%'
GROUP BY event, reason ORDER BY event COLLATE "C", reason COLLATE "C";

-- In a transaction that has begun already: who is suspended, or whose key is revoked, is so from the next call on.
BEGIN;
SELECT curfew.authenticate(:'key') \gset
SELECT state FROM curfew.get_session(:'login');
UPDATE curfew.principal SET status = 'suspended' WHERE id = :'olga';
SELECT pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'login'));
ROLLBACK;
-- So is who ends the very session whose token he came with.
BEGIN;
SELECT curfew.authenticate(:'token') \gset
SELECT state FROM curfew.end_session(:'login');
SELECT pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'login'));
ROLLBACK;

-- A suspended tenant's are refused, all of them.
BEGIN;
UPDATE curfew.tenant SET status = 'suspended' WHERE id = :'tenant';
SELECT pg_temp.greeting(:'key') AS key, pg_temp.greeting(:'token') AS token;
SELECT pg_temp.answer(format('SELECT curfew.act_as(%L, %L)', 'credentials', :'ada')) AS act_as;
ROLLBACK;

-- A revoked principal stays revoked.
SELECT curfew.revoke_principal(:'olga', 'left', 'credentials') \gset
SELECT pg_temp.greeting(:'key') AS key, pg_temp.greeting(:'token') AS token, pg_temp.greeting(:'agent_token') AS agents_token;
SELECT pg_temp.answer(format('SELECT curfew.resume_principal(%L, tenant => %L)', :'olga', 'credentials')) AS resumed, pg_temp.answer(format('SELECT curfew.suspend_principal(%L, tenant => %L)', :'olga', 'credentials')) AS suspended;
SELECT status FROM curfew.principal WHERE id = :'olga';

-- An ended session's token, and one whose session is gone.
BEGIN;
SELECT curfew.act_as('credentials', :'sam') \gset
SELECT id AS login, token FROM curfew.create_session('login', :'ada') \gset
COMMIT;
SELECT pg_temp.greeting(:'token');
BEGIN;
SELECT curfew.act_as('credentials', :'ada') \gset
SELECT curfew.end_session(:'login') \gset
COMMIT;
SELECT pg_temp.greeting(:'token');
DELETE FROM curfew.session WHERE id = :'login';
SELECT pg_temp.greeting(:'token');

-- Which request a refusal answers: the last that came in the transaction, with a credential that is accepted or not.
\set SHOW_CONTEXT errors
SELECT key AS ada_key FROM curfew.issue_api_key(:'ada', tenant => 'credentials') \gset
SELECT curfew.authenticate('nobody', request_id => 'r-1');
BEGIN;
SELECT curfew.authenticate(:'ada_key', request_id => 'r-2') \gset
SELECT curfew.terminate_session('00000000-0000-7000-8000-000000000000');
ROLLBACK;
BEGIN;
SELECT curfew.authenticate(:'ada_key', request_id => 'r-3') \gset
SELECT curfew.authenticate('nobody', request_id => 'r-4');
ROLLBACK;
BEGIN;
SELECT curfew.authenticate(:'ada_key', request_id => 'r-5') \gset
SELECT curfew.authenticate(:'ada_key') \gset
SELECT curfew.terminate_session('00000000-0000-7000-8000-000000000000');
ROLLBACK;
SELECT curfew.refresh_session('nobody', request_id => 'r-6');
BEGIN;
SELECT curfew.authenticate(:'ada_key', request_id => 'r-7') \gset
SELECT curfew.refresh_session('nobody');
ROLLBACK;
-- What is rolled back to a savepoint is not the last; what is released is.
BEGIN;
SELECT curfew.authenticate(:'ada_key', request_id => 'r-8') \gset
SAVEPOINT before;
SELECT curfew.authenticate(:'ada_key', request_id => 'r-9') \gset
ROLLBACK TO before;
SELECT curfew.refuse('invalid_credential');
ROLLBACK TO before;
SELECT curfew.authenticate('nobody', request_id => 'r-10');
ROLLBACK TO before;
SELECT curfew.refuse('invalid_credential');
ROLLBACK TO before;
SAVEPOINT within;
SELECT curfew.authenticate(:'ada_key', request_id => 'r-11') \gset
RELEASE within;
SELECT curfew.refuse('invalid_credential');
ROLLBACK TO before;
SELECT curfew.refuse('invalid_credential');
ROLLBACK;
SELECT curfew.refuse('invalid_credential');
SELECT curfew.authenticate('nobody');
\set SHOW_CONTEXT never
