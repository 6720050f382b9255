-- What is done to many sessions at once.

CREATE TABLE curfew.end_preview (
    tenant_id uuid NOT NULL REFERENCES curfew.tenant,
    digest bytea NOT NULL,
    principal_id uuid NOT NULL,
    filter jsonb NOT NULL,
    action text,
    reason text,
    ids uuid[] NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, digest)
);
COMMENT ON TABLE curfew.end_preview IS 'What a dry run of curfew.end_sessions found, for its token; good for an hour, once. Not worth a dump.';
COMMENT ON COLUMN curfew.end_preview.digest IS 'The SHA-256 digest of the token.';
COMMENT ON COLUMN curfew.end_preview.ids IS 'The sessions that matched, in their order.';

CREATE TABLE curfew.bulk_run (
    tenant_id uuid NOT NULL REFERENCES curfew.tenant,
    id uuid NOT NULL,
    principal_id uuid NOT NULL,
    db_role text NOT NULL,
    filter jsonb NOT NULL,
    action text,
    reason text,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    finished_at timestamptz,
    last_id uuid,
    matched bigint NOT NULL,
    ended bigint NOT NULL DEFAULT 0,
    already bigint NOT NULL DEFAULT 0,
    forbidden bigint NOT NULL DEFAULT 0,
    invalid_state bigint NOT NULL DEFAULT 0,
    pid integer NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
COMMENT ON TABLE curfew.bulk_run IS 'Calls of curfew.end_all_sessions, as far as they have come. Read curfew.bulk_runs, which tells whether one is still running.';
COMMENT ON COLUMN curfew.bulk_run.matched IS 'How many sessions matched at its beginning.';
COMMENT ON COLUMN curfew.bulk_run.last_id IS 'The last session that was looked at.';
