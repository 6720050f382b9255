-- Workspaces as parties: for which one a caller acts, which takes what is dispatched, and what an action keeps with a session.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\set VERBOSITY default
\pset null '-'
BEGIN;
SELECT curfew.create_tenant('regress-market') AS tenant \gset
SELECT curfew.create_workspace('home', tenant => 'regress-market') AS home, curfew.create_workspace('red', operator => true, tenant => 'regress-market') AS red,
    curfew.create_workspace('blue', operator => true, tenant => 'regress-market') AS blue \gset
SELECT curfew.create_principal('vera', scopes => '{sessions:*}', tenant => 'regress-market') AS vera, curfew.create_principal('otto', scopes => '{sessions:*}', tenant => 'regress-market') AS otto,
    curfew.create_principal('rita', role => 'admin', tenant => 'regress-market') AS rita, curfew.create_principal('nell', scopes => '{workspaces:online}', tenant => 'regress-market') AS nell \gset
SELECT curfew.add_member('home', :'vera', tenant => 'regress-market'), curfew.add_member('red', :'otto', tenant => 'regress-market'),
    curfew.add_member('blue', :'vera', 'reader', tenant => 'regress-market') \g /dev/null
SELECT key AS red_key FROM curfew.issue_api_key(:'otto', workspace => 'red', tenant => 'regress-market') \gset
SELECT key AS limited_key FROM curfew.issue_api_key(:'otto', scopes => '{sessions:read}', tenant => 'regress-market') \gset
CREATE FUNCTION pg_temp.name(which uuid) RETURNS text LANGUAGE sql AS $$ SELECT w.slug FROM curfew.workspace w WHERE w.id = which $$;
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
    word text;
    argument text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN coalesce(answer, '-');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, argument = COLUMN_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), nullif(argument, ''));
END $$;

-- For which workspace a caller acts whose credential is bound to none: for one that is named, where more than a reader.
SELECT curfew.act_as('regress-market', :'vera') \g /dev/null
SELECT pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace())') AS unnamed, pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(''home''))') AS own,
    pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(''blue''))') AS as_reader, pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(''red''))') AS anothers,
    pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(''nowhere''))') AS unknown, pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(operator => true))') AS no_operator;
SELECT curfew.act_as('regress-market', :'otto') \g /dev/null
SELECT pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(operator => true, scope => ''sessions:operate''))') AS the_only_one,
    pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(scope => ''elsewhere:any''))') AS no_scope;
-- One that is bound acts for that one.
SELECT FROM curfew.authenticate(:'red_key');
SELECT pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace())') AS unnamed, pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(''red'', true))') AS own,
    pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(''home''))') AS anothers;
SELECT FROM curfew.authenticate(:'limited_key');
SELECT pg_temp.answer('SELECT pg_temp.name(curfew.caller_workspace(scope => ''sessions:operate''))') AS limited;

-- Who may say that a workspace is online: administrators and holders of workspaces:online. A repeat is not written down.
SELECT curfew.act_as('regress-market', :'otto') \g /dev/null
SELECT pg_temp.answer('SELECT curfew.set_workspace_online(''red'')') AS its_member;
SELECT curfew.act_as('regress-market', :'nell') \g /dev/null
SELECT curfew.set_workspace_online('red');
SELECT curfew.set_workspace_online('red');
SELECT pg_temp.answer('SELECT curfew.set_workspace_online(''nowhere'')') AS unknown;
SELECT curfew.act_as('regress-market', :'rita') \g /dev/null
SELECT curfew.set_workspace_online('red', false);
SELECT event, pg_temp.name((details ->> 'workspace_id')::uuid), actor_id = :'rita' AS by_rita FROM curfew.audit_event
WHERE tenant_id = :'tenant' AND event ~ 'line$' ORDER BY at, id;

-- What is dispatched goes to the workspace that is online, has no session, and has been so for longest; never to the consumer's own.
CREATE FUNCTION pg_temp.dispatch() RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.answer(format('SELECT pg_temp.name(operator_workspace_id) FROM curfew.act(%L, ''dispatch'')', (SELECT id FROM curfew.create_session('visual', workspace => 'home')))) $$;
SELECT curfew.act_as('regress-market', :'vera') \g /dev/null
SELECT pg_temp.dispatch() AS nobody_is_online;
UPDATE curfew.workspace SET online_since = now() - CASE slug WHEN 'red' THEN interval '1 hour' ELSE interval '1 minute' END WHERE tenant_id = :'tenant' AND slug <> 'home';
SELECT pg_temp.dispatch() AS online_first;
SELECT pg_temp.dispatch() AS the_other;
SELECT pg_temp.dispatch() AS both_are_busy;
UPDATE curfew.session SET deadline = now() - interval '1 second' WHERE tenant_id = :'tenant' AND operator_workspace_id = :'red';
SELECT pg_temp.dispatch() AS one_whose_session_has_expired;
SELECT e.state FROM curfew.find_sessions('{"state": "ASSIGNED", "party": "blue"}') f, LATERAL pg_catalog.unnest(f.sessions) l, LATERAL curfew.act(l.id, 'end') e;
SELECT pg_temp.dispatch() AS one_whose_session_was_ended;
-- Those in which a workspace has a part, in either place.
SELECT l.party, f.total, (SELECT count(DISTINCT s.state) FROM pg_catalog.unnest(f.sessions) s) AS states FROM (VALUES ('home'), ('red'), ('blue')) l (party), LATERAL curfew.find_sessions(pg_catalog.jsonb_build_object('party', l.party)) f ORDER BY 1;
SELECT pg_temp.answer('SELECT total FROM curfew.find_sessions(''{"party": "nowhere"}'')');

