-- list_sessions: what the caller may read, newest first, filtered, in pages that are complete and do not overlap.
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
SELECT curfew.create_tenant('lists') AS tenant \gset
SELECT curfew.create_workspace('room', tenant => 'lists') AS room, curfew.create_workspace('cellar', tenant => 'lists') AS cellar \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'lists') AS ada, curfew.create_principal('olga', tenant => 'lists') AS olga, curfew.create_principal('otto', tenant => 'lists') AS otto,
    curfew.create_principal('sam', kind => 'service', tenant => 'lists') AS sam, curfew.create_principal('bot', kind => 'agent', tenant => 'lists') AS bot \gset
SELECT curfew.add_member('room', :'olga', tenant => 'lists') \gset
-- In the room: 5 conversations of olga's, 5 runs, 4 of them hers, by bot; 3 agents' sessions of otto's by bot; 3 logins of otto's. In one statement each, so at one time.
BEGIN;
SELECT curfew.act_as('lists', :'ada') \gset
SELECT count(curfew.create_session('conversation', :'olga', workspace => 'room')) FROM generate_series(1, 5);
SELECT count(curfew.create_session('run', CASE WHEN n < 5 THEN :'olga' ELSE :'otto' END::uuid, :'bot', workspace => 'room')) FROM generate_series(1, 5) n;
SELECT count(curfew.create_session('agent', :'otto', :'bot')) FROM generate_series(1, 3);
SELECT count(curfew.create_session('login', :'otto')) FROM generate_series(1, 3);
COMMIT;
-- What a caller sees, by lifecycle.
CREATE FUNCTION pg_temp.seen_by(who uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('lists', who);
    RETURN (SELECT string_agg(lifecycle || ' ' || count, ', ' ORDER BY lifecycle COLLATE "C") FROM (SELECT lifecycle, count(*) FROM curfew.list_sessions(max_rows => 1000) GROUP BY lifecycle) l);
END $$;

-- Each sees what he may read, and nothing else: owners, members of the room, the agent, services, administrators.
SELECT who, pg_temp.seen_by(id) FROM (VALUES (1, 'ada', :'ada'::uuid), (2, 'olga', :'olga'), (3, 'otto', :'otto'), (4, 'sam', :'sam'), (5, 'bot', :'bot')) v (n, who, id) ORDER BY n;
-- A listed session is the session: every column as get_session gives it.
BEGIN;
SELECT curfew.act_as('lists', :'otto') \gset
SELECT count(*), bool_and(l = g) AS same FROM curfew.list_sessions() l, LATERAL curfew.get_session(l.id) g;
COMMIT;
-- A key bound to another workspace lists nothing of this one, nor what is in none.
SELECT key FROM curfew.issue_api_key(:'ada', workspace => 'cellar', tenant => 'lists') \gset
BEGIN;
SELECT curfew.authenticate(:'key') \gset
SELECT lifecycle, count(*) FROM curfew.list_sessions() GROUP BY lifecycle;
COMMIT;

BEGIN;
SELECT curfew.act_as('lists', :'ada') \gset
-- Filters: lifecycle, owner, agent, workspace by slug and by id, and together.
SELECT count(*) FROM curfew.list_sessions('run');
SELECT count(*) FROM curfew.list_sessions(owner => :'otto');
SELECT count(*) FROM curfew.list_sessions(agent => :'bot');
SELECT count(*) FROM curfew.list_sessions(workspace => 'room');
SELECT count(*) FROM curfew.list_sessions(workspace => :'room');
SELECT count(*) FROM curfew.list_sessions('run', owner => :'otto', agent => :'bot', workspace => 'room');
SELECT count(*) FROM curfew.list_sessions('run', workspace => 'cellar');
SELECT count(*) FROM curfew.list_sessions('dream');
SELECT count(*) FROM curfew.list_sessions(owner => gen_random_uuid());
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_sessions(workspace => ''attic'')') AS attic, pg_temp.answer('SELECT count(*) FROM curfew.list_sessions(after => gen_random_uuid())') AS after_nothing;
-- The state that is looked for is the one that a session is in now: one was ended, one has expired without anybody writing that down.
SELECT count(curfew.terminate_session(id)) FROM curfew.list_sessions('run', max_rows => 1);
COMMIT;
SELECT id AS late FROM curfew.session WHERE tenant_id = :'tenant' AND lifecycle = 'run' AND state = 'working' LIMIT 1 \gset
UPDATE curfew.session SET deadline = now() WHERE id = :'late';
BEGIN;
SELECT curfew.act_as('lists', :'ada') \gset
SELECT state, (SELECT count(*) FROM curfew.list_sessions('run', state)), (SELECT count(*) FROM curfew.list_sessions(state => state)) AS of_all FROM unnest('{working,terminated,expired,blocked,active,asleep}'::text[]) state;
COMMIT;

-- Newest first; equal times by id.
BEGIN;
SELECT curfew.act_as('lists', :'ada') \gset
SELECT bool_and(ordered) AS ordered, count(*) FROM (SELECT (created_at, id) < lag((created_at, id)) OVER () IS NOT FALSE AS ordered FROM curfew.list_sessions()) l;
COMMIT;
-- In pages of any size: all of them, once each, in the same order; for the one who sees all, and for one who does not.
CREATE FUNCTION pg_temp.pages(who uuid, size integer, state text DEFAULT NULL) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    page uuid[]; seen uuid[] := '{}';
BEGIN
    PERFORM curfew.act_as('lists', who);
    LOOP
        SELECT coalesce(array_agg(l.id ORDER BY l.n), '{}') INTO page FROM (SELECT s.id, row_number() OVER () AS n
            FROM curfew.list_sessions(state => pages.state, max_rows => size, after => seen[array_length(seen, 1)]) s) l;
        EXIT WHEN page = '{}';
        seen := seen || page;
    END LOOP;
    RETURN seen;
END $$;
SELECT size, array_length(pg_temp.pages(:'ada', size), 1) AS ada, pg_temp.pages(:'ada', size) = pg_temp.pages(:'ada', 1000) AS same, array_length(pg_temp.pages(:'olga', size), 1) AS olga,
    pg_temp.pages(:'olga', size) = pg_temp.pages(:'olga', 1000) AS same, pg_temp.pages(:'ada', size, 'working') = pg_temp.pages(:'ada', 1000, 'working') AS working
FROM unnest('{1,2,3,5,16}'::integer[]) size;
SELECT count(*), count(DISTINCT id) FROM unnest(pg_temp.pages(:'ada', 3)) id;
-- A page is whole where what may be read lies behind a lot that may not.
BEGIN;
SELECT curfew.act_as('lists', :'ada') \gset
SELECT count(curfew.create_session('login', :'ada', workspace => 'room')) FROM generate_series(1, 350);
COMMIT;
SELECT pg_temp.seen_by(:'olga'), array_length(pg_temp.pages(:'olga', 4), 1) AS paged;

-- From 1 to 1,000 rows; 50 where nothing is said.
BEGIN;
SELECT curfew.act_as('lists', :'ada') \gset
SELECT rows, pg_temp.answer(format('SELECT count(*) FROM curfew.list_sessions(max_rows => %s)', rows)) FROM unnest('{-1,0,1,100,101,366,1000,1001}'::text[]) rows;
SELECT count(*) FROM curfew.list_sessions();
SELECT count(*) FROM curfew.list_sessions(max_rows => NULL);
-- Read halfway by a query that wants no more, and twice in one.
SELECT count(*) FROM (SELECT id FROM curfew.list_sessions() LIMIT 3) l;
SELECT count(*) FROM curfew.list_sessions(max_rows => 20) a JOIN curfew.list_sessions(max_rows => 10) b USING (id);
COMMIT;
