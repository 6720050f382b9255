-- What a session was at a time that is past.

CREATE FUNCTION curfew.session_as_of(session_id uuid, OUT id uuid, INOUT at timestamptz, OUT lifecycle text, OUT state text,
    OUT version bigint, OUT live boolean, OUT terminal boolean, OUT marks jsonb)
RETURNS record
AS 'MODULE_PATHNAME', 'curfew_session_as_of' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.session_as_of(uuid, timestamptz) IS 'What a session was at a time since its creation, by its audit rows: its state with its deadline considered, marks and version. For whoever may read the session or the whole log; of a session that is gone, for the latter.';
