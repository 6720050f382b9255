-- audit_log: filters, limits and paging, oldest first.
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
SELECT curfew.create_tenant('log') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'log') AS ada, curfew.create_principal('olga', tenant => 'log') AS olga \gset
SELECT curfew.create_workspace('room', tenant => 'log') AS room \gset
SELECT curfew.add_member('room', :'olga', tenant => 'log') \gset
-- Three sessions, begun in one statement, and seven changes of one of them in another.
BEGIN;
SELECT curfew.act_as('log', :'olga') \gset
CREATE TEMP TABLE begun AS SELECT n, id FROM generate_series(1, 3) n, LATERAL curfew.create_session('conversation', workspace => 'room', title => n::text);
SELECT id AS first FROM begun WHERE n = 1 \gset
SELECT count(curfew.act(:'first', action)) FROM unnest('{pin,archive,freeze,unarchive,unpin,archive,pin}'::text[]) action;
COMMIT;

BEGIN;
SELECT curfew.act_as('log', :'ada') \gset
-- In the order in which they happened.
SELECT action, version FROM curfew.audit_log(:'first');
-- By session, event, actor, and all of them at once.
SELECT count(*) FROM curfew.audit_log(event => 'conversation.create');
SELECT count(*) FROM curfew.audit_log(event => 'conversation.pin', actor => :'olga');
SELECT count(*) FROM curfew.audit_log(event => 'conversation.pin', actor => :'ada');
SELECT count(*) FROM curfew.audit_log(:'first', 'conversation.archive', :'olga');
SELECT count(*) FROM curfew.audit_log(event => 'no such event');
-- Since a time, that included; until one, that not.
SELECT min(at) AS earliest, max(at) AS latest, count(*) AS total FROM curfew.audit_log(:'first') \gset
SELECT count(*) = :total AS all FROM curfew.audit_log(:'first', since => :'earliest');
SELECT count(*) FROM curfew.audit_log(:'first', since => :'latest');
SELECT count(*) FROM curfew.audit_log(:'first', until => :'latest');
SELECT count(*) FROM curfew.audit_log(:'first', until => :'earliest');
SELECT count(*) FROM curfew.audit_log(:'first', since => 'infinity');
SELECT count(*) = :total AS all FROM curfew.audit_log(:'first', since => '-infinity', until => 'infinity');
COMMIT;

-- Paged by any number of rows, it is whole, without duplicates and in the same order.
CREATE FUNCTION pg_temp.pages(size integer) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    page uuid[]; seen uuid[] := '{}';
BEGIN
    LOOP
        SELECT coalesce(array_agg(l.id ORDER BY l.n), '{}') INTO page FROM
            (SELECT a.id, row_number() OVER () AS n FROM curfew.audit_log(max_rows => size, after => seen[array_length(seen, 1)]) a) l;
        EXIT WHEN page = '{}';
        seen := seen || page;
    END LOOP;
    RETURN seen;
END $$;
BEGIN;
SELECT curfew.act_as('log', :'ada') \gset
SELECT size, pg_temp.pages(size) = (SELECT array_agg(l.id ORDER BY l.n) FROM (SELECT a.id, row_number() OVER () AS n FROM curfew.audit_log(max_rows => 1000) a) l) AS same
FROM unnest('{1,2,3,7,100}'::integer[]) size;
SELECT count(*) = count(DISTINCT id) AS distinct FROM curfew.audit_log(max_rows => 1000);
COMMIT;

-- From 1 to 1,000 rows; 100 where nothing is said.
BEGIN;
SELECT curfew.act_as('log', :'ada') \gset
SELECT rows, pg_temp.answer(format('SELECT count(*) FROM curfew.audit_log(max_rows => %s)', rows)) FROM unnest('{-1,0,1,5,1001}'::text[]) rows;
SELECT max((curfew.act(:'first', CASE n % 2 WHEN 0 THEN 'pin' ELSE 'unpin' END)).version) FROM generate_series(1, 120) n;
SELECT count(*) FROM curfew.audit_log(:'first');
SELECT count(*) FROM curfew.audit_log(:'first', max_rows => NULL);
SELECT count(*) FROM curfew.audit_log(:'first', max_rows => 1000);
ROLLBACK;
