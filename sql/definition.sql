-- define_lifecycle: a definition that cannot work is refused whole, naming the place and what is wrong with it.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'

-- What a definition is refused with: its SQLSTATE and reason word when they are not those of a bad definition, the
-- place (the error's column), and the detail. `change` replaces members of a definition that works.
CREATE FUNCTION pg_temp.refusal(change text, name text DEFAULT 'refused') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    word text; place text; detail text;
    works jsonb := '{"initial": "on", "states": {"on": {"live": true}, "off": {"terminal": true}},
                     "actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"]}}}';
BEGIN
    PERFORM curfew.define_lifecycle(name, CASE WHEN change ~ '^{' THEN works || change::jsonb ELSE change::jsonb END);
    RETURN 'defined';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, place = COLUMN_NAME, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', nullif(concat_ws(' ', SQLSTATE, word), 'SL422 invalid_definition'), place, detail);
END $$;

-- One refusal whole.
SELECT curfew.define_lifecycle('refused', '{"initial": "on", "states": {"on": {}}, "actions": {"go": {"from": ["on"], "to": "moon", "by": ["owner"]}}}');
\echo :LAST_ERROR_SQLSTATE

-- The definition as a whole.
SELECT pg_temp.refusal(change) FROM (VALUES (1, '[]'), (2, '"on"'), (3, '7'), (4, NULL), (5, '{"colour": "red"}')) v (n, change) ORDER BY n;

-- The lifecycle's name.
SELECT pg_temp.refusal('{}', name) FROM (VALUES (1, NULL), (2, ''), (3, '9lives'), (4, 'two words'), (5, 'séance'), (6, repeat('x', 64))) v (n, name)
ORDER BY n;

-- States.
SELECT pg_temp.refusal(change) FROM (VALUES
    (1, '{"states": null}'),
    (2, '{"states": ["on", "off"]}'),
    (3, '{"states": {"on": {}, "off duty": {}}}'),
    (4, '{"states": {"on": {}, "off": "terminal"}}'),
    (5, '{"states": {"on": {}, "off": {"final": true}}}'),
    (6, '{"states": {"on": {"live": "yes"}, "off": {}}}'),
    (7, '{"states": {"on": {"metered": 1}, "off": {}}}'),
    (8, '{"states": {"on": {}, "off": {"terminal": null}}}'),
    (9, '{"states": {"on": {}, "off": {"terminal": true, "live": true}}}'),
    (10, '{"states": {"on": {}, "off": {"terminal": true, "metered": true}}}'),
    (11, '{"states": {"on": {}, "off": {"terminal": true}, "elsewhere": {}}}')) v (n, change) ORDER BY n;
SELECT pg_temp.refusal(jsonb_build_object('states', jsonb_object_agg('s' || i, '{}'::jsonb))::text) FROM generate_series(1, 33) i;

-- The state it begins in, and the options.
SELECT pg_temp.refusal(change) FROM (VALUES
    (1, '{"initial": null}'),
    (2, '{"initial": 1}'),
    (3, '{"initial": "dawn"}'),
    (4, '{"initial": "off"}'),
    (5, '{"ids": "serial"}'),
    (6, '{"ids": 4}'),
    (7, '{"parties": "nations"}'),
    (8, '{"members_only": "no"}'),
    (9, '{"tokens": "refresh"}'),
    (10, '{"create": "sessions:create"}'),
    (11, '{"create": {"by": ["owner"]}}'),
    (12, '{"create": {"scope": "sessions create"}}'),
    (13, '{"create": {"event": ""}}'),
    (14, '{"create": {"event": "session begun"}}'),
    (15, '{"read": ["owner"]}'),
    (16, '{"read": {"from": "*"}}'),
    (17, '{"read": {"by": "owner"}}'),
    (18, '{"read": {"by": ["owner", "neighbour"]}}'),
    (19, '{"read": {"by": [1]}}'),
    (20, '{"read": {"by": ["scope"]}}'),
    (21, '{"read": {"by": []}}'),
    (22, '{"read": {"by": ["owner", "clock"]}}'),
    (23, '{"read": {"scope": ""}}'),
    (24, '{"refresh_grace": "a moment"}'),
    (25, '{"forced": "stop"}'),
    (26, '{"forced": ["stop", "explode"]}'),
    (27, '{"forced": [1]}'),
    (28, '{"forced": ["keep"], "actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"]}, "keep": {"from": "*", "mark": "kept", "by": ["owner"]}}}'),
    (29, '{"tokens": "access+refresh"}'),
    (30, '{"create": {"event": "' || repeat('e', 64) || '"}}')) v (n, change) ORDER BY n;

