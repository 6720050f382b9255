-- What a backend keeps of the directory is never older than the directory: whoever changes it, and however.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
DROP ROLE IF EXISTS regress_curfew_kept, regress_curfew_renamed;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE ROLE regress_curfew_kept;
SELECT curfew.grant_access('regress_curfew_kept', 'service');
SELECT curfew.create_tenant('kept') AS tenant \gset
SELECT curfew.create_principal('olga', tenant => 'kept', scopes => '{sessions:create_for}') AS olga \gset
SELECT curfew.create_principal('bot', 'agent', tenant => 'kept') AS bot \gset
SELECT id AS key_id, key FROM curfew.issue_api_key(:'olga', tenant => 'kept') \gset
SELECT curfew.map_role('regress_curfew_kept', :'olga', 'kept');
BEGIN;
SELECT curfew.act_as('kept', :'olga');
SELECT id, token FROM curfew.create_session('agent', agent => :'bot') \gset
COMMIT;

CREATE FUNCTION pg_temp.try(call text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    word text;
BEGIN
    EXECUTE call INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME;
    RETURN SQLSTATE || ' ' || word;
END $$;
-- What a caller by role, by key and by token is told, and whether the token is good.
SELECT set_config('kept.id', :'id', false), set_config('kept.key', :'key', false), set_config('kept.token', :'token', false) \gset
CREATE FUNCTION pg_temp.told(OUT by_role text, OUT by_key text, OUT by_token text, OUT active text) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE regress_curfew_kept;
    by_role := pg_temp.try(format('SELECT state FROM curfew.get_session(%L)', current_setting('kept.id')));
    active := pg_temp.try(format('SELECT active FROM curfew.introspect(%L)', current_setting('kept.token')));
    RESET ROLE;
    by_key := pg_temp.try(format('SELECT kind FROM curfew.authenticate(%L)', current_setting('kept.key')));
    by_token := pg_temp.try(format('SELECT kind FROM curfew.authenticate(%L)', current_setting('kept.token')));
END $$;
SELECT * FROM pg_temp.told();
SELECT * FROM pg_temp.told();

-- A DBA's own statements.
UPDATE curfew.tenant SET status = 'suspended' WHERE id = :'tenant';
SELECT * FROM pg_temp.told();
UPDATE curfew.tenant SET status = 'active' WHERE id = :'tenant';
UPDATE curfew.principal SET status = 'suspended' WHERE id = :'bot';
SELECT * FROM pg_temp.told();
UPDATE curfew.principal SET status = 'active' WHERE id = :'bot';
UPDATE curfew.principal SET status = 'revoked' WHERE id = :'olga';
SELECT * FROM pg_temp.told();
UPDATE curfew.principal SET status = 'active' WHERE id = :'olga';
SELECT * FROM pg_temp.told();

-- What is rolled back has not been, whether it was a change or an insertion.
BEGIN;
UPDATE curfew.principal SET status = 'suspended' WHERE id = :'olga';
SELECT * FROM pg_temp.told();
ROLLBACK;
SELECT * FROM pg_temp.told();
BEGIN;
SAVEPOINT before;
DELETE FROM curfew.role_mapping WHERE principal_id = :'olga';
SELECT by_role FROM pg_temp.told();
ROLLBACK TO before;
SELECT by_role FROM pg_temp.told();
COMMIT;
BEGIN;
SELECT key AS brief FROM curfew.issue_api_key(:'olga', tenant => 'kept') \gset
SELECT pg_temp.try(format('SELECT kind FROM curfew.authenticate(%L)', :'brief')) AS while_it_is_there;
ROLLBACK;
SELECT pg_temp.try(format('SELECT kind FROM curfew.authenticate(%L)', :'brief')) AS when_it_never_was;

-- A key that is deleted, a mapping of a role that is renamed.
BEGIN;
DELETE FROM curfew.api_key_use WHERE key_id = :'key_id';
DELETE FROM curfew.api_key WHERE id = :'key_id';
SELECT by_key FROM pg_temp.told();
ROLLBACK;
SELECT by_key FROM pg_temp.told();
ALTER ROLE regress_curfew_kept RENAME TO regress_curfew_renamed;
SET ROLE regress_curfew_renamed;
SELECT pg_temp.try(format('SELECT state FROM curfew.get_session(%L)', :'id')) AS renamed;
RESET ROLE;
ALTER ROLE regress_curfew_renamed RENAME TO regress_curfew_kept;
SELECT by_role FROM pg_temp.told();

-- Where a change would not be told, nothing is kept.
ALTER TABLE curfew.principal DISABLE TRIGGER tell_row;
SELECT * FROM pg_temp.told();
UPDATE curfew.principal SET status = 'suspended' WHERE id = :'bot';
SELECT * FROM pg_temp.told();
UPDATE curfew.principal SET status = 'active' WHERE id = :'bot';
SELECT * FROM pg_temp.told();
ALTER TABLE curfew.principal ENABLE TRIGGER tell_row; -- not of a subscription's changes
SELECT * FROM pg_temp.told();
SET session_replication_role = replica;
UPDATE curfew.principal SET status = 'suspended' WHERE id = :'bot';
RESET session_replication_role;
SELECT * FROM pg_temp.told();
ALTER TABLE curfew.principal ENABLE ALWAYS TRIGGER tell_row;
SELECT * FROM pg_temp.told();
SET session_replication_role = replica;
UPDATE curfew.principal SET status = 'active' WHERE id = :'bot';
RESET session_replication_role;
SELECT * FROM pg_temp.told();

-- A lifecycle that is defined anew, and one whose new definition is rolled back.
SELECT curfew.define_lifecycle('kept', '{"initial": "on", "states": {"on": {"live": true}, "off": {"terminal": true}},
    "actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "event": "STOPPED"}}}');
SET ROLE regress_curfew_kept;
SELECT id AS thing FROM curfew.create_session('kept') \gset
SELECT pg_temp.try(format('SELECT state FROM curfew.act(%L, ''stop'', expected_version => 7)', :'thing')) AS known_now;
RESET ROLE;
BEGIN;
SELECT curfew.define_lifecycle('kept', '{"initial": "on", "states": {"on": {"live": true}, "off": {"terminal": true}},
    "actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "scope": "none:has", "event": "STOPPED"}}}');
SET LOCAL ROLE regress_curfew_kept;
SELECT pg_temp.try(format('SELECT state FROM curfew.act(%L, ''stop'')', :'thing')) AS as_defined_anew;
ROLLBACK;
SET ROLE regress_curfew_kept;
SELECT pg_temp.try(format('SELECT state FROM curfew.act(%L, ''stop'')', :'thing')) AS as_before;
RESET ROLE;

-- The function that a statement of the engine calls is nobody else's.
SELECT pg_temp.try(format('SELECT curfew.decides(''\x00'', tenant_id, id, %s) FROM curfew.session s WHERE id = %L',
    (SELECT string_agg(coalesce(c.name, 'NULL'), ', ' ORDER BY n) FROM pg_proc p, unnest(p.proargnames) WITH ORDINALITY a (name, n)
     LEFT JOIN LATERAL (SELECT attname::text FROM pg_attribute WHERE attrelid = 'curfew.session'::regclass AND attname = a.name) c (name) ON true
     WHERE p.oid = 'curfew.decides'::regproc AND n > 3), :'id')) AS decides;
SELECT curfew.unmap_role('regress_curfew_kept', 'kept'), curfew.revoke_access('regress_curfew_kept');
DROP ROLE regress_curfew_kept;
