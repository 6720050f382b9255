-- The feed: every event of a tenant once, a session's in the order of its versions, read on by a cursor.
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
SELECT curfew.create_tenant('feed') AS tenant, curfew.create_tenant('feed-two') AS other \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'feed') AS ada, curfew.create_principal('bob', tenant => 'feed') AS bob, curfew.create_principal('eve', role => 'admin', tenant => 'feed-two') AS eve,
    curfew.create_principal('aud', scopes => '{audit:read}', tenant => 'feed') AS aud \gset
SELECT curfew.create_workspace('room', tenant => 'feed') AS room \gset
SELECT curfew.add_member('room', :'bob', tenant => 'feed') \gset
CREATE TEMP TABLE seen (n serial, cursor text, number bigint, id uuid, event text, version bigint, session_id uuid);

-- Twenty sessions, each begun and archived, in one transaction and in several; five of the archivings are undone.
BEGIN;
SELECT curfew.act_as('feed', :'bob') \gset
SELECT count(curfew.archive_session(s.id)) FROM generate_series(1, 10) i, LATERAL curfew.create_session('conversation', workspace => 'room', title => i::text) s;
COMMIT;
DO $$
DECLARE
    bob uuid := (SELECT id FROM curfew.principal WHERE name = 'bob' AND tenant_id = (SELECT id FROM curfew.tenant WHERE slug = 'feed'));
BEGIN
    FOR i IN 1..10 LOOP
        PERFORM curfew.act_as('feed', bob);
        PERFORM curfew.create_session('conversation', workspace => 'room');
        BEGIN
            PERFORM curfew.archive_session(s.id) FROM curfew.list_sessions('conversation', max_rows => 1) s;
            IF i % 2 = 0 THEN RAISE EXCEPTION 'undone'; END IF;
        EXCEPTION WHEN raise_exception THEN NULL;
        END;
        COMMIT;
    END LOOP;
END $$;

-- Read in pages of seven: all events of the tenant, each once.
DO $$
DECLARE
    ada uuid := (SELECT id FROM curfew.principal WHERE name = 'ada' AND tenant_id = (SELECT id FROM curfew.tenant WHERE slug = 'feed'));
    found integer := 1;
BEGIN
    WHILE found > 0 LOOP
        PERFORM curfew.act_as('feed', ada);
        INSERT INTO seen (cursor, number, id, event, version, session_id)
        SELECT f.cursor, f.number, f.id, f.event, f.version, f.session_id
        FROM curfew.event_feed((SELECT s.cursor FROM seen s ORDER BY s.n DESC LIMIT 1), 7) WITH ORDINALITY f ORDER BY f.ordinality;
        GET DIAGNOSTICS found = ROW_COUNT;
        COMMIT;
    END LOOP;
END $$;
SELECT count(*), count(DISTINCT id), bool_and(number > coalesce(before, 0)) AS numbers_rise FROM (SELECT id, number, lag(number) OVER (ORDER BY n) AS before FROM seen) s;
SELECT count(*) AS missing FROM curfew.audit_event e WHERE e.tenant_id = :'tenant' AND NOT EXISTS (SELECT FROM seen s WHERE s.id = e.id);
SELECT event, count(*) FROM seen GROUP BY event ORDER BY event;
SELECT count(*) AS out_of_order FROM (SELECT version, lag(version) OVER (PARTITION BY session_id ORDER BY n) AS before FROM seen WHERE session_id IS NOT NULL) s WHERE before >= version;

