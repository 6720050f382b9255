-- A dry run of end_sessions changes nothing and gives a token, with which that very set is ended, once, or what changed is told.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SELECT curfew.create_tenant('preview') AS tenant \gset
SELECT curfew.create_principal('olga', tenant => 'preview') AS olga, curfew.create_principal('otto', role => 'admin', tenant => 'preview') AS otto \gset
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text; what text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME, what = PG_EXCEPTION_DETAIL;
    what := regexp_replace(what, '[0-9a-f-]{36}', '<id>', 'g');
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')', what);
END $$;
CREATE FUNCTION pg_temp.go_on(token text, more text DEFAULT 'NULL') RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.answer(format('SELECT concat_ws('' '', e.matched, e.ended, e.already, e.remaining, e.preview, jsonb_array_length(e.outcomes)) FROM curfew.end_sessions(%s, preview => %L) e', more, token)) $$;
BEGIN;
SELECT curfew.act_as('preview', :'olga') \gset
SELECT count(curfew.create_session('login')) FROM generate_series(1, 25);
COMMIT;

-- The count is exact, the sample is of 20, nothing changes.
BEGIN;
SELECT curfew.act_as('preview', :'olga') \gset
SELECT matched, ended, already, forbidden, invalid_state, remaining, next, length(preview) AS token, jsonb_array_length(outcomes) AS sample, outcomes #- '{0,id}' -> 0 AS first
FROM curfew.end_sessions('{"live": true}', reason => 'spring', dry_run => true, max_rows => 3);
COMMIT;
SELECT count(*) FILTER (WHERE version = 1 AND ended_at IS NULL) AS untouched, (SELECT count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND from_state IS NOT NULL) AS rows FROM curfew.session WHERE tenant_id = :'tenant';
-- The token is not at rest, only its digest.
BEGIN;
SELECT curfew.act_as('preview', :'olga') \gset
SELECT preview AS token FROM curfew.end_sessions('{"live": true}', reason => 'spring', dry_run => true) \gset
COMMIT;
SELECT count(*) FROM curfew.end_preview WHERE tenant_id = :'tenant' AND digest = sha256(:'token');
SELECT count(*) FROM curfew.end_preview p WHERE p::text LIKE '%' || :'token' || '%';

-- Another principal's token, one that is none, and one that is asked for with something else than it was made for.
BEGIN;
SELECT curfew.act_as('preview', :'otto') \gset
SELECT pg_temp.go_on(:'token'), pg_temp.go_on('nosuch');
SELECT curfew.act_as('preview', :'olga') \gset
SELECT pg_temp.go_on(:'token', '''{"ended": false}'''), pg_temp.go_on(:'token', 'NULL, ''archive'''), pg_temp.go_on(:'token', 'NULL, reason => ''summer''');
COMMIT;
-- One came and four went: refused, with how many and a few of them, and nothing is ended. The token is not used up by that.
BEGIN;
SELECT curfew.act_as('preview', :'olga') \gset
SELECT count(curfew.end_session(id)) FROM (SELECT id FROM curfew.list_sessions(max_rows => 4)) s;
SELECT pg_temp.go_on(:'token');
SELECT count(*) FROM (SELECT curfew.create_session('login')) s;
SELECT pg_temp.go_on(:'token'), pg_temp.go_on(:'token');
ROLLBACK;
-- The same set: all of it in one call, whatever max_rows; once.
BEGIN;
SELECT curfew.act_as('preview', :'olga') \gset
SELECT pg_temp.go_on(:'token', '''{"live": true}'', max_rows => 1, reason => ''spring''');
SELECT pg_temp.go_on(:'token');
COMMIT;
SELECT state, reason, count(*) FROM curfew.session s JOIN curfew.audit_event e ON e.session_id = s.id AND e.version = 2 WHERE s.tenant_id = :'tenant' GROUP BY 1, 2;

-- A set of nothing has a token too. One that has run out is none, and is removed by the next dry run.
BEGIN;
SELECT curfew.act_as('preview', :'olga') \gset
SELECT matched, preview AS token FROM curfew.end_sessions('{"live": true}', dry_run => true) \gset
SELECT :matched AS matched, pg_temp.go_on(:'token');
SELECT preview AS token FROM curfew.end_sessions('{"live": true}', dry_run => true) \gset
COMMIT;
UPDATE curfew.end_preview SET expires_at = now() WHERE tenant_id = :'tenant';
BEGIN;
SELECT curfew.act_as('preview', :'olga') \gset
SELECT pg_temp.go_on(:'token');
SELECT matched FROM curfew.end_sessions('{"live": true}', dry_run => true);
COMMIT;
SELECT count(*), bool_and(expires_at BETWEEN now() + interval '59 minutes' AND now() + interval '1 hour') AS for_an_hour FROM curfew.end_preview WHERE tenant_id = :'tenant';
-- A read-only transaction has no token to give.
BEGIN;
SELECT curfew.act_as('preview', :'olga') \gset
SET TRANSACTION READ ONLY;
SELECT matched, preview FROM curfew.end_sessions('{"ended": true}', dry_run => true);
COMMIT;
