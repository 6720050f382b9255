-- Who may do what in a lifecycle between workspaces: the consumer's people, the operator's, candidates, and outsiders.
-- Each cell is an attempt that is undone: the relation that allowed it and the state after it, or its refusal.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE TEMP TABLE caller (name text, key text);
CREATE FUNCTION pg_temp.attempt(caller text, session uuid, action text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text; word text; repeated boolean;
BEGIN
    PERFORM curfew.authenticate(c.key) FROM caller c WHERE c.name = caller;
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

SELECT curfew.create_tenant('market') AS tenant \gset
SELECT curfew.create_workspace('viewer', tenant => 'market') AS viewer, curfew.create_workspace('shop', tenant => 'market') AS shop,
    curfew.create_workspace('drones', operator => true, tenant => 'market') AS drones,
    curfew.create_workspace('kites', operator => true, tenant => 'market') AS kites \gset
-- Each has a key; `place` is the workspace it is bound to, `member` one that its principal belongs to.
INSERT INTO caller SELECT name, (curfew.issue_api_key(curfew.create_principal(name, role => role, scopes => scopes, tenant => 'market'), workspace => place, tenant => 'market')).key
FROM (VALUES
    (1, 'viewer key', 'member', '{sessions:*}'::text[], 'viewer'),
    (2, 'viewer member', 'member', '{sessions:*}', NULL),
    (3, 'viewer reader', 'member', '{sessions:*}', NULL),
    (4, 'viewer, reading', 'member', '{sessions:read}', 'viewer'),
    (5, 'viewer, creating', 'member', '{sessions:create}', 'viewer'),
    (6, 'drones key', 'member', '{sessions:*}', 'drones'),
    (7, 'drones member', 'member', '{sessions:*}', NULL),
    (8, 'drones, reading', 'member', '{sessions:read}', 'drones'),
    (9, 'kites key', 'member', '{sessions:*}', 'kites'),
    (10, 'shop key', 'member', '{sessions:*}', 'shop'),
    (11, 'market admin', 'admin', NULL, NULL),
    (12, 'stranger', 'member', '{sessions:*}', NULL)) v (n, name, role, scopes, place) ORDER BY n;
SELECT count(curfew.add_member(place, p.id, v.role, 'market')) FROM (VALUES ('viewer member', 'viewer', 'member'), ('viewer reader', 'viewer', 'reader'),
    ('drones member', 'drones', 'member')) v (name, place, role) JOIN curfew.principal p USING (name) WHERE p.tenant_id = :'tenant';
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'viewer key' \gset
SELECT id FROM curfew.create_session('visual') \gset
COMMIT;

-- Requested: the consumer cancels and authorizes; any operator workspace may read and accept it, by a key bound to it.
SELECT name, pg_temp.attempt(name, :'id', 'read') AS read, pg_temp.attempt(name, :'id', 'cancel') AS cancel, pg_temp.attempt(name, :'id', 'accept') AS accept,
    pg_temp.attempt(name, :'id', 'authorize') AS authorize, pg_temp.attempt(name, :'id', 'start') AS start, pg_temp.attempt(name, :'id', 'end') AS end
FROM caller ORDER BY name COLLATE "C";

-- Accepted by the drones: it is theirs now, and the consumer must end it, no longer cancel it.
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'drones key' \gset
SELECT state, operator_workspace_id = :'drones' AS by_the_drones FROM curfew.act(:'id', 'accept');
COMMIT;
SELECT name, pg_temp.attempt(name, :'id', 'read') AS read, pg_temp.attempt(name, :'id', 'cancel') AS cancel, pg_temp.attempt(name, :'id', 'accept') AS accept,
    pg_temp.attempt(name, :'id', 'start') AS start, pg_temp.attempt(name, :'id', 'end') AS end, pg_temp.attempt(name, :'id', 'cancel_assignment') AS cancel_assignment
FROM caller ORDER BY name COLLATE "C";

-- Live: paused and resumed by the operator, ended by either.
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'drones key' \gset
SELECT state, started_at = updated_at AS started_now FROM curfew.act(:'id', 'start');
SELECT state, replayed FROM curfew.act(:'id', 'live');
COMMIT;
SELECT name, pg_temp.attempt(name, :'id', 'pause') AS pause, pg_temp.attempt(name, :'id', 'end') AS end, pg_temp.attempt(name, :'id', 'authorize') AS authorize
FROM caller ORDER BY name COLLATE "C";
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'viewer key' \gset
SELECT state FROM curfew.end_session(:'id');
COMMIT;
SELECT name, pg_temp.attempt(name, :'id', 'read') AS read, pg_temp.attempt(name, :'id', 'end') AS end
FROM caller WHERE name IN ('viewer key', 'drones key', 'kites key', 'stranger') ORDER BY name COLLATE "C";
