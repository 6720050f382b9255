-- Many sessions at once.

CREATE TYPE curfew.bulk_result AS (
    matched bigint,
    ended bigint,
    already bigint,
    forbidden bigint,
    invalid_state bigint,
    remaining bigint,
    next uuid,
    preview text,
    outcomes jsonb
);
COMMENT ON TYPE curfew.bulk_result IS 'What became of many sessions: how many matched, how many of each outcome, how many are left and where to go on, and each one''s outcome.';

CREATE FUNCTION curfew.end_sessions(filter jsonb, action text DEFAULT NULL, reason text DEFAULT NULL,
    dry_run boolean DEFAULT false, preview text DEFAULT NULL, max_rows integer DEFAULT 1000, after uuid DEFAULT NULL)
RETURNS curfew.bulk_result
AS 'MODULE_PATHNAME', 'curfew_end_sessions' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.end_sessions(jsonb, text, text, boolean, text, integer, uuid) IS 'Takes the action, or each session''s own forced one, on the sessions that match and that the caller may read. dry_run: changes none, and gives a token that as preview ends that very set. after: where an earlier call says to go on.';
