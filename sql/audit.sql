-- The audit log: one row per change with all there is to say, for administrators, and nobody changes it.
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
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_curfew_owner;
RESET client_min_messages;
SELECT curfew.create_tenant('audit') AS tenant \gset
SELECT curfew.create_principal('olga', scopes => '{sessions:create_for}', tenant => 'audit') AS olga, curfew.create_principal('bot', kind => 'agent', tenant => 'audit') AS bot,
    curfew.create_principal('ada', role => 'admin', tenant => 'audit') AS ada, curfew.create_principal('sally', scopes => '{audit:read}', tenant => 'audit') AS sally \gset
SELECT id AS key_id, key FROM curfew.issue_api_key(:'ada', tenant => 'audit') \gset

-- One change, whole: the agent ends its owner's session by the session's token.
BEGIN;
SELECT curfew.act_as('audit', :'olga') \gset
SELECT id, token FROM curfew.create_session('agent', agent => :'bot') \gset
COMMIT;
BEGIN;
SELECT curfew.authenticate(:'token', 'audit', 'http:truthlocks', 'request-7') \gset
SELECT updated_at FROM curfew.terminate_session(:'id', 'done') \gset
COMMIT;
\x on
SELECT at = :'updated_at' AS at_the_update, tenant_id = :'tenant' AS tenant, substr(id::text, 15, 1) AS id_version, session_id = :'id' AS session, event, action, outcome,
    actor_id = :'bot' AS actor_is_the_agent, on_behalf_of = :'olga' AS on_behalf_of_the_owner, db_role = current_user AS db_role, relation, via, request_id,
    from_state, to_state, version, reason, details
FROM curfew.audit_event WHERE session_id = :'id' AND action = 'terminate';
\x off

-- What administrators do is there too, with the row it was done to.
SELECT curfew.create_workspace('room', tenant => 'audit') AS room \gset
SELECT curfew.add_member('room', :'olga', 'reader', 'audit') \gset
SELECT curfew.revoke_api_key(:'key_id', 'audit') \gset
SELECT curfew.suspend_principal(:'olga', 'holiday', 'audit'), curfew.resume_principal(:'olga', tenant => 'audit'), curfew.revoke_principal(:'bot', 'gone', 'audit') \gset
CREATE ROLE regress_curfew_owner;
SELECT curfew.map_role('regress_curfew_owner', :'ada', 'audit') \gset
SELECT curfew.unmap_role('regress_curfew_owner', 'audit') \gset
DROP ROLE regress_curfew_owner;
SELECT event, outcome, actor_id, db_role = current_user AS db_role, via, reason, regexp_replace(regexp_replace(details::text, '[0-9a-f]{8}-[0-9a-f-]{27}', 'ID', 'g'), '[0-9-]{10}T[0-9:.]{12}Z', 'TIME') AS details
FROM curfew.audit_event WHERE tenant_id = :'tenant' AND session_id IS NULL ORDER BY event COLLATE "C", details->>'name' COLLATE "C";
-- By an administrator of the tenant, who is named then.
BEGIN;
SELECT curfew.act_as('audit', :'ada') \gset
SELECT curfew.create_principal('newcomer') \gset
SELECT event, actor_id = :'ada' AS ada, details->>'name' AS name FROM curfew.audit_log(actor => :'ada');
COMMIT;

-- Who reads it: administrators and the scope audit:read all of it, others what happened to sessions that they may read.
CREATE FUNCTION pg_temp.read_as(who uuid, session uuid DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('audit', who);
    RETURN pg_temp.answer(format('SELECT count(*) > 0 FROM curfew.audit_log(%L)', session));
END $$;
SELECT pg_temp.read_as(:'ada') AS ada, pg_temp.read_as(:'sally') AS sally, pg_temp.read_as(:'olga') AS olga, pg_temp.read_as(:'olga', :'id') AS olgas_session, pg_temp.read_as(:'sally', :'id') AS sally_too;
SELECT curfew.create_principal('other', tenant => 'audit') AS other \gset
SELECT pg_temp.read_as(:'other') AS other, pg_temp.read_as(:'other', :'id') AS others_session, pg_temp.read_as(:'other', gen_random_uuid()) AS no_session;

-- Append-only: no change by anybody, row or table, the parent or the partition, with replication's word for it or not.
CREATE FUNCTION pg_temp.attempts() RETURNS TABLE (statement text, answer text) LANGUAGE sql AS $$
    SELECT s, pg_temp.answer(s) FROM unnest(ARRAY['UPDATE curfew.audit_event SET reason = ''x''', 'DELETE FROM curfew.audit_event', 'TRUNCATE curfew.audit_event',
        'UPDATE curfew.audit_event_default SET reason = ''x''', 'DELETE FROM curfew.audit_event_default', 'TRUNCATE curfew.audit_event_default',
        'DELETE FROM ONLY curfew.audit_event_default', 'INSERT INTO curfew.audit_event SELECT * FROM curfew.audit_event LIMIT 1 ON CONFLICT (tenant_id, at, id) DO UPDATE SET reason = ''x''',
        'UPDATE curfew.audit_event SET at = at + interval ''1 day''', 'WITH gone AS (DELETE FROM curfew.audit_event RETURNING 1) SELECT count(*) FROM gone']) s
$$;
-- One more row, of a time that never has a partition of its own.
INSERT INTO curfew.audit_event (at, tenant_id, id, event, outcome, db_role, via) VALUES ('1999-12-31 12:00:00+00', :'tenant', gen_random_uuid(), 'long ago', 'done', 'nobody', 'sql');
SELECT count(*) AS before FROM curfew.audit_event WHERE tenant_id = :'tenant' \gset
SELECT * FROM pg_temp.attempts();
SET session_replication_role = replica;
SELECT * FROM pg_temp.attempts();
RESET session_replication_role;
DELETE FROM curfew.audit_event WHERE tenant_id = :'tenant';
\echo :LAST_ERROR_SQLSTATE
SELECT count(*) = :before AS all_there FROM curfew.audit_event WHERE tenant_id = :'tenant';
-- The triggers are always on, on the parent and on each partition.
SELECT count(*) > 0 AS some, bool_and(t.tgenabled = 'A') AS always, count(DISTINCT t.tgrelid) - count(DISTINCT i.inhrelid) AS parents
FROM pg_trigger t LEFT JOIN pg_inherits i ON i.inhrelid = t.tgrelid
WHERE t.tgrelid = 'curfew.audit_event'::regclass OR i.inhparent = 'curfew.audit_event'::regclass;
SELECT count(*) AS unguarded FROM pg_inherits i WHERE i.inhparent = 'curfew.audit_event'::regclass
    AND (SELECT bit_or(t.tgtype::integer) FROM pg_trigger t WHERE t.tgrelid = i.inhrelid) & (8 | 16 | 32) <> (8 | 16 | 32);
