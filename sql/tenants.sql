-- Two tenants: neither sees nor touches anything of the other's, by any function or view. What is the other's is answered
-- exactly as what is nobody's.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_curfew_tenants;
RESET client_min_messages;
-- The whole answer: the value, or SQLSTATE, reason word, field, message, detail and hint.
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text; message text; detail text; hint text;
BEGIN
    EXECUTE statement INTO value;
    RETURN coalesce('gave ' || value, 'nothing');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')', '| ' || message, nullif(detail, ''), nullif(hint, ''));
END $$;
SELECT curfew.create_tenant('here') AS here, curfew.create_tenant('there') AS there \gset
-- In each the same: an administrator with a key, a member, an agent, a workspace, and a session of every lifecycle.
CREATE TEMP TABLE thing (tenant text, name text, value text);
CREATE FUNCTION pg_temp.thing(tenant text, name text) RETURNS text LANGUAGE sql AS $$ SELECT t.value FROM thing t WHERE t.tenant = thing.tenant AND t.name = thing.name $$;
INSERT INTO thing SELECT tenant, name, curfew.create_principal(name, kind, role, scopes, tenant => tenant) FROM unnest('{here,there}'::text[]) tenant,
    (VALUES ('admin', 'user', 'admin', NULL::text[]), ('member', 'user', 'member', '{sessions:*}'), ('agent', 'agent', 'member', NULL)) p (name, kind, role, scopes);
INSERT INTO thing SELECT tenant, 'workspace', curfew.create_workspace(tenant || '-room', tenant => tenant) FROM unnest('{here,there}'::text[]) tenant;
INSERT INTO thing SELECT tenant, 'workspace slug', tenant || '-room' FROM unnest('{here,there}'::text[]) tenant;
INSERT INTO thing SELECT tenant, x.name, x.value FROM unnest('{here,there}'::text[]) tenant, LATERAL curfew.issue_api_key(pg_temp.thing(tenant, 'admin')::uuid, tenant => tenant) k,
    LATERAL (VALUES ('key id', k.id::text), ('key', k.key)) x (name, value);
