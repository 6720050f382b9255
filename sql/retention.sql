-- Ended sessions and months of the audit log leave after a time: what is due is shown first, and what left is written down.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SET timezone = 'UTC';
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    word text; field text;
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')');
END $$;
SELECT curfew.create_tenant('attic') AS tenant \gset
SELECT curfew.create_tenant('cellar') AS other \gset
SELECT curfew.create_principal('olga', tenant => 'attic') AS olga \gset
SELECT curfew.create_principal('otto', tenant => 'cellar') AS otto \gset
-- Lifecycles of this suite alone, since a retention is the whole installation's.
SELECT count(curfew.define_lifecycle(name, '{"initial": "open", "states": {"open": {"live": true}, "over": {"terminal": true}}, "tokens": "access",
    "actions": {"end": {"from": ["open"], "to": "over", "by": ["owner", "clock"]}, "archive": {"from": "*", "mark": "archived", "by": ["owner"], "again": "same"}},
    "timers": {"open": {"after": "ttl", "default": "1 hour", "do": "end"}}}')) FROM unnest('{regress_leaves,regress_stays}'::text[]) name;
CREATE TEMP TABLE thing (name text PRIMARY KEY, id uuid, tenant uuid);

-- Nothing is set: nothing is due, and nothing leaves.
SELECT * FROM curfew.retention_plan();

-- What a retention can be.
SELECT keep, pg_temp.answer(format('SELECT curfew.set_session_retention(''regress_leaves'', %L)', keep)) AS sessions, pg_temp.answer(format('SELECT curfew.set_audit_retention(%L)', keep)) AS audit
FROM unnest('{23:59:59,0,-1 day,1001 years,1 month -40 days,1 day,NULL}'::text[]) WITH ORDINALITY k (keep, n) ORDER BY n;
SELECT pg_temp.answer('SELECT curfew.set_session_retention(''no_such'', ''1 day'')') AS unknown, pg_temp.answer('SELECT curfew.set_session_retention(NULL, ''1 day'')') AS none;
TABLE curfew.retention;
-- Set again, it is another; null, it is gone.
SELECT curfew.set_session_retention('regress_leaves', '10 days'), curfew.set_audit_retention('400 days');
SELECT curfew.set_session_retention('regress_leaves', '30 days'), curfew.set_audit_retention('500 days');
SELECT * FROM curfew.retention ORDER BY lifecycle;
SELECT curfew.set_audit_retention(NULL);
SELECT * FROM curfew.retention ORDER BY lifecycle;

-- Sessions: how long ago each ended, of which lifecycle, in which tenant, and from which one it descends.
CREATE FUNCTION pg_temp.start(name text, lifecycle text, ended interval DEFAULT NULL, tenant text DEFAULT 'attic', parent text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    session uuid;
BEGIN
    PERFORM curfew.act_as(start.tenant, p.id) FROM curfew.principal p JOIN curfew.tenant t ON t.id = p.tenant_id WHERE t.slug = start.tenant AND p.name IN ('olga', 'otto');
    session := (curfew.create_session(start.lifecycle, title => start.name, parent => (SELECT t.id FROM thing t WHERE t.name = start.parent))).id;
    IF ended IS NOT NULL THEN
        PERFORM curfew.end_session(session);
        UPDATE curfew.session s SET created_at = now() - ended - interval '1 hour', ended_at = now() - ended WHERE s.id = session;
    END IF;
    INSERT INTO thing SELECT start.name, session, s.tenant_id FROM curfew.session s WHERE s.id = session;
END $$;
SELECT count(pg_temp.start(name, lifecycle, ended::interval)) FROM (VALUES ('long over', 'regress_leaves', '31 days'), ('as long over', 'regress_leaves', '40 days'), ('over', 'regress_leaves', '29 days'),
    ('open', 'regress_leaves', NULL), ('over and kept for good', 'regress_stays', '400 days'), ('parent', 'regress_leaves', '50 days'), ('forebear', 'regress_leaves', '60 days')) v (name, lifecycle, ended);
SELECT pg_temp.start('of another tenant', 'regress_leaves', '31 days', 'cellar');
SELECT pg_temp.start('child', 'regress_leaves', parent => 'parent');
SELECT pg_temp.start('ended child', 'regress_stays', '50 days', parent => 'forebear');
SELECT pg_temp.start('open grandchild', 'regress_stays', parent => 'ended child');
-- One whose deadline ended it, which nobody has written down.
SELECT pg_temp.start('past its deadline', 'regress_leaves');
UPDATE curfew.session SET created_at = now() - interval '41 days', deadline = now() - interval '40 days' WHERE id = (SELECT id FROM thing WHERE name = 'past its deadline');
CREATE FUNCTION pg_temp.there() RETURNS TABLE (name text, session bigint, details bigint, tokens bigint) LANGUAGE sql AS $$
    SELECT name, (SELECT count(*) FROM curfew.session s WHERE s.id = t.id), (SELECT count(*) FROM curfew.session_detail d WHERE d.session_id = t.id), (SELECT count(*) FROM curfew.session_token k WHERE k.session_id = t.id)
    FROM thing t ORDER BY name $$;

-- What is due, and what stays though it is; looking changes nothing.
SELECT what, lifecycle, keep, older_than BETWEEN now() - interval '30 days 1 minute' AND now() - interval '29 days 23:59' AS thirty_days_ago, number, date_trunc('day', now() - oldest + interval '1 minute') AS oldest, removable, note FROM curfew.retention_plan();
SELECT count(*) FROM pg_temp.there() WHERE session = 1 AND details = 1 AND tokens = 1;
-- They leave, with their details and tokens; nothing of the others does.
CALL curfew.apply_retention() \gset
SELECT :sessions_removed AS sessions, :partitions_removed AS partitions, :partitions_left AS left_over;
SELECT * FROM pg_temp.there();
-- Each tenant's log says so, and a change behind the engine's back is not what it was.
SELECT tenant_id = :'other' AS other, session_id, event, action, outcome, actor_id, db_role = current_user AS by_caller, via, details - 'ended_before' AS details, (details ->> 'ended_before')::timestamptz < now() - interval '30 days' AS before
FROM curfew.audit_event WHERE event LIKE 'retention.%' AND tenant_id IN (:'tenant', :'other') ORDER BY 1, 3;
SELECT count(*) FROM curfew.audit_event WHERE event = 'session.delete_outside' AND session_id IN (SELECT id FROM thing);
-- What they did stays in the log.
SELECT array_agg(e.event ORDER BY e.version) AS events FROM curfew.audit_event e JOIN thing t ON t.id = e.session_id WHERE t.name = 'long over' AND e.event <> 'session.update_outside';
-- Again, there is nothing to do, and nothing is written down.
CALL curfew.apply_retention() \gset
SELECT :sessions_removed AS sessions, count(*) AS events FROM curfew.audit_event WHERE event = 'retention.sessions' AND tenant_id IN (:'tenant', :'other');
-- When the child is over, the parent leaves; the child itself is not old enough yet.
BEGIN;
SELECT curfew.act_as('attic', :'olga');
SELECT count(curfew.end_session(id)) FROM thing WHERE name IN ('child', 'open grandchild');
COMMIT;
CALL curfew.apply_retention(1) \gset
SELECT :sessions_removed AS sessions;
SELECT name FROM pg_temp.there() WHERE session = 0 AND name IN ('parent', 'child', 'forebear', 'ended child', 'open grandchild');
-- One at a time, as many as there are.
SELECT count(pg_temp.start('number ' || n, 'regress_leaves', '31 days')) FROM generate_series(1, 25) n;
CALL curfew.apply_retention(batch_size => 1) \gset
SELECT :sessions_removed AS sessions, count(*) FILTER (WHERE session = 1) AS there FROM pg_temp.there() WHERE name LIKE 'number%';

-- Months: those of early 2000, which no other suite knows. A retention reaches back to the end of April 2000.
SELECT curfew.set_session_retention('regress_leaves', NULL);
SELECT count(curfew.create_audit_partition(month)) FROM unnest('{2000-02-01,2000-03-01,2000-04-01,2000-05-01}'::date[]) month;
INSERT INTO curfew.audit_event (at, tenant_id, id, session_id, event, outcome, db_role, via)
SELECT at::timestamptz, tenant, gen_random_uuid(), (SELECT t.id FROM thing t WHERE t.name = session), 'test.' || name, 'done', current_user, 'sql'
FROM (VALUES ('2000-02-01 00:00:00+00', :'tenant'::uuid, 'first', 'long over'), ('2000-02-29 23:59:59.999999+00', :'other', 'last', NULL), ('2000-02-15 12:00:00+00', :'tenant', 'middle', NULL),
    ('2000-03-10 00:00:00+00', :'tenant', 'of a session that exists', 'open'), ('2000-03-11 00:00:00+00', :'tenant', 'of another', 'over and kept for good'), ('2000-05-01 00:00:00+00', :'tenant', 'may', NULL),
    ('2000-01-31 23:59:59+00', :'tenant', 'no month', NULL)) v (at, tenant, name, session);
SELECT curfew.set_audit_retention(now() - '2000-05-02 00:00:00+00');
CREATE TEMP VIEW plan AS SELECT what, partition, number, oldest, removable, holding,
    (SELECT array_agg(t.name ORDER BY t.name) FROM thing t WHERE t.id = ANY (held_by)) AS held_by, note FROM curfew.retention_plan() WHERE partition IS DISTINCT FROM 'audit_event_default';
SELECT * FROM plan;
-- Rows of before that have no month are shown; they stay.
SELECT what, number > 0 AS some, oldest <= '2000-01-31 23:59:59+00' AS as_old, removable, holding, held_by, note FROM curfew.retention_plan() WHERE partition = 'audit_event_default';
-- A month without a single row can be held back too: by an end that is still to be written down there.
BEGIN;
UPDATE curfew.session SET deadline = '2000-04-30 23:59:59+00' WHERE id = (SELECT id FROM thing WHERE name = 'past its deadline');
SELECT * FROM plan WHERE partition = 'audit_event_2000_04';
ROLLBACK;
CALL curfew.apply_retention() \gset
SELECT :sessions_removed AS sessions, :partitions_removed AS partitions, :partitions_left AS left_over;
SELECT * FROM plan;
SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'curfew.audit_event'::regclass AND c.relname LIKE 'audit_event_2000%' ORDER BY c.relname COLLATE "C";
SELECT to_regclass('curfew.audit_event_2000_02') AS february, to_regclass('curfew.audit_event_2000_03') AS march;
SELECT event FROM curfew.audit_event WHERE at < '2000-06-01' AND event LIKE 'test.%' ORDER BY at;
-- Each tenant that had rows in it is told, with how many they were.
SELECT tenant_id = :'other' AS other, details FROM curfew.audit_event WHERE event = 'retention.audit' AND tenant_id IN (:'tenant', :'other') ORDER BY 1, details ->> 'partition';
-- What leaves in the same call no longer holds a month back.
SELECT curfew.set_session_retention('regress_stays', '1 day');
SELECT * FROM plan WHERE what = 'audit';
SELECT curfew.set_session_retention('regress_leaves', '30 days');
BEGIN;
SELECT curfew.act_as('attic', :'olga');
SELECT state FROM curfew.end_session((SELECT id FROM thing WHERE name = 'open'));
UPDATE curfew.session SET created_at = '2000-03-01', ended_at = '2000-03-20' WHERE id = (SELECT id FROM thing WHERE name = 'open');
COMMIT;
SELECT * FROM plan WHERE what = 'audit';
CALL curfew.apply_retention() \gset
SELECT :sessions_removed AS sessions, :partitions_removed AS partitions, :partitions_left AS left_over;
SELECT event FROM curfew.audit_event WHERE at < '2000-06-01' AND event LIKE 'test.%' ORDER BY at;
-- A partition that is not exactly a month is nobody's to remove.
CREATE TABLE curfew.audit_event_1998 (LIKE curfew.audit_event_default INCLUDING ALL);
ALTER TABLE curfew.audit_event ATTACH PARTITION curfew.audit_event_1998 FOR VALUES FROM ('1998-01-01 00:00:00+00') TO ('1999-01-01 00:00:00+00');
SELECT partition FROM plan WHERE what = 'audit';
CALL curfew.apply_retention() \gset
SELECT to_regclass('curfew.audit_event_1998');
DROP TABLE curfew.audit_event_1998;

-- Months ahead: there, append-only, no members of the extension, and nothing but a partition is left behind.
SELECT curfew.make_audit_partitions(3) >= 0 AS made;
SELECT curfew.make_audit_partitions(3) AS made;
SELECT count(*) AS ahead FROM generate_series(0, 3) n JOIN pg_class c ON c.relname = 'audit_event_' || to_char((now() AT TIME ZONE 'UTC') + n * interval '1 month', 'YYYY_MM') AND c.relispartition
WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    AND (SELECT count(*) FROM pg_trigger g WHERE g.tgrelid = c.oid AND g.tgenabled = 'A') = 2 AND (SELECT count(*) FROM pg_index x WHERE x.indrelid = c.oid) = 3;
SELECT conname FROM pg_constraint WHERE conrelid = 'curfew.audit_event_default'::regclass AND contype = 'c';
SELECT pg_temp.answer(format('SELECT curfew.make_audit_partitions(%L)', ahead)) FROM unnest('{-1,25,NULL}'::integer[]) WITH ORDINALITY a (ahead, n) ORDER BY n;
VACUUM curfew.audit_event_default;
-- A month ahead of which there is a row already is made with it, while that is quick.
INSERT INTO curfew.audit_event (at, tenant_id, id, event, outcome, db_role, via) VALUES (date_trunc('month', now()) + interval '4 months 10 days', :'tenant', gen_random_uuid(), 'test.ahead', 'done', current_user, 'sql');
SELECT curfew.make_audit_partitions(4) AS made;
SELECT tableoid <> 'curfew.audit_event_default'::regclass AS in_its_month FROM curfew.audit_event WHERE event = 'test.ahead' AND tenant_id = :'tenant';
-- Where the default partition is large, it is left to a quiet hour; months that have no row in it are made all the same.
BEGIN;
INSERT INTO curfew.audit_event (at, tenant_id, id, event, outcome, db_role, via) SELECT date_trunc('month', now()) + interval '5 months' + n * interval '1 minute', :'tenant', gen_random_uuid(), 'test.many', 'done', repeat('x', 1000), 'sql' FROM generate_series(1, 2000) n;
SET LOCAL client_min_messages = warning;
SELECT curfew.make_audit_partitions(6) AS made;
SELECT count(DISTINCT tableoid::regclass::text) FILTER (WHERE tableoid = 'curfew.audit_event_default'::regclass) AS in_default FROM curfew.audit_event WHERE event = 'test.many';
ROLLBACK;

-- It commits, so it is not for the inside of a transaction or a function.
BEGIN;
CALL curfew.apply_retention();
ROLLBACK;
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.answer('CALL curfew.apply_retention()');
CALL curfew.apply_retention(0);
\echo :LAST_ERROR_SQLSTATE
CALL curfew.apply_retention(10001);
\echo :LAST_ERROR_SQLSTATE
CALL curfew.apply_retention(NULL);
\echo :LAST_ERROR_SQLSTATE
-- Where everything is REPEATABLE READ it works as well.
SELECT pg_temp.start('one more', 'regress_leaves', '31 days');
SET default_transaction_isolation = 'repeatable read';
CALL curfew.apply_retention() \gset
RESET default_transaction_isolation;
SELECT :sessions_removed AS sessions;
SHOW curfew.maintenance_lock_timeout;

-- May 2000 goes too, and January, once its row has a month; then everything is kept for good again.
SELECT curfew.create_audit_partition('2000-01-01');
SELECT curfew.set_audit_retention(now() - '2000-06-02 00:00:00+00');
CALL curfew.apply_retention() \gset
SELECT :partitions_removed AS partitions;
SELECT curfew.set_session_retention('regress_leaves', NULL), curfew.set_session_retention('regress_stays', NULL), curfew.set_audit_retention(NULL);
TABLE curfew.retention;
