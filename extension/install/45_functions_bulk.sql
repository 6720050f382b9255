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
    dry_run boolean DEFAULT false, preview text DEFAULT NULL, max_rows integer DEFAULT 1000, after uuid DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.bulk_result
AS 'MODULE_PATHNAME', 'curfew_end_sessions' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.end_sessions(jsonb, text, text, boolean, text, integer, uuid, text) IS 'Takes the action, or each session''s own forced one, on the sessions that match and that the caller may read. dry_run: changes none, and gives a token that as preview ends that very set. after: where an earlier call says to go on.';

CREATE PROCEDURE curfew.end_all_sessions(filter jsonb, action text DEFAULT NULL, reason text DEFAULT NULL,
    batch_size integer DEFAULT 1000, tenant text DEFAULT NULL, principal uuid DEFAULT NULL, INOUT ended bigint DEFAULT NULL,
    INOUT already bigint DEFAULT NULL, INOUT forbidden bigint DEFAULT NULL, INOUT invalid_state bigint DEFAULT NULL,
    INOUT run uuid DEFAULT NULL)
AS 'MODULE_PATHNAME', 'curfew_end_all_sessions' LANGUAGE C;

COMMENT ON PROCEDURE curfew.end_all_sessions(jsonb, text, text, integer, text, uuid, bigint, bigint, bigint, bigint, uuid) IS 'Takes the action, or each session''s own forced one, on all sessions that match, with a commit per batch. tenant and principal: as whom, for roles that may act_as. Watch it in curfew.bulk_runs; interrupted, it is called again.';

CREATE FUNCTION curfew.list_bulk_runs(OUT id uuid, OUT status text, OUT principal_id uuid, OUT db_role text, OUT filter jsonb,
    OUT action text, OUT reason text, OUT started_at timestamptz, OUT updated_at timestamptz, OUT finished_at timestamptz,
    OUT matched bigint, OUT ended bigint, OUT already bigint, OUT forbidden bigint, OUT invalid_state bigint, OUT pid integer)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_list_bulk_runs' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.list_bulk_runs() IS 'The calls of curfew.end_all_sessions in the caller''s tenant, newest first; for administrators and the scope audit:read.';

CREATE VIEW curfew.bulk_runs WITH (security_barrier) AS
SELECT r.id, r.status, r.principal_id, r.db_role, r.filter, r.action, r.reason, r.started_at, r.updated_at, r.finished_at,
    r.matched, r.ended, r.already, r.forbidden, r.invalid_state, r.pid
FROM curfew.list_bulk_runs() r;
COMMENT ON VIEW curfew.bulk_runs IS 'How far each call of curfew.end_all_sessions has come: running, done or interrupted; for whoever may audit the tenant.';
