-- What the members, readers and administrators of a tenant and of a workspace may see and do: the README's table, and an
-- attempt per cell. Each attempt is undone.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE TEMP TABLE caller (n serial, name text, key text);
-- What becomes of the attempt: "yes", or the status and reason of its refusal. A session that a list lacks is "left out".
CREATE FUNCTION pg_temp.attempt(caller text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text; word text;
BEGIN
    PERFORM curfew.authenticate(c.key) FROM caller c WHERE c.name = caller;
    EXECUTE statement INTO STRICT outcome;
    RAISE EXCEPTION USING MESSAGE = outcome;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, outcome = MESSAGE_TEXT;
    RETURN CASE WHEN SQLSTATE = 'P0001' THEN outcome ELSE concat_ws(' ', regexp_replace(SQLSTATE, '^SL', ''), coalesce(nullif(word, ''), outcome)) END;
END $$;

-- Two lifecycles that differ in members_only alone: an action for the owner, one for administrators, one for both.
SELECT bool_and(revision = 1) AS defined FROM (SELECT curfew.define_lifecycle(name, jsonb_build_object('initial', 'open', 'members_only', members_only, 'states', '{"open": {"live": true}}'::jsonb,
    'actions', '{"pin": {"from": "*", "mark": "pinned", "by": ["owner"]}, "freeze": {"from": "*", "mark": "frozen", "by": ["admin"]}, "archive": {"from": "*", "mark": "archived", "by": ["owner", "admin"]}}'::jsonb)) AS revision
    FROM (VALUES ('members_closed', true), ('members_open', false)) v (name, members_only)) d;
SELECT curfew.create_tenant('members') AS tenant \gset
SELECT curfew.create_workspace('room', tenant => 'members') AS room, curfew.create_workspace('cellar', tenant => 'members') AS cellar \gset
-- Who there is: a role in the tenant, perhaps one in the room.
CREATE TEMP TABLE person AS SELECT name, room, curfew.create_principal(name, kind => kind, role => role, scopes => scopes, tenant => 'members') AS id
FROM (VALUES ('ada', 'user', 'admin', NULL::text[], NULL), ('olga', 'user', 'member', '{sessions:create_for}', 'member'), ('wim', 'user', 'member', NULL, 'member'), ('otto', 'user', 'member', NULL, NULL),
    ('wren', 'user', 'member', NULL, 'reader'), ('rex', 'user', 'reader', NULL, NULL), ('wanda', 'user', 'member', NULL, 'admin'), ('sam', 'service', 'member', NULL, NULL), ('bot', 'agent', 'member', NULL, NULL),
    ('rita', 'user', 'reader', NULL, 'member'), ('rolf', 'user', 'reader', NULL, 'admin'), ('alma', 'user', 'admin', NULL, 'reader'), ('aude', 'user', 'member', '{audit:read}', NULL)) v (name, kind, role, scopes, room);
SELECT count(curfew.add_member('room', id, room, 'members')) FROM person WHERE room IS NOT NULL;
INSERT INTO caller (name, key) SELECT v.name, (curfew.issue_api_key(p.id, workspace => place, tenant => 'members')).key
FROM (VALUES (1, 'tenant admin', 'ada', NULL), (2, 'workspace admin', 'wanda', NULL), (3, 'member of the workspace, owner of the session', 'olga', NULL), (4, 'member of the workspace', 'wim', NULL),
    (5, 'reader of the workspace', 'wren', NULL), (6, 'member of the tenant alone', 'otto', NULL), (7, 'reader of the tenant alone', 'rex', NULL), (8, 'service', 'sam', NULL), (9, 'agent of the session', 'bot', NULL),
    (10, 'key bound to the workspace', 'wim', 'room'), (11, 'key bound to another workspace', 'olga', 'cellar'),
    (12, 'reader of the tenant, member of the workspace', 'rita', NULL), (13, 'reader of the tenant, admin of the workspace', 'rolf', NULL), (14, 'admin of the tenant, reader of the workspace', 'alma', NULL),
    (15, 'auditor by scope', 'aude', NULL), (16, 'owner''s key bound to the workspace', 'olga', 'room'), (18, 'tenant reader''s key bound to the workspace', 'rex', 'room'),
    (19, 'workspace reader''s key bound to it', 'wren', 'room'), (20, 'tenant admin''s key bound to the workspace', 'ada', 'room'), (21, 'tenant admin''s key bound to another', 'ada', 'cellar'), (22, 'workspace admin''s key bound to it', 'wanda', 'room')) v (n, name, person, place)
    JOIN person p ON p.name = v.person ORDER BY v.n;

-- olga's, run by bot, in the room: one of each lifecycle. rex will be made a member, where somebody can.
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'member of the workspace, owner of the session' \gset
CREATE TEMP TABLE begun AS SELECT l AS lifecycle, (curfew.create_session(l, agent => (SELECT id FROM person WHERE name = 'bot'), workspace => 'room')).id FROM unnest('{members_closed,members_open,conversation,run}'::text[]) l;
COMMIT;

CREATE TEMP TABLE attempt AS
SELECT c.n, c.name, b.lifecycle, t.col, t.what, pg_temp.attempt(c.name, format(t.statement, b.id, b.lifecycle, (SELECT id FROM person WHERE name = 'rex'))) AS outcome
FROM caller c, begun b, (VALUES
    (1, 'see', 'SELECT ''yes'' FROM curfew.get_session(%1$L)'),
    (2, 'list', 'SELECT CASE WHEN bool_or(id = %1$L) THEN ''yes'' ELSE ''left out'' END FROM curfew.list_sessions(%2$L)'),
    (3, 'owner''s', 'SELECT ''yes'' FROM curfew.act(%1$L, ''pin'')'),
    (4, 'admin''s', 'SELECT ''yes'' FROM curfew.act(%1$L, ''freeze'')'),
    (5, 'both', 'SELECT ''yes'' FROM curfew.act(%1$L, ''archive'')'),
    (5, 'terminate', 'SELECT ''yes'' FROM curfew.act(%1$L, ''terminate'')'),
    (5, 'block', 'SELECT ''yes'' FROM curfew.act(%1$L, ''block'')'),
    (6, 'begin', 'SELECT ''yes'' FROM curfew.create_session(%2$L, workspace => ''room'')'),
    (7, 'elsewhere', 'SELECT ''yes'' FROM curfew.create_session(%2$L)'),
    (8, 'its audit', 'SELECT CASE WHEN count(*) > 0 THEN ''yes'' ELSE ''left out'' END FROM curfew.audit_log(%1$L)'),
    (9, 'whole log', 'SELECT CASE WHEN count(*) FILTER (WHERE event = ''tenant.create'') = 1 THEN ''yes'' ELSE ''left out'' END FROM curfew.audit_log()'),
    (10, 'add members', 'SELECT ''yes'' FROM curfew.add_member(''room'', %3$L, ''member'')')) t (col, what, statement)
WHERE (t.what IN ('owner''s', 'admin''s')) <= (b.lifecycle LIKE 'members%') AND (t.what = 'both') <= (b.lifecycle <> 'run') AND (t.what IN ('terminate', 'block')) <= (b.lifecycle = 'run')
ORDER BY c.n, b.lifecycle, t.col;

-- With the reasons, of a members_only lifecycle. The role that somebody has in the workspace counts there, instead of the tenant's, unless that is admin.
SELECT name, max(outcome) FILTER (WHERE what = 'see') AS see, max(outcome) FILTER (WHERE what = 'list') AS list, max(outcome) FILTER (WHERE what = 'owner''s') AS "owner's", max(outcome) FILTER (WHERE what = 'admin''s') AS "admin's",
    max(outcome) FILTER (WHERE what = 'both') AS "of both", max(outcome) FILTER (WHERE what = 'begin') AS begin, max(outcome) FILTER (WHERE what = 'its audit') AS "its audit"
FROM attempt WHERE lifecycle = 'members_closed' GROUP BY n, name ORDER BY n;
-- Of one that is not. Where no place is named, the tenant's role counts; a bound key begins in its workspace.
SELECT name, max(outcome) FILTER (WHERE what = 'see') AS see, max(outcome) FILTER (WHERE what = 'list') AS list, max(outcome) FILTER (WHERE what = 'owner''s') AS "owner's", max(outcome) FILTER (WHERE what = 'admin''s') AS "admin's",
    max(outcome) FILTER (WHERE what = 'both') AS "of both", max(outcome) FILTER (WHERE what = 'begin') AS begin, max(outcome) FILTER (WHERE what = 'elsewhere') AS "begin, no place named", max(outcome) FILTER (WHERE what = 'its audit') AS "its audit"
FROM attempt WHERE lifecycle = 'members_open' GROUP BY n, name ORDER BY n;
-- What is of the tenant and not of a session.
SELECT name, max(outcome) FILTER (WHERE what = 'whole log') AS "whole log", max(outcome) FILTER (WHERE what = 'add members') AS "add members"
FROM attempt WHERE lifecycle = 'members_open' GROUP BY n, name ORDER BY n;
-- A conversation answers as the members_only lifecycle does.
SELECT count(*) AS compared FROM attempt a JOIN attempt b USING (n, what) WHERE a.lifecycle = 'conversation' AND b.lifecycle = 'members_closed';
SELECT a.name, a.what, a.outcome AS conversation, b.outcome AS other FROM attempt a JOIN attempt b USING (n, what)
WHERE a.lifecycle = 'conversation' AND b.lifecycle = 'members_closed' AND a.outcome <> b.outcome ORDER BY a.n, a.col;

-- A run says more of services and of its agent: services read and end it, wherever it is, and both say what it does.
SELECT name, max(outcome) FILTER (WHERE what = 'see') AS see, max(outcome) FILTER (WHERE what = 'list') AS list, max(outcome) FILTER (WHERE what = 'terminate') AS terminate, max(outcome) FILTER (WHERE what = 'block') AS block,
    max(outcome) FILTER (WHERE what = 'begin') AS begin, max(outcome) FILTER (WHERE what = 'its audit') AS "its audit"
FROM attempt WHERE lifecycle = 'run' GROUP BY n, name ORDER BY n;

-- Who owns a session and was made a reader since: reads, takes no action, begins none.
SELECT curfew.add_member('room', id, 'reader', 'members') FROM person WHERE name = 'olga' \gset
SELECT lifecycle, pg_temp.attempt(c.name, format('SELECT ''yes'' FROM curfew.get_session(%L)', b.id)) AS see, pg_temp.attempt(c.name, format('SELECT ''yes'' FROM curfew.act(%L, ''pin'')', b.id)) AS "owner's",
    pg_temp.attempt(c.name, format('SELECT ''yes'' FROM curfew.create_session(%L, workspace => ''room'')', b.lifecycle)) AS begin
FROM begun b, caller c WHERE c.name = 'member of the workspace, owner of the session' AND lifecycle <> 'run' ORDER BY lifecycle COLLATE "C";
-- Who was taken out of the workspace since keeps what is his own, where the lifecycle does not want members. A repeat is not written down.
SELECT curfew.remove_member('room', id, 'members') FROM person WHERE name = 'olga' \gset
SELECT curfew.remove_member('room', id, 'members') FROM person WHERE name = 'olga' \gset
SELECT lifecycle, pg_temp.attempt(c.name, format('SELECT ''yes'' FROM curfew.get_session(%L)', b.id)) AS see, pg_temp.attempt(c.name, format('SELECT ''yes'' FROM curfew.act(%L, ''pin'')', b.id)) AS "owner's",
    pg_temp.attempt(c.name, format('SELECT ''yes'' FROM curfew.create_session(%L, workspace => ''room'')', b.lifecycle)) AS begin
FROM begun b, caller c WHERE c.name = 'member of the workspace, owner of the session' AND lifecycle <> 'run' ORDER BY lifecycle COLLATE "C";
SELECT count(*) AS written FROM curfew.audit_event e, person p WHERE p.name = 'olga' AND e.event = 'member.remove' AND e.details->>'principal_id' = p.id::text;
SELECT curfew.add_member('room', id, 'member', 'members') FROM person WHERE name = 'olga' \gset

-- The README's table. Where the two lifecycles differ, the members_only one is first.
\pset format unaligned
\pset tuples_only on
WITH word AS (
    SELECT n, name, lifecycle, what, CASE WHEN outcome LIKE '403 %' THEN 'forbidden (403)' WHEN outcome LIKE '404 %' THEN 'not found (404)' ELSE outcome END AS word FROM attempt
), cell AS (
    SELECT c.n, c.name, what, CASE WHEN c.word = o.word THEN c.word ELSE c.word || ' / ' || o.word END AS cell
    FROM word c JOIN word o USING (n, what) WHERE c.lifecycle = 'members_closed' AND o.lifecycle = 'members_open'
)
SELECT '| who | see it | list it | an owner''s action | an admin''s action | begin one there | read its audit | read the whole log | add members |'
UNION ALL SELECT '|---|---|---|---|---|---|---|---|---|'
UNION ALL (SELECT format('| %s | %s | %s | %s | %s | %s | %s | %s | %s |', name, max(cell) FILTER (WHERE what = 'see'), max(cell) FILTER (WHERE what = 'list'), max(cell) FILTER (WHERE what = 'owner''s'),
    max(cell) FILTER (WHERE what = 'admin''s'), max(cell) FILTER (WHERE what = 'begin'), max(cell) FILTER (WHERE what = 'its audit'), max(cell) FILTER (WHERE what = 'whole log'), max(cell) FILTER (WHERE what = 'add members'))
    FROM cell WHERE n <= 11 GROUP BY n, name ORDER BY n);
