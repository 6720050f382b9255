-- The sweeper writes down what reads have said since the deadline: nothing but the version and the audit row is added.
-- In a database of its own, where nobody else's sessions are due.
SET client_min_messages = warning;
DROP DATABASE IF EXISTS regress_curfew_sweep;
DROP ROLE IF EXISTS regress_curfew_sweeper;
CREATE DATABASE regress_curfew_sweep TEMPLATE template0 ENCODING 'UTF8';
\set home :DBNAME
\c regress_curfew_sweep
CREATE EXTENSION curfew;
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
-- Where there is nothing, nothing is written down.
SELECT curfew.sweep() AS swept;
SELECT curfew.create_tenant('sweep') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'sweep') AS ada, curfew.create_principal('bot', kind => 'agent', tenant => 'sweep') AS bot,
    curfew.create_principal('vera', scopes => '{sessions:*}', tenant => 'sweep') AS vera, curfew.create_principal('otto', scopes => '{sessions:*}', tenant => 'sweep') AS otto \gset
SELECT curfew.create_workspace('viewer', tenant => 'sweep') AS viewer, curfew.create_workspace('drones', operator => true, tenant => 'sweep') AS drones \gset
SELECT key AS viewer_key FROM curfew.issue_api_key(:'vera', workspace => 'viewer', tenant => 'sweep') \gset
SELECT key AS drones_key FROM curfew.issue_api_key(:'otto', workspace => 'drones', tenant => 'sweep') \gset

SELECT curfew.define_lifecycle('sweep_note', '{"initial": "open", "states": {"open": {"live": true, "metered": true}, "over": {"terminal": true}}, "tokens": "access",
    "actions": {"lapse": {"from": ["open"], "to": "over", "by": ["clock"], "event": "NOTE_LAPSED"}, "archive": {"from": "*", "mark": "archived", "by": ["owner"]}},
    "timers": {"open": {"after": "ttl", "default": "1 minute", "do": "lapse"}}}');

-- One session for each state of each lifecycle that comes with a timer, and one that was archived after it had expired.
CREATE TEMP TABLE subject (id uuid, was text, token text);
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
INSERT INTO subject SELECT id, 'agent active', token FROM curfew.create_session('agent', agent => :'bot');
INSERT INTO subject SELECT id, 'login ' || state, token FROM curfew.create_session('login');
INSERT INTO subject SELECT id, 'run working' FROM curfew.create_session('run');
INSERT INTO subject SELECT id, 'note', token FROM curfew.create_session('sweep_note');
INSERT INTO subject SELECT id, 'note archived late', token FROM curfew.create_session('sweep_note');
INSERT INTO subject SELECT id, 'run blocked' FROM curfew.create_session('run', agent => :'bot');
SELECT curfew.act_as('sweep', :'bot') \gset
SELECT state FROM subject s, curfew.act(s.id, 'block') WHERE was = 'run blocked';
COMMIT;
BEGIN;
SELECT curfew.authenticate(:'viewer_key') \gset
INSERT INTO subject SELECT s.id, 'visual ' || upper(w.was) FROM unnest('{requested,assigned,live,paused}'::text[]) w (was), LATERAL curfew.create_session('visual', title => w.was) s;
SELECT curfew.authenticate(:'drones_key') \gset
SELECT count(curfew.act(id, 'accept')) FROM subject WHERE was ~ 'ASSIGNED|LIVE|PAUSED';
SELECT count(curfew.act(id, 'start')) FROM subject WHERE was ~ 'LIVE|PAUSED';
SELECT count(curfew.act(id, 'pause')) FROM subject WHERE was ~ 'PAUSED';
COMMIT;
-- Nothing is due yet, whatever there is.
SELECT curfew.sweep() AS swept;

