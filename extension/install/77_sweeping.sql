-- The sweeper: expiries are written down.

-- Its queries go along the index of deadlines, whatever the statistics say.
CREATE FUNCTION curfew.sweep(max_rows integer DEFAULT 10000)
RETURNS bigint
AS 'MODULE_PATHNAME', 'curfew_sweep' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off;

COMMENT ON FUNCTION curfew.sweep(integer) IS 'Writes down that sessions have expired, up to so many, with an audit row each, and erases what is kept for a time only; gives how many expired.';

CREATE FUNCTION curfew.sweep_status(OUT worker integer, OUT last_run timestamptz, OUT last_written bigint, OUT written bigint, OUT behind interval, OUT watermark timestamptz, OUT held_by_pid integer, OUT held_by_prepared text)
AS 'MODULE_PATHNAME', 'curfew_sweep_status' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
SET enable_bitmapscan = off
SET jit = off;

COMMENT ON FUNCTION curfew.sweep_status() IS 'What the sweeper does; see curfew.sweeper_status.';

CREATE VIEW curfew.sweeper_status WITH (security_barrier) AS
SELECT s.worker, s.last_run, s.last_written, s.written, s.behind, s.watermark, s.held_by_pid, s.held_by_prepared
FROM curfew.sweep_status() s;
COMMENT ON VIEW curfew.sweeper_status IS 'The sweeper of this database: its worker''s process, when it swept last, how many expiries it wrote down then and altogether, for how long the oldest that is not written down has been due, and the watermark with the open or prepared transaction that it cannot pass.';
