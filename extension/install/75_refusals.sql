-- Refusals: how they get into the audit log, and what is known about that.

CREATE FUNCTION curfew.refusal_status(OUT database text, OUT worker integer, OUT waiting bigint, OUT written bigint, OUT counted bigint, OUT lost bigint)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_refusal_status' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.refusal_status() IS 'Per database: its worker''s process, refusals that wait, rows that were written, refusals that these tell of, and refusals that found no room; since the server was started.';

CREATE FUNCTION curfew.write_refusals("all" boolean)
RETURNS integer
AS 'MODULE_PATHNAME', 'curfew_write_refusals' LANGUAGE C VOLATILE STRICT
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.write_refusals(boolean) IS 'Writes refusals into the audit log; for the background worker.';
