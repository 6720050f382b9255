-- What a front's statements use to read ids, bodies and query parameters. They decide nothing. Most compute in C and run no
-- SQL: those have no search path of their own, which would protect nothing and take longer than they do. What refuses is not
-- IMMUTABLE: the planner may evaluate that before the caller is proven, whatever a CASE says.

CREATE FUNCTION curfew.session_id(id text, prefix text DEFAULT '')
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_session_id' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.session_id(text, text) IS 'The UUID behind an id, with or without hyphens, after a prefix that must be there.';

CREATE FUNCTION curfew.resolve_session(id text, lifecycle text, workspace text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_resolve_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.resolve_session(text, text, text) IS 'The session of a UUID, of a unique prefix of at least four hex digits, or of a maip-sess: id.';

CREATE FUNCTION curfew.maip_session_id(id uuid)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_maip_session_id' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.maip_session_id(uuid) IS 'A session''s id as maip-sess:<8 hex>:<16 hex>.';

CREATE FUNCTION curfew.json_body(body text)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'curfew_json_body' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.json_body(text) IS 'A request''s body, which is a JSON object; an empty one is {}.';

CREATE FUNCTION curfew.body_text(body jsonb, field text)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_body_text' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_text(jsonb, text) IS 'A body''s member that is a string; null when absent or null.';

CREATE FUNCTION curfew.body_integer(body jsonb, field text, minimum bigint DEFAULT NULL, maximum bigint DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'curfew_body_integer' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_integer(jsonb, text, bigint, bigint) IS 'A body''s member that is a whole number; null when absent or null.';

CREATE FUNCTION curfew.body_number(body jsonb, field text, minimum numeric DEFAULT NULL, maximum numeric DEFAULT NULL)
RETURNS numeric
AS 'MODULE_PATHNAME', 'curfew_body_number' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_number(jsonb, text, numeric, numeric) IS 'A body''s member that is a number; null when absent or null.';

CREATE FUNCTION curfew.require_fields(body jsonb, fields text[])
RETURNS jsonb
AS 'MODULE_PATHNAME', 'curfew_require_fields' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.require_fields(jsonb, text[]) IS 'The body, where none of these members is absent or null.';

CREATE FUNCTION curfew.body_object(body jsonb, field text, most_bytes integer DEFAULT NULL)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'curfew_body_object' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_object(jsonb, text, integer) IS 'A body''s member that is an object, as text of so many bytes at most; null when absent or null.';

CREATE FUNCTION curfew.body_texts(body jsonb, field text, most integer DEFAULT NULL)
RETURNS text[]
AS 'MODULE_PATHNAME', 'curfew_body_texts' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_texts(jsonb, text, integer) IS 'A body''s member that is a list of so many strings at most; null when absent or null.';

CREATE FUNCTION curfew.body_boolean(body jsonb, field text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'curfew_body_boolean' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_boolean(jsonb, text) IS 'A body''s member that is true or false; null when absent or null.';

CREATE FUNCTION curfew.body_uuid(body jsonb, field text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_body_uuid' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_uuid(jsonb, text) IS 'A body''s member that is a UUID; null when absent or null.';

CREATE FUNCTION curfew.query_integer(value text, field text, minimum bigint DEFAULT NULL, maximum bigint DEFAULT NULL)
RETURNS bigint
AS 'MODULE_PATHNAME', 'curfew_query_integer' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.query_integer(text, text, bigint, bigint) IS 'A query parameter that is a whole number.';

CREATE FUNCTION curfew.query_uuid(value text, field text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_query_uuid' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.query_uuid(text, text) IS 'A query parameter that is a UUID.';

CREATE FUNCTION curfew.refuse_parameter(name text, doubled boolean)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_refuse_parameter' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.refuse_parameter(text, boolean) IS 'Refuses a query parameter that the route does not have, or that is given more than once.';

CREATE FUNCTION curfew.query_timestamp(value text, field text)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'curfew_query_timestamp' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.query_timestamp(text, text) IS 'A query parameter that is a time as RFC 3339 writes it.';

CREATE FUNCTION curfew.refuse(reason text, argument text DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_refuse' LANGUAGE C VOLATILE;

COMMENT ON FUNCTION curfew.refuse(text, text) IS 'Raises the refusal of that reason word.';

CREATE FUNCTION curfew.rfc3339(at timestamptz, digits integer DEFAULT 3)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_rfc3339' LANGUAGE C IMMUTABLE;

COMMENT ON FUNCTION curfew.rfc3339(timestamptz, integer) IS 'A time as RFC 3339 writes it, in UTC, cut to that many digits of a second.';

CREATE FUNCTION curfew.row_json(shown record)
RETURNS json
AS 'MODULE_PATHNAME', 'curfew_row_json' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.row_json(record) IS 'A row as a JSON object, its times as RFC 3339 has them, to the millisecond.';