CREATE FUNCTION pg_temp.fill(tenant text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made curfew.session_created; lifecycle text;
BEGIN
    PERFORM curfew.add_member(tenant || '-room', pg_temp.thing(tenant, 'member')::uuid, tenant => tenant);
    PERFORM curfew.act_as(tenant, pg_temp.thing(tenant, 'member')::uuid);
    FOREACH lifecycle IN ARRAY '{login,conversation,run,agent,visual}'::text[] LOOP
        made := curfew.create_session(lifecycle, workspace => tenant || '-room', title => 'of ' || tenant);
        INSERT INTO thing VALUES (tenant, lifecycle, made.id), (tenant, lifecycle || ' token', made.token), (tenant, lifecycle || ' refresh token', made.refresh_token);
    END LOOP;
    INSERT INTO thing VALUES (tenant, 'maip', curfew.maip_session_id(pg_temp.thing(tenant, 'agent')::uuid));
END $$;
UPDATE thing SET name = 'agent principal' WHERE name = 'agent';
SELECT pg_temp.fill('here') \gset
SELECT pg_temp.fill('there') \gset
INSERT INTO thing SELECT t, 'event', (SELECT e.id FROM curfew.audit_event e WHERE e.session_id = pg_temp.thing(t, 'login')::uuid) FROM unnest('{here,there}'::text[]) t;
-- One in there, by every function that takes an id, a name or a secret: with the other's, with one's own, and with nobody's.
CREATE TEMP TABLE attempt (n serial, function text, thing text, call text);
INSERT INTO attempt (function, thing, call) VALUES
    ('act', 'login', 'state FROM curfew.act(%L, ''end'')'),
    ('act', 'run', 'state FROM curfew.act(%L, ''terminate'')'),
    ('act', 'agent', 'state FROM curfew.act(%L, ''terminate'', ''reason'')'),
    ('act', 'visual', 'state FROM curfew.act(%L, ''authorize'')'),
    ('act', 'conversation', 'state FROM curfew.act(%L, ''pin'')'),
    ('act', 'workspace slug', 'state FROM curfew.act(gen_random_uuid(), ''pin'', workspace => %L)'),
    ('act', 'workspace', 'state FROM curfew.act(gen_random_uuid(), ''pin'', workspace => %L)'),
    ('terminate_session', 'run', 'state FROM curfew.terminate_session(%L)'),
    ('cancel_session', 'visual', 'state FROM curfew.cancel_session(%L)'),
    ('end_session', 'login', 'state FROM curfew.end_session(%L)'),
    ('archive_session', 'conversation', 'state FROM curfew.archive_session(%L)'),
    ('unarchive_session', 'conversation', 'state FROM curfew.unarchive_session(%L)'),
    ('extend_session', 'agent', 'state FROM curfew.extend_session(%L)'),
    ('touch_session', 'run', 'curfew.touch_session(%L)'),
    ('get_session', 'conversation', 'state FROM curfew.get_session(%L)'),
    ('get_session', 'visual', 'state FROM curfew.get_session(%L)'),
    ('get_session', 'workspace slug', 'state FROM curfew.get_session(gen_random_uuid(), workspace => %L)'),
    ('update_session', 'conversation', 'version FROM curfew.update_session(%L, title => ''x'')'),
    ('post_message', 'conversation', 'version FROM curfew.post_message(%L, ''x'')'),
    ('end_sessions', 'run', 'matched FROM curfew.end_sessions(jsonb_build_object(''ids'', ARRAY[%L]::text[]))'),
    ('act_each', 'conversation', 'refused FROM curfew.act_each(ARRAY[%L::uuid], ''pin'')'),
    ('act_each', 'workspace', 'refused FROM curfew.act_each(ARRAY[gen_random_uuid()], ''pin'', workspace => %L)'),
    ('find_principals', 'member', 'count(*) FROM curfew.find_principals(%L)'),
    ('own_or_administered', 'member', 'curfew.own_or_administered(%L)'),
    ('resolve_workspace', 'workspace slug', 'curfew.resolve_workspace(%L)'),
    ('resolve_workspace', 'workspace', 'curfew.resolve_workspace(%L)'),
    ('list_messages', 'conversation', 'count(*) FROM curfew.list_messages(%L)'),
    ('get_session_detail', 'run', 'title FROM curfew.get_session_detail(%L)'),
    ('session_as_of', 'run', 'state FROM curfew.session_as_of(%L, now())'),
    ('resolve_session', 'maip', 'curfew.resolve_session(%L, ''agent'')'),
    ('resolve_session', 'workspace slug', 'curfew.resolve_session(''0000'', ''login'', %L)'),
    ('list_sessions', 'member', 'count(*) > 0 FROM curfew.list_sessions(owner => %L)'),
    ('list_sessions', 'agent principal', 'count(*) > 0 FROM curfew.list_sessions(agent => %L)'),
    ('list_sessions', 'workspace slug', 'count(*) > 0 FROM curfew.list_sessions(workspace => %L)'),
    ('list_sessions', 'workspace', 'count(*) > 0 FROM curfew.list_sessions(workspace => %L)'),
    ('end_sessions', 'member', 'e.matched > 0 FROM curfew.end_sessions(jsonb_build_object(''owner'', %L), dry_run => true) e'),
    ('end_sessions', 'run', 'e.matched > 0 FROM curfew.end_sessions(jsonb_build_object(''ids'', jsonb_build_array(%L)), dry_run => true) e'),
    ('list_sessions', 'run', 'count(*) >= 0 FROM curfew.list_sessions(after => %L)'),
    ('audit_log', 'run', 'count(*) > 0 FROM curfew.audit_log(%L)'),
    ('audit_log', 'member', 'count(*) > 0 FROM curfew.audit_log(actor => %L)'),
    ('audit_log', 'event', 'count(*) > 0 FROM curfew.audit_log(after => %L)'),
    ('introspect', 'login token', 'active FROM curfew.introspect(%L)'),
    ('introspect', 'agent token', 'active FROM curfew.introspect(%L)'),
    ('create_session', 'member', 'state FROM curfew.create_session(''login'', owner => %L)'),
    ('create_session', 'agent principal', 'state FROM curfew.create_session(''run'', agent => %L)'),
    ('create_session', 'workspace slug', 'state FROM curfew.create_session(''run'', workspace => %L)'),
    ('create_session', 'workspace', 'state FROM curfew.create_session(''run'', workspace => %L)'),
    ('create_session', 'login', 'state FROM curfew.create_session(''run'', parent => %L)'),
    ('get_principal', 'member', 'name FROM curfew.get_principal(%L)'),
    ('list_principals', 'member', 'count(*) FROM curfew.list_principals(after => %L)'),
    ('add_member', 'workspace slug', 'curfew.add_member(%L, curfew.current_principal())'),
    ('add_member', 'workspace', 'curfew.add_member(%L, curfew.current_principal())'),
    ('add_member', 'member', 'curfew.add_member(''here-room'', %L)'),
    ('remove_member', 'workspace slug', 'curfew.remove_member(%L, curfew.current_principal())'),
    ('remove_member', 'workspace', 'curfew.remove_member(%L, curfew.current_principal())'),
    ('remove_member', 'member', 'curfew.remove_member(''here-room'', %L)'),
    ('issue_api_key', 'member', 'key IS NOT NULL FROM curfew.issue_api_key(%L)'),
    ('issue_api_key', 'workspace slug', 'key IS NOT NULL FROM curfew.issue_api_key(curfew.current_principal(), workspace => %L)'),
    ('map_role', 'member', 'curfew.map_role(''regress_curfew_tenants'', %L)'),
    ('suspend_principal', 'member', 'curfew.suspend_principal(%L)'),
    ('resume_principal', 'member', 'curfew.resume_principal(%L)'),
    ('revoke_principal', 'member', 'curfew.revoke_principal(%L)'),
    ('kill_principal', 'member', 'curfew.kill_principal(%L)'),
    ('list_api_keys', 'admin', 'count(*) > 0 FROM curfew.list_api_keys(%L)'),
    ('refresh_session', 'agent', 'refused IS NULL FROM curfew.refresh_session(pg_temp.thing(''here'', ''agent refresh token''), %L)'),
    ('principal_kind', 'member', 'curfew.principal_kind(%L) IS NOT NULL'),
    ('session_refreshed_at', 'agent', 'curfew.session_refreshed_at(%L) IS NULL'),
    ('session_relations', 'agent', 'curfew.session_relations(%L) IS NOT NULL'),
    ('caller_workspace', 'workspace slug', 'curfew.caller_workspace(%L) IS NOT NULL'),
    ('set_workspace_online', 'workspace', 'curfew.set_workspace_online(%L)'),
    ('revoke_api_key', 'key id', 'curfew.revoke_api_key(%L) IS NOT NULL');
CREATE ROLE regress_curfew_tenants;
-- Each attempt is undone.
CREATE FUNCTION pg_temp.try(call text, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM curfew.act_as('here', pg_temp.thing('here', CASE WHEN call ~ '(visual|cancel_session)' OR value = pg_temp.thing('here', 'visual') THEN 'member' ELSE 'admin' END)::uuid);
    answer := pg_temp.answer(format('SELECT ' || call, value));
    RAISE EXCEPTION USING MESSAGE = answer;
EXCEPTION WHEN raise_exception THEN
    RETURN SQLERRM;
END $$;
SELECT function, thing, pg_temp.try(call, pg_temp.thing('there', thing)) AS with_the_others FROM attempt ORDER BY n;
-- Nobody's: an id, slug or secret that was never given out. Whatever differs is told apart, and should not be.
SELECT function, thing FROM attempt WHERE pg_temp.try(call, pg_temp.thing('there', thing)) <> pg_temp.try(call, CASE
    WHEN thing LIKE '%token' THEN repeat('0', 64) WHEN thing = 'workspace slug' THEN 'nowhere' WHEN thing = 'maip' THEN 'maip-sess:00000000:0000000000000000' ELSE gen_random_uuid()::text END);
-- With one's own they all do something: the attempts above are good ones.
SELECT function, thing, pg_temp.try(call, pg_temp.thing('here', thing)) FROM attempt WHERE pg_temp.try(call, pg_temp.thing('here', thing)) !~ '^(gave|nothing)' ORDER BY n;
-- Every function with an argument that could be somebody's is tried, above or below.
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace AND (2950 = ANY (p.proargtypes) OR p.proargnames && '{workspace,token,tenant,credential}'::text[])
    AND p.proname NOT IN (SELECT function FROM attempt) AND p.proname NOT IN ('authenticate', 'act_as', 'end_all_sessions', 'check_consistency', 'maip_session_id', 'maip_principal_id', 'set_tenant_settings', 'outside_engine', 'decides', 'create_principal', 'create_workspace', 'unmap_role', 'register_issuer', 'list_issuers', 'remove_issuer', 'suspend_tenant', 'resume_tenant') ORDER BY p.proname COLLATE "C";

-- An administrator who names the other tenant does not find it, by slug or id; naming one's own is allowed.
SELECT call, pg_temp.try(call, 'there') AS others, pg_temp.try(call, :'there') = pg_temp.try(call, 'there') AS same_by_id, pg_temp.try(call, 'nowhere') = pg_temp.try(call, 'there') AS same_as_nowhere,
    left(pg_temp.try(call, 'here'), 4) IN ('gave', 'noth') AS own
FROM unnest(ARRAY['curfew.create_principal(''x'', tenant => %L)', 'curfew.set_tenant_settings(''{}'', tenant => %L) IS NOT NULL', 'curfew.set_workspace_online(''here-room'', tenant => %L)', 'curfew.create_workspace(''x'', tenant => %L)', 'curfew.add_member(''here-room'', curfew.current_principal(), tenant => %L)',
    'curfew.remove_member(''here-room'', curfew.current_principal(), tenant => %L)',
    'key IS NOT NULL FROM curfew.issue_api_key(curfew.current_principal(), tenant => %L)', 'curfew.suspend_principal(curfew.current_principal(), tenant => %L)', 'curfew.resume_principal(curfew.current_principal(), tenant => %L)',
    'curfew.revoke_principal(curfew.current_principal(), tenant => %L)', 'curfew.kill_principal(curfew.current_principal(), tenant => %L)', 'count(*) > 0 FROM curfew.list_api_keys(tenant => %L)', 'count(*) > 0 FROM curfew.list_principals(tenant => %L)', 'curfew.map_role(''regress_curfew_tenants'', curfew.current_principal(), tenant => %L)', 'curfew.unmap_role(''regress_curfew_tenants'', tenant => %L)',
    'curfew.register_issuer(''https://id.example'', hs256_secret => ''0123456789abcdef0123456789abcdef'', tenant => %L) IS NOT NULL', 'count(*) > 0 FROM curfew.list_issuers(tenant => %L)', 'curfew.remove_issuer(''https://id.example'', tenant => %L)']) call;
SELECT pg_temp.try('curfew.revoke_api_key(''' || pg_temp.thing('here', 'key id') || ''', tenant => %L) IS NOT NULL', 'there') AS others, pg_temp.try('curfew.revoke_api_key(''' || pg_temp.thing('here', 'key id') || ''', tenant => %L) IS NOT NULL', 'here') AS own;
-- Every function with an argument "tenant" is tried.
SELECT count(*) AS with_tenant FROM pg_proc p WHERE p.pronamespace = 'curfew'::regnamespace AND 'tenant' = ANY (p.proargnames) AND p.proname NOT IN ('authenticate', 'act_as', 'end_all_sessions', 'suspend_tenant', 'resume_tenant');
-- A credential of here does not open there.
SELECT pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L, %L)', pg_temp.thing('here', 'key'), 'there')) AS key, pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L, %L)', pg_temp.thing('here', 'login token'), :'there')) AS token;

-- Lists, logs and views have what is one's own to read and nothing else.
BEGIN;
SELECT curfew.authenticate(pg_temp.thing('here', 'key')) \gset
SELECT count(*) FILTER (WHERE id::text IN (SELECT value FROM thing WHERE tenant = 'here')) AS own, count(*) AS listed FROM curfew.list_sessions(max_rows => 1000);
SELECT count(*) > 0 AS some, count(*) = (SELECT count(*) FROM curfew.audit_event e WHERE e.tenant_id = :'here') AS all, count(*) FILTER (WHERE e::text LIKE '%there%') AS others FROM curfew.audit_log(max_rows => 1000) e;
COMMIT;
SELECT curfew.grant_access('regress_curfew_tenants', 'auditor') \gset
SELECT curfew.map_role('regress_curfew_tenants', pg_temp.thing('here', 'admin')::uuid, 'here') \gset
SELECT (SELECT count(*) FROM curfew.session WHERE tenant_id = :'here') AS all_sessions, (SELECT count(*) FROM curfew.audit_event WHERE tenant_id = :'here') AS all_events \gset
SET ROLE regress_curfew_tenants;
SELECT count(*) = :all_sessions AS all, count(*) FILTER (WHERE tenant_id <> :'here') AS others FROM curfew.sessions;
SELECT count(*) = :all_events AS all, count(*) FILTER (WHERE tenant_id <> :'here') AS others FROM curfew.audit_events;
-- A condition with a side effect is not asked about the other's rows.
CREATE FUNCTION pg_temp.peek(tenant uuid) RETURNS boolean COST 0.0000001 LANGUAGE plpgsql AS $$
BEGIN
    IF tenant::text <> current_setting('regress_curfew.here') THEN RAISE NOTICE 'peeked'; END IF;
    RETURN true;
END $$;
SET regress_curfew.here = :'here';
SELECT count(*) = :all_sessions AS all FROM curfew.sessions WHERE pg_temp.peek(tenant_id);
SELECT count(*) = :all_events AS all FROM curfew.audit_events WHERE pg_temp.peek(tenant_id);
RESET ROLE;
-- A principal that is suspended, or whose tenant is, sees nothing; nor does one that is no auditor.
SELECT curfew.map_role('regress_curfew_tenants', pg_temp.thing('here', 'member')::uuid, 'here') \gset
SET ROLE regress_curfew_tenants;
SELECT pg_temp.answer('SELECT count(*) FROM curfew.sessions') AS sessions, pg_temp.answer('SELECT count(*) FROM curfew.audit_events') AS audit_events;
RESET ROLE;
SELECT curfew.map_role('regress_curfew_tenants', pg_temp.thing('here', 'admin')::uuid, 'here') \gset
BEGIN;
UPDATE curfew.principal SET status = 'suspended' WHERE id = pg_temp.thing('here', 'admin')::uuid;
SET LOCAL ROLE regress_curfew_tenants;
SELECT pg_temp.answer('SELECT nullif(count(*), 0) FROM curfew.sessions') ~ '^(nothing|SL403)' AS suspended_sees_nothing, pg_temp.answer('SELECT nullif(count(*), 0) FROM curfew.audit_events') ~ '^(nothing|SL403)' AS suspended_reads_nothing;
ROLLBACK;
BEGIN;
UPDATE curfew.tenant SET status = 'suspended' WHERE id = :'here';
SET LOCAL ROLE regress_curfew_tenants;
SELECT pg_temp.answer('SELECT nullif(count(*), 0) FROM curfew.sessions') ~ '^(nothing|SL403)' AS suspended_sees_nothing, pg_temp.answer('SELECT nullif(count(*), 0) FROM curfew.audit_events') ~ '^(nothing|SL403)' AS suspended_reads_nothing;
ROLLBACK;

-- A tenant that is suspended: nothing is done for its people, until it is resumed. A repeat is not written down again.
SELECT curfew.suspend_tenant('here', 'unpaid'), curfew.suspend_tenant(:'here') \gset
SELECT pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L)', pg_temp.thing('here', 'key'))) AS by_key, pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L)', pg_temp.thing('here', 'login token'))) AS by_token,
    pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L)', pg_temp.thing('there', 'key'))) AS elsewhere;
SELECT curfew.resume_tenant('here'), curfew.resume_tenant('here', 'paid') \gset
SELECT pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L)', pg_temp.thing('here', 'key'))) AS resumed;
SELECT event, reason, actor_id, db_role = current_user AS by_me FROM curfew.audit_event WHERE tenant_id = :'here' AND event ~ '^tenant\.(suspend|resume)$' ORDER BY at, id;
SELECT pg_temp.answer('SELECT curfew.suspend_tenant(''nowhere'')') AS unknown, pg_temp.answer('SELECT curfew.resume_tenant(NULL)') AS none, pg_temp.answer('SELECT curfew.suspend_tenant(''here'', repeat(''x'', 1025))') AS too_long;

-- Names are each tenant's own; slugs of tenants are not.
SELECT curfew.create_workspace('same', tenant => 'here') IS DISTINCT FROM curfew.create_workspace('same', tenant => 'there') AS two_workspaces,
    curfew.create_principal('same', tenant => 'here') IS DISTINCT FROM curfew.create_principal('same', tenant => 'there') AS two_principals;
SELECT pg_temp.answer('SELECT curfew.create_tenant(''here'')') AS tenant, pg_temp.answer('SELECT curfew.create_workspace(''same'', tenant => ''here'')') AS workspace, pg_temp.answer('SELECT curfew.create_principal(''same'', tenant => ''here'')') AS principal;

-- Nothing of there was changed by all this.
SELECT count(*) AS changes FROM curfew.audit_event WHERE tenant_id = :'there' AND (version > 1 OR event ~ '^(principal\.(suspend|resume|revoke)|api_key\.revoke|role)');
SELECT count(*) FILTER (WHERE status = 'active') = count(*) AS all_active FROM curfew.principal WHERE tenant_id = :'there';
DROP OWNED BY regress_curfew_tenants;
DROP ROLE regress_curfew_tenants;
