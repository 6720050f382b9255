-- create_session with `once`: a repeat by the same caller gives the session that there is.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SELECT curfew.create_tenant('begun-once') AS tenant \gset
SELECT curfew.create_principal('olga', tenant => 'begun-once') AS olga, curfew.create_principal('otto', tenant => 'begun-once') AS otto,
    curfew.create_principal('sam', kind => 'service', scopes => '{sessions:create_for}', tenant => 'begun-once') AS sam \gset
CREATE FUNCTION pg_temp.begin_as(who uuid, lifecycle text, once text, owner uuid DEFAULT NULL) RETURNS curfew.session_created LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('begun-once', who);
    RETURN (SELECT s FROM curfew.create_session(lifecycle, owner, once => once) s);
END $$;

-- The first begins one, with its token; the second gets it, as it is, without one.
SELECT id, replayed, version, token IS NOT NULL AS token FROM pg_temp.begin_as(:'olga', 'login', 'key') \gset
SELECT :'replayed' AS replayed, :'version' AS version, :'token' AS token;
SELECT id = :'id' AS same, replayed, version, token IS NOT NULL AS token FROM pg_temp.begin_as(:'olga', 'login', 'key');
-- Another text, lifecycle, caller or owner, or none, begins another one.
SELECT id = :'id' AS same, replayed FROM pg_temp.begin_as(:'olga', 'login', 'Key');
SELECT id = :'id' AS same, replayed FROM pg_temp.begin_as(:'olga', 'login', '');
SELECT id = :'id' AS same, replayed FROM pg_temp.begin_as(:'olga', 'login', NULL);
SELECT id = :'id' AS same, replayed FROM pg_temp.begin_as(:'olga', 'run', 'key');
SELECT id = :'id' AS same, replayed FROM pg_temp.begin_as(:'otto', 'login', 'key');
SELECT id = :'id' AS same, replayed FROM pg_temp.begin_as(:'sam', 'run', 'key', :'olga');
SELECT id = :'id' AS same, replayed FROM pg_temp.begin_as(:'sam', 'run', 'key', :'otto');
-- A repeat writes nothing.
SELECT count(*) AS sessions, (SELECT count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND session_id IS NOT NULL) AS events FROM curfew.session WHERE tenant_id = :'tenant';
-- Also when it is over.
BEGIN;
SELECT curfew.act_as('begun-once', :'olga') \gset
SELECT state FROM curfew.end_session(:'id');
COMMIT;
SELECT id = :'id' AS same, replayed, state, version FROM pg_temp.begin_as(:'olga', 'login', 'key');
-- One that is rolled back was none; one that is gone is no more.
BEGIN;
SELECT replayed FROM pg_temp.begin_as(:'olga', 'login', 'undone');
ROLLBACK;
SELECT replayed FROM pg_temp.begin_as(:'olga', 'login', 'undone');
DELETE FROM curfew.session WHERE tenant_id = :'tenant' AND id = :'id';
SELECT id = :'id' AS same, replayed FROM pg_temp.begin_as(:'olga', 'login', 'key');
-- The text is kept as a digest only.
SELECT count(*) AS rows, bool_and(length(digest) = 32) AS digests FROM curfew.session_once WHERE tenant_id = :'tenant';
