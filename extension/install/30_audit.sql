-- What happened. Append-only; months are partitions, made by curfew.create_audit_partition.

CREATE TABLE curfew.audit_event (
    at timestamptz NOT NULL,
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    session_id uuid,
    event text NOT NULL,
    action text,
    outcome text NOT NULL,
    actor_id uuid,
    on_behalf_of uuid,
    db_role text NOT NULL,
    relation text,
    via text NOT NULL,
    request_id text,
    from_state text,
    to_state text,
    version bigint,
    reason text,
    details jsonb,
    traceparent text DEFAULT curfew.current_traceparent(),
    recorded_in xid8 NOT NULL DEFAULT pg_catalog.pg_current_xact_id()
) PARTITION BY RANGE (at);
COMMENT ON TABLE curfew.audit_event IS 'One row per thing that happened. No foreign key leads from it: what it tells of may be gone.';
COMMENT ON COLUMN curfew.audit_event.db_role IS 'The database role that called.';
COMMENT ON COLUMN curfew.audit_event.recorded_in IS 'The transaction that wrote it, where it was written: what the feed of events finds its rows by.';
COMMENT ON COLUMN curfew.audit_event.via IS 'The way in: sql, or http: and the contract.';

-- Keys and indexes are each partition's own: a dump brings a month's along, and attaching it must make no second ones.
CREATE TABLE curfew.audit_event_default PARTITION OF curfew.audit_event DEFAULT;
ALTER TABLE curfew.audit_event_default ADD PRIMARY KEY (tenant_id, at, id);
CREATE INDEX audit_event_default_by_transaction ON curfew.audit_event_default (recorded_in);
CREATE INDEX audit_event_default_by_session ON curfew.audit_event_default (tenant_id, session_id, at);
