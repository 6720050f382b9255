-- A lifecycle may be defined anew: its revision goes up, what sessions are in stays, and they follow the new rules at once.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text; detail text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')', detail);
END $$;
SELECT curfew.create_tenant('redefinition') AS tenant \gset
SELECT curfew.create_principal('rita', tenant => 'redefinition') AS rita \gset

-- The first definition is revision 1.
SELECT curfew.define_lifecycle('lamp', '{"initial": "dark", "states": {"dark": {}, "lit": {"live": true}, "broken": {"terminal": true}},
    "actions": {"light": {"from": ["dark"], "to": "lit", "by": ["owner"]},
                "smash": {"from": ["dark", "lit"], "to": "broken", "by": ["owner"]},
                "dust": {"from": "*", "mark": "dusty", "by": ["owner"]}}}');
BEGIN;
SELECT curfew.act_as('redefinition', :'rita') \gset
SELECT id FROM curfew.create_session('lamp') \gset
SELECT state FROM curfew.act(:'id', 'light');
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, %L)', :'id', 'dim'));
COMMIT;

-- A state and an action come: revision 2, and the session that is there can take the action, in this backend too.
SELECT curfew.define_lifecycle('lamp', '{"initial": "dark", "states": {"dark": {}, "lit": {"live": true}, "dim": {"live": true}, "broken": {"terminal": true}},
    "actions": {"light": {"from": ["dark"], "to": "lit", "by": ["owner"]},
                "dim": {"from": ["lit"], "to": "dim", "by": ["owner"]},
                "smash": {"from": ["dark", "lit", "dim"], "to": "broken", "by": ["owner"]},
                "dust": {"from": "*", "mark": "dusty", "by": ["owner"]}}}');
BEGIN;
SELECT curfew.act_as('redefinition', :'rita') \gset
SELECT state, version FROM curfew.act(:'id', 'dim');
COMMIT;

-- What sessions may be in or bear cannot be taken away or turn into something else.
SELECT pg_temp.answer(format('SELECT curfew.define_lifecycle(%L, definition || %L) FROM curfew.lifecycle WHERE name = %L', 'lamp', change, 'lamp'))
FROM (VALUES
    (1, '{"states": {"dark": {}, "lit": {"live": true}, "broken": {"terminal": true}},
          "actions": {"light": {"from": ["dark"], "to": "lit", "by": ["owner"]}, "smash": {"from": ["lit"], "to": "broken", "by": ["owner"]},
                      "dust": {"from": "*", "mark": "dusty", "by": ["owner"]}}}'),
    (2, '{"states": {"dark": {}, "lit": {"live": true}, "dim": {"terminal": true}, "broken": {"terminal": true}},
          "actions": {"light": {"from": ["dark"], "to": "lit", "by": ["owner"]}, "dim": {"from": ["lit"], "to": "dim", "by": ["owner"]},
                      "smash": {"from": ["lit"], "to": "broken", "by": ["owner"]}, "dust": {"from": "*", "mark": "dusty", "by": ["owner"]}}}'),
    (3, '{"actions": {"light": {"from": ["dark"], "to": "lit", "by": ["owner"]}, "dim": {"from": ["lit"], "to": "dim", "by": ["owner"]},
                      "smash": {"from": ["lit"], "to": "broken", "by": ["owner"]}}}'),
    (4, '{"parties": "workspaces"}')) v (n, change) ORDER BY n;

-- A refused definition leaves the one that was there, and so does one that is rolled back.
SELECT revision FROM curfew.lifecycle WHERE name = 'lamp';
BEGIN;
SELECT curfew.define_lifecycle('lamp', (SELECT definition || '{"tokens": "access"}' FROM curfew.lifecycle WHERE name = 'lamp'));
SELECT curfew.act_as('redefinition', :'rita') \gset
SELECT token IS NOT NULL AS has_token FROM curfew.create_session('lamp');
ROLLBACK;
SELECT revision FROM curfew.lifecycle WHERE name = 'lamp';
BEGIN;
SELECT curfew.act_as('redefinition', :'rita') \gset
SELECT token IS NOT NULL AS has_token FROM curfew.create_session('lamp');
COMMIT;
-- Another third revision than the one that was rolled back is not mistaken for it.
SELECT curfew.define_lifecycle('lamp', (SELECT definition || '{"description": "a lamp"}' FROM curfew.lifecycle WHERE name = 'lamp'));
BEGIN;
SELECT curfew.act_as('redefinition', :'rita') \gset
SELECT token IS NOT NULL AS has_token FROM curfew.create_session('lamp');
COMMIT;

-- The lifecycles that come with the extension stay as they are.
SELECT curfew.define_lifecycle('login', (SELECT definition FROM curfew.lifecycle WHERE name = 'login'));
\echo :LAST_ERROR_SQLSTATE
SELECT name, pg_temp.answer(format('SELECT curfew.define_lifecycle(%L, definition) FROM curfew.lifecycle WHERE name = %1$L', name))
FROM curfew.lifecycle WHERE builtin ORDER BY name COLLATE "C";
SELECT count(*), max(revision) FROM curfew.lifecycle WHERE builtin;

-- However long the names are, what happened is told apart in the audit log: a long one needs events of its own.
SELECT curfew.define_lifecycle(repeat('l', 63), '{"initial": "on", "states": {"on": {}, "off": {"terminal": true}},
    "actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"]}}}');
SELECT curfew.define_lifecycle(repeat('l', 63), '{"initial": "on", "states": {"on": {}, "off": {"terminal": true}}, "create": {"event": "begun"},
    "actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "event": "stopped"}}}') \gset
BEGIN;
SELECT curfew.act_as('redefinition', :'rita') \gset
SELECT id FROM curfew.create_session(repeat('l', 63)) \gset
SELECT state FROM curfew.act(:'id', 'stop');
SELECT event FROM curfew.audit_log(:'id');
COMMIT;
