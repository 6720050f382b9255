-- resolve_principal, maip_principal_id, principal_kind: principals by the names that fronts give them; what fronts show of a
-- session's tokens; the log by what it is about.
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
BEGIN;
SELECT curfew.create_tenant('regress-names') AS tenant, curfew.create_tenant('regress-elsewhere') AS elsewhere \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'regress-names') AS ada, curfew.create_principal('sam', 'service', tenant => 'regress-names') AS sam,
    curfew.create_principal('bot', 'agent', tenant => 'regress-names') AS bot, curfew.create_principal('max', 'user', scopes => '{agents:suspend}', tenant => 'regress-names') AS max,
    curfew.create_principal('eve', role => 'admin', tenant => 'regress-elsewhere') AS eve \gset
-- A principal's name in its tenant, and back, in either case.
SELECT curfew.act_as('regress-names', :'ada') \g /dev/null
SELECT curfew.maip_principal_id(:'bot') AS name \gset
SELECT :'name' ~ '^maip:t[0-9a-f]{7}:[0-9A-HJKMNP-TV-Z]{26}$' AS formed, curfew.resolve_principal(:'name') = :'bot' AS back, curfew.resolve_principal(:'bot') = :'bot' AS by_id,
    curfew.resolve_principal(left(:'name', 14) || lower(substr(:'name', 15))) = :'bot' AS in_lower_case, curfew.resolve_principal(NULL) IS NULL AS of_nothing;
SELECT id, pg_temp.answer(format('SELECT curfew.resolve_principal(%L, ''agent_id'') IS NOT NULL', id)) FROM unnest(ARRAY['', 'maip:', 'maip:t0000000:', 'maip:t0000000:8ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'maip:t0000000:0ZZZZZZZZZZZZZZZZZZZZZZZZU',
    'maip:t0000000;0ZZZZZZZZZZZZZZZZZZZZZZZZZ', 'maip:t0000000:0ZZZZZZZZZZZZZZZZZZZZZZZZZZ', 'maip-sess:00000000:0000000000000000', 'bot']) id;
SELECT curfew.act_as('regress-elsewhere', :'eve') \g /dev/null
SELECT pg_temp.answer(format('SELECT curfew.resolve_principal(%L, ''agent_id'')', :'name')) AS of_another_tenant;
SELECT curfew.principal_kind(:'bot') AS of_another_tenant, curfew.principal_kind(:'eve') AS own, curfew.principal_kind(NULL) AS nobody;
SELECT curfew.act_as('regress-names', :'ada') \g /dev/null
SELECT curfew.principal_kind(:'ada') AS ada, curfew.principal_kind(:'sam') AS sam, curfew.principal_kind(:'bot') AS bot;
-- Whoever may suspend a principal may look at it.
SELECT curfew.act_as('regress-names', :'max') \g /dev/null
SELECT name, status FROM curfew.get_principal(:'bot');
-- By that scope he suspends agents alone.
SELECT pg_temp.answer(format('SELECT curfew.suspend_principal(%L)', :'ada')) AS an_administrator, pg_temp.answer(format('SELECT curfew.suspend_principal(%L)', :'sam')) AS a_service,
    pg_temp.answer(format('SELECT curfew.suspend_principal(%L)', :'bot')) AS an_agent;
SELECT name, status FROM curfew.get_principal(:'ada') UNION ALL SELECT name, status FROM curfew.get_principal(:'bot');
SELECT pg_temp.answer(format('SELECT curfew.resume_principal(%L)', :'bot')) AS an_agent;
-- When a session's tokens were renewed: never at first.
SELECT curfew.act_as('regress-names', :'ada') \g /dev/null
SELECT id AS session, refresh_token FROM curfew.create_session('agent', agent => :'bot') \gset
SELECT curfew.session_refreshed_at(:'session') AS never;
SELECT refused FROM curfew.refresh_session(:'refresh_token');
SELECT curfew.session_refreshed_at(:'session') IS NOT NULL AS renewed;
-- The log by what it is about.
SELECT about, (SELECT string_agg(DISTINCT event, ', ' ORDER BY event) FROM curfew.audit_log(about => about)) AS events FROM unnest('{session,principal,tenant,nothing}'::text[]) about;
-- Bodies and queries.
SELECT call, pg_temp.answer('SELECT curfew.' || call) FROM (VALUES ($$body_boolean('{"a": false}', 'a')$$), ($$body_boolean('{"a": null}', 'a')$$), ($$body_boolean('{"a": "true"}', 'a')$$), ($$body_boolean('{"a": 1}', 'a')$$),
    ($$query_timestamp('2024-02-29T12:00:00.5Z', 'from') = '2024-02-29 12:00:00.5+00'$$), ($$query_timestamp('2024-02-30T12:00:00Z', 'from')$$), ($$query_timestamp('yesterday', 'from')$$), ($$query_timestamp(NULL, 'from')$$)) c (call);
ROLLBACK;