-- Time goes by: for the sessions everything was 40 days ago.
UPDATE curfew.session SET created_at = created_at - interval '40 days', updated_at = updated_at - interval '40 days', entered_at = entered_at - interval '40 days',
    started_at = started_at - interval '40 days', deadline = deadline - interval '40 days' WHERE id IN (SELECT id FROM subject);
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
SELECT state, marks ? 'archived' AS archived FROM subject s, curfew.archive_session(s.id) WHERE was = 'note archived late';
COMMIT;

-- What everything says of them, before and after.
CREATE FUNCTION pg_temp.told(which text) RETURNS TABLE (id uuid, way text, says jsonb) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT s.id, 'get', to_jsonb(g) - 'version' FROM (SELECT * FROM subject WHERE was ~ which) s, LATERAL curfew.get_session(s.id) g;
    RETURN QUERY SELECT l.id, 'list', to_jsonb(l) - 'version' FROM curfew.list_sessions(max_rows => 200) l WHERE l.id IN (SELECT subject.id FROM subject WHERE was ~ which);
    IF which <> 'visual' THEN -- an administrator asks, and sees all of them there
        RETURN QUERY SELECT v.id, 'view', to_jsonb(v) - '{version,last_used_at}'::text[] FROM curfew.sessions v WHERE v.id IN (SELECT subject.id FROM subject);
    END IF;
    RETURN QUERY SELECT s.id, 'introspect', to_jsonb(i) FROM subject s, LATERAL curfew.introspect(s.token) i WHERE s.token IS NOT NULL AND s.was ~ which;
END $$;
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
CREATE TEMP TABLE before AS SELECT * FROM pg_temp.told('^(agent|login|note|run)');
SELECT curfew.authenticate(:'viewer_key') \gset
INSERT INTO before SELECT * FROM pg_temp.told('visual');
COMMIT;
SELECT way, count(*) FROM before GROUP BY way ORDER BY way;
SELECT count(*) AS written_down FROM curfew.session WHERE id IN (SELECT id FROM subject) AND ended_at IS NOT NULL;
SELECT behind > '1 hour' AS behind FROM curfew.sweeper_status;

-- At most so many at once, the rest at the next call.
SELECT curfew.sweep(3) AS first, curfew.sweep(3) AS second;
SELECT curfew.sweep() AS rest;
SELECT curfew.sweep() AS nothing;

BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
CREATE TEMP TABLE afterwards AS SELECT * FROM pg_temp.told('^(agent|login|note|run)');
SELECT curfew.authenticate(:'viewer_key') \gset
INSERT INTO afterwards SELECT * FROM pg_temp.told('visual');
COMMIT;
SELECT s.was, way, b.says AS said, a.says FROM before b FULL JOIN afterwards a USING (id, way) JOIN subject s USING (id) WHERE a.says IS DISTINCT FROM b.says;
-- The row says it itself.
SELECT was, state, version, ended_at = deadline AS ended_then, entered_at = deadline AS entered_then, updated_at = greatest(deadline, updated_at) AS updated_then_or_later, metered_us > 0 AS metered
FROM subject JOIN curfew.session USING (id) ORDER BY was;
-- One audit row each: the clock's.
SELECT was, event, action, outcome, relation, via, e.actor_id, e.on_behalf_of, e.request_id, e.reason, from_state, to_state, e.version, e.at = e.deadline AS then, (e.details ->> 'deadline')::timestamptz = s.deadline AS tells_when
FROM subject JOIN curfew.session s USING (id) CROSS JOIN LATERAL (SELECT x.*, s.deadline FROM curfew.audit_event x WHERE x.session_id = s.id AND x.relation = 'clock') e ORDER BY was;
SELECT count(*) AS rows, count(DISTINCT session_id) AS sessions FROM curfew.audit_event WHERE relation = 'clock' AND session_id IN (SELECT id FROM subject);
SELECT details FROM curfew.audit_event WHERE relation = 'clock' AND details::text !~ '^{"deadline": "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"}$';

