-- introspect: whether an access token of the caller's tenant is valid now, and what for; of any other that it is not.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.active(who uuid, token text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('introspect', who);
    RETURN (SELECT active FROM curfew.introspect(token));
END $$;
SELECT curfew.create_tenant('introspect') AS tenant, curfew.create_tenant('introspect-next-door') AS next_door \gset
SELECT curfew.create_principal('olga', scopes => '{a,b,sessions:create_for}', tenant => 'introspect') AS olga, curfew.create_principal('bot', kind => 'agent', scopes => '{b,c}', tenant => 'introspect') AS bot,
    curfew.create_principal('gate', kind => 'service', tenant => 'introspect') AS gate, curfew.create_principal('stranger', tenant => 'introspect-next-door') AS stranger \gset
BEGIN;
SELECT curfew.act_as('introspect', :'olga') \gset
SELECT id AS login, token FROM curfew.create_session('login', scopes => '{a}') \gset
SELECT id AS agent, token AS agent_token, refresh_token, deadline FROM curfew.create_session('agent', agent => :'bot') \gset
COMMIT;
BEGIN;
SELECT curfew.act_as('introspect-next-door', :'stranger') \gset
SELECT token AS others FROM curfew.create_session('login') \gset
COMMIT;

-- A valid one: the session, whom it stands for, its scopes, and when it expires, if it does.
BEGIN;
SELECT curfew.act_as('introspect', :'gate') \gset
SELECT active, session_id = :'login' AS session, tenant_id = :'tenant' AS tenant, lifecycle, state, principal_id = :'olga' AS owner, scopes, expires_at FROM curfew.introspect(:'token');
SELECT active, session_id = :'agent' AS session, tenant_id = :'tenant' AS tenant, lifecycle, state, principal_id = :'bot' AS agent, expires_at = :'deadline' AS expires FROM curfew.introspect(:'agent_token');
COMMIT;
-- Any other: not active, and nothing more, whatever is wrong with it.
BEGIN;
SELECT curfew.act_as('introspect', :'gate') \gset
SELECT what, i.* FROM (VALUES (1, 'null', NULL), (2, 'empty', ''), (3, 'wrong', 'wrong'), (4, 'cut', left(:'token', 62)), (5, 'changed', left(:'token', 62) || CASE right(:'token', 2) WHEN '00' THEN '01' ELSE '00' END),
    (6, 'for renewing', :'refresh_token'), (7, 'another tenant''s', :'others')) v (n, what, token), LATERAL curfew.introspect(token) i ORDER BY n;
COMMIT;
-- Suspending whom it stands for, or whose session it is, makes it invalid; resuming valid.
SELECT curfew.suspend_principal(:'olga', tenant => 'introspect') \gset
SELECT pg_temp.active(:'gate', :'token') AS own, pg_temp.active(:'gate', :'agent_token') AS run_for_her;
SELECT curfew.resume_principal(:'olga', tenant => 'introspect'), curfew.suspend_principal(:'bot', tenant => 'introspect') \gset
SELECT pg_temp.active(:'gate', :'token') AS own, pg_temp.active(:'gate', :'agent_token') AS run_by_it;
SELECT curfew.resume_principal(:'bot', tenant => 'introspect') \gset
SELECT pg_temp.active(:'gate', :'token') AS own, pg_temp.active(:'gate', :'agent_token') AS run_by_it;
-- Ending ends it, past the deadline too.
BEGIN;
SELECT curfew.act_as('introspect', :'olga') \gset
SELECT state FROM curfew.end_session(:'login');
COMMIT;
UPDATE curfew.session SET deadline = now() WHERE id = :'agent';
SELECT pg_temp.active(:'gate', :'token') AS ended, pg_temp.active(:'gate', :'agent_token') AS expired;
-- Nobody asks who is not somebody.
DO $$
BEGIN
    PERFORM curfew.introspect('token');
EXCEPTION WHEN SQLSTATE 'SL401' THEN
    RAISE NOTICE '%', SQLERRM;
END $$;
