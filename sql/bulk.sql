-- end_sessions: many at once, an outcome each, decided as one alone would be.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SELECT curfew.create_tenant('bulk') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'bulk', scopes => '{sessions:terminate,sessions:create_for}') AS ada, curfew.create_principal('anna', role => 'admin', tenant => 'bulk', scopes => '{files:read}') AS anna,
    curfew.create_principal('olga', tenant => 'bulk') AS olga, curfew.create_principal('otto', tenant => 'bulk') AS otto, curfew.create_principal('bot', kind => 'agent', tenant => 'bulk') AS bot \gset
SELECT curfew.define_lifecycle('bulk_job', '{"initial": "queued", "states": {"queued": {"live": true}, "busy": {"live": true, "metered": true}, "done": {"terminal": true}},
    "actions": {"start": {"from": ["queued"], "to": "busy", "by": ["owner"]}, "finish": {"from": ["busy"], "to": "done", "by": ["owner", "admin"], "reason": "required"},
        "stop": {"from": ["queued", "busy"], "to": "done", "by": ["owner", "admin"], "again": "same"}, "hush": {"from": ["queued"], "to": "done", "by": ["owner"], "reason": "none"}}}') \gset
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text; what text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME, what = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')', what);
END $$;
CREATE FUNCTION pg_temp.begin_some(lifecycle text, owner uuid, agent uuid, count integer) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('bulk', (SELECT p.id FROM curfew.principal p JOIN curfew.tenant t ON t.id = p.tenant_id WHERE t.slug = 'bulk' AND p.name = 'ada'));
    RETURN (SELECT count(curfew.create_session(begin_some.lifecycle, begin_some.owner, begin_some.agent)) FROM generate_series(1, begin_some.count));
END $$;

-- Five agents' sessions of olga's: an administrator with the scope ends them all, each with an audit row like any other's.
SELECT pg_temp.begin_some('agent', :'olga', :'bot', 5);
BEGIN;
SELECT curfew.act_as('bulk', :'ada') \gset
SELECT matched, ended, already, forbidden, invalid_state, remaining, next, preview, jsonb_array_length(outcomes) AS outcomes, outcomes #- '{0,id}' -> 0 AS first
FROM curfew.end_sessions(jsonb_build_object('agent', :'bot'), reason => 'sweeping up');
COMMIT;
SELECT e.event, e.action, e.outcome, e.relation, e.from_state, e.to_state, e.version, e.reason, e.details, p.name AS actor, e.at = s.ended_at AS at_its_end, count(*), count(DISTINCT e.session_id) AS sessions
FROM curfew.audit_event e JOIN curfew.session s ON s.id = e.session_id JOIN curfew.principal p ON p.id = e.actor_id
WHERE s.agent_id = :'bot' AND e.from_state IS NOT NULL GROUP BY e.event, e.action, e.outcome, e.relation, e.from_state, e.to_state, e.version, e.reason, e.details, p.name, e.at = s.ended_at;
-- Once more: all have ended already, and nothing is written.
BEGIN;
SELECT curfew.act_as('bulk', :'ada') \gset
SELECT matched, ended, already, remaining, outcomes #- '{0,id}' -> 0 AS first FROM curfew.end_sessions(jsonb_build_object('agent', :'bot'));
SELECT matched, outcomes FROM curfew.end_sessions(jsonb_build_object('agent', :'bot', 'live', true));
COMMIT;
SELECT count(*) FROM curfew.audit_event e JOIN curfew.session s ON s.id = e.session_id WHERE s.agent_id = :'bot' AND e.from_state IS NOT NULL;

-- An administrator without the scope is no owner: forbidden, with the word, and nothing changes. Who may not read them finds none.
SELECT pg_temp.begin_some('agent', :'olga', :'bot', 3);
BEGIN;
SELECT curfew.act_as('bulk', :'anna') \gset
SELECT matched, ended, forbidden, remaining, jsonb_agg(o - 'id') AS outcomes FROM curfew.end_sessions(jsonb_build_object('agent', :'bot', 'live', true)) e, jsonb_array_elements(e.outcomes) o GROUP BY 1, 2, 3, 4;
SELECT curfew.act_as('bulk', :'otto') \gset
SELECT matched, forbidden, outcomes FROM curfew.end_sessions(jsonb_build_object('agent', :'bot', 'live', true));
COMMIT;
-- At most max_rows are looked at; next is where to go on, past those that are forbidden, until none remain.
BEGIN;
SELECT curfew.act_as('bulk', :'anna') \gset
SELECT matched, forbidden, remaining, next AS behind FROM curfew.end_sessions('{"lifecycle": "agent", "live": true}', max_rows => 2) \gset page_
SELECT :page_matched AS matched, :page_forbidden AS forbidden, :page_remaining AS remaining;
SELECT matched, forbidden, remaining, next FROM curfew.end_sessions('{"lifecycle": "agent", "live": true}', max_rows => 2, after => :'page_behind');
COMMIT;
BEGIN;
SELECT curfew.act_as('bulk', :'ada') \gset
SELECT matched, ended, remaining, next IS NULL AS at_end FROM curfew.end_sessions('{"lifecycle": "agent", "live": true}', max_rows => 2);
SELECT matched, ended, remaining, next IS NULL AS at_end FROM curfew.end_sessions('{"lifecycle": "agent", "live": true}', max_rows => 2);
COMMIT;

-- More than one batch in one call.
SELECT pg_temp.begin_some('login', :'otto', NULL, 2345);
BEGIN;
SELECT curfew.act_as('bulk', :'otto') \gset
SELECT matched, ended, remaining, jsonb_array_length(outcomes) AS outcomes FROM curfew.end_sessions('{"lifecycle": "login"}', max_rows => 10000);
COMMIT;
SELECT s.state, s.version, count(DISTINCT s.id) AS sessions, count(*) AS rows FROM curfew.session s JOIN curfew.audit_event e ON e.session_id = s.id AND e.version = s.version WHERE s.lifecycle = 'login' AND s.owner_id = :'otto' GROUP BY 1, 2;

