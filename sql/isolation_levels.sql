-- Callers at every isolation level: the same rules, and one audit row per change.
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
SELECT curfew.create_tenant('levels') AS tenant \gset
SELECT curfew.create_principal('olga', role => 'admin', tenant => 'levels') AS olga \gset
SELECT curfew.create_workspace('room', tenant => 'levels') AS room \gset
SELECT id AS key_id, key FROM curfew.issue_api_key(:'olga', tenant => 'levels') \gset

-- READ COMMITTED: begun, terminated, refused a second time, marked, unmarked and read back, all in one transaction.
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT curfew.authenticate(:'key') \gset
SELECT id, token FROM curfew.create_session('agent') \gset
SELECT id AS talk FROM curfew.create_session('conversation', workspace => 'room') \gset
SELECT (curfew.introspect(:'token')).active;
SELECT state, version FROM curfew.terminate_session(:'id', 'over');
SELECT (curfew.introspect(:'token')).active;
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'id'));
SELECT version, replayed FROM curfew.archive_session(:'talk');
SELECT version, replayed FROM curfew.archive_session(:'talk');
SELECT version, replayed FROM curfew.unarchive_session(:'talk');
SELECT state, version FROM curfew.get_session(:'id');
SELECT count(*) FROM curfew.list_sessions(state => 'active');
SELECT action, version FROM curfew.audit_log(:'id');
SELECT action, version FROM curfew.audit_log(:'talk');
COMMIT;
-- A version that was read before does not hold after, and what was taken back never was.
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT curfew.authenticate(:'key') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, %L, expected_version => 1)', :'talk', 'pin'));
SAVEPOINT before;
SELECT version FROM curfew.act(:'talk', 'pin', expected_version => 3);
ROLLBACK TO SAVEPOINT before;
SELECT version FROM curfew.act(:'talk', 'freeze', expected_version => 3);
COMMIT;
-- A key that this very transaction revokes is not accepted from then on.
BEGIN ISOLATION LEVEL READ COMMITTED;
SELECT curfew.authenticate(:'key') \gset
SELECT curfew.revoke_api_key(:'key_id') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'id'));
SELECT pg_temp.answer(format('SELECT curfew.authenticate(%L)', :'key'));
ROLLBACK;

-- REPEATABLE READ: begun, terminated, refused a second time, marked, unmarked and read back, all in one transaction.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT curfew.authenticate(:'key') \gset
SELECT id, token FROM curfew.create_session('agent') \gset
SELECT id AS talk FROM curfew.create_session('conversation', workspace => 'room') \gset
SELECT (curfew.introspect(:'token')).active;
SELECT state, version FROM curfew.terminate_session(:'id', 'over');
SELECT (curfew.introspect(:'token')).active;
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'id'));
SELECT version, replayed FROM curfew.archive_session(:'talk');
SELECT version, replayed FROM curfew.archive_session(:'talk');
SELECT version, replayed FROM curfew.unarchive_session(:'talk');
SELECT state, version FROM curfew.get_session(:'id');
SELECT count(*) FROM curfew.list_sessions(state => 'active');
SELECT action, version FROM curfew.audit_log(:'id');
SELECT action, version FROM curfew.audit_log(:'talk');
COMMIT;
-- A version that was read before does not hold after, and what was taken back never was.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT curfew.authenticate(:'key') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, %L, expected_version => 1)', :'talk', 'pin'));
SAVEPOINT before;
SELECT version FROM curfew.act(:'talk', 'pin', expected_version => 3);
ROLLBACK TO SAVEPOINT before;
SELECT version FROM curfew.act(:'talk', 'freeze', expected_version => 3);
COMMIT;
-- A key that this very transaction revokes is not accepted from then on.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT curfew.authenticate(:'key') \gset
SELECT curfew.revoke_api_key(:'key_id') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'id'));
SELECT pg_temp.answer(format('SELECT curfew.authenticate(%L)', :'key'));
ROLLBACK;

-- SERIALIZABLE: begun, terminated, refused a second time, marked, unmarked and read back, all in one transaction.
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT curfew.authenticate(:'key') \gset
SELECT id, token FROM curfew.create_session('agent') \gset
SELECT id AS talk FROM curfew.create_session('conversation', workspace => 'room') \gset
SELECT (curfew.introspect(:'token')).active;
SELECT state, version FROM curfew.terminate_session(:'id', 'over');
SELECT (curfew.introspect(:'token')).active;
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'id'));
SELECT version, replayed FROM curfew.archive_session(:'talk');
SELECT version, replayed FROM curfew.archive_session(:'talk');
SELECT version, replayed FROM curfew.unarchive_session(:'talk');
SELECT state, version FROM curfew.get_session(:'id');
SELECT count(*) FROM curfew.list_sessions(state => 'active');
SELECT action, version FROM curfew.audit_log(:'id');
SELECT action, version FROM curfew.audit_log(:'talk');
COMMIT;
-- A version that was read before does not hold after, and what was taken back never was.
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT curfew.authenticate(:'key') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, %L, expected_version => 1)', :'talk', 'pin'));
SAVEPOINT before;
SELECT version FROM curfew.act(:'talk', 'pin', expected_version => 3);
ROLLBACK TO SAVEPOINT before;
SELECT version FROM curfew.act(:'talk', 'freeze', expected_version => 3);
COMMIT;
-- A key that this very transaction revokes is not accepted from then on.
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT curfew.authenticate(:'key') \gset
SELECT curfew.revoke_api_key(:'key_id') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.get_session(%L)', :'id'));
SELECT pg_temp.answer(format('SELECT curfew.authenticate(%L)', :'key'));
ROLLBACK;

-- A read-only transaction reads, and writes nothing.
BEGIN READ ONLY;
SELECT curfew.authenticate(:'key') \gset
SELECT state FROM curfew.get_session(:'id');
SELECT count(*) > 0 AS listed FROM curfew.list_sessions();
SELECT curfew.create_session('run');
ROLLBACK;
\echo :LAST_ERROR_SQLSTATE
-- What is refused is refused, and not for want of writing.
BEGIN READ ONLY;
SELECT curfew.authenticate(:'key') \gset
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, ''levitate'')', :'id'));
ROLLBACK;

-- Begun in a transaction that can be deferred, too.
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
SELECT curfew.authenticate(:'key') \gset
SELECT state FROM curfew.get_session(:'id');
COMMIT;
