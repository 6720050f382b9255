-- expected_version: the action is taken only where the session is still as it was read.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer_as(who uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text;
BEGIN
    PERFORM curfew.act_as('versions', who);
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')');
END $$;
SELECT curfew.create_tenant('versions') AS tenant \gset
SELECT curfew.create_principal('olga', role => 'admin', tenant => 'versions') AS olga \gset
SELECT curfew.create_principal('other', tenant => 'versions') AS other \gset
SELECT curfew.create_workspace('room', tenant => 'versions') AS room \gset
BEGIN;
SELECT curfew.act_as('versions', :'olga') \gset
SELECT id FROM curfew.create_session('run') \gset
SELECT id AS talk FROM curfew.create_session('conversation', workspace => 'room') \gset
COMMIT;
CREATE FUNCTION pg_temp.at_version(who uuid, session uuid, action text, version text, reason text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer_as(who, format('SELECT state || %L || version FROM curfew.act(%L, %L, %L, %s)', ' v', session, action, reason, version))
$$;

-- Any version where none is named; else that very one.
SELECT version, pg_temp.at_version(:'olga', :'id', 'terminate', version) FROM (VALUES (1, '0'), (2, '2'), (3, '9223372036854775807'), (4, '-1')) v (n, version) ORDER BY n;
BEGIN;
SELECT curfew.act_as('versions', :'olga') \gset
SELECT curfew.terminate_session(:'id', expected_version => 7);
ROLLBACK;
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.at_version(:'olga', :'id', 'terminate', '1');
-- The order of refusals: who may not act, then a bad reason, then the version, then the state.
SELECT pg_temp.at_version(:'other', :'id', 'terminate', '1', repeat('x', 1025)) AS forbidden, pg_temp.at_version(:'olga', :'id', 'terminate', '1', repeat('x', 1025)) AS reason,
    pg_temp.at_version(:'olga', :'id', 'terminate', '1') AS version, pg_temp.at_version(:'olga', :'id', 'terminate', '2') AS state, pg_temp.at_version(:'olga', :'id', 'terminate', 'NULL') AS any;
-- Each change is a version, of marks too; a repeat that changes nothing is answered at any version.
SELECT pg_temp.at_version(:'olga', :'talk', 'archive', '1');
SELECT pg_temp.at_version(:'olga', :'talk', 'pin', '1');
SELECT pg_temp.at_version(:'olga', :'talk', 'pin', '2');
SELECT pg_temp.at_version(:'olga', :'talk', 'archive', '1');
-- The named forms take one too, each.
BEGIN;
SELECT curfew.act_as('versions', :'olga') \gset
SELECT id AS login FROM curfew.create_session('login') \gset
SELECT id AS run FROM curfew.create_session('run') \gset
COMMIT;
SELECT function, pg_temp.answer_as(:'olga', format('SELECT state FROM curfew.%I(%L, expected_version => 99)', function, id)) AS wrong,
    pg_temp.answer_as(:'olga', format('SELECT version FROM curfew.%I(%L, expected_version => %s)', function, id, version)) AS right
FROM (VALUES (1, 'end_session', :'login', 1), (2, 'terminate_session', :'run', 1), (3, 'unarchive_session', :'talk', 3), (4, 'archive_session', :'talk', 4)) v (n, function, id, version) ORDER BY n;
SELECT curfew.create_principal('vera', scopes => '{sessions:*}', tenant => 'versions') AS vera \gset
SELECT curfew.add_member('room', :'vera', tenant => 'versions') \gset
BEGIN;
SELECT curfew.act_as('versions', :'vera') \gset
SELECT id AS visual FROM curfew.create_session('visual', workspace => 'room') \gset
COMMIT;
SELECT pg_temp.answer_as(:'vera', format('SELECT state FROM curfew.cancel_session(%L, expected_version => 2)', :'visual')) AS wrong,
    pg_temp.answer_as(:'vera', format('SELECT state FROM curfew.cancel_session(%L, expected_version => 1)', :'visual')) AS right;
