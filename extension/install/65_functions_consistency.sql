-- Consistency tokens: a position in the write-ahead log that a caller's reads are not to be behind.

CREATE FUNCTION curfew.consistency_token()
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_consistency_token' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.consistency_token() IS 'A token of all that has been committed here so far; null during recovery.';

CREATE FUNCTION curfew.check_consistency(token text, patience interval DEFAULT '0')
RETURNS boolean
AS 'MODULE_PATHNAME', 'curfew_check_consistency' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.check_consistency(text, interval) IS 'Whether the next statement sees what the token tells of: always, where changes are made; on a standby when it has been replayed, for which this waits that long, at most 60 seconds. Refuses a token of another installation, and one that was forged.';

CREATE FUNCTION curfew.seal_cursor(purpose text, "position" text)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_seal_cursor' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.seal_cursor(text, text) IS 'A position in a list of the caller''s tenant as a cursor that only the same list of the same tenant takes; null for null.';

CREATE FUNCTION curfew.open_cursor(purpose text, cursor text)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_open_cursor' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.open_cursor(text, text) IS 'The position in a cursor that seal_cursor made for the same purpose and tenant; null for null. Any other is refused.';
