-- How far the sweeper has come. Of the installation, not of a tenant; not dumped.

CREATE TABLE curfew.sweep_progress (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    watermark timestamptz NOT NULL DEFAULT '-infinity',
    position_deadline timestamptz NOT NULL DEFAULT '-infinity',
    position_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    pass_until timestamptz,
    pass_oldest timestamptz,
    last_run timestamptz,
    last_written bigint,
    written bigint NOT NULL DEFAULT 0
);
COMMENT ON TABLE curfew.sweep_progress IS 'How far the sweeper has come; one row. Read curfew.sweeper_status.';
COMMENT ON COLUMN curfew.sweep_progress.watermark IS 'No session with an earlier deadline can come to light any more: it is never past the start of a transaction that was open when it was set.';
COMMENT ON COLUMN curfew.sweep_progress.position_deadline IS 'Up to which deadline, and which session of it, all that was to be seen has been swept.';
COMMENT ON COLUMN curfew.sweep_progress.pass_until IS 'Up to which deadline a pass goes that is not finished.';
COMMENT ON COLUMN curfew.sweep_progress.pass_oldest IS 'What the watermark is when that pass is finished.';
INSERT INTO curfew.sweep_progress DEFAULT VALUES;

-- No key: who puts a row in must never wait for another who does.
CREATE TABLE curfew.sweep_again (
    tenant_id uuid,
    session_id uuid
);
CREATE INDEX sweep_again_by_session ON curfew.sweep_again (tenant_id, session_id);
COMMENT ON TABLE curfew.sweep_again IS 'Due sessions behind the sweeper: they were locked when it came by, or their deadline was moved without the engine. Nulls: all sessions.';