-- An action of its own: each state, what has had its effect, and lifecycles that lack it. Jobs have no forced one.
BEGIN;
SELECT curfew.act_as('bulk', :'olga') \gset
SELECT id AS queued FROM curfew.create_session('bulk_job') \gset
SELECT id AS busy FROM curfew.create_session('bulk_job') \gset
SELECT state FROM curfew.act(:'busy', 'start');
SELECT id AS login FROM curfew.create_session('login') \gset
CREATE FUNCTION pg_temp.outcomes(result curfew.bulk_result) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(line, ', ' ORDER BY line) FROM jsonb_array_elements(($1).outcomes) o JOIN curfew.session s ON s.id = (o ->> 'id')::uuid,
        LATERAL concat_ws(' ', s.lifecycle, o ->> 'outcome', o ->> 'state', o ->> 'reason') line $$;
SELECT pg_temp.outcomes(curfew.end_sessions('{"lifecycle": "bulk_job"}'));
SELECT pg_temp.outcomes(curfew.end_sessions('{"lifecycle": ["bulk_job", "login"]}', 'start'));
SELECT pg_temp.outcomes(curfew.end_sessions(jsonb_build_object('ids', jsonb_build_array(:'queued', :'busy', :'login')), 'finish', 'enough'));
SELECT pg_temp.outcomes(curfew.end_sessions('{"lifecycle": "bulk_job"}', 'stop'));
SELECT pg_temp.outcomes(curfew.end_sessions('{"lifecycle": "login", "live": true}'));
COMMIT;
-- A session past its deadline has ended, whatever its row says.
BEGIN;
SELECT curfew.act_as('bulk', :'olga') \gset
SELECT id AS late FROM curfew.create_session('agent') \gset
SET LOCAL session_replication_role = replica;
UPDATE curfew.session SET deadline = now() - interval '1 minute' WHERE id = :'late';
SET LOCAL session_replication_role = origin;
SELECT pg_temp.outcomes(curfew.end_sessions(jsonb_build_object('ids', jsonb_build_array(:'late'))));
COMMIT;

-- Who comes with a session's token may end that very session and others in one call.
SELECT pg_temp.begin_some('login', :'otto', NULL, 2);
BEGIN;
SELECT curfew.act_as('bulk', :'otto') \gset
SELECT token FROM curfew.create_session('login') \gset
COMMIT;
BEGIN;
SELECT session_id IS NOT NULL AS with_token FROM curfew.authenticate(:'token');
SELECT matched, ended FROM curfew.end_sessions('{"lifecycle": "login", "live": true}');
COMMIT;

-- Bad input refuses the whole call, and nothing is changed.
BEGIN;
SELECT curfew.act_as('bulk', :'olga') \gset
SELECT id FROM curfew.create_session('bulk_job') \gset
SELECT id AS login FROM curfew.create_session('login') \gset
SELECT what, pg_temp.answer('SELECT e.ended FROM curfew.end_sessions(' || what || ') e') FROM unnest(ARRAY[
    'NULL', '''{}''', '''{"nosuch": 1}''', '''{"live": true}'', ''nosuch''', '''{"lifecycle": "login"}'', ''stop''', '''{"lifecycle": "bulk_job"}'', ''finish''', '''{"live": true}'', ''finish'', ''''',
    '''{"live": true}'', ''hush'', ''because''', '''{"live": true}'', reason => repeat(''x'', 1025)', '''{"live": true}'', max_rows => 0', '''{"live": true}'', max_rows => 10001',
    '''{"live": true}'', dry_run => true, preview => ''x''', '''{"live": true}'', dry_run => true, after => gen_random_uuid()', '''{"live": true}'', preview => ''x'', after => gen_random_uuid()']) what;
-- A login alone has no action "stop": where only such sessions match, that is an unknown action too.
SELECT pg_temp.answer(format('SELECT e.ended FROM curfew.end_sessions(jsonb_build_object(''ids'', jsonb_build_array(%L)), ''stop'') e', :'login'));
SELECT state, version FROM curfew.get_session(:'id');
COMMIT;
-- What an edit would change is not said here.
BEGIN;
SELECT curfew.act_as('bulk', :'olga') \gset
SELECT pg_temp.answer('SELECT e.ended FROM curfew.end_sessions(''{"lifecycle": "run"}'', ''tag'') e') AS edit;
COMMIT;
-- Nobody at all, and somebody who is suspended, end nothing.
SELECT pg_temp.answer('SELECT e.ended FROM curfew.end_sessions(''{"live": true}'') e');
BEGIN;
SELECT curfew.suspend_principal(:'otto', tenant => 'bulk') \gset
SELECT key FROM curfew.issue_api_key(:'otto', tenant => 'bulk') \gset
SELECT pg_temp.answer(format('SELECT e.ended FROM curfew.authenticate(%L), LATERAL curfew.end_sessions(''{"live": true}'') e', :'key'));
ROLLBACK;
BEGIN;
SELECT curfew.act_as('bulk', :'olga') \gset
SET session_replication_role = replica;
UPDATE curfew.principal SET status = 'suspended' WHERE id = :'olga';
SET session_replication_role = origin;
SELECT pg_temp.answer('SELECT e.ended FROM curfew.end_sessions(''{"live": true}'') e');
ROLLBACK;
-- From outside a transaction nothing of a refused call is left.
SELECT count(*) FROM curfew.session WHERE tenant_id = :'tenant' AND lifecycle = 'bulk_job' AND ended_at IS NULL;
