-- Several timers in one state, and those that count from the last use: what is a use, and when it is written down.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
DROP ROLE IF EXISTS regress_curfew_timers;
DROP SCHEMA IF EXISTS regress_curfew_uses CASCADE;
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
CREATE FUNCTION pg_temp.answer_as(who uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('timers', who);
    RETURN pg_temp.answer(statement);
END $$;
SELECT curfew.define_lifecycle('desk', '{
  "initial": "open", "tokens": "access+refresh", "forced": ["close"],
  "states":  {"open": {"live": true}, "closed": {"terminal": true}, "idle": {"terminal": true}},
  "read":    {"by": ["owner", "agent", "admin", "service"]},
  "actions": {"close": {"from": ["open"], "to": "closed", "by": ["owner", "clock"]},
              "doze":  {"from": ["open"], "to": "idle", "by": ["clock"]},
              "pin":   {"from": "*", "mark": "pinned", "by": ["owner"]}},
  "timers":  {"open": [{"after": "ttl", "from": "created", "default": "8 hours", "max": "12 hours", "do": "close"},
                       {"after": "idle", "from": "used", "default": "30 minutes", "max": "1 hour", "do": "doze"}]}}');
SELECT curfew.create_tenant('timers') AS tenant \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'timers') AS ada, curfew.create_principal('dave', tenant => 'timers') AS dave,
    curfew.create_principal('bot', kind => 'agent', tenant => 'timers') AS bot, curfew.create_principal('guard', kind => 'service', tenant => 'timers') AS guard,
    curfew.create_principal('eve', tenant => 'timers') AS eve, curfew.create_principal('rita', role => 'reader', tenant => 'timers') AS rita \gset

-- The deadline is that of the timer that goes off first. Each setting is its own; at once, the timer listed first wins.
BEGIN;
SELECT curfew.act_as('timers', :'dave') \gset
SELECT id, token, refresh_token, extract(epoch FROM deadline - created_at)::integer AS lasts FROM curfew.create_session('desk') \gset
SELECT :'lasts' AS lasts;
SELECT extract(epoch FROM deadline - created_at)::integer AS lasts FROM curfew.create_session('desk', timers => '{"ttl": 600}');
SELECT id AS quick, token AS quick_token, extract(epoch FROM deadline - created_at)::integer AS lasts FROM curfew.create_session('desk', timers => '{"idle": 60}') \gset
SELECT :'lasts' AS lasts;
SELECT timers, pg_temp.answer(format('SELECT state FROM curfew.create_session(%L, timers => %L)', 'desk', timers)) FROM unnest('{"{\"idle\": 3601}","{\"idle\": 0}","{\"rest\": 60}"}'::text[]) timers;
SELECT id AS even FROM curfew.create_session('desk', timers => '{"ttl": 1800}') \gset
COMMIT;
SELECT count(*) FILTER (WHERE id = :'id') AS idle_first, count(*) FILTER (WHERE id = :'even') AS listed_first FROM curfew.session
WHERE (id, deadline_state) IN ((:'id', 'idle'), (:'even', 'closed'));

-- Authenticating with its token is a use, written down at the commit: no version, no audit row.
CREATE FUNCTION pg_temp.later(minutes integer) RETURNS void LANGUAGE sql AS $$
    UPDATE curfew.session SET created_at = created_at - t.m, updated_at = updated_at - t.m, entered_at = entered_at - t.m, deadline = deadline - t.m, used_at = used_at - t.m
    FROM (SELECT minutes * interval '1 minute') t (m) WHERE tenant_id = (SELECT id FROM curfew.tenant WHERE slug = 'timers') $$;
CREATE VIEW pg_temp.used AS
    SELECT s.id, s.version, s.used_at IS NOT NULL AS used, clock_timestamp() - s.used_at < '30 seconds' AS lately, extract(epoch FROM s.deadline - s.used_at)::integer AS idles_in
    FROM curfew.session s WHERE s.lifecycle = 'desk';