-- Actions.
SELECT pg_temp.refusal(change) FROM (VALUES
    (1, '{"actions": []}'),
    (2, '{"actions": {"stop!": {}}}'),
    (3, '{"actions": {"stop": "off"}}'),
    (4, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "when": "now"}}}'),
    (5, '{"actions": {"stop": {"to": "off", "by": ["owner"]}}}'),
    (6, '{"actions": {"stop": {"from": "on", "to": "off", "by": ["owner"]}}}'),
    (7, '{"actions": {"stop": {"from": [], "to": "off", "by": ["owner"]}}}'),
    (8, '{"actions": {"stop": {"from": ["noon"], "to": "off", "by": ["owner"]}}}'),
    (9, '{"actions": {"stop": {"from": [1], "to": "off", "by": ["owner"]}}}'),
    (10, '{"actions": {"stop": {"from": ["on"], "by": ["owner"]}}}'),
    (11, '{"actions": {"stop": {"from": ["on"], "to": "off", "mark": "stopped", "by": ["owner"]}}}'),
    (12, '{"actions": {"stop": {"from": ["on"], "mark": "kept", "clear": "kept", "by": ["owner"]}}}'),
    (13, '{"actions": {"stop": {"from": ["on"], "to": "moon", "by": ["owner"]}}}'),
    (14, '{"actions": {"stop": {"from": ["on"], "to": null, "by": ["owner"]}}}'),
    (15, '{"actions": {"stop": {"from": ["on"], "mark": "a b", "by": ["owner"]}}}'),
    (16, '{"actions": {"stop": {"from": ["on"], "to": "off"}}}'),
    (17, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": []}}}'),
    (18, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": "owner"}}}'),
    (19, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["neighbour"]}}}'),
    (20, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["scope"]}}}'),
    (21, '{"actions": {"stop": {"from": ["on"], "to": "off", "by_scope": "a b"}}}'),
    (22, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "scope": 1}}}'),
    (23, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "reason": "maybe"}}}'),
    (24, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "again": "often"}}}'),
    (25, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "event": "a b"}}}'),
    (26, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "readers": "yes"}}}'),
    (27, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "assigns": "owner"}}}'),
    (28, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["operator"], "assigns": "operator"}}}'),
    (29, '{"parties": "workspaces", "actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"], "assigns": "operator"}}}'),
    (30, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"]}, "back": {"from": ["off"], "to": "on", "by": ["owner"]}}}'),
    (31, '{"actions": {"stop": {"from": "*", "to": "off", "by": ["owner"]}}}'),
    (32, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner"]}, "stay": {"from": ["on"], "to": "on", "by": ["owner"]}}}'),
    (33, '{"actions": {"stop": {"from": ["on"], "to": "off", "by": ["owner", "clock"]}}}')) v (n, change) ORDER BY n;
SELECT pg_temp.refusal(jsonb_build_object('actions', jsonb_object_agg('a' || i, '{"from": ["on"], "to": "off", "by": ["owner"]}'::jsonb))::text) FROM generate_series(1, 65) i;
SELECT pg_temp.refusal(jsonb_build_object('actions', jsonb_object_agg('a' || i, jsonb_build_object('from', '*', 'mark', 'm' || i, 'by', '["owner"]'::jsonb)))::text) FROM generate_series(1, 17) i;

-- Timers: they lead to a terminal state, by an action that the clock may take.
CREATE FUNCTION pg_temp.timed(timers text, stop text DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.refusal(jsonb_build_object('timers', timers::jsonb, 'states', '{"on": {}, "idle": {}, "off": {"terminal": true}}'::jsonb,
        'actions', jsonb_build_object('stop', '{"from": ["on", "idle"], "to": "off", "by": ["owner", "clock"]}'::jsonb || stop::jsonb,
                                      'rest', '{"from": ["on"], "to": "idle", "by": ["owner"]}'::jsonb))::text)
$$;
SELECT pg_temp.timed(timers) FROM (VALUES
    (1, '[]'),
    (2, '{"noon": {"default": "1 hour", "do": "stop"}}'),
    (3, '{"on": "1 hour"}'),
    (4, '{"on": {"default": "1 hour", "do": "stop", "repeat": true}}'),
    (5, '{"on": {"after": "time to live", "default": "1 hour", "do": "stop"}}'),
    (6, '{"on": {"from": "noon", "default": "1 hour", "do": "stop"}}'),
    (7, '{"on": {"do": "stop"}}'),
    (8, '{"on": {"default": 60, "do": "stop"}}'),
    (9, '{"on": {"default": "an hour", "do": "stop"}}'),
    (10, '{"on": {"default": "1 fortnight", "do": "stop"}}'),
    (11, '{"on": {"default": "0 seconds", "do": "stop"}}'),
    (12, '{"on": {"default": "-1 seconds", "do": "stop"}}'),
    (13, '{"on": {"default": "4000 days", "do": "stop"}}'),
    (14, '{"on": {"default": "99999999999999999999 days", "do": "stop"}}'),
    (15, '{"on": {"default": "1 hour", "min": "soon", "do": "stop"}}'),
    (16, '{"on": {"default": "1 hour", "max": 1, "do": "stop"}}'),
    (17, '{"on": {"default": "1 hour", "min": "2 hours", "do": "stop"}}'),
    (18, '{"on": {"default": "1 hour", "max": "5 minutes", "do": "stop"}}'),
    (19, '{"on": {"default": "1 hour"}}'),
    (20, '{"on": {"default": "1 hour", "do": "explode"}}'),
    (21, '{"on": {"default": "1 hour", "do": "rest"}}'),
    (22, '{"off": {"default": "1 hour", "do": "stop"}}'),
    (23, '{"on": {"after": "ttl", "default": "1 hour", "do": "stop"}, "idle": {"after": "ttl", "default": "2 hours", "do": "stop"}}')) v (n, timers) ORDER BY n;
SELECT pg_temp.timed('{"on": {"default": "1 hour", "do": "stop"}}', '{"by": ["owner"]}');
SELECT pg_temp.timed('{"idle": {"default": "1 hour", "do": "stop"}}', '{"from": ["on"]}');
SELECT pg_temp.timed('{"on": {"default": "1 hour", "do": "stop"}}', '{"to": "idle", "from": ["on"]}');
SELECT pg_temp.refusal('{"actions": {"stop": {"from": ["on"], "mark": "late", "by": ["clock"]}}, "timers": {"on": {"default": "1 hour", "do": "stop"}}}');
SELECT pg_temp.timed('{"on": {"default": "1 hour", "do": "stop"}}', '{"reason": "required"}');
SELECT pg_temp.refusal(jsonb_build_object('initial', 's1', 'states', jsonb_object_agg('s' || i, '{}'::jsonb) || '{"off": {"terminal": true}}',
    'actions', '{"stop": {"from": "*", "to": "off", "by": ["clock"]}}'::jsonb, 'timers', jsonb_object_agg('s' || i, '{"default": "1 hour", "do": "stop"}'::jsonb))::text) FROM generate_series(1, 17) i;

-- A refusal is whole text, however long the words are that it repeats.
SELECT pg_temp.refusal('{"states": {"on": {}, "é' || repeat('é', 200) || '": {}}}') = convert_from(convert_to(
       pg_temp.refusal('{"states": {"on": {}, "é' || repeat('é', 200) || '": {}}}'), 'UTF8'), 'UTF8') AS whole;
SELECT pg_temp.refusal('{"' || repeat('é', 300) || '": 1}') = convert_from(convert_to(
       pg_temp.refusal('{"' || repeat('é', 300) || '": 1}'), 'UTF8'), 'UTF8') AS whole;

-- A name so long that its events' names would be cut has to name them.
SELECT pg_temp.refusal('{}', repeat('l', 63));
-- Nothing of all this was defined.
SELECT count(*) FROM curfew.lifecycle WHERE name = 'refused';
