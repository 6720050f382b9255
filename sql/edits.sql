-- What people read of a session is changed by actions that edit, each with its version and its audit row; and what is said in it.
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
SELECT curfew.create_tenant('edits') AS tenant \gset
SELECT curfew.create_principal('olga', tenant => 'edits') AS olga, curfew.create_principal('otto', tenant => 'edits') AS otto,
    curfew.create_principal('rex', role => 'reader', tenant => 'edits') AS rex, curfew.create_principal('sam', kind => 'service', tenant => 'edits') AS sam \gset
CREATE FUNCTION pg_temp.try(who uuid, call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('edits', who);
    RETURN pg_temp.answer('SELECT version FROM curfew.' || call);
END $$;
SELECT curfew.define_lifecycle('leaflet', '{"initial": "open", "states": {"open": {"live": true}, "closed": {"terminal": true}},
    "actions": {"update": {"from": ["open"], "edit": true, "by": ["owner"]}, "note": {"from": "*", "edit": true, "by": ["owner", "service"], "reason": "required"},
                "message": {"from": ["open"], "edit": true, "by": ["owner"]}, "keep": {"from": "*", "mark": "kept", "by": ["owner"]}, "close": {"from": ["open"], "to": "closed", "by": ["owner"]}}}') > 0 AS defined;
BEGIN;
SELECT curfew.act_as('edits', :'olga') \gset
SELECT id FROM curfew.create_session('leaflet', title => 'First', labels => '{"a": ["1"], "b": ["2"]}', metadata => '{"x": 1}', fields => '{"kept": true, "n": 1}') \gset
COMMIT;

-- What is named changes: labels and metadata are replaced, fields are merged; the rest stays, and so does the state. One version, one audit row.
BEGIN;
SELECT curfew.act_as('edits', :'olga') \gset
SELECT state, version, marks, replayed, updated_at > created_at AS later FROM curfew.update_session(:'id', title => 'Second');
SELECT title, labels, metadata, fields FROM curfew.get_session_detail(:'id');
SELECT version FROM curfew.update_session(:'id', labels => '{"c": ["3"]}', metadata => '{}', fields => '{"n": 2, "m": null}');
SELECT title, labels, metadata, fields FROM curfew.get_session_detail(:'id');
SELECT version FROM curfew.update_session(:'id', 'note', fields => '{"o": 3}', reason => 'asked for');
COMMIT;
-- The audit log has the names of what was changed, and none of the values.
SELECT event, action, outcome, relation, from_state, to_state, version, reason, details FROM curfew.audit_event WHERE tenant_id = :'tenant' AND session_id = :'id' ORDER BY version;

-- Whoever may not take the action is refused first, then what is no edit, then another version than is expected, then the state.
SELECT pg_temp.try(:'otto', format('update_session(%L, labels => ''[]'')', :'id')) AS stranger, pg_temp.try(:'sam', format('update_session(%L, title => ''x'')', :'id')) AS service,
    pg_temp.try(:'olga', format('update_session(%L, labels => ''[]'', expected_version => 1)', :'id')) AS labels, pg_temp.try(:'olga', format('update_session(%L, metadata => ''7'')', :'id')) AS metadata,
    pg_temp.try(:'olga', format('update_session(%L, fields => ''"x"'')', :'id')) AS fields, pg_temp.try(:'olga', format('update_session(%L)', :'id')) AS nothing;
SELECT pg_temp.try(:'olga', format('update_session(%L, title => ''x'', expected_version => 3)', :'id')) AS version, pg_temp.try(:'olga', format('update_session(%L, title => ''x'', expected_version => -1)', :'id')) AS negative,
    pg_temp.try(:'olga', format('update_session(%L, ''note'', title => ''x'')', :'id')) AS no_reason, pg_temp.try(:'olga', format('update_session(%L, title => ''x'', reason => %L)', :'id', repeat('r', 1025))) AS long_reason,
    pg_temp.try(:'olga', format('update_session(%L, ''fold'', title => ''x'')', :'id')) AS unknown, pg_temp.try(:'olga', 'update_session(gen_random_uuid(), title => ''x'')') AS not_there,
    pg_temp.try(:'olga', 'update_session(NULL, title => ''x'')') AS no_session;
SELECT pg_temp.try(:'olga', format('update_session(%L, title => ''x'', lifecycle => ''login'')', :'id')) AS lifecycle, pg_temp.try(:'olga', format('update_session(%L, title => ''x'', workspace => ''room'')', :'id')) AS workspace;
-- An action that edits needs what it changes; one that has another effect takes nothing to change.
SELECT pg_temp.try(:'olga', format('act(%L, ''update'')', :'id')) AS act, pg_temp.try(:'olga', format('update_session(%L, ''keep'', title => ''x'')', :'id')) AS mark,
    pg_temp.try(:'olga', format('update_session(%L, ''close'', title => ''x'')', :'id')) AS state;
-- Nothing of all this has changed anything.
SELECT version, state, marks FROM curfew.session WHERE tenant_id = :'tenant' AND id = :'id';
SELECT count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND session_id = :'id' AND outcome = 'done';

-- A message is kept with its author, in the order of the session's versions. Its text is not in the audit log.
SELECT pg_temp.try(:'olga', format('post_message(%L, ''hello'')', :'id')) AS first, pg_temp.try(:'olga', format('post_message(%L, ''how are you?'', ''question'', ''curious'')', :'id')) AS second;
BEGIN;
SELECT curfew.act_as('edits', :'olga') \gset
SELECT kind, author, author_id = :'olga' AS hers, message, session_version, at = d.last_message_at AS last FROM curfew.list_messages(:'id') m, curfew.get_session_detail(:'id') d ORDER BY session_version;
SELECT message FROM curfew.list_messages(:'id', max_rows => 1);
SELECT message FROM curfew.list_messages(:'id', after => (SELECT id FROM curfew.list_messages(:'id', 1)));
COMMIT;
SELECT action, details, reason, count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND session_id = :'id' AND action = 'message' GROUP BY 1, 2, 3 ORDER BY reason;
SELECT count(*) FROM curfew.audit_event e WHERE tenant_id = :'tenant' AND e::text ~ '(hello|how are you)';
-- It has a text and a kind that is a word; it is for those who may take the action, and read by those who may read the session.
SELECT pg_temp.try(:'olga', format('post_message(%L, '''')', :'id')) AS empty, pg_temp.try(:'olga', format('post_message(%L, NULL)', :'id')) AS none, pg_temp.try(:'olga', format('post_message(%L, ''x'', ''a b'')', :'id')) AS kind,
    pg_temp.try(:'sam', format('post_message(%L, ''x'')', :'id')) AS service, pg_temp.try(:'otto', format('post_message(%L, '''', '''')', :'id')) AS stranger;
BEGIN;
SELECT curfew.act_as('edits', :'otto') \gset
SELECT pg_temp.answer(format('SELECT curfew.list_messages(%L)', :'id')) AS stranger;
SELECT curfew.act_as('edits', :'olga') \gset
SELECT pg_temp.answer(format('SELECT curfew.list_messages(%L, 0)', :'id')) AS rows, pg_temp.answer(format('SELECT curfew.list_messages(%L, after => gen_random_uuid())', :'id')) AS after,
    pg_temp.answer('SELECT curfew.list_messages(NULL)') AS none, pg_temp.answer('SELECT curfew.list_messages(gen_random_uuid())') AS unknown;
COMMIT;

-- Once it is closed only what goes from every state goes on.
SELECT pg_temp.try(:'olga', format('act(%L, ''close'')', :'id')) AS close, pg_temp.try(:'olga', format('update_session(%L, title => ''x'')', :'id')) AS update, pg_temp.try(:'olga', format('post_message(%L, ''x'')', :'id')) AS message,
    pg_temp.try(:'sam', format('update_session(%L, ''note'', title => ''Third'', reason => ''late'')', :'id')) AS note;
SELECT title FROM curfew.session_detail WHERE tenant_id = :'tenant' AND session_id = :'id';

-- A message to a blocked run wakes it; to one that works it does not, and to one that is over it is refused.
BEGIN;
SELECT curfew.act_as('edits', :'olga') \gset
SELECT id AS run FROM curfew.create_session('run') \gset
SELECT state, version FROM curfew.post_message(:'run', 'go on');
SELECT curfew.act_as('edits', :'sam') \gset
SELECT state, version FROM curfew.act(:'run', 'block');
SELECT curfew.act_as('edits', :'olga') \gset
SELECT state, version FROM curfew.post_message(:'run', 'here is what you asked for', reason => 'answer');
COMMIT;
SELECT action, from_state, to_state, version, reason FROM curfew.audit_event WHERE tenant_id = :'tenant' AND session_id = :'run' ORDER BY version;
UPDATE curfew.session SET deadline = now() WHERE tenant_id = :'tenant' AND id = :'run';
SELECT pg_temp.try(:'olga', format('post_message(%L, ''too late'')', :'run')) AS expired;
SELECT count(*) FROM curfew.session_message WHERE tenant_id = :'tenant' AND session_id = :'run';

-- A session whose details were lost gets new ones. With the session go its messages.
DELETE FROM curfew.session_detail WHERE tenant_id = :'tenant' AND session_id = :'id';
SELECT pg_temp.try(:'olga', format('update_session(%L, ''note'', fields => ''{"a": 1}'', reason => ''again'')', :'id')) AS again;
SELECT title, labels, metadata, fields FROM curfew.session_detail WHERE tenant_id = :'tenant' AND session_id = :'id';
DELETE FROM curfew.session WHERE tenant_id = :'tenant' AND id = :'id';
SELECT count(*) FROM curfew.session_message WHERE tenant_id = :'tenant' AND session_id = :'id';

-- How much there can be of each: what is named, and what the session then has in all.
BEGIN;
SELECT curfew.act_as('edits', :'olga') \gset
SELECT id AS large FROM curfew.create_session('leaflet') \gset
COMMIT;
SELECT what, pg_temp.try(:'olga', format('update_session(%L, %s)', :'large', arguments)) AS edited, pg_temp.try(:'olga', format('create_session(''leaflet'', %s)', arguments)) AS begun
FROM (VALUES (1, 'longest title', 'title => repeat(''é'', 4096)'), (2, 'title', 'title => repeat(''é'', 4096) || ''x'''), (3, 'labels', 'labels => jsonb_build_object(''a'', repeat(''x'', 16385))'),
    (4, 'metadata', 'metadata => jsonb_build_object(''a'', repeat(''x'', 65537))'), (5, 'fields', 'fields => jsonb_build_object(''a'', repeat(''x'', 131073))'),
    (6, 'half of the fields', 'fields => jsonb_build_object(''a'', repeat(''x'', 65000))'), (7, 'the same half', 'fields => jsonb_build_object(''a'', repeat(''x'', 65000))'),
    (8, 'the other half', 'fields => jsonb_build_object(''b'', repeat(''x'', 65000))'), (9, 'and more', 'fields => jsonb_build_object(''c'', repeat(''x'', 2000))')) v (n, what, arguments) ORDER BY n;
SELECT pg_temp.try(:'olga', format('post_message(%L, repeat(''é'', 131072) || ''x'')', :'large')) AS message;
SELECT count(pg_temp.try(:'olga', format('post_message(%L, repeat(''é'', 131072))', :'large'))) AS posted FROM generate_series(1, 64);
SELECT pg_temp.try(:'olga', format('post_message(%L, ''x'')', :'large')) AS messages_in_all;
SELECT s.version, d.message_bytes, (SELECT sum(octet_length(message)) FROM curfew.session_message m WHERE m.session_id = s.id) AS of_messages FROM curfew.session s JOIN curfew.session_detail d ON d.session_id = s.id WHERE s.id = :'large';