SELECT pg_temp.later(20) \gset
BEGIN;
SELECT session_id = :'id' AS is_it FROM curfew.authenticate(:'token');
SELECT version, used, lately, idles_in FROM pg_temp.used WHERE id = :'id';
COMMIT;
SELECT version, used, lately, idles_in FROM pg_temp.used WHERE id = :'id';
SELECT event, version FROM curfew.audit_event WHERE session_id = :'id' AND event NOT LIKE '%outside' ORDER BY at;
-- Another one soon after is not written; one a minute later is.
SELECT used_at AS before FROM curfew.session WHERE id = :'id' \gset
SELECT kind FROM curfew.authenticate(:'token');
SELECT used_at = :'before' AS same FROM curfew.session WHERE id = :'id';
SELECT pg_temp.later(1) \gset
SELECT kind FROM curfew.authenticate(:'token');
SELECT version, lately, idles_in FROM pg_temp.used WHERE id = :'id';
-- A tenth of a short idle time is the shorter one.
UPDATE curfew.session SET created_at = clock_timestamp(), entered_at = clock_timestamp(), used_at = clock_timestamp() - interval '7 seconds', deadline = clock_timestamp() + interval '53 seconds' WHERE id = :'quick';
SELECT used_at AS before FROM curfew.session WHERE id = :'quick' \gset
SELECT kind FROM curfew.authenticate(:'quick_token');
SELECT used_at = :'before' AS same, extract(epoch FROM deadline - used_at)::integer AS idles_in FROM curfew.session WHERE id = :'quick';
-- The setting says how coarse; it is the superuser's.
SET curfew.use_granularity = '1 h';
SELECT pg_temp.later(2) \gset
SELECT kind FROM curfew.authenticate(:'token');
SELECT extract(epoch FROM clock_timestamp() - used_at)::integer / 60 AS minutes FROM curfew.session WHERE id = :'id';
SET curfew.use_granularity = 0;
SELECT kind FROM curfew.authenticate(:'token');
SELECT lately FROM pg_temp.used WHERE id = :'id';
SELECT used_at AS before FROM curfew.session WHERE id = :'id' \gset
SELECT kind FROM curfew.authenticate(:'token');
SELECT used_at > :'before' AS each_one FROM curfew.session WHERE id = :'id';
RESET curfew.use_granularity;
\set VERBOSITY sqlstate
SET curfew.use_granularity = -1;
\set VERBOSITY default
SELECT min_val, max_val, unit FROM pg_settings WHERE name = 'curfew.use_granularity';
CREATE ROLE regress_curfew_timers;
SET ROLE regress_curfew_timers;
SET curfew.use_granularity = 0;
RESET ROLE;
DROP ROLE regress_curfew_timers;

-- Introspecting its token is a use by whoever asks; of a refresh token, or of another tenant's, it is none.
SELECT pg_temp.later(5) \gset
BEGIN;
SELECT curfew.act_as('timers', :'guard') \gset
SELECT active FROM curfew.introspect(:'refresh_token');
COMMIT;
SELECT lately FROM pg_temp.used WHERE id = :'id';
BEGIN;
SELECT curfew.act_as('timers', :'guard') \gset
SELECT active, state FROM curfew.introspect(:'token');
COMMIT;
SELECT lately, idles_in FROM pg_temp.used WHERE id = :'id';
-- Refreshing is one.
SELECT pg_temp.later(5) \gset
SELECT token, new_refresh_token IS NOT NULL AS given FROM curfew.refresh_session(:'refresh_token') \gset
SELECT lately, idles_in FROM pg_temp.used WHERE id = :'id';
-- So is an action, written with it; an action that is a repeat or refused is not.
SELECT pg_temp.later(5) \gset
BEGIN;
SELECT curfew.act_as('timers', :'dave') \gset
SELECT extract(epoch FROM deadline - updated_at)::integer AS idles_in, version FROM curfew.act(:'id', 'pin');
SELECT lately, idles_in FROM pg_temp.used WHERE id = :'id';
COMMIT;
SELECT pg_temp.later(5) \gset
SELECT pg_temp.answer_as(:'dave', format('SELECT state FROM curfew.act(%L, %L)', :'id', 'pin')) AS pinned, pg_temp.answer_as(:'eve', format('SELECT state FROM curfew.act(%L, %L)', :'id', 'close')) AS closed;
SELECT lately FROM pg_temp.used WHERE id = :'id';
-- Reading is none.
SELECT pg_temp.answer_as(:'dave', format('SELECT state FROM curfew.get_session(%L)', :'id'));
SELECT lately FROM pg_temp.used WHERE id = :'id';

