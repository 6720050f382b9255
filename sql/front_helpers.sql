-- What fronts read ids, bodies and query parameters with, and write times: each good form and every bad one.
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
-- What a helper makes of each argument in turn; the call has %L where it goes.
CREATE FUNCTION pg_temp.each(call text, VARIADIC arguments text[]) RETURNS TABLE (argument text, answer text) LANGUAGE sql AS $$
    SELECT a, pg_temp.answer(format('SELECT ' || call, a)) FROM unnest(arguments) WITH ORDINALITY u (a, n) ORDER BY n
$$;

-- session_id: a UUID, with or without hyphens, after a prefix that must be there.
SELECT * FROM pg_temp.each('curfew.session_id(%L)', '01890a5d-ac96-774b-bcce-b302099a8057', '01890a5dac96774bbcceb302099a8057', '01890A5D-AC96-774B-BCCE-B302099A8057',
    '', ' ', 'x', '01890a5d', '01890a5d-ac96-774b-bcce-b302099a805', '01890a5d-ac96-774b-bcce-b302099a80577', '01890a5dac96-774b-bcce-b302099a8057', '01890a5d-ac96-774b-bcce-b302099a805g',
    '{01890a5d-ac96-774b-bcce-b302099a8057}', ' 01890a5d-ac96-774b-bcce-b302099a8057', '01890a5d-ac96-774b-bcce-b302099a8057 ', '0189-0a5d-ac96-774b-bcce-b302-099a-8057', 'devin-01890a5dac96774bbcceb302099a8057', NULL);
SELECT * FROM pg_temp.each('curfew.session_id(%L, ''devin-'')', 'devin-01890a5dac96774bbcceb302099a8057', 'devin-01890a5d-ac96-774b-bcce-b302099a8057', '01890a5dac96774bbcceb302099a8057',
    'Devin-01890a5dac96774bbcceb302099a8057', 'devin-devin-01890a5dac96774bbcceb302099a8057', 'devin-', 'devin', '', NULL);
SELECT curfew.session_id('01890a5dac96774bbcceb302099a8057', NULL) AS no_prefix;

-- json_body: an object; an empty body is an empty one.
SELECT left(argument, 24) AS argument, answer FROM pg_temp.each('curfew.json_body(%L)', '', NULL, '{}', '{"a": {"b": [1, 2.50, true, null, "é"]}}', ' {"a": 1} ', '{"a": 1, "a": 2}', '{"a": "\u00e9 \ud83d\ude00"}',
    '[]', '"x"', '1', 'null', 'true', '{', '{"a"}', '{"a": 1,}', '{''a'': 1}', '{} {}', 'x', ' ', 'NaN', '{"a": 01}');
-- What PostgreSQL cannot keep is refused as Curfew refuses, not as a failure of the server's: NUL, half a surrogate pair, a number beyond all, depth.
SELECT what, left(pg_temp.answer(format('SELECT curfew.json_body(%L)', body)), 4) AS answer FROM (VALUES (1, 'NUL', '{"a": "\u0000"}'), (2, 'NUL in a name', '{"\u0000": 1}'),
    (3, 'half a pair', '{"a": "\ud800"}'), (4, 'other half', '{"a": "\ude00"}'), (5, 'number', '{"a": 1e999999}'), (6, 'depth', repeat('[', 100000) || repeat(']', 100000))) v (n, what, body) ORDER BY n;
SELECT curfew.json_body('{"a": "\u0000"}');
SELECT curfew.json_body(repeat('[', 600));

-- body_text: a string; null where it is absent or null.
SELECT * FROM pg_temp.each('curfew.body_text(%L, ''f'')', '{"f": "x"}', '{"f": ""}', '{"f": "é"}', '{}', '{"g": "x"}', '{"f": null}', '{"f": 1}', '{"f": true}', '{"f": {}}', '{"f": ["x"]}', '[]', '"f"', NULL);
SELECT pg_temp.answer('SELECT curfew.body_text(''{}'', NULL)') AS no_field;

-- body_integer: a whole number, within bounds where there are any.
SELECT * FROM pg_temp.each('curfew.body_integer(%L, ''f'')', '{"f": 1}', '{"f": 0}', '{"f": -1}', '{"f": 1.0}', '{"f": 1e3}', '{"f": 9223372036854775807}', '{"f": -9223372036854775808}', '{}', '{"f": null}',
    '{"f": 1.5}', '{"f": "1"}', '{"f": true}', '{"f": {}}', '{"f": []}', NULL);
SELECT * FROM pg_temp.each('curfew.body_integer(%L, ''f'', 5, 10)', '{"f": 5}', '{"f": 10}', '{"f": 4}', '{"f": 11}', '{"f": null}');
SELECT curfew.body_integer('{"f": 11}', 'f', 5, 10);
\echo :LAST_ERROR_SQLSTATE
-- One that is whole, but too large for any integer, is out of range.
SELECT * FROM pg_temp.each('curfew.body_integer(%L, ''f'')', '{"f": 9223372036854775808}', '{"f": -1e30}');

