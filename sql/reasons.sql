-- Reasons: required, optional or none by the lifecycle; up to 1,024 characters, which are not bytes; an empty one is none.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
SELECT curfew.create_tenant('reasons') AS tenant \gset
SELECT curfew.create_principal('olga', role => 'admin', tenant => 'reasons') AS olga \gset
SELECT curfew.define_lifecycle('reasoned', '{"initial": "on", "states": {"on": {}, "off": {"terminal": true}}, "actions": {
    "must":  {"from": ["on"], "to": "off", "by": ["owner"], "reason": "required"},
    "may":   {"from": ["on"], "to": "off", "by": ["owner"], "reason": "optional"},
    "plain": {"from": ["on"], "to": "off", "by": ["owner"]},
    "never": {"from": ["on"], "to": "off", "by": ["owner"], "reason": "none"}}}') \gset
-- Begins a session, takes the action with a reason, and tells the state and how long the reason in its audit row is.
CREATE FUNCTION pg_temp.with_reason(action text, reason text, demanded boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    session uuid; answer text; word text; field text; detail text;
BEGIN
    PERFORM curfew.act_as('reasons', (SELECT id FROM curfew.principal p WHERE p.tenant_id = (SELECT id FROM curfew.tenant WHERE slug = 'reasons')));
    SELECT id INTO session FROM curfew.create_session('reasoned');
    SELECT state INTO answer FROM curfew.act(session, action, reason, require_reason => demanded);
    RETURN (SELECT concat_ws(', ', answer, length(e.reason) || ' characters', octet_length(e.reason) || ' bytes', CASE e.reason WHEN with_reason.reason THEN 'kept whole' END)
            FROM curfew.audit_log(session) e WHERE e.action = with_reason.action);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME, detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, word, '(' || field || ')', nullif(detail, ''));
END $$;
CREATE TEMP TABLE given (n integer, what text, reason text);
INSERT INTO given VALUES (1, 'null', NULL), (2, 'empty', ''), (3, 'one', 'x'), (4, 'one of two bytes', 'é'), (5, '1,024', repeat('x', 1024)),
    (6, '1,024 of four bytes', repeat(U&'\+01F512', 1024)), (7, '1,024 mixed', repeat('aé', 512)), (8, '1,025', repeat('x', 1025)),
    (9, '1,025 of two bytes', repeat('é', 1025)), (10, 'a million', repeat('x', 1000000));

-- Required: none and an empty one are missing.
SELECT what, pg_temp.with_reason('must', reason) FROM given ORDER BY n;
-- Optional, said or not said: all up to 1,024 characters; an empty one is none.
SELECT what, pg_temp.with_reason('may', reason) FROM given ORDER BY n;
SELECT count(*) FROM given WHERE pg_temp.with_reason('may', reason) IS DISTINCT FROM pg_temp.with_reason('plain', reason);
-- None: an empty one is none, any other is not taken.
SELECT what, pg_temp.with_reason('never', reason) FROM given ORDER BY n;
-- A caller can demand a reason where the lifecycle leaves it open.
SELECT what, pg_temp.with_reason('may', reason, true) FROM given WHERE n <= 3 ORDER BY n;

-- Who may not act is not told about the reason, and a bad reason comes before a bad state.
BEGIN;
SELECT curfew.act_as('reasons', :'olga') \gset
SELECT id FROM curfew.create_session('reasoned') \gset
SELECT id AS login FROM curfew.create_session('login') \gset
SELECT state FROM curfew.act(:'id', 'must', 'because');
COMMIT;
BEGIN;
SELECT curfew.act_as('reasons', :'olga') \gset
SELECT state FROM curfew.act(:'id', 'must');
ROLLBACK;
BEGIN;
SELECT curfew.act_as('reasons', :'olga') \gset
SELECT state FROM curfew.act(:'id', 'must', 'again');
ROLLBACK;
SELECT curfew.create_principal('other', tenant => 'reasons') AS other \gset
BEGIN;
SELECT curfew.act_as('reasons', :'other') \gset
SELECT state FROM curfew.act(:'id', 'must');
ROLLBACK;

-- The named forms take one too.
BEGIN;
SELECT curfew.act_as('reasons', :'olga') \gset
SELECT state FROM curfew.end_session(:'login', reason => 'going home');
SELECT action, reason FROM curfew.audit_log(:'login');
COMMIT;

-- So do the changes of a principal's status.
SELECT curfew.suspend_principal(:'other', repeat('é', 1025), 'reasons');
SELECT curfew.suspend_principal(:'other', repeat('é', 1024), 'reasons') \gset
SELECT event, length(reason) FROM curfew.audit_event WHERE tenant_id = :'tenant' AND event LIKE 'principal.s%';