-- touch_session: by those who use the session, and not by those who only look after it.
BEGIN;
SELECT curfew.act_as('timers', :'ada') \gset
SELECT id AS bots FROM curfew.create_session('desk', owner => :'dave', agent => :'bot') \gset
SELECT id AS run FROM curfew.create_session('run') \gset
SELECT id AS ritas FROM curfew.create_session('desk', owner => :'rita') \gset
COMMIT;
SELECT who, pg_temp.answer_as(principal, format('SELECT curfew.touch_session(%L)', :'bots')) AS answer FROM (VALUES (1, 'admin', :'ada'::uuid), (2, 'stranger', :'eve'), (3, 'reader', :'rita')) v (n, who, principal) ORDER BY n;
SELECT pg_temp.answer_as(:'rita', format('SELECT curfew.touch_session(%L)', :'ritas')) AS readers_own, pg_temp.answer_as(:'dave', format('SELECT curfew.touch_session(%L)', gen_random_uuid())) AS unknown, pg_temp.answer_as(:'dave', 'SELECT curfew.touch_session(NULL)') AS nothing;
SELECT used FROM pg_temp.used WHERE id = :'bots';
SELECT pg_temp.answer_as(:'bot', format('SELECT curfew.touch_session(%L)', :'bots')) AS agent;
SELECT used, lately FROM pg_temp.used WHERE id = :'bots';
SELECT pg_temp.later(5) \gset
SELECT pg_temp.answer_as(:'dave', format('SELECT curfew.touch_session(%L)', :'bots')) AS owner;
SELECT used, lately FROM pg_temp.used WHERE id = :'bots';
SELECT pg_temp.later(5) \gset
SELECT pg_temp.answer_as(:'guard', format('SELECT curfew.touch_session(%L)', :'bots')) AS service;
SELECT used, lately FROM pg_temp.used WHERE id = :'bots';
-- Where the lifecycle keeps no uses there is nothing to write.
SELECT pg_temp.answer_as(:'ada', format('SELECT curfew.touch_session(%L)', :'run')) AS run;
SELECT used_at FROM curfew.session WHERE id = :'run';

-- What is rolled back was no use; what the surviving part of a transaction did was one.
SELECT pg_temp.later(5) \gset
BEGIN;
SELECT kind FROM curfew.authenticate(:'token');
ROLLBACK;
BEGIN;
SAVEPOINT a;
SELECT kind FROM curfew.authenticate(:'token');
ROLLBACK TO a;
COMMIT;
SELECT lately FROM pg_temp.used WHERE id = :'id';
BEGIN;
SAVEPOINT a;
SAVEPOINT b;
SELECT kind FROM curfew.authenticate(:'token');
RELEASE b;
RELEASE a;
SAVEPOINT c;
SELECT kind FROM curfew.authenticate(:'token');
ROLLBACK TO c;
COMMIT;
SELECT lately FROM pg_temp.used WHERE id = :'id';
-- Where nothing can be written, nothing is, and nothing is said.
SELECT pg_temp.later(5) \gset
BEGIN READ ONLY;
SELECT kind FROM curfew.authenticate(:'token');
COMMIT;
BEGIN;
SELECT kind FROM curfew.authenticate(:'token');
SET TRANSACTION READ ONLY;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT kind FROM curfew.authenticate(:'token');
COMMIT;
SELECT lately FROM pg_temp.used WHERE id = :'id';
-- A procedure's commits, a chained one, a trigger that the commit itself fires, a search path of the caller's.
CREATE TABLE pg_temp.note (text text);
CREATE FUNCTION pg_temp.use() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM curfew.authenticate(NEW.text); RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER use AFTER INSERT ON pg_temp.note DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION pg_temp.use();
SELECT pg_temp.later(5) \gset
BEGIN;
INSERT INTO pg_temp.note VALUES (:'token');
COMMIT AND CHAIN;
SELECT lately, curfew.current_session() FROM pg_temp.used WHERE id = :'id';
COMMIT;
SELECT pg_temp.later(5) \gset
CREATE PROCEDURE pg_temp.twice(token text, OUT meanwhile boolean) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.authenticate(token);
    COMMIT;
    meanwhile := u.lately FROM pg_temp.used u JOIN curfew.authenticate(token) a ON a.session_id = u.id;
    COMMIT;