-- An unbound caller accepts for a workspace that he names, or for the only one that he could.
SELECT id AS session FROM curfew.create_session('visual', workspace => 'home', fields => '{"rate": 1}') \gset
-- What the operator alone is shown is his to write.
SELECT pg_temp.answer($$SELECT state FROM curfew.create_session('visual', workspace => 'home', fields => '{"operator": {}}')$$) AS beginning_with_it,
    pg_temp.answer(format('SELECT state FROM curfew.act(%L, ''cancel'', fields => ''{"operator": {"secret": "y"}}'')', :'session')) AS by_the_consumer;
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, ''accept'', for_workspace => ''blue'')', :'session')) AS as_reader,
    pg_temp.answer(format('SELECT state FROM curfew.act(%L, ''accept'')', :'session')) AS the_consumer;
SELECT curfew.act_as('regress-market', :'otto') \g /dev/null
SELECT state FROM curfew.get_session(:'session');
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, ''accept'', for_workspace => ''nowhere'')', :'session')) AS unknown,
    pg_temp.answer(format('SELECT state FROM curfew.act(%L, ''accept'', fields => ''[]'')', :'session')) AS fields_that_are_none;
SELECT state, pg_temp.name(operator_workspace_id) FROM curfew.act(:'session', 'accept', for_workspace => :'red', fields => '{"rate": 2, "note": "new", "operator": {"secret": "x"}}');
-- What the fields have already stays; what is the operator's he alone sees.
SELECT curfew.session_relations(:'session'), fields FROM curfew.get_session_detail(:'session');
SELECT curfew.act_as('regress-market', :'vera') \g /dev/null
SELECT curfew.session_relations(:'session'), fields FROM curfew.get_session_detail(:'session');
SELECT s.fields FROM curfew.find_sessions(pg_catalog.jsonb_build_object('ids', :'session')) f, LATERAL pg_catalog.unnest(f.sessions) s;
-- A refused action keeps nothing.
SELECT pg_temp.answer(format('SELECT state FROM curfew.act(%L, ''cancel'', fields => ''{"more": 1}'')', :'session')) AS refused, fields ? 'more' AS kept FROM curfew.get_session_detail(:'session');

-- A tenant's settings: administrators set them, everybody of the tenant reads them; null takes one away.
SELECT curfew.tenant_setting('video', 'none'), curfew.tenant_setting('video');
SELECT pg_temp.answer('SELECT curfew.set_tenant_settings(''{"video": "events"}'')') AS a_member;
SELECT curfew.act_as('regress-market', :'rita') \g /dev/null
SELECT curfew.set_tenant_settings('{"video": "events"}');
SELECT curfew.set_tenant_settings('{"rate_per_second_micro_usdc": "25"}');
SELECT curfew.set_tenant_settings('{"rate_per_second_micro_usdc": "25"}') IS NOT NULL AS again;
SELECT curfew.set_tenant_settings('{"rate_per_second_micro_usdc": null}');
SELECT settings, pg_temp.answer(format('SELECT curfew.set_tenant_settings(%L)', settings)) FROM (VALUES ('{"video": "film"}'), ('{"video": 1}'), ('{"volume": "11"}'), ('{"rate_per_second_micro_usdc": "-1"}'),
    ('{"rate_per_second_micro_usdc": ""}'), ('{"video_url": "http://x"}'), ('[]'), (NULL)) s (settings);
SELECT event, details, actor_id = :'rita' AS by_rita FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event = 'tenant.settings' ORDER BY at, id;
SELECT curfew.tenant_setting('video', 'none'), curfew.tenant_setting('rate_per_second_micro_usdc', '1000');

-- Bodies: numbers within bounds, members that have to be there, and a refusal by its word.
SELECT call, pg_temp.answer('SELECT curfew.' || call) FROM (VALUES ($$body_number('{"a": -1.5}', 'a', -1.5, 2)$$), ($$body_number('{"a": 2.01}', 'a', -1.5, 2)$$), ($$body_number('{"a": -1.51}', 'a', -1.5, 2)$$),
    ($$body_number('{"a": "1"}', 'a')$$), ($$body_number('{"a": null}', 'a')$$), ($$body_number('{}', 'a', 1, 2)$$), ($$require_fields('{"a": 1, "b": false}', '{a,b}')$$), ($$require_fields('{"a": null}', '{a}')$$),
    ($$require_fields('{"a": 1}', '{a,b}')$$), ($$refuse('quote_not_found', 'quoteId')$$), ($$refuse('no_coverage')$$), ($$refuse('invalid_state')$$), ($$refuse('nonsense')$$), ($$refuse(NULL)$$)) c (call);
ROLLBACK;
