-- Issuers of JSON Web Tokens: whose signature proves a principal.

CREATE TABLE curfew.issuer (
    tenant_id uuid NOT NULL REFERENCES curfew.tenant,
    id uuid NOT NULL,
    issuer text NOT NULL,
    jwks jsonb,
    hs256_secret bytea,
    audience text,
    principal_claim text NOT NULL,
    tenant_claim text,
    roles_claim text,
    role_scopes jsonb NOT NULL,
    scopes_claim text,
    clock_skew interval NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (issuer, tenant_id)
);
COMMENT ON TABLE curfew.issuer IS 'Who signs tokens for principals of a tenant, with which keys, and which claims tell what.';
COMMENT ON COLUMN curfew.issuer.issuer IS 'The iss of its tokens, to the letter.';
COMMENT ON COLUMN curfew.issuer.jwks IS 'Its public keys.';
COMMENT ON COLUMN curfew.issuer.hs256_secret IS 'A secret that it shares, for HS256. It is kept as it is: whoever reads it can sign, and a dump has it.';
