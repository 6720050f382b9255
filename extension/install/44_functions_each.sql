-- One action on each of several sessions.

CREATE FUNCTION curfew.act_each(session_ids uuid[], action text, reason text DEFAULT NULL, lifecycle text DEFAULT NULL,
    workspace text DEFAULT NULL, OUT session_id uuid, OUT refused text, OUT state text, OUT version bigint, OUT replayed boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_act_each' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.act_each(uuid[], text, text, text, text) IS 'Takes an action on each session that lets the caller. A row for each of the ids, whatever their number in the list: refused is the reason word where it did not.';
