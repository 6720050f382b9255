-- Time is a fact: a session whose deadline has passed is what its timer makes it, everywhere, though nobody wrote it down.
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
    PERFORM curfew.act_as('deadlines', who);
    RETURN pg_temp.answer(statement);
END $$;
SELECT curfew.create_tenant('deadlines') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'deadlines') AS ada, curfew.create_principal('bot', kind => 'agent', tenant => 'deadlines') AS bot,
    curfew.create_principal('vera', scopes => '{sessions:*}', tenant => 'deadlines') AS vera, curfew.create_principal('otto', scopes => '{sessions:*}', tenant => 'deadlines') AS otto \gset
SELECT curfew.create_workspace('viewer', tenant => 'deadlines') AS viewer, curfew.create_workspace('drones', operator => true, tenant => 'deadlines') AS drones \gset
SELECT key AS viewer_key FROM curfew.issue_api_key(:'vera', workspace => 'viewer', tenant => 'deadlines') \gset
SELECT key AS drones_key FROM curfew.issue_api_key(:'otto', workspace => 'drones', tenant => 'deadlines') \gset

-- Each lifecycle's deadline: from the creation, as long as said, or as the lifecycle says.
BEGIN;
SELECT curfew.act_as('deadlines', :'ada') \gset
SELECT lifecycle, extract(epoch FROM deadline - created_at)::integer AS lasts FROM unnest('{login,run,agent}'::text[]) WITH ORDINALITY n (name, n), LATERAL curfew.create_session(name) ORDER BY n.n;
SELECT deadline FROM curfew.create_session('conversation', workspace => 'viewer');
SELECT extract(epoch FROM deadline - created_at)::integer AS lasts FROM curfew.create_session('run', timers => '{"ttl": 90}');
SELECT extract(epoch FROM deadline - created_at)::integer AS lasts FROM curfew.create_session('agent', timers => '{"ttl": 86400}');
SELECT timers, pg_temp.answer(format('SELECT state FROM curfew.create_session(%L, timers => %L)', lifecycle, timers))
FROM (VALUES (1, 'agent', '{"ttl": 59}'), (2, 'agent', '{"ttl": 86401}'), (3, 'agent', '{"wait": 60}'), (4, 'login', '{"ttl": 60}'), (5, 'run', '{"ttl": 0}'), (6, 'run', '{"ttl": -5}'),
    (7, 'run', '{"ttl": 1e30}'), (8, 'run', '{"ttl": null}')) v (n, lifecycle, timers) ORDER BY n;
SELECT id, token FROM curfew.create_session('agent', agent => :'bot') \gset
COMMIT;

-- An hour later. The row says what was written down last.
UPDATE curfew.session SET created_at = created_at - interval '1 hour', updated_at = updated_at - interval '1 hour', entered_at = entered_at - interval '1 hour', deadline = deadline - interval '1 hour' WHERE id = :'id';
SELECT state, version, ended_at, deadline <= now() AS passed FROM curfew.session WHERE id = :'id';
-- In what get, list and the view say it has expired, at its deadline.
BEGIN;
SELECT curfew.act_as('deadlines', :'ada') \gset
SELECT state, version, live, terminal, ended_at = deadline AS ended_then, updated_at = deadline AS updated_then FROM curfew.get_session(:'id');
SELECT state, live, terminal, ended_at = deadline AS ended_then FROM curfew.list_sessions('agent') WHERE id = :'id';
SELECT count(*) FILTER (WHERE id = :'id') AS expired, count(*) FILTER (WHERE state <> 'expired') AS others FROM curfew.list_sessions('agent', 'expired');
SELECT count(*) AS active FROM curfew.list_sessions('agent', 'active') WHERE id = :'id';
SELECT state FROM curfew.sessions WHERE id = :'id';
SELECT (curfew.introspect(:'token')).*;
COMMIT;
-- Its token is not accepted, and no action is allowed but what is allowed to the expired.
SELECT pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L)', :'token'));
SELECT action, pg_temp.answer_as(:'ada', format('SELECT state FROM curfew.act(%L, %L)', :'id', action)) FROM unnest('{terminate,hand_off,expire}'::text[]) action;
BEGIN;
SELECT curfew.act_as('deadlines', :'ada') \gset
SELECT curfew.terminate_session(:'id');
ROLLBACK;
-- Nothing of that was written down.
SELECT state, version FROM curfew.session WHERE id = :'id';
SELECT count(*) FROM curfew.audit_event WHERE session_id = :'id' AND event NOT LIKE 'session.%' AND version > 1;

