-- A lifecycle of a user's own: a sandbox is created, runs, is paused and resumed, and is stopped; archived is a mark.
-- It is defined and driven to its end by a service, its owner and the clock.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer_as(who uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text;
BEGIN
    PERFORM curfew.act_as('sandbox', who);
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')');
END $$;
-- Takes an action and tells what came of it.
CREATE FUNCTION pg_temp.act_as(who uuid, session uuid, action text, reason text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer_as(who, format('SELECT state || %L || version || CASE WHEN replayed THEN %L ELSE %3$L END FROM curfew.act(%L, %L, %L)',
        ' v', ' again', '', session, action, reason))
$$;

SELECT curfew.define_lifecycle('sandbox', '{
  "description": "a machine to try things on",
  "initial": "creating",
  "tokens": "access",
  "read": {"by": ["owner", "service", "admin"]},
  "states": {"creating": {}, "running": {"live": true, "metered": true}, "paused": {"live": true}, "stopped": {"terminal": true}},
  "actions": {
    "ready":     {"from": ["creating"], "to": "running", "by": ["service"], "reason": "none"},
    "pause":     {"from": ["running"], "to": "paused", "by": ["owner", "service"], "again": "same"},
    "resume":    {"from": ["paused"], "to": "running", "by": ["owner"]},
    "stop":      {"from": ["creating", "running", "paused"], "to": "stopped", "by": ["owner", "service"], "reason": "required", "event": "SANDBOX_STOPPED"},
    "archive":   {"from": ["stopped"], "mark": "archived", "by": ["owner", "admin"], "again": "same"},
    "unarchive": {"from": "*", "clear": "archived", "by": ["owner", "admin"], "again": "same"},
    "expire":    {"from": ["creating", "running", "paused"], "to": "stopped", "by": ["clock"]}},
  "timers": {
    "creating": {"default": "2 minutes", "do": "expire"},
    "running":  {"after": "ttl", "from": "created", "default": "1 hour", "min": "1 minute", "max": "8 hours", "do": "expire"},
    "paused":   {"after": "ttl", "from": "created", "default": "1 hour", "min": "1 minute", "max": "8 hours", "do": "expire"}}}');
SELECT state, action, who, scope, reason, again, next_state FROM curfew.lifecycle_transitions
WHERE lifecycle = 'sandbox' ORDER BY state COLLATE "C", action COLLATE "C";
\pset format unaligned
\pset tuples_only on
SELECT curfew.lifecycle_diagram('sandbox');
\pset format aligned
\pset tuples_only off

SELECT curfew.create_tenant('sandbox') AS tenant \gset
SELECT curfew.create_principal('olga', scopes => '{shell}', tenant => 'sandbox') AS olga \gset
SELECT curfew.create_principal('oscar', tenant => 'sandbox') AS oscar \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'sandbox') AS ada \gset
SELECT curfew.create_principal('factory', kind => 'service', tenant => 'sandbox') AS factory \gset

-- The owner begins one, for two hours. Its setting is within the limits of the lifecycle, and known.
SELECT pg_temp.answer_as(:'olga', format('SELECT id FROM curfew.create_session(%L, timers => %L)', 'sandbox', timers))
FROM (VALUES (1, '{"ttl": 59}'), (2, '{"ttl": 28801}'), (3, '{"ttl": 1.5}'), (4, '{"ttl": "3600"}'), (5, '{"patience": 60}'), (6, '[]')) v (n, timers) ORDER BY n;
BEGIN;
SELECT curfew.act_as('sandbox', :'olga') \gset
SELECT id, token, length(token) AS token_length, refresh_token IS NULL AS no_refresh_token FROM curfew.create_session('sandbox',
    scopes => '{shell}', timers => '{"ttl": 7200}', title => 'try it', labels => '{"team": ["a"]}', metadata => '{"n": 1}') \gset
SELECT :token_length AS token_length, :'no_refresh_token' AS no_refresh_token;
SELECT state, version, live, terminal, scopes, marks, deadline - created_at = interval '2 minutes' AS two_minutes,
    started_at, ended_at, metered_ms, replayed FROM curfew.get_session(:'id');
SELECT * FROM curfew.get_session_detail(:'id');
COMMIT;
-- While it is being created its token is not accepted, and nobody but the service can say that it is ready, without a reason.
SELECT pg_temp.answer_as(:'olga', format('SELECT principal_id FROM curfew.authenticate(%L)', :'token'));
SELECT who, pg_temp.act_as(id, :'id', 'ready') FROM (VALUES ('olga', :'olga'::uuid), ('oscar', :'oscar'), ('ada', :'ada')) v (who, id);
SELECT pg_temp.act_as(:'factory', :'id', 'ready', 'it works');
SELECT pg_temp.act_as(:'factory', :'id', 'ready');
SELECT principal_id = :'olga' AS olga, session_id = :'id' AS by_it FROM curfew.authenticate(:'token');
BEGIN;
SELECT curfew.act_as('sandbox', :'olga') \gset
-- From now on the time to live counts, from the creation.
SELECT state, live, started_at IS NOT NULL AS started, deadline - created_at = interval '2 hours' AS two_hours FROM curfew.get_session(:'id');
COMMIT;