-- Nobody's sessions are touched that have no deadline, whose deadline is to come, or which ended before it.
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
SELECT id AS open FROM curfew.create_session('conversation', workspace => 'viewer') \gset
SELECT id AS ended FROM curfew.create_session('agent') \gset
SELECT state FROM curfew.terminate_session(:'ended');
SELECT id AS later FROM curfew.create_session('agent') \gset
COMMIT;
UPDATE curfew.session SET deadline = now() WHERE id = :'ended';
SELECT curfew.sweep() AS swept;
SELECT state, version FROM curfew.session WHERE id IN (:'open', :'ended', :'later') ORDER BY state;

-- Who moves a deadline behind the sweeper by hand is found, far behind it too; and who puts a session there.
UPDATE curfew.session SET deadline = '2001-01-01 00:00:00+00' WHERE id = :'later';
SELECT curfew.sweep() AS swept;
SELECT state, ended_at AT TIME ZONE 'UTC' AS ended_at FROM curfew.session WHERE id = :'later';
INSERT INTO curfew.session (tenant_id, id, lifecycle, owner_id, state, deadline_state, version, created_at, updated_at, entered_at, deadline)
    SELECT :'tenant', '00000000-0000-4000-8000-000000000001', 'agent', :'ada', 'active', 'expired', 1, t, t, t, t FROM (VALUES (timestamptz '2002-02-02 00:00:00+00')) v (t);
SELECT curfew.sweep() AS swept;
SELECT state, version FROM curfew.session WHERE id = '00000000-0000-4000-8000-000000000001';
-- A session that was brought back to life by hand ends again.
UPDATE curfew.session SET ended_at = NULL, state = 'active' WHERE id = :'later';
SELECT curfew.sweep() AS swept;
SELECT state, version FROM curfew.session WHERE id = :'later';

-- A lifecycle of one's own that was defined anew since: what the deadline was to make of the session, it makes.
SELECT curfew.define_lifecycle('sweep_errand', '{"initial": "on", "states": {"on": {"live": true, "metered": true}, "over": {"terminal": true}, "done": {"terminal": true}},
    "actions": {"lapse": {"from": ["on"], "to": "over", "by": ["clock"]}, "finish": {"from": ["on"], "to": "done", "by": ["owner"]}}, "timers": {"on": {"after": "ttl", "default": "1 minute", "do": "lapse"}}}');
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
SELECT id AS errand FROM curfew.create_session('sweep_errand') \gset
COMMIT;
SELECT curfew.define_lifecycle('sweep_errand', '{"initial": "on", "states": {"on": {"live": true, "metered": true}, "over": {"terminal": true}, "done": {"terminal": true}},
    "actions": {"finish": {"from": ["on"], "to": "done", "by": ["owner"]}, "drop": {"from": ["on"], "to": "over", "by": ["owner"]}}}');
UPDATE curfew.session SET entered_at = now() - interval '3 seconds', deadline = now() - interval '1 second' WHERE id = :'errand';
SELECT curfew.sweep() AS swept;
SELECT state, metered_us FROM curfew.session WHERE id = :'errand';
SELECT event, action, from_state, to_state FROM curfew.audit_event WHERE session_id = :'errand' AND relation = 'clock';

-- A row that somebody has spoilt by hand is told of, and keeps nobody else's session from being swept.
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
SELECT id AS spoilt FROM curfew.create_session('agent') \gset
SELECT id AS sound FROM curfew.create_session('agent') \gset
COMMIT;
UPDATE curfew.session SET deadline = now(), state = CASE id WHEN :'spoilt' THEN 'nonsense' ELSE state END WHERE id IN (:'spoilt', :'sound');
SET client_min_messages = error;
SELECT curfew.sweep() AS swept;
SELECT curfew.sweep() AS swept;
RESET client_min_messages;
SELECT state FROM curfew.session WHERE id IN (:'spoilt', :'sound') ORDER BY state;
UPDATE curfew.session SET state = 'terminated', ended_at = now() WHERE id = :'spoilt';

