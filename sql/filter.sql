-- A filter says which sessions: one JSON object, each member on its own and together, and everything that is no filter.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SELECT curfew.create_tenant('filter') AS tenant \gset
SELECT curfew.create_workspace('room', tenant => 'filter') AS room, curfew.create_workspace('cellar', tenant => 'filter') AS cellar,
    curfew.create_workspace('drones', operator => true, tenant => 'filter') AS drones \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'filter') AS ada, curfew.create_principal('olga', tenant => 'filter') AS olga, curfew.create_principal('otto', tenant => 'filter') AS otto,
    curfew.create_principal('bot', kind => 'agent', tenant => 'filter') AS bot, curfew.create_principal('other bot', kind => 'agent', tenant => 'filter') AS other \gset
SELECT curfew.add_member('room', :'olga', tenant => 'filter'), curfew.add_member('cellar', :'otto', tenant => 'filter'), curfew.add_member('drones', :'otto', tenant => 'filter') \gset
-- The sessions by their titles. The first two are runs of bot's in the room, one ended; then an agent's of other bot's, whose
-- time has run out; a login of olga's, which is archived; conversations, one of three weeks ago.
BEGIN;
SELECT curfew.act_as('filter', :'ada') \gset
SELECT id AS one FROM curfew.create_session('run', :'olga', :'bot', 'room', title => 'one Red', labels => '{"env": "prod", "team": "red", "n": 1}', fields => '{"size": "L"}') \gset
SELECT id AS two FROM curfew.create_session('run', :'otto', :'bot', 'cellar', title => 'two', labels => '{"env": "test", "team": ["red"]}') \gset
SELECT id AS three FROM curfew.create_session('agent', :'olga', :'other', title => 'three RED') \gset
SELECT id AS four FROM curfew.create_session('login', :'olga', title => 'four', labels => '{"env": "prod", "team": "blue", "flag": true}') \gset
SELECT id AS five FROM curfew.create_session('conversation', :'otto', workspace => 'room', title => 'five 100% _') \gset
SELECT id AS six FROM curfew.create_session('conversation', :'otto', workspace => 'cellar', title => 'six') \gset
COMMIT;
BEGIN;
SELECT curfew.act_as('filter', :'otto') \gset
SELECT state FROM curfew.terminate_session(:'two');
SELECT state FROM curfew.archive_session(:'six');
COMMIT;
SET session_replication_role = replica;
UPDATE curfew.session SET deadline = now() - interval '1 minute' WHERE id = :'three';
UPDATE curfew.session SET created_at = '2026-01-01 12:00:00+00' WHERE id = :'five';
UPDATE curfew.session SET operator_workspace_id = :'drones' WHERE id = :'one';
RESET session_replication_role;

-- The titles' first words of what an administrator's filter lets through, by a dry run.
CREATE FUNCTION pg_temp.through(filter jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found curfew.bulk_result; word text; field text; what text; titles text;
BEGIN
    found := curfew.end_sessions(filter, dry_run => true);
    SELECT string_agg(split_part(d.title, ' ', 1), ' ' ORDER BY array_position('{one,two,three,four,five,six}', split_part(d.title, ' ', 1))) INTO titles
    FROM jsonb_array_elements(found.outcomes) o JOIN curfew.session_detail d ON d.session_id = (o ->> 'id')::uuid;
    RETURN found.matched || ': ' || coalesce(titles, '');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME, what = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')', what);