END $$;
CALL pg_temp.twice(:'token', NULL);
SELECT pg_temp.later(5) \gset
CREATE SCHEMA regress_curfew_uses;
CREATE FUNCTION regress_curfew_uses.never(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'reached'; END $$;
CREATE OPERATOR regress_curfew_uses.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = regress_curfew_uses.never);
SET search_path = regress_curfew_uses, pg_catalog;
SELECT kind FROM curfew.authenticate(:'token');
SHOW search_path;
RESET search_path;
SET client_min_messages = warning;
DROP SCHEMA regress_curfew_uses CASCADE;
RESET client_min_messages;
SELECT lately FROM pg_temp.used WHERE id = :'id';

-- A transaction remembers the uses of 64 sessions.
BEGIN;
SELECT curfew.act_as('timers', :'eve') \gset
CREATE TABLE pg_temp.many AS SELECT s.id, s.token FROM generate_series(1, 66) n, LATERAL curfew.create_session('desk', timers => jsonb_build_object('ttl', 3600 + n)) s;
COMMIT;
BEGIN;
SELECT curfew.act_as('timers', :'guard') \gset
SELECT count(*) FROM pg_temp.many m, curfew.introspect(m.token) i WHERE i.active;
COMMIT;
SELECT count(*) FROM pg_temp.used u JOIN pg_temp.many m USING (id) WHERE u.used;

-- Who ends his own session does not use it any more.
SELECT pg_temp.later(5) \gset
BEGIN;
SELECT token AS last_token, id AS last FROM pg_temp.many ORDER BY id LIMIT 1 \gset
SELECT kind FROM curfew.authenticate(:'last_token');
SELECT state FROM curfew.act(:'last', 'close');
COMMIT;
SELECT version, lately FROM pg_temp.used WHERE id = :'last';

-- Not used for half an hour, it is idle, and no use brings it back.
SELECT pg_temp.later(40) \gset
SELECT pg_temp.answer_as(:'dave', format('SELECT state FROM curfew.get_session(%L)', :'id')) AS state, pg_temp.answer(format('SELECT kind FROM curfew.authenticate(%L)', :'token')) AS token,
    pg_temp.answer_as(:'guard', format('SELECT active FROM curfew.introspect(%L)', :'token')) AS introspected, pg_temp.answer_as(:'dave', format('SELECT curfew.touch_session(%L)', :'id')) AS touched,
    pg_temp.answer_as(:'dave', format('SELECT state FROM curfew.act(%L, %L)', :'bots', 'pin')) AS marked;
SELECT count(*) AS uses FROM pg_temp.used WHERE id IN (:'id', :'bots') AND lately;
SELECT pg_temp.answer_as(:'dave', format('SELECT state FROM curfew.get_session(%L)', :'bots')) AS still;
-- Used all day long, it ends when its day does.
UPDATE curfew.session SET created_at = now() - interval '7 hours 50 minutes', used_at = now() - interval '10 minutes', deadline = now() + interval '20 minutes' - interval '10 minutes', deadline_state = 'idle' WHERE id = :'id';
SELECT kind FROM curfew.authenticate(:'token');
SELECT extract(epoch FROM deadline - created_at)::integer / 3600 AS hours, deadline_state FROM curfew.session WHERE id = :'id';

-- A login keeps its last use without any timer: for people to see.
BEGIN;
SELECT curfew.act_as('timers', :'ada') \gset
SELECT id AS login, token AS login_token FROM curfew.create_session('login') \gset
SELECT last_used_at FROM curfew.get_session_detail(:'login');
COMMIT;
SELECT kind FROM curfew.authenticate(:'login_token');
BEGIN;
SELECT curfew.act_as('timers', :'ada') \gset
SELECT clock_timestamp() - last_used_at < '30 seconds' AS lately FROM curfew.get_session_detail(:'login');
SELECT clock_timestamp() - last_used_at < '30 seconds' AS lately, deadline FROM curfew.sessions WHERE id = :'login';
COMMIT;