-- It belongs to its transaction.
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
SELECT id AS undone FROM curfew.create_session('agent') \gset
COMMIT;
UPDATE curfew.session SET deadline = now() WHERE id = :'undone';
BEGIN;
SELECT curfew.sweep() AS swept;
ROLLBACK;
SELECT state FROM curfew.session WHERE id = :'undone';
SELECT curfew.sweep() AS swept;

-- Salts of refresh tokens that were used are erased after the grace, without another refresh.
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
SELECT id AS refreshed, refresh_token FROM curfew.create_session('agent') \gset
COMMIT;
SELECT token IS NOT NULL AS refreshed FROM curfew.refresh_session(:'refresh_token');
SELECT curfew.sweep() AS swept;
SELECT count(salt) AS salts FROM curfew.session_token WHERE session_id = :'refreshed';
UPDATE curfew.session_token SET used_at = used_at - interval '1 hour' WHERE session_id = :'refreshed';
SELECT curfew.sweep() AS swept;
SELECT count(salt) AS salts, count(used_at) AS used FROM curfew.session_token WHERE session_id = :'refreshed';

-- What a trigger of somebody's own keeps from being written stays as it is, and keeps nobody else, nor the sweeper in its run.
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
SELECT id AS held FROM curfew.create_session('agent') \gset
SELECT id AS free FROM curfew.create_session('agent') \gset
COMMIT;
CREATE FUNCTION pg_temp.hold() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
UPDATE curfew.session SET deadline = now() - interval '1 second', metered_us = CASE WHEN id = :'held' THEN 77 ELSE 0 END WHERE id IN (:'held', :'free');
CREATE TRIGGER hold BEFORE UPDATE ON curfew.session FOR EACH ROW WHEN (OLD.metered_us = 77) EXECUTE FUNCTION pg_temp.hold();
SET statement_timeout = '30s';
SELECT curfew.sweep(2) AS first, curfew.sweep(1) AS second, curfew.sweep(1) AS third;
RESET statement_timeout;
SELECT id = :'held' AS held, state FROM curfew.session WHERE id IN (:'held', :'free') ORDER BY held;
DROP TRIGGER hold ON curfew.session;
SELECT curfew.sweep() AS swept;

-- Bad input, and isolation levels that would not see what is due.
SELECT v AS max_rows, pg_temp.answer(format('SELECT curfew.sweep(%L)', v)) FROM unnest('{0,-1,1000001,NULL}'::integer[]) v;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT pg_temp.answer('SELECT curfew.sweep()');
COMMIT;

-- An administrator's role may, and needs no identity; nobody else.
CREATE ROLE regress_curfew_sweeper;
SELECT curfew.grant_access('regress_curfew_sweeper', 'service') \gset
SET ROLE regress_curfew_sweeper;
SELECT pg_temp.answer('SELECT curfew.sweep()'), pg_temp.answer('SELECT written FROM curfew.sweeper_status');
RESET ROLE;
SELECT curfew.grant_access('regress_curfew_sweeper', 'admin') \gset
BEGIN;
SELECT curfew.act_as('sweep', :'ada') \gset
SELECT id AS last FROM curfew.create_session('agent') \gset
COMMIT;
UPDATE curfew.session SET deadline = now() WHERE id = :'last';
SET ROLE regress_curfew_sweeper;
SELECT curfew.sweep() AS swept;
SELECT worker, last_run <= clock_timestamp() AS ran, last_written, written, behind, watermark <= clock_timestamp() AS watermark, held_by_prepared FROM curfew.sweeper_status;
RESET ROLE;
SELECT db_role, actor_id FROM curfew.audit_event WHERE session_id = :'last' AND relation = 'clock';
DROP OWNED BY regress_curfew_sweeper;
\c :home
DROP DATABASE regress_curfew_sweep;
DROP ROLE regress_curfew_sweeper;
