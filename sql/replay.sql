-- Repeats: where the lifecycle says "same", the first answer again, with no new version and no audit row; else refused.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer_as(who uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text;
BEGIN
    PERFORM curfew.act_as('replay', who);
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')');
END $$;
SELECT curfew.create_tenant('replay') AS tenant \gset
SELECT curfew.create_principal('olga', role => 'admin', tenant => 'replay') AS olga \gset
SELECT curfew.create_workspace('room', tenant => 'replay') AS room \gset
BEGIN;
SELECT curfew.act_as('replay', :'olga') \gset
SELECT id FROM curfew.create_session('conversation', workspace => 'room') \gset
SELECT id AS login FROM curfew.create_session('login') \gset
SELECT id AS run FROM curfew.create_session('run') \gset
SELECT id AS agent FROM curfew.create_session('agent') \gset
COMMIT;

-- Archived once, by this caller, now.
BEGIN;
SELECT curfew.act_as('replay', :'olga') \gset
SELECT version, replayed, marks->>'archived' AS first_time, updated_at AS first_update FROM curfew.archive_session(:'id', 'spring cleaning') \gset
SELECT :version AS version, :'replayed' AS replayed, (:'first_time')::timestamptz = :'first_update' AS archived_at_the_update;
COMMIT;
-- Archived again, with another reason: the same time to the microsecond, the same version, nothing written.
BEGIN;
SELECT curfew.act_as('replay', :'olga') \gset
SELECT ctid AS place FROM curfew.session WHERE id = :'id' \gset
SELECT state, version, replayed, marks->>'archived' = :'first_time' AS same_time, updated_at = :'first_update' AS same_update FROM curfew.archive_session(:'id', 'again');
SELECT state, version, replayed, marks->>'archived' = :'first_time' AS same_time FROM curfew.act(:'id', 'archive');
SELECT event, version, reason FROM curfew.audit_log(:'id');
SELECT ctid = :'place' AS row_untouched FROM curfew.session WHERE id = :'id';
COMMIT;

-- Taken out, twice; archived anew, it is archived at another time.
BEGIN;
SELECT curfew.act_as('replay', :'olga') \gset
SELECT version, replayed, marks FROM curfew.unarchive_session(:'id');
SELECT version, replayed, marks FROM curfew.unarchive_session(:'id');
SELECT version, replayed, marks->>'archived' > :'first_time' AS later FROM curfew.archive_session(:'id');
COMMIT;
-- Marks do not touch each other.
BEGIN;
SELECT curfew.act_as('replay', :'olga') \gset
SELECT action, (curfew.act(:'id', action)).version FROM (VALUES (1, 'pin'), (2, 'freeze'), (3, 'freeze'), (4, 'unpin'), (5, 'unpin'), (6, 'pin')) v (n, action) ORDER BY n;
SELECT array_agg(m ORDER BY m COLLATE "C") AS marks FROM curfew.get_session(:'id'), jsonb_object_keys(marks) m;
SELECT action, version FROM curfew.audit_log(:'id');
COMMIT;

-- "refuse": whoever is second is told that the state does not allow it, and the state.
BEGIN;
SELECT curfew.act_as('replay', :'olga') \gset
SELECT state, version, replayed FROM curfew.end_session(:'login');
SELECT state, version, replayed FROM curfew.terminate_session(:'run');
SELECT state, version, replayed FROM curfew.terminate_session(:'agent');
COMMIT;
SELECT pg_temp.answer_as(:'olga', format('SELECT state FROM curfew.act(%L, %L)', id, action)) AS again
FROM (VALUES (1, :'login', 'end'), (2, :'run', 'terminate'), (3, :'run', 'finish'), (4, :'agent', 'terminate'), (5, :'agent', 'hand_off')) v (n, id, action) ORDER BY n;
BEGIN;
SELECT curfew.act_as('replay', :'olga') \gset
SELECT curfew.end_session(:'login');
ROLLBACK;
SELECT count(*) AS changes FROM curfew.audit_event WHERE session_id IN (:'login', :'run', :'agent') AND version > 1;

-- A repeat is a repeat for those who may act only.
SELECT curfew.create_principal('other', tenant => 'replay') AS other \gset
SELECT curfew.add_member('room', :'other', tenant => 'replay') \gset
SELECT pg_temp.answer_as(:'other', format('SELECT state FROM curfew.archive_session(%L)', :'id'));
