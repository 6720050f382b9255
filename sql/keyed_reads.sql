-- A session and a token are read by their keys, without a statement. Where a statement would give something else, because of
-- what a DBA has made of the tables, one is asked: the answers are the same.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
SELECT curfew.create_tenant('keyed') AS tenant \gset
SELECT curfew.create_principal('olga', tenant => 'keyed') AS olga \gset
BEGIN;
SELECT curfew.act_as('keyed', :'olga') \gset
SELECT id AS login, token FROM curfew.create_session('login') \gset
COMMIT;
SELECT format('SELECT state FROM curfew.get_session(%L)', :'login') AS read, format('SELECT active FROM curfew.introspect(%L)', :'token') AS ask \gset

-- What the transaction itself has written is seen, and what it has taken back is not.
BEGIN;
SELECT curfew.act_as('keyed', :'olga') \gset
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
SAVEPOINT ending;
SELECT state FROM curfew.end_session(:'login');
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
ROLLBACK TO SAVEPOINT ending;
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
-- Columns that came and went.
ALTER TABLE curfew.session_token ADD COLUMN regress_curfew integer DEFAULT 1;
ALTER TABLE curfew.session ADD COLUMN regress_curfew integer DEFAULT 1;
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
ALTER TABLE curfew.session_token DROP COLUMN regress_curfew;
ALTER TABLE curfew.session DROP COLUMN regress_curfew;
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
ROLLBACK;

-- Policies that hold for the owner too.
BEGIN;
CREATE ROLE regress_curfew_keeper; -- a superuser would pass
GRANT ALL ON SCHEMA curfew TO regress_curfew_keeper;
GRANT ALL ON ALL TABLES IN SCHEMA curfew TO regress_curfew_keeper;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA curfew TO regress_curfew_keeper;
ALTER FUNCTION curfew.get_session OWNER TO regress_curfew_keeper;
ALTER FUNCTION curfew.introspect OWNER TO regress_curfew_keeper;
ALTER TABLE curfew.session OWNER TO regress_curfew_keeper;
ALTER TABLE curfew.session_token OWNER TO regress_curfew_keeper;
SELECT curfew.act_as('keyed', :'olga') \gset
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
ALTER TABLE curfew.session ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
ALTER TABLE curfew.session DISABLE ROW LEVEL SECURITY;
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
-- An owner of the functions who may not read.
ALTER TABLE curfew.session OWNER TO CURRENT_USER;
REVOKE SELECT ON curfew.session FROM regress_curfew_keeper;
SELECT pg_temp.answer(:'read') AS read, pg_temp.answer(:'ask') AS asked;
ROLLBACK;

-- Another type, no value, no key.
BEGIN;
ALTER TABLE curfew.session_token DROP CONSTRAINT session_token_kind_check;
CREATE TYPE pg_temp.regress_curfew_kind AS ENUM ('access', 'refresh'); -- a number, where text is an address
ALTER TABLE curfew.session_token ALTER kind TYPE pg_temp.regress_curfew_kind USING kind::pg_temp.regress_curfew_kind;
SELECT curfew.act_as('keyed', :'olga') \gset
SELECT pg_temp.answer(:'ask') AS asked;
ALTER TABLE curfew.session_token ALTER kind TYPE text, ALTER kind DROP NOT NULL;
UPDATE curfew.session_token SET kind = NULL WHERE session_id = :'login';
SELECT pg_temp.answer(:'ask') AS asked;
ROLLBACK;
BEGIN;
ALTER TABLE curfew.session_token DROP CONSTRAINT session_token_pkey;
SELECT curfew.act_as('keyed', :'olga') \gset
SELECT pg_temp.answer(:'ask') AS asked;
ALTER TABLE curfew.session_token ADD PRIMARY KEY (digest, tenant_id);
SELECT pg_temp.answer(:'ask') AS asked;
ROLLBACK;
