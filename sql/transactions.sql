-- The caller's transaction: what it takes back is taken back whole, change, audit row and identity; at its end the
-- identity is gone.
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
SELECT curfew.create_tenant('transactions') AS tenant \gset
SELECT curfew.create_principal('olga', role => 'admin', tenant => 'transactions') AS olga \gset
SELECT curfew.create_principal('otto', tenant => 'transactions') AS otto \gset
SELECT key AS olga_key FROM curfew.issue_api_key(:'olga', tenant => 'transactions') \gset
SELECT key AS otto_key FROM curfew.issue_api_key(:'otto', tenant => 'transactions') \gset
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
SELECT id FROM curfew.create_session('run') \gset
COMMIT;
-- The state of the session, how often it was changed, and who is calling, if anybody.
CREATE FUNCTION pg_temp.seen(session uuid) RETURNS TABLE (state text, version bigint, changes bigint, caller text) LANGUAGE sql AS $$
    SELECT s.state, s.version, (SELECT count(*) FROM curfew.audit_event e WHERE e.session_id = s.id AND e.version > 1),
        (SELECT p.name FROM curfew.principal p WHERE p.id = curfew.current_principal())
    FROM curfew.session s WHERE s.id = session
$$;

-- ROLLBACK leaves neither the change nor its audit row nor the caller.
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
SELECT curfew.terminate_session(:'id') \gset
SELECT * FROM pg_temp.seen(:'id');
ROLLBACK;
SELECT * FROM pg_temp.seen(:'id');

-- So does an error.
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
SELECT curfew.terminate_session(:'id') \gset
SELECT 1 / 0;
COMMIT;
SELECT * FROM pg_temp.seen(:'id');

-- ROLLBACK TO SAVEPOINT takes back what came after it: the change, its audit row, and who authenticated there.
BEGIN;
SAVEPOINT before;
SELECT curfew.authenticate(:'olga_key') \gset
SELECT curfew.terminate_session(:'id') \gset
ROLLBACK TO SAVEPOINT before;
SELECT * FROM pg_temp.seen(:'id');
COMMIT;
SELECT * FROM pg_temp.seen(:'id');

-- Who authenticated before the savepoint is the caller again after it; what he does then is done.
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
SAVEPOINT first;
SELECT curfew.authenticate(:'otto_key') \gset
SAVEPOINT second;
SELECT curfew.act_as('transactions', :'olga') \gset
SELECT * FROM pg_temp.seen(:'id');
ROLLBACK TO SAVEPOINT second;
SELECT * FROM pg_temp.seen(:'id');
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'id'));
ROLLBACK TO SAVEPOINT first;
SELECT * FROM pg_temp.seen(:'id');
SELECT state FROM curfew.terminate_session(:'id');
ROLLBACK TO SAVEPOINT first;
SELECT * FROM pg_temp.seen(:'id');
COMMIT;

-- A released savepoint's identity is its parent's, and goes with it.
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
SAVEPOINT outer_one;
SAVEPOINT inner_one;
SELECT curfew.authenticate(:'otto_key') \gset
RELEASE SAVEPOINT inner_one;
SELECT * FROM pg_temp.seen(:'id');
ROLLBACK TO SAVEPOINT outer_one;
SELECT * FROM pg_temp.seen(:'id');
SAVEPOINT another;
SELECT curfew.authenticate(:'otto_key') \gset
RELEASE SAVEPOINT another;
RELEASE SAVEPOINT outer_one;
SELECT * FROM pg_temp.seen(:'id');
COMMIT;
SELECT * FROM pg_temp.seen(:'id');

-- An exception block in a function is a savepoint like any other.
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
DO $$
BEGIN
    PERFORM curfew.terminate_session(id) FROM curfew.list_sessions('run');
    RAISE EXCEPTION 'never mind';
EXCEPTION WHEN raise_exception THEN
    NULL;
END $$;
SELECT * FROM pg_temp.seen(:'id');
-- A refusal inside of one leaves the caller who he was.
SELECT pg_temp.answer('SELECT curfew.authenticate(''wrong'')');
SELECT * FROM pg_temp.seen(:'id');
COMMIT;

-- After a COMMIT the caller is nobody, and a statement without a transaction block is a transaction of its own.
SELECT curfew.authenticate(:'olga_key') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'id'));
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
COMMIT AND CHAIN;
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'id'));
COMMIT;

