-- A longer time for a session: as long as it may be, until then, or by so much; never beyond the limit, never shorter.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SET timezone = 'UTC';
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
CREATE FUNCTION pg_temp.answer_as(who uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('extend', who);
    RETURN pg_temp.answer(statement);
END $$;
-- The state, and how long it lasts from its creation.
CREATE FUNCTION pg_temp.extend(who uuid, session uuid, arguments text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer_as(who, format('SELECT concat_ws('', '', state, ''version '' || version, deadline - created_at) FROM curfew.extend_session(%L%s)', session, ', ' || nullif(arguments, ''))) $$;
SELECT curfew.create_tenant('extend') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'extend') AS ada, curfew.create_principal('dave', tenant => 'extend') AS dave,
    curfew.create_principal('bot', kind => 'agent', tenant => 'extend') AS bot, curfew.create_principal('eve', tenant => 'extend') AS eve \gset

-- By so much, until then, by the agent, by nothing in particular: that is as long as it may be. A repeat is another one.
BEGIN;
SELECT curfew.act_as('extend', :'ada') \gset
SELECT id, token, created_at FROM curfew.create_session('agent', owner => :'dave', agent => :'bot') \gset
SELECT id AS second FROM curfew.create_session('agent', owner => :'dave') \gset
SELECT id AS login FROM curfew.create_session('login', owner => :'dave') \gset
COMMIT;
SELECT pg_temp.extend(:'dave', :'id', '''30 minutes''');
SELECT pg_temp.extend(:'dave', :'id', '''30 minutes''');
SELECT pg_temp.extend(:'bot', :'id', format('until => %L', :'created_at'::timestamptz + interval '3 hours 0.9 seconds'));
SELECT pg_temp.extend(:'bot', :'id', 'reason => ''the tests take long'', expected_version => 4');
SELECT timers, version FROM curfew.session WHERE id = :'id';
SELECT a.version, a.event, a.action, a.relation, a.outcome, a.from_state, a.to_state, a.reason, a.details -> 'timers' AS timers,
    (a.details -> 'deadline' ->> 'to')::timestamptz - (a.details -> 'deadline' ->> 'from')::timestamptz AS longer, jsonb_object_keys(a.details - 'timers') AS beside
FROM curfew.audit_event a WHERE a.session_id = :'id' AND a.version > 1 ORDER BY a.version;
SELECT a.details -> 'deadline' ->> 'to' = curfew.rfc3339(s.deadline, 6) AS as_the_row_has_it FROM curfew.audit_event a JOIN curfew.session s ON s.id = a.session_id AND s.version = a.version WHERE s.id = :'id';
-- Its token lives as long.
BEGIN;
SELECT curfew.act_as('extend', :'ada') \gset
SELECT active, expires_at - :'created_at' AS lasts FROM curfew.introspect(:'token');
COMMIT;

-- What is refused, and with what limit.
UPDATE curfew.session SET created_at = '2100-01-01', updated_at = '2100-01-01', entered_at = '2100-01-01', deadline = '2100-01-01 01:00:00.5' WHERE id = :'second';
UPDATE curfew.session SET created_at = '2100-01-01 00:00:00.5' WHERE id = :'second';
SELECT pg_temp.extend(:'dave', :'second', arguments) FROM unnest(ARRAY['until => ''2100-01-01 01:00:00.5''', 'until => ''2100-01-01 01:00:01.4''', 'until => ''2000-01-01''', 'until => ''-infinity''', 'until => ''infinity''',
    'until => ''2100-01-02 00:00:00.500001''', '''0''', '''-1 hour''', '''23 hours 0.000001 seconds''', '''1 day''', '''1000 years''', '''-1000 years''', '''1 hour'', until => ''2100-01-01 02:00:00.5''', 'expected_version => 7', '''1 hour'', expected_version => 7',
    '''2 days'', expected_version => 7', 'expected_version => -1']) WITH ORDINALITY a (arguments, n) ORDER BY n;
SELECT pg_temp.extend(:'dave', NULL, '') AS nothing, pg_temp.extend(:'dave', gen_random_uuid(), '') AS unknown, pg_temp.extend(:'ada', :'second', '''2 days''') AS admin, pg_temp.extend(:'eve', :'second', '''2 days''') AS stranger;
SELECT pg_temp.extend(:'dave', :'login', '') AS login;
SELECT timers, version FROM curfew.session WHERE id = :'second';
-- The last second counts.
SELECT pg_temp.extend(:'dave', :'second', 'until => ''2100-01-02 00:00:00.5''');
SELECT pg_temp.extend(:'dave', :'second', '');
SELECT pg_temp.answer_as(:'dave', format('SELECT state FROM curfew.act(%L, %L)', :'second', 'extend'));

-- Past its deadline it is over, and so is what has ended.
BEGIN;
SELECT curfew.act_as('extend', :'dave') \gset
SELECT id AS late FROM curfew.create_session('agent') \gset
SELECT id AS over FROM curfew.create_session('agent') \gset
SELECT id AS plain FROM curfew.create_session('agent') \gset
SELECT state FROM curfew.terminate_session(:'over');
COMMIT;
UPDATE curfew.session SET deadline = now() WHERE id = :'late';
SELECT pg_temp.extend(:'dave', :'late', '') AS late, pg_temp.extend(:'dave', :'over', '''1 hour''') AS over, pg_temp.extend(:'dave', :'over', 'until => ''infinity''') AS too_far;
-- act() extends as far as it goes.
SELECT pg_temp.answer_as(:'dave', format('SELECT deadline - created_at FROM curfew.act(%L, %L)', :'plain', 'extend'));

-- A lifecycle's own: the setting of one state, and of an idle time, which counts anew from the extension.
SELECT curfew.define_lifecycle('lab', '{
  "initial": "on",
  "states":  {"on": {"live": true}, "kept": {"live": true}, "off": {"terminal": true}},
  "actions": {"stop": {"from": ["on", "kept"], "to": "off", "by": ["owner", "clock"]},
              "keep": {"from": ["on"], "to": "kept", "by": ["owner"]},
              "extend": {"from": ["on"], "extend": "rest", "by": ["owner"], "reason": "required"}},
  "timers":  {"on": [{"after": "rest", "from": "used", "default": "10 minutes", "min": "1 minute", "max": "30 minutes", "do": "stop"}, {"default": "1 hour", "do": "stop"}]}}');
SELECT action, next_state FROM curfew.lifecycle_transitions WHERE lifecycle = 'lab' AND action = 'extend';
SELECT line FROM regexp_split_to_table(curfew.lifecycle_diagram('lab'), '\n') line WHERE line LIKE '%extend%';
BEGIN;
SELECT curfew.act_as('extend', :'dave') \gset
SELECT id AS lab FROM curfew.create_session('lab') \gset
COMMIT;
UPDATE curfew.session SET created_at = created_at - interval '8 minutes', entered_at = entered_at - interval '8 minutes', deadline = deadline - interval '8 minutes' WHERE id = :'lab';
SELECT pg_temp.extend(:'dave', :'lab', '''1 minute''');
SELECT split_part(pg_temp.extend(:'dave', :'lab', '''20 minutes 1 second'', reason => ''lunch'''), ' ', 2) AS beyond;
SELECT split_part(pg_temp.extend(:'dave', :'lab', '''20 minutes'', reason => ''lunch'''), ',', 2) AS extended;
SELECT timers, extract(epoch FROM deadline - used_at)::integer AS rests FROM curfew.session WHERE id = :'lab';
SELECT pg_temp.answer_as(:'dave', format('SELECT state FROM curfew.act(%L, %L)', :'lab', 'keep')), pg_temp.extend(:'dave', :'lab', 'reason => ''lunch''');
-- An action of that name that does something else is not taken for an extension.
SELECT curfew.define_lifecycle('rope', '{"initial": "on", "states": {"on": {}, "off": {"terminal": true}}, "actions": {"end": {"from": ["on"], "to": "off", "by": ["owner"]}, "extend": {"from": ["on"], "mark": "long", "by": ["owner"]}}}');
BEGIN;
SELECT curfew.act_as('extend', :'dave') \gset
SELECT id AS rope FROM curfew.create_session('rope') \gset
COMMIT;
SELECT pg_temp.extend(:'dave', :'rope', '');
SELECT pg_temp.answer_as(:'dave', format('SELECT marks ? %L FROM curfew.act(%L, %L)', 'long', :'rope', 'extend')) AS marked;
