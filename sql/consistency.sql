-- Consistency tokens and sealed cursors: what Curfew signs is known again here, and nothing else is.
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
-- A text with one character changed for another of base64url.
CREATE FUNCTION pg_temp.changed(token text, n integer) RETURNS text LANGUAGE sql AS
    $$ SELECT overlay(token PLACING CASE substr(token, n, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM n) $$;
SELECT curfew.create_tenant('consistency') AS tenant, curfew.create_tenant('consistency-two') AS other \gset
SELECT curfew.create_principal('ada', tenant => 'consistency') AS ada, curfew.create_principal('bob', tenant => 'consistency') AS bob, curfew.create_principal('eve', tenant => 'consistency-two') AS eve \gset

-- A token is taken back where it was given, by anybody: it opens nothing.
SELECT curfew.consistency_token() AS token \gset
SELECT length(:'token'), :'token' ~ '^[A-Za-z0-9_-]+$' AS goes_into_a_header, curfew.check_consistency(:'token');
-- A later token tells of a later position.
SELECT pg_temp.answer(format('SELECT curfew.check_consistency(%L)', curfew.consistency_token()));
-- No character of it can be another, none can be missing or too much.
SELECT pg_temp.answer(format('SELECT curfew.check_consistency(%L)', pg_temp.changed(:'token', n))) AS answer, count(*) FROM generate_series(1, 48) n GROUP BY 1;
SELECT token, pg_temp.answer(format('SELECT curfew.check_consistency(%L)', token)) FROM (VALUES (1, ''), (2, 'x'), (3, 'A'), (4, '===='), (5, '*'), (6, NULL)) v (n, token) ORDER BY n;
SELECT pg_temp.answer(format('SELECT curfew.check_consistency(%L)', v.token)) FROM (VALUES (:'token' || 'A'), (left(:'token', -1)), (:'token' || '='), (repeat('A', 48)), (repeat('A', 100000))) v (token);

-- The server reports one by itself with a commit, to whoever may ask for one and has set it so.
SHOW curfew.consistency_token;
SET curfew.consistency_token = 'sometimes';
CREATE ROLE regress_curfew_curious;
GRANT USAGE ON SCHEMA curfew TO regress_curfew_curious;
SET ROLE regress_curfew_curious;
SET curfew.consistency_token = 'report';
RESET ROLE;
REVOKE USAGE ON SCHEMA curfew FROM regress_curfew_curious;
DROP ROLE regress_curfew_curious;
SET curfew.distributed = off; -- where no key is kept, nothing is reported
SET curfew.consistency_token = 'report';
SELECT curfew.consistency_token() IS NOT NULL AS given, curfew.check_consistency(current_setting('curfew.consistency_token'));
BEGIN;
SET LOCAL curfew.consistency_token = '';
SELECT current_setting('curfew.consistency_token') AS nothing;
ROLLBACK;
SELECT curfew.check_consistency(current_setting('curfew.consistency_token'));
-- Nothing before this backend knows the key.
UPDATE curfew.signing_key SET key = key;
SELECT current_setting('curfew.consistency_token') AS nothing;
SELECT curfew.consistency_token() IS NOT NULL AS given, curfew.check_consistency(current_setting('curfew.consistency_token'));
RESET curfew.consistency_token;
-- Who comes next in a transaction can ask for that, too; it is undone as a SET is.
SELECT curfew.next_caller('1 minute', report_token => wanted), current_setting('curfew.consistency_token') AS nothing FROM unnest('{false,NULL}'::boolean[]) wanted;
BEGIN;
SAVEPOINT before;
SELECT curfew.next_caller('1 minute', report_token => true);
SELECT curfew.next_caller('1 minute', report_token => true);
SELECT curfew.check_consistency(current_setting('curfew.consistency_token'));
ROLLBACK TO before;
SELECT current_setting('curfew.consistency_token') AS nothing;
SELECT curfew.next_caller('1 minute', report_token => true);
COMMIT;
SELECT curfew.check_consistency(current_setting('curfew.consistency_token'));
RESET curfew.consistency_token;
RESET curfew.distributed;

-- A cursor is of one list and one tenant, whoever of the tenant presents it.
BEGIN;
SELECT curfew.act_as('consistency', :'ada') \gset
SELECT curfew.seal_cursor('sessions', 'some place') AS cursor \gset
SELECT curfew.open_cursor('sessions', :'cursor');
SELECT curfew.seal_cursor('sessions', NULL) AS nothing, curfew.open_cursor('sessions', NULL) AS nothing_either;
SELECT curfew.act_as('consistency', :'bob') \gset
SELECT curfew.open_cursor('sessions', :'cursor') AS a_colleague;
SELECT pg_temp.answer(format('SELECT curfew.open_cursor(%L, %L)', 'events', :'cursor')) AS another_list;
SELECT pg_temp.answer(format('SELECT curfew.open_cursor(%L, %L)', 'sessions', pg_temp.changed(:'cursor', n))) AS forged, count(*) FROM generate_series(1, length(:'cursor')) n GROUP BY 1;
SELECT pg_temp.answer(format('SELECT curfew.open_cursor(%L, %L)', 'sessions', v.cursor)) FROM (VALUES (1, ''), (2, 'x'), (3, '01890a5d-ac96-774b-bcce-b302099a8057'), (4, repeat('A', 22)), (5, repeat('A', 5000))) v (n, cursor) ORDER BY n;
SELECT curfew.act_as('consistency-two', :'eve') \gset
SELECT pg_temp.answer(format('SELECT curfew.open_cursor(%L, %L)', 'sessions', :'cursor')) AS another_tenant;
COMMIT;
SELECT pg_temp.answer(format('SELECT curfew.open_cursor(%L, %L)', 'sessions', :'cursor')) AS nobody;
-- A consistency token is no cursor.
BEGIN;
SELECT curfew.act_as('consistency', :'ada') \gset
SELECT pg_temp.answer(format('SELECT curfew.open_cursor(%L, %L)', 'sessions', :'token'));
SELECT pg_temp.answer('SELECT curfew.seal_cursor(NULL, ''x'')') AS no_purpose;
COMMIT;
-- There is one key, and it is made once.
SELECT count(*), min(length(key)) FROM curfew.signing_key;

-- Query parameters that a route cannot take.
SELECT pg_temp.answer('SELECT curfew.refuse_parameter(''limt'', false)') AS unknown, pg_temp.answer('SELECT curfew.refuse_parameter(''limit'', true)') AS doubled;
