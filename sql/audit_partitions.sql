-- create_audit_partition: a month of the audit log for itself, with the rows that were there already.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SET default_transaction_isolation = 'read committed';
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
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_curfew_keeper;
RESET client_min_messages;
SELECT curfew.create_tenant('months') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'months') AS ada \gset
-- Rows of three months long ago, at their very beginnings and ends.
INSERT INTO curfew.audit_event (at, tenant_id, id, event, outcome, db_role, via)
SELECT at::timestamptz, :'tenant', gen_random_uuid(), at, 'done', current_user, 'sql' FROM unnest('{2001-01-31 23:59:59.999999+00,2001-02-01 00:00:00+00,2001-02-14 12:00:00+00,2001-02-28 23:59:59.999999+00,2001-03-01 00:00:00+00,2001-12-31 23:59:59.999999+00}'::text[]) at;
CREATE FUNCTION pg_temp.whereabouts() RETURNS TABLE (event text, partition text) LANGUAGE sql AS $$
    SELECT e.event, c.relname FROM curfew.audit_event e JOIN pg_class c ON c.oid = e.tableoid
    WHERE e.tenant_id = (SELECT id FROM curfew.tenant WHERE slug = 'months') AND e.at < '2002-02-01' ORDER BY e.at
$$;
SELECT * FROM pg_temp.whereabouts();

-- Any day of the month will do; the partition is named for it, and its rows, in UTC, are there.
SET timezone = 'Pacific/Auckland';
SELECT curfew.create_audit_partition('2001-02-17');
RESET timezone;
SELECT * FROM pg_temp.whereabouts();
-- Again, it is there already; nothing moves.
SELECT curfew.create_audit_partition('2001-02-01');
SELECT curfew.create_audit_partition('2001-12-31');
SELECT * FROM pg_temp.whereabouts();
-- It is attached, and neither a member of the extension nor made as a partition from the beginning, so that a dump restores it.
SELECT c.relname, c.relispartition, EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS member,
    (SELECT count(*) FROM pg_index x WHERE x.indrelid = c.oid) = (SELECT count(*) FROM pg_index x WHERE x.indrelid = 'curfew.audit_event_default'::regclass) AS indexed,
    c.relowner = p.relowner AS same_owner, coalesce(c.relacl, acldefault('r', c.relowner)) = coalesce(p.relacl, acldefault('r', p.relowner)) AS as_closed
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
WHERE p.oid = 'curfew.audit_event'::regclass AND c.relname IN ('audit_event_2001_02', 'audit_event_2001_12') ORDER BY c.relname COLLATE "C";
-- New rows of that month go there.
INSERT INTO curfew.audit_event (at, tenant_id, id, event, outcome, db_role, via) VALUES ('2001-02-03 12:00:00+00', :'tenant', gen_random_uuid(), 'a late one', 'done', current_user, 'sql');
SELECT * FROM pg_temp.whereabouts() WHERE event = 'a late one';
-- A partition is as append-only as the rest, row by row and as a whole.
SELECT pg_temp.answer('UPDATE curfew.audit_event_2001_02 SET reason = ''x'''), pg_temp.answer('DELETE FROM curfew.audit_event_2001_02'), pg_temp.answer('TRUNCATE curfew.audit_event_2001_02');
SET session_replication_role = replica;
SELECT pg_temp.answer('UPDATE curfew.audit_event_2001_02 SET reason = ''x'''), pg_temp.answer('DELETE FROM curfew.audit_event_2001_02'), pg_temp.answer('TRUNCATE curfew.audit_event_2001_02');
RESET session_replication_role;
-- The default partition stays append-only after the move, in this transaction too.
BEGIN;
SELECT curfew.create_audit_partition('2001-03-01');
SELECT pg_temp.answer('DELETE FROM curfew.audit_event_default');
ROLLBACK;
SELECT * FROM pg_temp.whereabouts() WHERE event LIKE '2001-03%';

-- This month: no row of it is left in the default partition, none is lost, and what happens next is there.
SELECT count(*) AS total FROM curfew.audit_event \gset
SELECT curfew.create_audit_partition((now() AT TIME ZONE 'UTC')::date) = 'audit_event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM') AS named;
SELECT count(*) = :total AS all_there FROM curfew.audit_event;
SELECT count(*) AS left_behind FROM curfew.audit_event_default WHERE at >= date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AND at < now() + interval '1 day';
BEGIN;
SELECT curfew.act_as('months', :'ada') \gset
SELECT id FROM curfew.create_session('login') \gset
SELECT state FROM curfew.end_session(:'id');
SELECT action FROM curfew.audit_log(:'id');
COMMIT;
SELECT DISTINCT tableoid::regclass::text = 'curfew.audit_event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM') AS in_this_month FROM curfew.audit_event WHERE session_id = :'id';

-- From the year 2000 to 9998; no other day.
SELECT month, pg_temp.answer(format('SELECT curfew.create_audit_partition(%L)', month)) FROM unnest('{1999-12-31,9999-01-01,infinity,-infinity,4713-01-01 BC,NULL}'::text[]) WITH ORDINALITY m (month, n) ORDER BY n;

-- In a transaction with a snapshot of its own it is not made: rows that the snapshot lacks would stay behind.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT curfew.create_audit_partition('2001-06-01');
ROLLBACK;
\echo :LAST_ERROR_SQLSTATE

-- A database administrator makes one, without any right to the tables; a service does not.
CREATE ROLE regress_curfew_keeper;
SELECT curfew.grant_access('regress_curfew_keeper', 'service') \gset
SET ROLE regress_curfew_keeper;
SELECT curfew.create_audit_partition('2001-04-01');
RESET ROLE;
SELECT curfew.grant_access('regress_curfew_keeper', 'admin') \gset
SET ROLE regress_curfew_keeper;
SELECT curfew.create_audit_partition('2001-04-01');
SELECT count(*) FROM curfew.audit_event_2001_04;
RESET ROLE;
DROP OWNED BY regress_curfew_keeper;
DROP ROLE regress_curfew_keeper;