-- In one transaction a change is seen by what follows it, and what follows it has the later version.
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
SELECT pin.version AS pinned, (curfew.get_session(pin.id)).version AS seen FROM curfew.create_session('conversation', workspace => (SELECT curfew.create_workspace('room')::text)) c,
    LATERAL curfew.act(c.id, 'pin') pin;
SELECT state FROM curfew.terminate_session(:'id');
SELECT * FROM pg_temp.seen(:'id');
COMMIT;
SELECT * FROM pg_temp.seen(:'id');

-- Several callers in one transaction: a deferred trigger of the first one's act is fired before the next one is known, and again waits for its own.
CREATE TABLE public.curfew_seen (caller uuid, session uuid);
CREATE FUNCTION public.curfew_see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.curfew_seen VALUES (curfew.current_principal(), NEW.id); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER see AFTER INSERT OR UPDATE ON curfew.session DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.curfew_see();
CREATE FUNCTION pg_temp.seen_by() RETURNS TABLE (name text) LANGUAGE sql AS $$ SELECT p.name FROM public.curfew_seen s JOIN curfew.principal p ON p.id = s.caller ORDER BY s.ctid $$;
BEGIN;
SELECT curfew.next_caller('1 minute');
SELECT curfew.authenticate(:'olga_key') \gset
SELECT id FROM curfew.create_session('run') \gset
SELECT * FROM pg_temp.seen_by();
SELECT curfew.next_caller('1 minute');
SELECT curfew.authenticate(:'otto_key') \gset
SELECT * FROM pg_temp.seen_by();
SELECT id FROM curfew.create_session('run') \gset
SELECT * FROM pg_temp.seen_by();
COMMIT;
SELECT * FROM pg_temp.seen_by();
-- What the trigger objects to is an error there.
CREATE OR REPLACE FUNCTION public.curfew_see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'not so'; END $$;
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
SELECT (curfew.create_session('run')).id IS NOT NULL AS begun;
SELECT curfew.next_caller('1 minute');
ROLLBACK;
DROP TRIGGER see ON curfew.session;
DROP FUNCTION public.curfew_see();
DROP TABLE public.curfew_seen;
-- What is not deferred by itself is not deferred by it.
CREATE TABLE public.curfew_seen (n integer PRIMARY KEY DEFERRABLE INITIALLY IMMEDIATE);
BEGIN;
SELECT curfew.next_caller('1 minute');
INSERT INTO public.curfew_seen VALUES (1), (1);
ROLLBACK;
DROP TABLE public.curfew_seen;
-- Locks are waited for no longer than until so much time after the transaction's start, which is over for who asks late; afterwards it is as it was.
SET lock_timeout = '7s';
BEGIN;
SELECT curfew.next_caller('50 milliseconds');
SELECT current_setting('lock_timeout') ~ '^([1-9]|[1-4][0-9]|50)ms$' AS bounded;
SELECT pg_sleep(0.06);
SELECT curfew.next_caller('50 milliseconds'), current_setting('lock_timeout') AS least;
COMMIT;
SHOW lock_timeout;
SET lock_timeout = '3ms';
BEGIN;
SELECT curfew.next_caller('50 milliseconds'), current_setting('lock_timeout') AS as_it_was;
COMMIT;
RESET lock_timeout;
-- Nobody more comes into a transaction that takes long.
BEGIN;
SELECT pg_sleep(1.01);
SELECT curfew.next_caller('50 milliseconds');
ROLLBACK;
SELECT wait, pg_temp.answer(format('SELECT curfew.next_caller(%L)', wait)) FROM unnest('{NULL,0,-1 second,0.9 milliseconds,1 millisecond,1 minute,61 seconds,1 day,1 month}'::interval[]) wait;

-- PREPARE TRANSACTION ends it too, where the server lets anybody prepare one.
SELECT current_setting('max_prepared_transactions')::integer > 0 AS prepares \gset
\c -
\set SHOW_CONTEXT never
\if :prepares
BEGIN;
SELECT curfew.authenticate(:'olga_key') \gset
SELECT id AS other_run FROM curfew.create_session('run') \gset
PREPARE TRANSACTION 'regress_curfew';
SELECT curfew.current_principal() IS NULL AS nobody, NOT EXISTS (SELECT FROM curfew.session WHERE id = :'other_run') AS nothing_yet \gset
COMMIT PREPARED 'regress_curfew';
SELECT :'nobody'::boolean AND :'nothing_yet'::boolean AND EXISTS (SELECT FROM curfew.session WHERE id = :'other_run') AS as_it_should \gset
\else
\set as_it_should t
\endif
SELECT :'as_it_should' AS as_it_should_or_not_tried;