-- Paused twice is paused once; resumed, it runs on; what it is not, it cannot leave.
SELECT pg_temp.act_as(:'olga', :'id', 'resume');
SELECT pg_temp.act_as(:'olga', :'id', 'pause', 'lunch');
SELECT pg_temp.act_as(:'factory', :'id', 'pause');
SELECT pg_temp.act_as(:'factory', :'id', 'resume');
SELECT pg_temp.act_as(:'olga', :'id', 'resume');
SELECT pg_temp.act_as(:'olga', :'id', 'archive');
SELECT pg_temp.act_as(:'olga', :'id', 'terminate');

-- Stopping needs a reason; somebody else may not, reason or none; then its token is void.
SELECT pg_temp.act_as(:'olga', :'id', 'stop');
SELECT pg_temp.act_as(:'olga', :'id', 'stop', '');
SELECT pg_temp.act_as(:'oscar', :'id', 'stop', 'envy');
SELECT pg_temp.act_as(:'ada', :'id', 'stop', 'order');
SELECT pg_temp.act_as(:'olga', :'id', 'stop', 'done');
SELECT pg_temp.act_as(:'olga', :'id', 'stop', 'done');
SELECT pg_temp.answer_as(:'olga', format('SELECT principal_id FROM curfew.authenticate(%L)', :'token'));

-- The meter stands still, the marks do not: archived twice is archived once, and it can be taken out again.
SELECT pg_temp.act_as(:'olga', :'id', 'archive');
SELECT pg_temp.act_as(:'ada', :'id', 'archive');
SELECT pg_temp.act_as(:'ada', :'id', 'unarchive');
SELECT pg_temp.act_as(:'ada', :'id', 'unarchive');
BEGIN;
SELECT curfew.act_as('sandbox', :'olga') \gset
SELECT state, live, terminal, marks, ended_at IS NOT NULL AS ended, ended_at < deadline AS before_its_time, metered_ms BETWEEN 0 AND 600000 AS metered
FROM curfew.get_session(:'id');
-- One row per change, and none for what was refused or was so already.
SELECT event, action, outcome, relation, from_state, to_state, version, reason,
    CASE actor_id WHEN :'olga' THEN 'olga' WHEN :'factory' THEN 'factory' WHEN :'ada' THEN 'ada' END AS actor FROM curfew.audit_log(:'id');
COMMIT;

-- One that is never ready is stopped by the clock, two minutes after it began; nobody has to write that down.
BEGIN;
SELECT curfew.act_as('sandbox', :'olga') \gset
SELECT id FROM curfew.create_session('sandbox') \gset
COMMIT;
UPDATE curfew.session SET deadline = now() WHERE id = :'id';
BEGIN;
SELECT curfew.act_as('sandbox', :'olga') \gset
SELECT state, terminal, ended_at = deadline AS at_its_deadline FROM curfew.get_session(:'id');
COMMIT;
SELECT pg_temp.act_as(:'factory', :'id', 'ready');
SELECT pg_temp.act_as(:'olga', :'id', 'stop', 'too late');
SELECT state FROM curfew.session WHERE id = :'id';

-- Only the time in a metered state is on the meter: ten seconds of running, none of the pause.
BEGIN;
SELECT curfew.act_as('sandbox', :'olga') \gset
SELECT id FROM curfew.create_session('sandbox') \gset
COMMIT;
SELECT pg_temp.act_as(:'factory', :'id', 'ready');
UPDATE curfew.session SET entered_at = entered_at - interval '10 seconds' WHERE id = :'id';
BEGIN;
SELECT curfew.act_as('sandbox', :'olga') \gset
SELECT state, metered_ms / 10000 AS tens_of_seconds FROM curfew.get_session(:'id');
SELECT state, metered_ms / 10000 AS tens_of_seconds FROM curfew.act(:'id', 'pause');
COMMIT;
UPDATE curfew.session SET entered_at = entered_at - interval '1 hour' WHERE id = :'id';
BEGIN;
SELECT curfew.act_as('sandbox', :'olga') \gset
SELECT state, metered_ms / 10000 AS tens_of_seconds FROM curfew.act(:'id', 'resume');
SELECT state, metered_ms / 10000 AS tens_of_seconds FROM curfew.act(:'id', 'stop', 'enough');
COMMIT;
