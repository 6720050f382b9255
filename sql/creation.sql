-- Beginning a session: for whom, run by whom, where, and with which scopes.
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
-- What create_session answers to a caller: the state, or what it is refused with. The attempt is not undone.
CREATE FUNCTION pg_temp.begin_as(caller text, arguments text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    key text;
BEGIN
    SELECT c.key INTO STRICT key FROM caller c WHERE c.name = caller;
    PERFORM curfew.authenticate(key);
    RETURN pg_temp.answer(format('SELECT state FROM curfew.create_session(%s)', arguments));
END $$;
CREATE FUNCTION pg_temp.id_of(name text) RETURNS text LANGUAGE sql AS $$
    SELECT quote_literal(p.id) FROM curfew.principal p JOIN curfew.tenant t ON t.id = p.tenant_id AND t.slug = 'creation' WHERE p.name = id_of.name
$$;
CREATE TEMP TABLE caller (name text, key text);
SELECT curfew.create_tenant('creation') AS tenant \gset
SELECT curfew.create_workspace('room', tenant => 'creation') AS room, curfew.create_workspace('cellar', tenant => 'creation') AS cellar \gset
INSERT INTO caller SELECT name, (curfew.issue_api_key(curfew.create_principal(name, kind, role, scopes, tenant => 'creation'), tenant => 'creation')).key FROM (VALUES
    (1, 'olga', 'user', 'member', '{shell,files:*}'::text[]), (2, 'other', 'user', 'member', NULL), (3, 'ada', 'user', 'admin', NULL),
    (4, 'sam', 'service', 'member', '{sessions:*}'), (5, 'bot', 'agent', 'member', '{files:read}'), (6, 'rex', 'user', 'reader', NULL),
    (7, 'wren', 'user', 'member', NULL), (8, 'gone', 'user', 'member', NULL), (9, 'idle', 'agent', 'member', NULL)) v (n, name, kind, role, scopes) ORDER BY n;
SELECT count(curfew.add_member('room', trim(pg_temp.id_of(name), chr(39))::uuid, role, 'creation'))
FROM (VALUES ('olga', 'member'), ('sam', 'member'), ('wren', 'reader')) v (name, role);
SELECT curfew.revoke_principal(trim(pg_temp.id_of('gone'), '''')::uuid, tenant => 'creation'), curfew.suspend_principal(trim(pg_temp.id_of('idle'), '''')::uuid, tenant => 'creation') \gset

-- For oneself; for others, or run by an agent, only with the scope sessions:create_for; never for nobody, and not by a reader.
SELECT caller, pg_temp.begin_as(caller, '''login''') AS own, pg_temp.begin_as(caller, '''login'', ' || pg_temp.id_of('other')) AS others
FROM (VALUES (1, 'olga'), (2, 'bot'), (3, 'sam'), (4, 'ada'), (5, 'rex')) v (n, caller) ORDER BY n;
SELECT pg_temp.begin_as('ada', '''login'', gen_random_uuid()') AS nobody, pg_temp.begin_as('ada', '''login'', ' || pg_temp.id_of('idle')) AS suspended;
-- For one who is revoked neither, and that is not the caller's credential's fault.
SELECT left(answer, 2) AS refused, left(answer, 5) = 'SL401' AS as_if_it_were FROM pg_temp.begin_as('ada', '''login'', ' || pg_temp.id_of('gone')) answer;

-- Run by an agent that is there and active.
SELECT pg_temp.begin_as('sam', '''agent'', agent => ' || pg_temp.id_of('bot')) AS bot, pg_temp.begin_as('sam', '''agent'', agent => gen_random_uuid()') AS nobody,
    pg_temp.begin_as('sam', '''agent'', agent => ' || pg_temp.id_of('idle')) AS suspended;
-- A session's token speaks for its agent, so a member has none run by anybody, and nobody by one that is no agent.
SELECT agent, pg_temp.begin_as('other', '''login'', agent => ' || pg_temp.id_of(agent)) AS member, pg_temp.begin_as('sam', '''login'', agent => ' || pg_temp.id_of(agent)) AS service
FROM (VALUES (1, 'ada'), (2, 'olga'), (3, 'sam'), (4, 'bot')) v (n, agent) ORDER BY n;

-- Of a lifecycle that is defined.
SELECT pg_temp.begin_as('olga', '''dream''') AS unknown, pg_temp.begin_as('olga', 'NULL') AS none, pg_temp.begin_as('olga', '''Login''') AS misspelt;

-- Where the lifecycle asks for a workspace: in one, that is there and that the caller belongs to, as more than a reader.
SELECT pg_temp.begin_as('olga', '''conversation''') AS nowhere, pg_temp.begin_as('olga', '''conversation'', workspace => ''attic''') AS unknown,
    pg_temp.begin_as('olga', '''conversation'', workspace => ''room''') AS member, pg_temp.begin_as('olga', '''conversation'', workspace => ''cellar''') AS stranger,
    pg_temp.begin_as('wren', '''conversation'', workspace => ''room''') AS reader, pg_temp.begin_as('ada', '''conversation'', workspace => ''cellar''') AS admin;
SELECT pg_temp.begin_as('olga', '''conversation'', workspace => ' || quote_literal(:'room')) AS by_id;

-- A key that is bound to a workspace begins sessions there, said or not said, and nowhere else.
INSERT INTO caller SELECT 'olga in the room', (curfew.issue_api_key(trim(pg_temp.id_of('olga'), '''')::uuid, workspace => 'room', tenant => 'creation')).key;
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'olga in the room' \gset
SELECT workspace_id = :'room' AS in_the_room FROM curfew.create_session('login');
COMMIT;
SELECT lifecycle, pg_temp.begin_as('olga in the room', format('%L, workspace => %L', lifecycle, 'room')) AS room,
    pg_temp.begin_as('olga in the room', format('%L, workspace => %L', lifecycle, 'cellar')) AS cellar
FROM (VALUES (1, 'login'), (2, 'conversation'), (3, 'run'), (4, 'agent')) v (n, lifecycle) ORDER BY n;

-- Where the lifecycle asks for a scope: with it.
SELECT pg_temp.begin_as('olga', '''visual'', workspace => ''room''') AS without, pg_temp.begin_as('sam', '''visual'', workspace => ''room''') AS with;

-- A session's scopes are words, and within those of whom it runs as; '*' covers what follows a colon.
SELECT pg_temp.begin_as('olga', '''login'', scopes => ''{shell}''') AS held, pg_temp.begin_as('olga', '''login'', scopes => ''{files:read,files:write}''') AS covered,
    pg_temp.begin_as('olga', '''login'', scopes => ''{}''') AS none, pg_temp.begin_as('olga', '''login'', scopes => ''{shell,root}''') AS not_held,
    pg_temp.begin_as('olga', '''login'', scopes => ''{*}''') AS all, pg_temp.begin_as('olga', '''login'', scopes => ''{files}''') AS half, pg_temp.begin_as('olga', '''login'', scopes => ''{"a b"}''') AS malformed,
    pg_temp.begin_as('olga', '''login'', scopes => ''{NULL}''') AS null;
SELECT pg_temp.begin_as('sam', '''agent'', scopes => ''{files:read}'', agent => ' || pg_temp.id_of('bot')) AS agents,
    pg_temp.begin_as('sam', '''agent'', scopes => ''{shell}'', agent => ' || pg_temp.id_of('bot')) AS not_the_agents;
-- A credential with few scopes does not make itself one with more.
INSERT INTO caller SELECT 'ada, few', (curfew.issue_api_key(trim(pg_temp.id_of('ada'), '''')::uuid, scopes => '{files:read}', tenant => 'creation')).key;
SELECT pg_temp.begin_as('ada, few', '''login'', scopes => ''{files:read}''') AS few, pg_temp.begin_as('ada, few', '''login'', scopes => ''{*}''') AS all;
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'ada, few' \gset
SELECT scopes AS as_the_key FROM curfew.create_session('login');
SELECT pg_temp.answer(format('SELECT key IS NOT NULL FROM curfew.issue_api_key(%L)', curfew.current_principal())) AS key_with_more;
COMMIT;

-- What people read of it are objects.
SELECT pg_temp.begin_as('olga', '''login'', labels => ''[]''') AS labels, pg_temp.begin_as('olga', '''login'', metadata => ''1''') AS metadata,
    pg_temp.begin_as('olga', '''login'', fields => ''"x"''') AS fields, pg_temp.begin_as('olga', '''login'', timers => ''{}''') AS timers;

-- After a session that the caller may read.
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'olga' \gset
SELECT id FROM curfew.create_session('login') \gset
SELECT parent_id = :'id' AS after FROM curfew.create_session('run', parent => :'id');
COMMIT;
SELECT pg_temp.begin_as('other', format('%L, parent => %L', 'login', :'id')) AS others, pg_temp.begin_as('olga', '''login'', parent => gen_random_uuid()') AS unknown;

-- Ids are ordered by time, but where the lifecycle asks for random ones.
BEGIN;
SELECT curfew.authenticate(key) FROM caller WHERE name = 'olga' \gset
SELECT substr(l.id::text, 15, 1) AS login, substr(c.id::text, 15, 1) AS conversation FROM curfew.create_session('login') l, curfew.create_session('conversation', workspace => 'room') c;
COMMIT;

-- Its audit row says in which state it began.
SELECT event, action, outcome, via, from_state, to_state, version, count(*) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND session_id = :'id' GROUP BY 1, 2, 3, 4, 5, 6, 7;
