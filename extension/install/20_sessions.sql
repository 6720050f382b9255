-- Lifecycles and sessions: what lives and must end.

CREATE TABLE curfew.lifecycle (
    name text PRIMARY KEY,
    revision integer NOT NULL,
    definition jsonb NOT NULL,
    builtin boolean NOT NULL
);
COMMENT ON TABLE curfew.lifecycle IS 'Named state machines; see curfew.define_lifecycle and curfew.lifecycle_transitions.';

-- What an ending rewrites is here and is small. No index has a column that an ending changes, so that an ending is a
-- heap-only update: the deadline stays when a session ends, and nothing reads it then.
CREATE TABLE curfew.session (
    tenant_id uuid NOT NULL REFERENCES curfew.tenant,
    id uuid NOT NULL,
    lifecycle text NOT NULL REFERENCES curfew.lifecycle,
    owner_id uuid NOT NULL,
    agent_id uuid,
    workspace_id uuid,
    operator_workspace_id uuid,
    parent_id uuid,
    state text NOT NULL,
    deadline_state text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    entered_at timestamptz NOT NULL,
    started_at timestamptz,
    ended_at timestamptz,
    deadline timestamptz NOT NULL,
    metered_us bigint NOT NULL DEFAULT 0,
    scopes text[],
    timers jsonb,
    marks jsonb NOT NULL DEFAULT '{}',
    used_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES curfew.principal,
    FOREIGN KEY (tenant_id, agent_id) REFERENCES curfew.principal,
    FOREIGN KEY (tenant_id, workspace_id) REFERENCES curfew.workspace,
    FOREIGN KEY (tenant_id, operator_workspace_id) REFERENCES curfew.workspace
) WITH (fillfactor = 85);
CREATE INDEX session_by_creation ON curfew.session (tenant_id, created_at, id);
CREATE INDEX session_by_lifecycle ON curfew.session (tenant_id, lifecycle, created_at, id);
CREATE INDEX session_by_owner ON curfew.session (tenant_id, owner_id, created_at, id);
CREATE INDEX session_by_agent ON curfew.session (tenant_id, agent_id, created_at, id) WHERE agent_id IS NOT NULL;
CREATE INDEX session_by_workspace ON curfew.session (tenant_id, workspace_id, created_at, id)
    WHERE workspace_id IS NOT NULL;
CREATE INDEX session_by_operator ON curfew.session (tenant_id, operator_workspace_id, created_at, id)
    WHERE operator_workspace_id IS NOT NULL;
CREATE INDEX session_by_parent ON curfew.session (tenant_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX session_by_deadline ON curfew.session (deadline, id);
CREATE INDEX session_by_short_id ON curfew.session
    (tenant_id, (pg_catalog.substr(pg_catalog.uuid_send(id), 9))) WHERE lifecycle OPERATOR(pg_catalog.=) 'agent';
COMMENT ON TABLE curfew.session IS 'One row per session. Read curfew.sessions: a session past its deadline is what its timer makes it, whatever this row says.';
COMMENT ON COLUMN curfew.session.deadline IS 'When the timer of the state goes off; infinity where none runs.';
COMMENT ON COLUMN curfew.session.deadline_state IS 'What the session is from the deadline on.';
COMMENT ON COLUMN curfew.session.metered_us IS 'Microseconds spent in metered states up to entered_at.';
COMMENT ON COLUMN curfew.session.timers IS 'Seconds per timer setting, where they differ from the default.';
COMMENT ON COLUMN curfew.session.used_at IS 'The last use that was written down, where the lifecycle keeps uses; see curfew.use_granularity.';
COMMENT ON COLUMN curfew.session.marks IS 'Facts beside the state, each with the time at which it was set.';

CREATE TABLE curfew.session_detail (
    tenant_id uuid NOT NULL,
    session_id uuid NOT NULL,
    title text,
    labels jsonb NOT NULL DEFAULT '{}',
    metadata jsonb NOT NULL DEFAULT '{}',
    fields jsonb NOT NULL DEFAULT '{}',
    last_message_at timestamptz,
    message_bytes bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, session_id),
    FOREIGN KEY (tenant_id, session_id) REFERENCES curfew.session ON DELETE CASCADE
);
COMMENT ON TABLE curfew.session_detail IS 'What people read and the engine does not decide on.';
COMMENT ON COLUMN curfew.session_detail.message_bytes IS 'How long its messages are together.';

CREATE TABLE curfew.session_once (
    tenant_id uuid NOT NULL,
    caller_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    lifecycle text NOT NULL,
    digest bytea NOT NULL,
    session_id uuid NOT NULL,
    PRIMARY KEY (tenant_id, caller_id, owner_id, lifecycle, digest),
    FOREIGN KEY (tenant_id, session_id) REFERENCES curfew.session ON DELETE CASCADE
);
CREATE INDEX session_once_by_session ON curfew.session_once (tenant_id, session_id);
COMMENT ON TABLE curfew.session_once IS 'Which session a caller began with which key of create_session''s once, as a SHA-256 digest.';

CREATE TABLE curfew.session_message (
    tenant_id uuid NOT NULL,
    session_id uuid NOT NULL,
    version bigint NOT NULL,
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    kind text NOT NULL,
    author_id uuid NOT NULL,
    message text NOT NULL,
    PRIMARY KEY (tenant_id, session_id, version),
    FOREIGN KEY (tenant_id, session_id) REFERENCES curfew.session ON DELETE CASCADE
);
COMMENT ON TABLE curfew.session_message IS 'What was said in a session. Its text stands nowhere else: the audit log has only that there was a message.';
COMMENT ON COLUMN curfew.session_message.version IS 'The session''s version with this message, by which messages are in order.';

CREATE TABLE curfew.session_token (
    tenant_id uuid NOT NULL,
    digest bytea NOT NULL,
    session_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind OPERATOR(pg_catalog.=) ANY ('{access,refresh}'::text[])),
    created_at timestamptz NOT NULL,
    used_at timestamptz,
    salt bytea,
    PRIMARY KEY (tenant_id, digest),
    FOREIGN KEY (tenant_id, session_id) REFERENCES curfew.session ON DELETE CASCADE
);
CREATE INDEX session_token_by_session ON curfew.session_token (tenant_id, session_id);
CREATE INDEX session_token_by_salt ON curfew.session_token (used_at) WHERE salt IS NOT NULL;
COMMENT ON TABLE curfew.session_token IS 'Tokens, as SHA-256 digests. One is valid while its session is live and its people are active.';
COMMENT ON COLUMN curfew.session_token.used_at IS 'When a refresh token was used; a second use after the grace is a theft.';
COMMENT ON COLUMN curfew.session_token.salt IS 'With which the next tokens were derived from this one; kept for the grace only.';
