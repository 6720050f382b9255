-- The trace that a call belongs to, for the audit rows that it writes.

CREATE FUNCTION curfew.current_traceparent()
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_current_traceparent' LANGUAGE C STABLE;

COMMENT ON FUNCTION curfew.current_traceparent() IS 'The W3C traceparent that authenticate was given in this transaction, or refresh_session where nobody is authenticated; null where none was.';
