-- API keys: issued, listed without their secrets, revoked at once or after a grace, and when they were last used.
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
SELECT curfew.create_tenant('keys') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'keys') AS ada, curfew.create_principal('olga', tenant => 'keys') AS olga \gset
SELECT curfew.create_workspace('room', tenant => 'keys') AS room \gset
CREATE FUNCTION pg_temp.greeting(key text) RETURNS text LANGUAGE sql AS $$ SELECT pg_temp.answer(format('SELECT role FROM curfew.authenticate(%L)', key)) $$;
SELECT id AS first_id, key AS first FROM curfew.issue_api_key(:'olga', 'first_', tenant => 'keys') \gset
SELECT id AS second_id, key AS second FROM curfew.issue_api_key(:'olga', 'second_', 'room', '{a}', '2100-01-01', 'keys', '1 minute') \gset
SELECT id AS third_id, key AS third FROM curfew.issue_api_key(:'ada', 'third_', tenant => 'keys') \gset

-- Listed: of one principal or of all, for administrators.
SELECT prefix, principal_id = :'olga' AS olgas, workspace_id = :'room' AS room, scopes, expires_at IS NOT NULL AS expires, revoked_at, last_used_at FROM curfew.list_api_keys(:'olga', 'keys') ORDER BY prefix COLLATE "C";
SELECT count(*), bool_and(k::text NOT LIKE '%' || right(:'first', 32) || '%') AS no_secret FROM curfew.list_api_keys(tenant => 'keys') k;
BEGIN;
SELECT curfew.act_as('keys', :'olga') \gset
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_api_keys()') AS olga;
SELECT curfew.act_as('keys', :'ada') \gset
SELECT pg_temp.answer('SELECT count(*) FROM curfew.list_api_keys()') AS ada;
COMMIT;

-- Used: written down to the minute.
SELECT pg_temp.greeting(:'first');
SELECT prefix, last_used_at BETWEEN now() - interval '1 minute' AND now() AS lately FROM curfew.list_api_keys(:'olga', 'keys') ORDER BY prefix COLLATE "C";
SELECT last_used_at AS used, ctid AS place FROM curfew.api_key_use WHERE key_id = :'first_id' \gset
SELECT pg_temp.greeting(:'first');
SELECT last_used_at = :'used' AND ctid = :'place' AS not_written_again FROM curfew.api_key_use WHERE key_id = :'first_id';
UPDATE curfew.api_key_use SET last_used_at = last_used_at - interval '2 minutes' WHERE key_id = :'first_id';
-- What a backend keeps of a key is forgotten with any change of it.
UPDATE curfew.api_key SET prefix = prefix WHERE id = :'first_id';
SELECT pg_temp.greeting(:'first');
SELECT last_used_at >= :'used' AS written_again FROM curfew.api_key_use WHERE key_id = :'first_id';
-- In a transaction that only reads, a key is as good.
BEGIN READ ONLY;
SELECT pg_temp.greeting(:'third');
COMMIT;

-- Revoked: refused at once where there is no grace, after it where there is one; told from when on.
SELECT curfew.revoke_api_key(:'first_id', 'keys') <= clock_timestamp() AS at_once;
SELECT curfew.revoke_api_key(:'second_id', 'keys') BETWEEN now() + interval '55 seconds' AND now() + interval '61 seconds' AS in_a_minute;
SELECT pg_temp.greeting(:'first') AS first, pg_temp.greeting(:'second') AS second;
SELECT prefix, revoked_at <= now() AS already FROM curfew.list_api_keys(:'olga', 'keys') ORDER BY prefix COLLATE "C";
-- A repeat tells the same time and changes nothing, but that one can still be cut short.
SELECT revoked_at FROM curfew.api_key WHERE id = :'second_id' \gset
SELECT curfew.revoke_api_key(:'second_id', 'keys') = :'revoked_at' AS same;
SELECT curfew.revoke_api_key(:'second_id', 'keys', true) <= clock_timestamp() AS at_once;
SELECT pg_temp.greeting(:'second');
SELECT curfew.revoke_api_key(:'first_id', 'keys', true) <= clock_timestamp() AS at_once;
SELECT event, count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event LIKE 'api_key.revoke' GROUP BY event;
-- Past its grace it is refused.
SELECT id AS fourth_id, key AS fourth FROM curfew.issue_api_key(:'olga', tenant => 'keys', revoke_grace => '1 minute') \gset
SELECT curfew.revoke_api_key(:'fourth_id', 'keys') > now() AS later;
UPDATE curfew.api_key SET revoked_at = now() WHERE id = :'fourth_id';
SELECT pg_temp.greeting(:'fourth');

-- What issue_api_key refuses.
SELECT what, pg_temp.answer(format('SELECT key IS NOT NULL FROM curfew.issue_api_key(%s, tenant => %L)', arguments, 'keys')) FROM (VALUES (1, 'nobody', 'gen_random_uuid()'), (2, 'null', 'NULL'), (3, 'no workspace', quote_literal(:'olga') || ', workspace => ''attic'''),
    (4, 'no scope', quote_literal(:'olga') || ', scopes => ''{a b}'''), (5, 'grace before now', quote_literal(:'olga') || ', revoke_grace => ''-1 day''')) v (n, what, arguments) ORDER BY n;
