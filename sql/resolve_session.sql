-- resolve_session: a session by its UUID, by the beginning of it, or by its maip-sess: id.
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
SELECT curfew.create_tenant('resolve') AS tenant, curfew.create_tenant('resolve-next-door') AS next_door \gset
SELECT curfew.create_principal('ada', role => 'admin', tenant => 'resolve') AS ada, curfew.create_principal('eve', role => 'admin', tenant => 'resolve-next-door') AS eve \gset
SELECT curfew.create_workspace('room', tenant => 'resolve') AS room, curfew.create_workspace('cellar', tenant => 'resolve') AS cellar \gset
BEGIN;
SELECT curfew.act_as('resolve', :'ada') \gset
SELECT id AS agent FROM curfew.create_session('agent') \gset
SELECT curfew.maip_session_id(:'agent') AS maip \gset
COMMIT;
-- Four conversations with ids of our choosing.
INSERT INTO curfew.session (tenant_id, id, lifecycle, owner_id, workspace_id, state, version, created_at, updated_at, entered_at, deadline)
SELECT :'tenant', id, 'conversation', :'ada', workspace, 'open', 1, now(), now(), now(), 'infinity'
FROM (VALUES ('abcdef01-2345-4789-8abc-def012345678'::uuid, :'room'::uuid), ('abcdef01-2345-4789-8abc-def012345679', :'room'), ('abcd0000-0000-4000-8000-000000000000', :'cellar'),
    ('ffffffff-ffff-4fff-bfff-ffffffffffff', :'cellar')) v (id, workspace);
CREATE FUNCTION pg_temp.each(lifecycle text, workspace text, VARIADIC ids text[]) RETURNS TABLE (id text, answer text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.act_as('resolve', (SELECT p.id FROM curfew.principal p JOIN curfew.tenant t ON t.id = p.tenant_id WHERE t.slug = 'resolve'));
    RETURN QUERY SELECT a, pg_temp.answer(format('SELECT curfew.resolve_session(%L, %L, %L)', a, lifecycle, workspace)) FROM unnest(ids) WITH ORDINALITY u (a, n) ORDER BY n;
END $$;

-- Whole, and by a beginning that is unique: of four hex digits at least, with the hyphens where they belong or without.
SELECT * FROM pg_temp.each('conversation', NULL, 'abcdef01-2345-4789-8abc-def012345678', 'abcdef01234547898abcdef012345678', 'abcd0', 'ABCD0', 'abcd0000-0000', 'abcd00000000', 'ffff', 'ffffffff-ffff-4fff-bfff-fffffffffff', 'ffffffff-');
-- Not unique; in one workspace it may be.
SELECT * FROM pg_temp.each('conversation', NULL, 'abcd', 'abcdef', 'abcdef01-2345-4789-8abc-def01234567');
SELECT * FROM pg_temp.each('conversation', 'cellar', 'abcd', 'abcdef', 'ffff');
SELECT * FROM pg_temp.each('conversation', 'room', 'abcd', 'ffff', 'abcdef01-2345-4789-8abc-def012345678');
SELECT * FROM pg_temp.each('conversation', 'attic', 'ffff');
-- Of none, or of another lifecycle.
SELECT * FROM pg_temp.each('conversation', NULL, '0000', 'abce');
SELECT * FROM pg_temp.each('run', NULL, 'ffff');
-- No id and no beginning of one.
SELECT * FROM pg_temp.each('conversation', NULL, '', NULL, 'abc', 'xyzw', 'abcdefg', 'abcd 0', ' abcd', 'abcd-0', 'abcdef01-2345-4789-8abc-def0123456789', 'abcdef01-2345-4789-8abc-def01234567-', '-abcd', 'abcdef01--2345', 'abcd%', '____');
SELECT pg_temp.answer('SELECT curfew.resolve_session(''ffff'', NULL)');

-- maip-sess:, eight digits of the tenant, sixteen of the session.
SELECT :'maip' ~ '^maip-sess:[0-9a-f]{8}:[0-9a-f]{16}$' AS form, right(:'maip', 16) = right(replace(:'agent', '-', ''), 16) AS sessions;
BEGIN;
SELECT curfew.act_as('resolve', :'ada') \gset
SELECT curfew.resolve_session(:'maip', 'agent') = :'agent' AS itself, pg_temp.answer(format('SELECT curfew.resolve_session(%L, %L)', :'maip', 'run')) AS another_lifecycle,
    pg_temp.answer(format('SELECT curfew.resolve_session(%L, %L)', left(:'maip', -16) || '0000000000000000', 'agent')) AS no_session, pg_temp.answer(format('SELECT curfew.resolve_session(%L, %L)', left(:'maip', 10) || '00000000' || right(:'maip', 17), 'agent')) AS another_tag;
SELECT what, pg_temp.answer(format('SELECT curfew.resolve_session(%L, %L)', id, 'agent')) FROM (VALUES (1, 'cut', left(:'maip', -1)), (2, 'and more', :'maip' || '0'), (3, 'no tag', 'maip-sess:' || right(:'maip', 16)),
    (4, 'no hex', left(:'maip', -1) || 'x'), (5, 'prefix alone', 'maip-sess:'), (6, 'another prefix', 'maip-agent:' || substr(:'maip', 11)), (7, 'no colon', left(:'maip', 18) || '-' || right(:'maip', 16))) v (n, what, id) ORDER BY n;
COMMIT;
-- Next door nothing of that is found, whole ids come back as they are, and get_session finds nothing behind them.
BEGIN;
SELECT curfew.act_as('resolve-next-door', :'eve') \gset
SELECT pg_temp.answer('SELECT curfew.resolve_session(''ffff'', ''conversation'')') AS beginning, pg_temp.answer(format('SELECT curfew.resolve_session(%L, %L)', :'maip', 'agent')) AS maip,
    pg_temp.answer(format('SELECT (curfew.get_session(curfew.resolve_session(%L, %L))).state', :'agent', 'agent')) AS whole;
COMMIT;
