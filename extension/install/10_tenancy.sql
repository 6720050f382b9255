-- Tenants, workspaces and principals: who there is.

CREATE SCHEMA curfew;
COMMENT ON SCHEMA curfew IS 'session lifecycles: who may end what, from which states, and the audit row of it';

CREATE TABLE curfew.tenant (
    id uuid PRIMARY KEY,
    slug text NOT NULL UNIQUE CHECK (slug OPERATOR(pg_catalog.~) '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text NOT NULL,
    tag bytea NOT NULL UNIQUE CHECK (pg_catalog.octet_length(tag) OPERATOR(pg_catalog.=) 8),
    status text NOT NULL DEFAULT 'active' CHECK (status OPERATOR(pg_catalog.=) ANY ('{active,suspended}'::text[])),
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL
);
COMMENT ON TABLE curfew.tenant IS 'The wall: nothing is seen or done across it.';
COMMENT ON COLUMN curfew.tenant.tag IS 'The first 8 bytes of every session token of this tenant.';

CREATE TABLE curfew.workspace (
    tenant_id uuid NOT NULL REFERENCES curfew.tenant,
    id uuid NOT NULL,
    slug text NOT NULL CHECK (slug OPERATOR(pg_catalog.~) '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
    name text NOT NULL,
    operator boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL,
    online_since timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, slug)
);
COMMENT ON TABLE curfew.workspace IS 'A place inside a tenant, with members.';
COMMENT ON COLUMN curfew.workspace.online_since IS 'From when on it takes sessions that are dispatched; null: it takes none.';
COMMENT ON COLUMN curfew.workspace.operator IS 'May take the operator''s place in sessions between workspaces.';

CREATE TABLE curfew.principal (
    tenant_id uuid NOT NULL REFERENCES curfew.tenant,
    id uuid NOT NULL,
    kind text NOT NULL CHECK (kind OPERATOR(pg_catalog.=) ANY ('{user,service,agent}'::text[])),
    role text NOT NULL CHECK (role OPERATOR(pg_catalog.=) ANY ('{admin,member,reader}'::text[])),
    status text NOT NULL DEFAULT 'active'
        CHECK (status OPERATOR(pg_catalog.=) ANY ('{active,suspended,revoked}'::text[])),
    name text NOT NULL,
    email text,
    full_name text,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);
COMMENT ON TABLE curfew.principal IS 'Who acts: a user, a service or an agent.';

CREATE TABLE curfew.workspace_member (
    tenant_id uuid NOT NULL,
    workspace_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    role text NOT NULL CHECK (role OPERATOR(pg_catalog.=) ANY ('{admin,member,reader}'::text[])),
    PRIMARY KEY (tenant_id, workspace_id, principal_id),
    FOREIGN KEY (tenant_id, workspace_id) REFERENCES curfew.workspace,
    FOREIGN KEY (tenant_id, principal_id) REFERENCES curfew.principal
);
CREATE INDEX workspace_member_by_principal ON curfew.workspace_member (tenant_id, principal_id);
COMMENT ON TABLE curfew.workspace_member IS 'Who belongs to a workspace, and as what.';

CREATE TABLE curfew.api_key (
    tenant_id uuid NOT NULL,
    id uuid NOT NULL,
    principal_id uuid NOT NULL,
    workspace_id uuid,
    prefix text NOT NULL,
    digest bytea NOT NULL UNIQUE,
    scopes text[],
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    revoke_grace interval NOT NULL DEFAULT '0',
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, principal_id) REFERENCES curfew.principal,
    FOREIGN KEY (tenant_id, workspace_id) REFERENCES curfew.workspace
);
CREATE INDEX api_key_by_principal ON curfew.api_key (tenant_id, principal_id);
COMMENT ON TABLE curfew.api_key IS 'API keys, as SHA-256 digests; the key itself is shown once, when it is issued.';
COMMENT ON COLUMN curfew.api_key.scopes IS 'What the key may do; null: all that its principal may.';
COMMENT ON COLUMN curfew.api_key.revoked_at IS 'From when on the key is refused.';
COMMENT ON COLUMN curfew.api_key.revoke_grace IS 'How long the key still works after it was revoked.';
COMMENT ON COLUMN curfew.api_key.workspace_id IS 'The key acts for this workspace only.';

-- Beside the key and not in it, so that a use, which is written in the user's transaction, never makes a revocation wait.
CREATE TABLE curfew.api_key_use (
    tenant_id uuid NOT NULL,
    key_id uuid NOT NULL,
    last_used_at timestamptz,
    PRIMARY KEY (tenant_id, key_id),
    FOREIGN KEY (tenant_id, key_id) REFERENCES curfew.api_key
);
COMMENT ON TABLE curfew.api_key_use IS 'When each key was last used, to the minute.';

CREATE TABLE curfew.role_mapping (
    role regrole PRIMARY KEY,
    role_name name NOT NULL,
    tenant_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    FOREIGN KEY (tenant_id, principal_id) REFERENCES curfew.principal
);
COMMENT ON TABLE curfew.role_mapping IS 'Which principal a database role acts as.';
COMMENT ON COLUMN curfew.role_mapping.role_name IS 'The role''s name when it was tied: of a role that was dropped or renamed since, nobody inherits the principal.';
