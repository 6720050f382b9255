-- How long what is over is kept: ended sessions and months of the audit log.

CREATE TABLE curfew.retention (
    lifecycle text UNIQUE REFERENCES curfew.lifecycle,
    keep interval NOT NULL CHECK (keep OPERATOR(pg_catalog.>=) '1 day'::interval)
);
CREATE UNIQUE INDEX retention_of_audit ON curfew.retention ((lifecycle IS NULL)) WHERE lifecycle IS NULL;
COMMENT ON TABLE curfew.retention IS 'What is not kept for good; see curfew.set_session_retention and curfew.set_audit_retention.';
COMMENT ON COLUMN curfew.retention.lifecycle IS 'Whose sessions; null: the audit log.';
COMMENT ON COLUMN curfew.retention.keep IS 'How long after a session''s end, or after a month''s.';

CREATE FUNCTION curfew.set_session_retention(lifecycle text, keep interval)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_set_session_retention' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.set_session_retention(text, interval) IS 'How long sessions of a lifecycle are kept after their end; null: for good.';

CREATE FUNCTION curfew.set_audit_retention(keep interval)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_set_audit_retention' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.set_audit_retention(interval) IS 'How long a month of the audit log is kept after its end; null: for good.';

CREATE FUNCTION curfew.retention_plan(OUT what text, OUT lifecycle text, OUT partition text, OUT keep interval,
    OUT older_than timestamptz, OUT number bigint, OUT oldest timestamptz, OUT removable boolean, OUT holding bigint,
    OUT held_by uuid[], OUT note text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_retention_plan' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.retention_plan() IS 'What curfew.apply_retention would remove, and which sessions hold a month of the audit log back: how many, and up to five of them. Changes nothing.';

CREATE FUNCTION curfew.make_audit_partitions(ahead integer DEFAULT 2)
RETURNS integer
AS 'MODULE_PATHNAME', 'curfew_make_audit_partitions' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.make_audit_partitions(integer) IS 'Makes the audit log''s partitions of this month and of those ahead that are missing; gives how many it made. A request does not wait longer for it than curfew.maintenance_lock_timeout.';

-- A procedure with a SET clause could not commit: this one sets its path itself, in each of its transactions.
CREATE PROCEDURE curfew.apply_retention(batch_size integer DEFAULT 1000, INOUT sessions_removed bigint DEFAULT NULL,
    INOUT partitions_removed integer DEFAULT NULL, INOUT partitions_left integer DEFAULT NULL,
    INOUT partitions_made integer DEFAULT NULL)
AS 'MODULE_PATHNAME', 'curfew_apply_retention' LANGUAGE C;

COMMENT ON PROCEDURE curfew.apply_retention(integer, bigint, integer, integer, integer) IS 'Removes what curfew.retention_plan shows, writes down that it did, and makes the audit log''s partitions of the months ahead. Commits as it goes.';