-- What is added later comes later, and nothing else does.
SELECT cursor AS last FROM seen ORDER BY n DESC LIMIT 1 \gset
BEGIN;
SELECT curfew.act_as('feed', :'ada') \gset
SELECT count(*) FROM curfew.event_feed(:'last');
SELECT curfew.create_principal('cyd') \gset
SELECT count(*) AS of_this_transaction FROM curfew.event_feed(:'last');
COMMIT;
BEGIN;
SELECT curfew.act_as('feed', :'ada') \gset
SELECT event, version FROM curfew.event_feed(:'last');
COMMIT;
-- Events that are moved to a month's partition keep their numbers.
BEGIN;
SELECT curfew.act_as('feed', :'ada') \gset
SELECT count(*) AS before FROM curfew.event_feed(max_rows => 1000) \gset
COMMIT;
BEGIN;
SELECT curfew.create_audit_partition(current_date) \gset
SELECT curfew.act_as('feed', :'ada') \gset
SELECT count(*) = :before AS the_same, count(DISTINCT id) = count(*) AS each_once FROM curfew.event_feed(max_rows => 1000);
ROLLBACK;
-- In another place, as after a restore: what was numbered keeps its number, the rest gets one; a cursor from beyond the
-- restore goes on where the restore's own numbers begin.
SELECT last_number AS base FROM curfew.event_sequencer \gset
BEGIN;
SELECT curfew.act_as('feed', :'ada') \gset
DELETE FROM curfew.event_number WHERE number = (SELECT max(number) FROM curfew.event_number WHERE tenant_id = :'tenant');
UPDATE curfew.event_sequencer SET system_id = system_id + 1;
SELECT count(*) = :before AS the_same, count(DISTINCT id) = count(*) AS each_once FROM curfew.event_feed(max_rows => 1000);
SELECT bases[1] = :base AS base_is_kept FROM curfew.event_sequencer;
SELECT count(*) AS given_again FROM curfew.event_feed(curfew.seal_cursor('feed', '0:' || :base + 1000));
SELECT count(*) AS nothing_more FROM curfew.event_feed(curfew.seal_cursor('feed', '1:' || :base + 1000));
ROLLBACK;

-- Who may: whoever may read the whole tenant's log. A cursor is of one tenant, and is not made by hand.
SELECT who, pg_temp.answer(format('SELECT event FROM curfew.act_as(%L, %L), LATERAL curfew.event_feed(max_rows => 1)', tenant, id))
FROM (VALUES (1, 'administrator', 'feed', :'ada'), (2, 'with audit:read', 'feed', :'aud'), (3, 'member', 'feed', :'bob')) v (n, who, tenant, id) ORDER BY n;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.event_feed()') AS nobody;
BEGIN;
SELECT curfew.act_as('feed-two', :'eve') \gset
SELECT pg_temp.answer(format('SELECT count(*) FROM curfew.event_feed(%L)', :'last')) AS of_another_tenant, pg_temp.answer('SELECT count(*) FROM curfew.event_feed(''1'')') AS made_by_hand,
    pg_temp.answer(format('SELECT count(*) FROM curfew.event_feed(%L)', curfew.seal_cursor('feed', 'x'))) AS no_position;
SELECT count(*) AS own FROM curfew.event_feed() f WHERE f.id IN (SELECT id FROM seen);
COMMIT;
SELECT rows, pg_temp.answer(format('SELECT count(*) FROM curfew.act_as(%L, %L), LATERAL curfew.event_feed(max_rows => %s)', 'feed', :'ada', rows)) FROM unnest('{0,-1,1001}'::integer[]) rows;
-- Who may not read it is told that, and not what is wrong with his input; a position that no feed has is no cursor.
SELECT pg_temp.answer(format('SELECT count(*) FROM curfew.act_as(%L, %L), LATERAL curfew.event_feed(max_rows => 0)', 'feed', :'bob'));
SELECT pg_temp.answer(format('SELECT count(*) FROM curfew.act_as(%L, %L), LATERAL curfew.event_feed(curfew.seal_cursor(''feed'', ''2147483647:0''))', 'feed', :'ada'));
SELECT rows, pg_temp.answer(format('SELECT curfew.sequence_events(%s)', rows)) FROM unnest('{0,100001}'::integer[]) rows;
-- From a snapshot that is kept, and where nothing can be written, what has been numbered is read.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT curfew.act_as('feed', :'ada') \gset
SELECT count(*) > 0 AS some FROM curfew.event_feed();
COMMIT;
BEGIN READ ONLY;
SELECT curfew.act_as('feed', :'ada') \gset
SELECT count(*) > 0 AS some FROM curfew.event_feed();
COMMIT;