END $$;
CREATE FUNCTION pg_temp.with_ids(filter text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT replace(replace(replace(replace($1, '<olga>', max(p.id::text) FILTER (WHERE p.name = 'olga')), '<otto>', max(p.id::text) FILTER (WHERE p.name = 'otto')),
        '<bot>', max(p.id::text) FILTER (WHERE p.name = 'bot')), '<other>', max(p.id::text) FILTER (WHERE p.name = 'other bot'))::jsonb
    FROM curfew.principal p JOIN curfew.tenant t ON t.id = p.tenant_id WHERE t.slug = 'filter' $$;
BEGIN;
SELECT curfew.act_as('filter', :'ada') \gset

-- Each member on its own; a list's elements are alternatives.
SELECT filter, pg_temp.through(pg_temp.with_ids(filter)) FROM unnest(ARRAY[
    '{"lifecycle": "run"}', '{"lifecycle": ["run", "login"]}', '{"lifecycle": "nosuch"}',
    '{"owner": "<olga>"}', '{"owner": ["<olga>", "<otto>"]}', '{"agent": "<bot>"}', '{"agent": ["<other>", "<bot>"]}',
    '{"workspace": "room"}', '{"workspace": ["room", "cellar"]}', '{"operator_workspace": "drones"}',
    '{"live": true}', '{"live": false}', '{"ended": true}', '{"ended": false}',
    '{"mark": {"archived": true}}', '{"mark": {"archived": false}}', '{"mark": {"archived": true, "pinned": true}}', '{"mark": {"pinned": false}}',
    '{"label": {"env": "prod"}}', '{"label": {"env": ["prod", "test"]}}', '{"label": {"env": "prod", "team": "blue"}}', '{"label": {"team": "red"}}',
    '{"label": {"n": 1}}', '{"label": {"n": "1"}}', '{"label": {"flag": true}}', '{"label": {"flag": [false, 1]}}', '{"label": {"nosuch": "x"}}',
    '{"fields": {"size": ["M", "L"]}}', '{"fields": {"size": "M"}}',
    '{"search": "red"}', '{"search": "RED"}', '{"search": "100% _"}', '{"search": "%"}', '{"search": "t_o"}',
    '{"older_than": "2 days"}', '{"created_before": "2026-01-01T12:00:00Z"}', '{"created_before": "2026-01-01T12:00:00.000001Z"}', '{"created_after": "2026-01-01T13:00:00+01:00"}',
    '{"created_after": "2026-01-01T12:00:00.5Z"}', '{"created_after": "2025-01-01T00:00:00Z", "created_before": "2026-02-01T00:00:00Z", "older_than": "1 day"}']) filter;
-- A workspace and a session by id.
SELECT pg_temp.through(jsonb_build_object('workspace', :'cellar')), pg_temp.through(jsonb_build_object('ids', jsonb_build_array(:'one', :'six', gen_random_uuid())));
-- Members together: all must hold.
SELECT filter, pg_temp.through(pg_temp.with_ids(filter)) FROM unnest(ARRAY[
    '{"owner": "<olga>", "live": true}', '{"agent": "<bot>", "workspace": "room", "label": {"env": "prod"}, "search": "one"}', '{"lifecycle": "run", "mark": {"archived": true}}']) filter;

-- A state is what the session is, its deadline considered: the third has expired, whatever its row says.
SELECT filter, pg_temp.through(filter) FROM unnest('{"{\"state\": \"expired\"}", "{\"state\": \"active\"}", "{\"state\": [\"expired\", \"active\"]}", "{\"state\": \"terminated\"}", "{\"state\": \"nosuch\"}", "{\"ended\": true, \"lifecycle\": \"agent\"}", "{\"live\": true, \"lifecycle\": \"agent\"}"}'::jsonb[]) filter;

-- What is no filter is refused, with what is wrong.
SELECT filter, pg_temp.through(filter::jsonb) FROM unnest(ARRAY[
    NULL, '{}', '[]', '"run"', 'null', '7', '{"nosuch": 1}', '{"lifecycle": 7}', '{"lifecycle": null}', '{"lifecycle": []}', '{"lifecycle": ["run", 7]}', '{"lifecycle": {"a": "b"}}',
    '{"owner": "olga"}', '{"agent": ["x"]}', '{"workspace": "nosuch"}', '{"operator_workspace": ["room", "nosuch"]}', '{"live": "yes"}', '{"ended": 1}',
    '{"mark": "archived"}', '{"mark": {}}', '{"mark": {"archived": 1}}', '{"label": []}', '{"label": {}}', '{"label": {"a": null}}', '{"label": {"a": {"b": 1}}}', '{"fields": {"a": [["b"]]}}',
    '{"search": ""}', '{"search": 7}', '{"older_than": "yesterday"}', '{"older_than": 7}', '{"created_after": "2026-01-01"}', '{"created_before": "infinity"}', '{"ids": []}', '{"ids": ["x"]}', '{"ids": 7}']) filter;
SELECT pg_temp.through(jsonb_build_object('search', repeat('ä', 200))), pg_temp.through(jsonb_build_object('search', repeat('ä', 201)));
SELECT pg_temp.through(jsonb_build_object('ids', (SELECT jsonb_agg(gen_random_uuid()) FROM generate_series(1, 10000)))), pg_temp.through(jsonb_build_object('ids', (SELECT jsonb_agg(gen_random_uuid()) FROM generate_series(1, 10001))));
COMMIT;
-- Another tenant's workspace is not found; what a caller may not read is not there.
SELECT curfew.create_tenant('filter-other') \gset
SELECT curfew.create_principal('eve', role => 'admin', tenant => 'filter-other') AS eve \gset
BEGIN;
SELECT curfew.act_as('filter-other', :'eve') \gset
SELECT pg_temp.through('{"workspace": "room"}'), pg_temp.through('{"ended": false}'), pg_temp.through(jsonb_build_object('ids', jsonb_build_array(:'one')));
SELECT curfew.act_as('filter', :'otto') \gset
SELECT pg_temp.through('{"label": {"env": ["prod", "test"]}}');
COMMIT;
