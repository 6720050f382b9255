-- What a session was at a time that is past: its state, marks and version, by its audit rows and the rule of time.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text; detail text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')', regexp_replace(detail, '[0-9-]{10}T[0-9:.]{15}Z', 'TIME'));
END $$;
-- What somebody is told of a session's past, in one line.
CREATE FUNCTION pg_temp.told(session uuid, moment timestamptz, who uuid DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('as-of', coalesce(who, (SELECT id FROM people WHERE name = 'ada')));
    RETURN pg_temp.answer(format($q$SELECT concat_ws(' ', state, 'v' || version, CASE WHEN live THEN 'live' END, CASE WHEN terminal THEN 'terminal' END,
        (SELECT string_agg('+' || mark, ' ' ORDER BY mark) FROM jsonb_object_keys(marks) mark)) FROM curfew.session_as_of(%L, %L)$q$, session, moment));
END $$;
-- Does something to sessions and audit rows that neither the engine nor its triggers see.
CREATE FUNCTION pg_temp.unseen(statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE curfew.session DISABLE TRIGGER outside_update;
    ALTER TABLE curfew.audit_event DISABLE TRIGGER refuse_change;
    EXECUTE statement;
    ALTER TABLE curfew.session ENABLE ALWAYS TRIGGER outside_update;
    ALTER TABLE curfew.audit_event ENABLE ALWAYS TRIGGER refuse_change;
END $$;
-- As if all that happened to a session had happened earlier.
CREATE FUNCTION pg_temp.earlier(session uuid, by interval) RETURNS void LANGUAGE sql AS $$
    SELECT pg_temp.unseen(format('UPDATE curfew.audit_event SET at = at - %L::interval WHERE session_id = %L', by, session)),
        pg_temp.unseen(format('UPDATE curfew.session SET created_at = created_at - %1$L::interval, updated_at = updated_at - %1$L::interval, entered_at = entered_at - %1$L::interval,
            started_at = started_at - %1$L::interval, ended_at = ended_at - %1$L::interval, deadline = deadline - %1$L::interval WHERE id = %2$L', by, session))
$$;
SELECT curfew.create_tenant('as-of') AS tenant \gset
CREATE TEMP TABLE people AS SELECT name, curfew.create_principal(name, role => role, scopes => scopes, tenant => 'as-of') AS id
FROM (VALUES ('ada', 'admin', NULL::text[]), ('olga', 'member', '{}'), ('mia', 'member', '{}'), ('alan', 'member', '{audit:read}')) v (name, role, scopes);
SELECT id AS ada FROM people WHERE name = 'ada' \gset
SELECT id AS olga FROM people WHERE name = 'olga' \gset
SELECT id AS mia FROM people WHERE name = 'mia' \gset
SELECT id AS alan FROM people WHERE name = 'alan' \gset
SELECT curfew.define_lifecycle('past', '{"initial": "idle",
    "states": {"idle": {"live": true}, "busy": {"live": true, "metered": true}, "done": {"terminal": true}, "lapsed": {"terminal": true}},
    "actions": {"go": {"from": ["idle"], "to": "busy", "by": ["owner"]}, "rest": {"from": ["busy"], "to": "idle", "by": ["owner"]},
        "finish": {"from": ["idle", "busy"], "to": "done", "by": ["owner"]}, "lapse": {"from": ["idle", "busy"], "to": "lapsed", "by": ["clock"]},
        "flag": {"from": "*", "mark": "flagged", "by": ["owner"], "again": "same"}, "unflag": {"from": "*", "clear": "flagged", "by": ["owner"]},
        "pin": {"from": "*", "mark": "pinned", "by": ["owner"]}},
    "timers": {"busy": {"after": "ttl", "default": "1 hour", "do": "lapse"}}}');

-- A session's whole story: at the time of each audit row it is what that row made it, a moment before what it was before.
-- Refusals and repeats change nothing.
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT id FROM curfew.create_session('past') \gset
SELECT count(pg_temp.answer(format('SELECT state FROM curfew.act(%L, %L)', :'id', action))) FROM unnest('{go,flag,flag,go,rest,pin,unflag,go,finish,go,flag}'::text[]) action;
COMMIT;
SELECT event, version, details, pg_temp.told(:'id', at) AS then, pg_temp.told(:'id', at - interval '1 microsecond') AS before
FROM curfew.audit_event WHERE session_id = :'id' ORDER BY at, version;
SELECT pg_temp.told(:'id', clock_timestamp()) AS now;
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT (t.state, t.version, t.live, t.terminal, t.marks, t.lifecycle, t.id) = (s.state, s.version, s.live, s.terminal, s.marks, s.lifecycle, s.id) AS as_it_is
FROM curfew.get_session(:'id') s, curfew.session_as_of(:'id', clock_timestamp()) t;
COMMIT;

-- A time that cannot be asked for.
SELECT n, pg_temp.told(:'id', moment) FROM (VALUES (1, NULL::timestamptz), (2, '-infinity'), (3, 'infinity'), (4, now() + interval '1 hour'), (5, now() - interval '1 hour')) v (n, moment) ORDER BY n;
-- Who may: whoever may read the session, or the whole log. Nobody learns from his refusal whether the time is right.
SELECT name, pg_temp.told(:'id', clock_timestamp(), id) AS now, pg_temp.told(:'id', 'infinity', id) AS some_day, pg_temp.told(:'tenant', clock_timestamp(), id) AS none FROM people ORDER BY name;
SELECT curfew.create_tenant('as-of-next') \gset
SELECT curfew.create_principal('nora', role => 'admin', tenant => 'as-of-next') AS nora \gset
BEGIN;
SELECT curfew.act_as('as-of-next', :'nora') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.session_as_of(%L, now())', :'id')), pg_temp.answer('SELECT state FROM curfew.session_as_of(NULL, now())');
COMMIT;

-- From its deadline on it has lapsed, though nobody has written that down.
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT id FROM curfew.create_session('past') \gset
SELECT state FROM curfew.act(:'id', 'go');
COMMIT;
SELECT pg_temp.earlier(:'id', '2 hours') \gset
SELECT deadline FROM curfew.session WHERE id = :'id' \gset
CREATE FUNCTION pg_temp.around(session uuid, deadline timestamptz) RETURNS TABLE (before text, at_it text, later text, now text) LANGUAGE sql AS $$
    SELECT pg_temp.told(session, deadline - interval '1 microsecond'), pg_temp.told(session, deadline), pg_temp.told(session, deadline + interval '1 minute'), pg_temp.told(session, clock_timestamp())
$$;
SELECT * FROM pg_temp.around(:'id', :'deadline');
-- Then it is written down: the version counts that from the deadline on.
CREATE FUNCTION pg_temp.write_down(wanted uuid, moment timestamptz) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO curfew.audit_event (at, tenant_id, id, session_id, event, action, outcome, db_role, relation, via, from_state, to_state, version, details)
    SELECT moment, tenant_id, gen_random_uuid(), id, 'past.lapse', 'lapse', 'done', current_user, 'clock', 'clock', state, deadline_state, version + 1, jsonb_build_object('deadline', curfew.rfc3339(deadline, 6))
    FROM curfew.session WHERE id = wanted;
    PERFORM pg_temp.unseen(format('UPDATE curfew.session SET state = deadline_state, ended_at = deadline, entered_at = deadline, updated_at = %L, version = version + 1 WHERE id = %L', moment, wanted));
END $$;
SELECT pg_temp.write_down(:'id', :'deadline') \gset
SELECT * FROM pg_temp.around(:'id', :'deadline');
-- A mark that was set on it after its deadline, before that was written down, changes nothing of when it lapsed.
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT id FROM curfew.create_session('past') \gset
SELECT state FROM curfew.act(:'id', 'go');
COMMIT;
SELECT pg_temp.earlier(:'id', '2 hours') \gset
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT state, version FROM curfew.act(:'id', 'flag');
COMMIT;
SELECT deadline, updated_at FROM curfew.session WHERE id = :'id' \gset
SELECT * FROM pg_temp.around(:'id', :'deadline');
SELECT pg_temp.write_down(:'id', :'updated_at') \gset
SELECT * FROM pg_temp.around(:'id', :'deadline');

-- What was changed behind the engine's back counts from then on, a deadline that lies before it too.
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT id FROM curfew.create_session('past') \gset
SELECT state FROM curfew.act(:'id', 'flag');
COMMIT;
UPDATE curfew.session SET state = 'busy', marks = '{"pinned": "long ago", "odd": {"n": 1}}', version = 7 WHERE id = :'id';
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT state, version FROM curfew.act(:'id', 'flag');
COMMIT;
UPDATE curfew.session SET deadline = created_at, deadline_state = 'lapsed' WHERE id = :'id';
SELECT event, coalesce(version::text, details #>> '{after,version}') AS version, pg_temp.told(:'id', at) AS then, pg_temp.told(:'id', at - interval '1 microsecond') AS before
FROM curfew.audit_event WHERE session_id = :'id' ORDER BY at;
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT t.marks = s.marks AS marks_as_they_are, t.state, t.version FROM curfew.get_session(:'id') s, curfew.session_as_of(:'id', clock_timestamp()) t;
COMMIT;
-- A session that is gone is for those who may read the whole log, up to its end.
DELETE FROM curfew.session WHERE id = :'id';
SELECT name, pg_temp.told(:'id', (SELECT at FROM curfew.audit_event WHERE session_id = :'id' AND event = 'past.flag' AND version = 2), id) AS then, pg_temp.told(:'id', clock_timestamp(), id) AS now FROM people ORDER BY name;
-- One that retention has taken away stays what it was in the end.
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT id FROM curfew.create_session('past') \gset
SELECT state FROM curfew.act(:'id', 'finish');
COMMIT;
ALTER TABLE curfew.session DISABLE TRIGGER outside_delete;
DELETE FROM curfew.session WHERE id = :'id';
ALTER TABLE curfew.session ENABLE ALWAYS TRIGGER outside_delete;
SELECT name, pg_temp.told(:'id', clock_timestamp(), id) AS now FROM people ORDER BY name;

-- Where audit rows are gone it says so.
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT id FROM curfew.create_session('past') \gset
SELECT count(curfew.act(:'id', action)) FROM unnest('{go,flag,rest,pin}'::text[]) action;
COMMIT;
CREATE TEMP TABLE moment AS SELECT version, at FROM curfew.audit_event WHERE session_id = :'id';
SELECT pg_temp.unseen(format('DELETE FROM curfew.audit_event WHERE session_id = %L AND version = 3', :'id')) \gset
SELECT version, pg_temp.told(:'id', at) FROM moment ORDER BY version;
SELECT pg_temp.unseen(format('DELETE FROM curfew.audit_event WHERE session_id = %L AND version = 1', :'id')) \gset
SELECT version, pg_temp.told(:'id', at) FROM moment ORDER BY version;
SELECT pg_temp.unseen(format('DELETE FROM curfew.audit_event WHERE session_id = %L', :'id')) \gset
SELECT pg_temp.told(:'id', clock_timestamp());

-- Random histories of five lifecycles: after each step it is now what get_session says, and later it is still known.
SELECT setseed(0.4) \gset
CREATE TEMP TABLE seen (session uuid, at timestamptz, state text, version bigint, live boolean, terminal boolean, marks jsonb);
SELECT curfew.create_workspace('room', tenant => 'as-of') \gset
SELECT curfew.add_member('room', :'olga', tenant => 'as-of') \gset
DO $$
DECLARE
    session uuid; chosen text;
BEGIN
    PERFORM curfew.act_as('as-of', (SELECT id FROM people WHERE name = 'olga'));
    FOR n IN 1..60 LOOP
        chosen := ('{past,run,agent,login,conversation}'::text[])[1 + n % 5];
        session := (curfew.create_session(chosen, workspace => 'room')).id;
        FOR step IN 1..12 LOOP
            PERFORM pg_temp.answer(format('SELECT state FROM curfew.act(%L, %L)', session,
                (SELECT action FROM curfew.lifecycle_transitions WHERE lifecycle = chosen AND (action NOT IN ('finish', 'end', 'terminate', 'hand_off') OR random() < 0.1) ORDER BY random() LIMIT 1)));
            INSERT INTO seen SELECT id, clock_timestamp(), state, version, live, terminal, marks FROM curfew.get_session(session);
        END LOOP;
    END LOOP;
END $$;
BEGIN;
SELECT curfew.act_as('as-of', :'olga') \gset
SELECT count(*) AS looks, count(*) FILTER (WHERE s.version > 3) > 100 AS many_changed, count(DISTINCT s.state) > 4 AS several_states, count(*) FILTER (WHERE s.marks <> '{}') > 50 AS many_marked,
    count(*) FILTER (WHERE (t.state, t.version, t.live, t.terminal, t.marks) IS DISTINCT FROM (s.state, s.version, s.live, s.terminal, s.marks)) AS wrong
FROM seen s, LATERAL (SELECT * FROM curfew.session_as_of(s.session, s.at)) t;
COMMIT;

-- Ended over their owner's head: all at their time, and before it what they had been.
SELECT curfew.revoke_principal(:'olga', 'gone', 'as-of') > 3 AS many_ended;
BEGIN;
SELECT curfew.act_as('as-of', :'ada') \gset
SELECT count(*) > 3 AS many, count(*) FILTER (WHERE NOT (b.live AND b.version = e.version - 1 AND t.terminal AND t.version = e.version AND b.marks = t.marks)) AS wrong
FROM curfew.audit_event e, LATERAL (SELECT * FROM curfew.session_as_of(e.session_id, e.at - interval '1 microsecond')) b, LATERAL (SELECT * FROM curfew.session_as_of(e.session_id, e.at)) t
WHERE e.tenant_id = :'tenant' AND e.details->>'cause' = 'principal.revoke';
COMMIT;
