-- What a front's statements use to read values that are more than one text or number. They decide nothing.

CREATE FUNCTION curfew.given(value anyelement, field text)
RETURNS anyelement
AS 'MODULE_PATHNAME', 'curfew_given' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.given(anyelement, text) IS 'The value, which must be there.';

CREATE FUNCTION curfew.body_choice(body jsonb, field text, choices text[])
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_body_choice' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.body_choice(jsonb, text, text[]) IS 'A body''s member that is one of some strings; null when absent or null.';

CREATE FUNCTION curfew.body_labels(body jsonb, field text)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'curfew_body_labels' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_labels(jsonb, text) IS 'A body''s member that is an object of lists of strings; null when absent or null.';

CREATE FUNCTION curfew.body_uuids(body jsonb, field text, fewest integer DEFAULT NULL, most integer DEFAULT NULL)
RETURNS uuid[]
AS 'MODULE_PATHNAME', 'curfew_body_uuids' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.body_uuids(jsonb, text, integer, integer) IS 'A body''s member that is a list of UUIDs; null when absent or null.';

CREATE FUNCTION curfew.query_boolean(value text, field text)
RETURNS boolean
AS 'MODULE_PATHNAME', 'curfew_query_boolean' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.query_boolean(text, text) IS 'A query parameter that is true or false.';

CREATE FUNCTION curfew.query_choice(value text, field text, choices text[])
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_query_choice' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.query_choice(text, text, text[]) IS 'A query parameter that is one of some words.';

CREATE FUNCTION curfew.query_choices(given text[], field text, choices text[])
RETURNS text[]
AS 'MODULE_PATHNAME', 'curfew_query_choices' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.query_choices(text[], text, text[]) IS 'A repeated query parameter, each one of some words.';

CREATE FUNCTION curfew.query_text(value text, field text, most integer DEFAULT NULL)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_query_text' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.query_text(text, text, integer) IS 'A query parameter of so many characters at most.';

CREATE FUNCTION curfew.query_uuids(given text[], field text)
RETURNS uuid[]
AS 'MODULE_PATHNAME', 'curfew_query_uuids' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.query_uuids(text[], text) IS 'A repeated query parameter, each a UUID.';

CREATE FUNCTION curfew.query_labels(given text[], field text)
RETURNS jsonb
AS 'MODULE_PATHNAME', 'curfew_query_labels' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.query_labels(text[], text) IS 'A repeated query parameter of key:value as {key: [value, …]}.';