-- body_object, body_texts, body_uuid.
SELECT * FROM pg_temp.each('curfew.body_object(%L, ''f'')', '{"f": {}}', '{"f": {"a": [1, {"b": null}], "c": "d"}}', '{}', '{"f": null}', '{"f": []}', '{"f": "x"}', '{"f": 1}', '{"f": false}', NULL);
SELECT * FROM pg_temp.each('curfew.body_texts(%L, ''f'')', '{"f": []}', '{"f": ["a", "", "b c", "é", "NULL"]}', '{}', '{"f": null}', '{"f": ["a", 1]}', '{"f": ["a", null]}', '{"f": [["a"]]}', '{"f": "a"}', '{"f": {}}', NULL);
SELECT * FROM pg_temp.each('curfew.body_uuid(%L, ''f'')', '{"f": "01890a5d-ac96-774b-bcce-b302099a8057"}', '{"f": "01890a5dac96774bbcceb302099a8057"}', '{}', '{"f": null}', '{"f": ""}', '{"f": "x"}', '{"f": 1}', '{"f": {}}', NULL);

-- query_integer, query_uuid, query_timestamp: parameters are texts.
SELECT * FROM pg_temp.each('curfew.query_integer(%L, ''limit'', 1, 200)', '1', '200', '007', NULL, '0', '201', '-1', '', ' 1', '1 ', '+1', '1.0', '1e2', '0x10', 'x', '1x', '--1');
SELECT * FROM pg_temp.each('curfew.query_integer(%L, ''limit'')', '9223372036854775807', '-9223372036854775808');
SELECT * FROM pg_temp.each('curfew.query_integer(%L, ''limit'', 1, 200)', '9223372036854775808', '-99999999999999999999');
SELECT curfew.query_integer('201', 'limit', 1, 200);
SELECT * FROM pg_temp.each('curfew.query_uuid(%L, ''agent_id'')', '01890a5d-ac96-774b-bcce-b302099a8057', '01890a5dac96774bbcceb302099a8057', NULL, '', 'x', '01890a5d');
SELECT * FROM pg_temp.each('curfew.rfc3339(curfew.query_timestamp(%L, ''at''), 6)', '2026-11-21T12:00:00Z', '2026-11-21t13:00:00.5+01:00', '2000-02-29T00:00:00.1234567-00:00', '0001-01-01T00:00:00Z', NULL, '', 'now', 'infinity', '2026-11-21', '2026-11-21 12:00:00Z', '2026-11-21T12:00:00', '2026-11-21T12:00:00 01:00', '2026-02-29T00:00:00Z', '2026-11-21T24:00:00Z', '2026-11-21T23:59:60Z');

-- rfc3339: in UTC whatever the time zone, cut, never rounded.
SET timezone = 'Asia/Kathmandu';
SELECT digits, curfew.rfc3339('2024-02-29 23:59:59.999999+00', digits), curfew.rfc3339('2024-02-29 23:59:59.100009+05:45', digits) FROM generate_series(0, 6) digits ORDER BY digits;
SELECT curfew.rfc3339('2024-02-29 23:59:59.999999+00'), curfew.rfc3339('1969-12-31 23:59:59.999999+00'), curfew.rfc3339('0001-01-01 00:00:00+00'), curfew.rfc3339('9999-12-31 23:59:59+00', NULL), curfew.rfc3339(NULL);
RESET timezone;
SELECT digits, pg_temp.answer(format('SELECT curfew.rfc3339(now(), %s)', digits)) FROM unnest('{-1,7}'::text[]) digits;
-- RFC 3339 has the years 0000 to 9999 and no infinity.
SELECT * FROM pg_temp.each('curfew.rfc3339(%L)', 'infinity', '-infinity', '10000-01-01 00:00:00+00', '0044-03-15 12:00:00+00 BC');

SELECT curfew.version() = extversion AS version_is_the_extensions FROM pg_extension WHERE extname = 'curfew';

-- row_json: a member for each column, as row_to_json has it but for times, and other types as text.
CREATE TEMP TABLE shown ("a ""b\c" text, n integer, m bigint, yes boolean, id uuid, list text[], doc jsonb, amount numeric);
INSERT INTO shown VALUES ('plain', 0, 0, true, '01890a5d-ac96-774b-bcce-b302099a8057', '{}', '{}', 0), ('', -1, 7, false, '00000000-0000-0000-0000-000000000000', '{a,"b c"}', '[1, "x"]', 1.50),
    (E'"\\/\b\f\n\r\t\u0001\u007fé€😀', 2147483647, 9223372036854775807, true, 'ffffffff-ffff-ffff-ffff-ffffffffffff', E'{"\\"","\\\\"}', '{"a": {"b": null}}', 'NaN'),
    (repeat('x', 5000), -2147483648, -9223372036854775808, false, '12345678-9abc-def0-1234-56789abcdef0', '{é}', 'null', -0.001), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT left(curfew.row_json(s)::text, 230), curfew.row_json(s)::jsonb - 'amount' = to_jsonb(s) - 'amount' AS same FROM shown s;
SELECT curfew.row_json(s) FROM (SELECT timestamptz '2026-11-21 12:00:00.0559+01' AS at, timestamptz '0001-02-03 04:05:06Z' AS first, timestamptz '9999-12-31 23:59:59.999999Z' AS last) s;
SELECT curfew.row_json(s) FROM (SELECT) s;
SELECT curfew.row_json(NULL) IS NULL AS nothing;

-- What refuses waits for the caller to be proven: the planner may evaluate what is immutable before that.
SELECT proname FROM pg_proc WHERE pronamespace = 'curfew'::regnamespace AND provolatile = 'i' ORDER BY 1;
