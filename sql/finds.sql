-- find_sessions: what a filter says and the caller may read, counted, sorted, in pages.
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
SELECT curfew.create_tenant('finds') AS tenant \gset
SELECT curfew.create_workspace('room', tenant => 'finds') AS room \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'finds') AS ada, curfew.create_principal('olga', tenant => 'finds') AS olga, curfew.create_principal('otto', tenant => 'finds') AS otto \gset
SELECT curfew.add_member('room', :'olga', tenant => 'finds') \gset
-- Titles, in the order found, and the total.
CREATE FUNCTION pg_temp.found(who uuid, filter jsonb, sort text DEFAULT 'created_at', descending boolean DEFAULT true, max_rows integer DEFAULT 50, skip integer DEFAULT 0) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('finds', who);
    RETURN (SELECT concat(f.total, ': ', (SELECT string_agg(s.title, ' ' ORDER BY s.ordinality) FROM unnest(f.sessions) WITH ORDINALITY s))
            FROM curfew.find_sessions(filter, sort, descending, max_rows, skip) f);
END $$;
CREATE FUNCTION pg_temp.begin_as(who uuid, title text, labels jsonb, fields jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('finds', who);
    RETURN (SELECT id FROM curfew.create_session('conversation', workspace => 'room', title => title, labels => labels, fields => fields));
END $$;
SELECT pg_temp.begin_as(:'olga', 'a', '{"team": ["red", "blue"], "size": ["s"]}', '{"model": "x"}') AS a, pg_temp.begin_as(:'olga', 'b', '{"team": ["green"], "size": ["s"]}', '{"model": "y"}') AS b,
    pg_temp.begin_as(:'ada', 'c', '{"team": ["red"]}', '{"model": "x"}') AS c, pg_temp.begin_as(:'ada', 'd', '{}', '{}') AS d \gset
BEGIN;
SELECT curfew.act_as('finds', :'otto') \gset
SELECT id AS e FROM curfew.create_session('login', title => 'e') \gset
COMMIT;

-- Only what the caller may read counts: members of the room, the owner, an administrator.
SELECT pg_temp.found(:'ada', '{}') AS ada, pg_temp.found(:'olga', '{}') AS olga, pg_temp.found(:'otto', '{}') AS otto;
-- Newest first, or oldest.
SELECT pg_temp.found(:'ada', '{}', 'created_at', true) AS newest, pg_temp.found(:'ada', '{}', 'created_at', false) AS oldest;
-- By the last change and by the last message; what has none comes last either way.
BEGIN;
SELECT curfew.act_as('finds', :'ada') \gset
SELECT count(curfew.post_message(:'d', 'x')), count(curfew.post_message(:'b', 'x')), count(curfew.act(:'c', 'pin')) FROM (VALUES (1)) one;
COMMIT;
SELECT pg_temp.found(:'ada', '{}', 'updated_at') AS last_changed, pg_temp.found(:'ada', '{}', 'updated_at', false) AS first_changed,
    pg_temp.found(:'ada', '{}', 'last_message_at') AS last_message, pg_temp.found(:'ada', '{}', 'last_message_at', false) AS first_message;
-- In pages of any size, with the same total.
SELECT pg_temp.found(:'ada', '{}', max_rows => 2) AS first, pg_temp.found(:'ada', '{}', max_rows => 2, skip => 2) AS second, pg_temp.found(:'ada', '{}', max_rows => 2, skip => 4) AS third, pg_temp.found(:'ada', '{}', skip => 5) AS beyond;
-- Filtered. A label's values are alternatives, its keys are not; a list as a label's value has each of its elements.
SELECT pg_temp.found(:'ada', '{"lifecycle": "login"}') AS lifecycle, pg_temp.found(:'ada', '{"label": {"team": "red"}}') AS red, pg_temp.found(:'ada', '{"label": {"team": ["blue", "green"]}}') AS blue_or_green,
    pg_temp.found(:'ada', '{"label": {"team": ["red"], "size": ["s"]}}') AS red_and_small, pg_temp.found(:'ada', '{"fields": {"model": ["x", "z"]}}') AS model, pg_temp.found(:'ada', '{"mark": {"pinned": true}}') AS pinned,
    pg_temp.found(:'ada', format('{"owner": %s}', to_json(:'olga'::text))::jsonb) AS owner, pg_temp.found(:'ada', '{"label": {"team": "ed"}}') AS part;
-- A deadline that has passed is a change.
UPDATE curfew.session SET deadline = now(), deadline_state = 'ended' WHERE tenant_id = :'tenant' AND id = :'e';
SELECT pg_temp.found(:'ada', '{}', 'updated_at') AS last_changed, pg_temp.found(:'ada', '{"state": "ended"}') AS ended, pg_temp.found(:'ada', '{"live": true}') AS live;
-- A session that is found is the session, with what people read of it.
BEGIN;
SELECT curfew.act_as('finds', :'ada') \gset
SELECT count(*), bool_and((s.id, s.lifecycle, s.state, s.version, s.live, s.marks, s.updated_at, s.ended_at) = (g.id, g.lifecycle, g.state, g.version, g.live, g.marks, g.updated_at, g.ended_at) IS NOT FALSE) AS session,
    bool_and((s.title, s.labels, s.metadata, s.fields) = (d.title, d.labels, d.metadata, d.fields)) AS detail, count(s.last_message_at) AS messages
FROM curfew.find_sessions() f, unnest(f.sessions) s, LATERAL curfew.get_session(s.id) g, LATERAL curfew.get_session_detail(s.id) d WHERE s.last_message_at IS NOT DISTINCT FROM d.last_message_at;
COMMIT;
-- What cannot be asked for is refused.
SELECT pg_temp.answer(format('SELECT pg_temp.found(%L, %L)', :'ada', '{"shape": "x"}')) AS filter, pg_temp.answer(format('SELECT pg_temp.found(%L, ''{}'', ''title'')', :'ada')) AS sort,
    pg_temp.answer(format('SELECT pg_temp.found(%L, ''{}'', max_rows => 0)', :'ada')) AS none, pg_temp.answer(format('SELECT pg_temp.found(%L, ''{}'', max_rows => 1001)', :'ada')) AS many,
    pg_temp.answer(format('SELECT pg_temp.found(%L, ''{}'', skip => -1)', :'ada')) AS skip, pg_temp.answer(format('SELECT pg_temp.found(%L, NULL)', :'ada')) AS null_filter;
-- Over more than one batch of rows.
BEGIN;
SELECT curfew.act_as('finds', :'otto') \gset
SELECT count(curfew.create_session('login', title => 'n' || n)) FROM generate_series(1, 1200) n;
SELECT total, cardinality(sessions) FROM curfew.find_sessions('{"live": true}', max_rows => 7);
SELECT total, cardinality(sessions) FROM curfew.find_sessions('{"live": true}', max_rows => 300, skip => 1000);
ROLLBACK;
