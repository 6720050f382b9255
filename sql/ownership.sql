-- Who may do what: every relation to a session, on each of the five lifecycles. Each cell is an attempt that is undone:
-- the relation that allowed it and the state after it, or what it was refused with.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE TEMP TABLE caller (name text, principal uuid, key text);
CREATE FUNCTION pg_temp.become(caller text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    who record;
BEGIN
    SELECT * INTO STRICT who FROM caller c WHERE c.name = become.caller;
    IF who.key IS NULL THEN PERFORM curfew.act_as('ownership', who.principal); ELSE PERFORM curfew.authenticate(who.key); END IF;
END $$;
CREATE FUNCTION pg_temp.attempt(caller text, session uuid, action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text; word text; repeated boolean;
BEGIN
    PERFORM pg_temp.become(caller);
    IF action = 'read' THEN
        SELECT 'reads' INTO outcome FROM curfew.get_session(session);
    ELSE
        SELECT replayed INTO repeated FROM curfew.act(session, action);
        SELECT CASE WHEN repeated THEN 'as it is' ELSE e.relation || ': ' || e.to_state END INTO outcome FROM curfew.audit_event e WHERE e.session_id = session ORDER BY e.version DESC LIMIT 1;
    END IF;
    RAISE EXCEPTION USING MESSAGE = outcome;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, outcome = MESSAGE_TEXT;
    RETURN CASE WHEN SQLSTATE = 'P0001' THEN outcome ELSE concat_ws(' ', SQLSTATE, nullif(word, '')) END;
END $$;

SELECT curfew.create_tenant('ownership') AS tenant \gset
SELECT curfew.create_workspace('room', tenant => 'ownership') AS room \gset
INSERT INTO caller SELECT name, curfew.create_principal(name, kind, role, scopes, tenant => 'ownership') FROM (VALUES
    (1, 'olga', 'user', 'member', NULL::text[]),
    (2, 'other', 'user', 'member', NULL),
    (3, 'ada', 'user', 'admin', NULL),
    (4, 'sam', 'service', 'member', NULL),
    (5, 'bot', 'agent', 'member', NULL),
    (6, 'wim', 'user', 'member', NULL),
    (7, 'wanda', 'user', 'member', NULL),
    (8, 'wren', 'user', 'member', NULL),
    (9, 'rex', 'user', 'reader', NULL),
    (10, 'scott', 'user', 'member', '{sessions:terminate}')) v (n, name, kind, role, scopes) ORDER BY n;
SELECT count(curfew.add_member('room', principal, CASE name WHEN 'wanda' THEN 'admin' WHEN 'wren' THEN 'reader' ELSE 'member' END, 'ownership'))
FROM caller WHERE name IN ('olga', 'wim', 'wanda', 'wren');

-- olga's sessions, run by bot, in the room: wim is a member there, wanda an admin, wren a reader.
BEGIN;
SELECT pg_temp.become('ada') \gset
SELECT id AS login FROM curfew.create_session('login', (SELECT principal FROM caller WHERE name = 'olga'), (SELECT principal FROM caller WHERE name = 'bot'), 'room') \gset
SELECT id AS conversation FROM curfew.create_session('conversation', (SELECT principal FROM caller WHERE name = 'olga'), (SELECT principal FROM caller WHERE name = 'bot'), 'room') \gset
SELECT id AS run FROM curfew.create_session('run', (SELECT principal FROM caller WHERE name = 'olga'), (SELECT principal FROM caller WHERE name = 'bot'), 'room') \gset
SELECT id AS agent FROM curfew.create_session('agent', (SELECT principal FROM caller WHERE name = 'olga'), (SELECT principal FROM caller WHERE name = 'bot'), 'room') \gset
SELECT id AS rex_login FROM curfew.create_session('login', (SELECT principal FROM caller WHERE name = 'rex')) \gset
SELECT id AS rex_run FROM curfew.create_session('run', (SELECT principal FROM caller WHERE name = 'rex')) \gset
COMMIT;

-- A login: its owner, and administrators, of the tenant or of its workspace.
SELECT caller, pg_temp.attempt(caller, :'login', 'read') AS read, pg_temp.attempt(caller, :'login', 'end') AS end
FROM (VALUES (1, 'olga'), (2, 'bot'), (3, 'ada'), (4, 'sam'), (5, 'wim'), (6, 'wanda'), (7, 'wren'), (8, 'other'), (9, 'rex'), (10, 'scott')) v (n, caller) ORDER BY n;

-- A conversation: who is no member of its workspace does not find it. A reader reads.
SELECT caller, pg_temp.attempt(caller, :'conversation', 'read') AS read, pg_temp.attempt(caller, :'conversation', 'archive') AS archive,
    pg_temp.attempt(caller, :'conversation', 'unpin') AS unpin, pg_temp.attempt(caller, :'conversation', 'explode') AS explode
FROM (VALUES (1, 'olga'), (2, 'bot'), (3, 'ada'), (4, 'sam'), (5, 'wim'), (6, 'wanda'), (7, 'wren'), (8, 'other'), (9, 'rex'), (10, 'scott')) v (n, caller) ORDER BY n;

-- A run: the owner, services and administrators end it; the agent and services say what it does; the clock's action is nobody's.
SELECT caller, pg_temp.attempt(caller, :'run', 'read') AS read, pg_temp.attempt(caller, :'run', 'terminate') AS terminate,
    pg_temp.attempt(caller, :'run', 'block') AS block, pg_temp.attempt(caller, :'run', 'wake') AS wake, pg_temp.attempt(caller, :'run', 'expire') AS expire, pg_temp.attempt(caller, :'run', 'explode') AS explode
FROM (VALUES (1, 'olga'), (2, 'bot'), (3, 'ada'), (4, 'sam'), (5, 'wim'), (6, 'wanda'), (7, 'wren'), (8, 'other'), (9, 'rex'), (10, 'scott')) v (n, caller) ORDER BY n;

-- An agent's session: the owner, the agent itself, and whoever has the scope. An administrator has all of them.
SELECT caller, pg_temp.attempt(caller, :'agent', 'read') AS read, pg_temp.attempt(caller, :'agent', 'terminate') AS terminate,
    pg_temp.attempt(caller, :'agent', 'hand_off') AS hand_off, pg_temp.attempt(caller, :'agent', 'expire') AS expire
FROM (VALUES (1, 'olga'), (2, 'bot'), (3, 'ada'), (4, 'sam'), (5, 'wim'), (6, 'wanda'), (7, 'wren'), (8, 'other'), (9, 'rex'), (10, 'scott')) v (n, caller) ORDER BY n;

-- A reader ends a login of his own, which says that readers may, but not a run.
SELECT pg_temp.attempt('rex', :'rex_login', 'end') AS login, pg_temp.attempt('rex', :'rex_run', 'read') AS run, pg_temp.attempt('rex', :'rex_run', 'terminate') AS run;

-- A key that is limited to some scopes has no others, whatever its principal has.
INSERT INTO caller SELECT 'olga, no scope', NULL, (curfew.issue_api_key(principal, scopes => '{}', tenant => 'ownership')).key FROM caller WHERE name = 'olga';
INSERT INTO caller SELECT 'scott, reading', NULL, (curfew.issue_api_key(principal, scopes => '{sessions:read}', tenant => 'ownership')).key FROM caller WHERE name = 'scott';
INSERT INTO caller SELECT 'scott, all', NULL, (curfew.issue_api_key(principal, scopes => '{*}', tenant => 'ownership')).key FROM caller WHERE name = 'scott';
SELECT caller, pg_temp.attempt(caller, :'agent', 'terminate') AS terminate, pg_temp.attempt(caller, :'agent', 'hand_off') AS hand_off
FROM (VALUES (1, 'olga, no scope'), (2, 'scott, reading'), (3, 'scott, all')) v (n, caller) ORDER BY n;

-- A key that is bound to another workspace does not even speak for its owner here.
SELECT curfew.create_workspace('cellar', tenant => 'ownership') AS cellar \gset
INSERT INTO caller SELECT name || ' in the room', NULL, (curfew.issue_api_key(principal, workspace => 'room', tenant => 'ownership')).key FROM caller WHERE name IN ('olga', 'ada', 'sam');
INSERT INTO caller SELECT name || ' in the cellar', NULL, (curfew.issue_api_key(principal, workspace => 'cellar', tenant => 'ownership')).key FROM caller WHERE name IN ('olga', 'ada', 'sam');
SELECT caller, pg_temp.attempt(caller, :'login', 'end') AS login, pg_temp.attempt(caller, :'conversation', 'archive') AS conversation,
    pg_temp.attempt(caller, :'run', 'terminate') AS run, pg_temp.attempt(caller, :'agent', 'terminate') AS agent
FROM (VALUES (1, 'olga in the room'), (2, 'ada in the room'), (3, 'sam in the room'), (4, 'olga in the cellar'), (5, 'ada in the cellar'), (6, 'sam in the cellar')) v (n, caller) ORDER BY n;

-- Nothing of all this happened.
SELECT count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND session_id IS NOT NULL AND version > 1;