-- A deadline is reached at its moment, not after it; a session that ended before is what it ended as.
SELECT curfew.effective_state('active', '2030-01-01 00:00:00+00', 'expired', NULL, '2029-12-31 23:59:59.999999+00') AS before,
    curfew.effective_state('active', '2030-01-01 00:00:00+00', 'expired', NULL, '2030-01-01 00:00:00+00') AS then,
    curfew.effective_state('terminated', '2030-01-01 00:00:00+00', 'expired', '2029-12-31 00:00:00+00', '2031-01-01 00:00:00+00') AS ended,
    curfew.effective_state('active', 'infinity', NULL, NULL, '2031-01-01 00:00:00+00') AS untimed, curfew.effective_state(NULL, NULL, NULL, NULL, NULL) AS nothing;
BEGIN;
SELECT curfew.act_as('deadlines', :'ada') \gset
SELECT id FROM curfew.create_session('agent') \gset
SELECT state FROM curfew.terminate_session(:'id');
COMMIT;
UPDATE curfew.session SET deadline = now() - interval '1 second' WHERE id = :'id';
BEGIN;
SELECT curfew.act_as('deadlines', :'ada') \gset
SELECT state, ended_at <> deadline AS ended_otherwise FROM curfew.get_session(:'id');
SELECT state FROM curfew.sessions WHERE id = :'id';
COMMIT;

-- In one transaction time goes on: a statement that begins after the deadline sees it passed.
BEGIN;
SELECT curfew.act_as('deadlines', :'ada') \gset
SELECT id FROM curfew.create_session('run') \gset
UPDATE curfew.session SET deadline = clock_timestamp() + interval '10 milliseconds' WHERE id = :'id';
SELECT pg_sleep(0.05) \gset
SELECT state FROM curfew.get_session(:'id');
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'id'));
COMMIT;

-- Video: before it is live the clock waits from the creation; from then on it counts from the start, through pauses.
BEGIN;
SELECT curfew.authenticate(:'viewer_key') \gset
SELECT id, extract(epoch FROM deadline - created_at)::integer AS lasts FROM curfew.create_session('visual', timers => '{"wait": 60, "max_duration": 120}') \gset
SELECT :'lasts' AS lasts;
SELECT timers, pg_temp.answer(format('SELECT state FROM curfew.create_session(%L, timers => %L)', 'visual', timers)) FROM unnest('{"{\"wait\": 4}","{\"wait\": 5}","{\"wait\": 3601}","{\"max_duration\": 86401}"}'::text[]) timers;
COMMIT;
BEGIN;
SELECT curfew.authenticate(:'drones_key') \gset
SELECT state, extract(epoch FROM deadline - created_at)::integer AS lasts, started_at FROM curfew.act(:'id', 'accept');
SELECT state, extract(epoch FROM deadline - started_at)::integer AS lasts, metered_ms FROM curfew.act(:'id', 'start');
SELECT state, extract(epoch FROM deadline - started_at)::integer AS lasts FROM curfew.act(:'id', 'pause');
SELECT state, extract(epoch FROM deadline - started_at)::integer AS lasts FROM curfew.act(:'id', 'resume');
COMMIT;
-- Expired while live, it is metered up to its deadline and no further.
UPDATE curfew.session SET created_at = created_at - interval '1 day', started_at = started_at - interval '1 day', entered_at = started_at - interval '1 day', deadline = deadline - interval '1 day', metered_us = 0 WHERE id = :'id';
BEGIN;
SELECT curfew.authenticate(:'viewer_key') \gset
SELECT state, terminal, metered_ms, extract(epoch FROM ended_at - started_at)::integer AS lasted FROM curfew.get_session(:'id');
SELECT pg_temp.answer(format('SELECT state FROM curfew.end_session(%L)', :'id'));
COMMIT;
-- Expired while requested: it can be neither cancelled nor accepted, and a stranger's operator no longer reads it.
BEGIN;
SELECT curfew.authenticate(:'viewer_key') \gset
SELECT id FROM curfew.create_session('visual') \gset
COMMIT;
UPDATE curfew.session SET deadline = now() WHERE id = :'id';
BEGIN;
SELECT curfew.authenticate(:'viewer_key') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.cancel_session(%L)', :'id')) AS cancelled;
SELECT curfew.authenticate(:'drones_key') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, %L)', :'id', 'accept')) AS accepted, pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'id')) AS read;
COMMIT;
