-- Idempotency keys: what was answered to a request, for when it is repeated.

-- Nothing leads to the principal, so that a call with a key writes nothing into a row that all of the principal's calls
-- share.
CREATE TABLE curfew.idempotency_key (
    tenant_id uuid NOT NULL,
    principal_id uuid NOT NULL,
    key text NOT NULL,
    request_digest bytea NOT NULL,
    answer jsonb,
    salt bytea,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, principal_id, key)
) WITH (fillfactor = 70);
CREATE INDEX idempotency_key_by_expiry ON curfew.idempotency_key (expires_at);
COMMENT ON TABLE curfew.idempotency_key IS 'The first answer to each idempotency key, without its secrets. A repeat gets it until it expires.';
COMMENT ON COLUMN curfew.idempotency_key.request_digest IS 'SHA-256 of the function''s name and its arguments.';
COMMENT ON COLUMN curfew.idempotency_key.answer IS 'The function''s result by column; null only within the transaction that makes it.';
COMMENT ON COLUMN curfew.idempotency_key.salt IS 'With which the answer''s secrets were derived from the caller''s API key; null where they were not.';
COMMENT ON COLUMN curfew.idempotency_key.expires_at IS 'From when on the key may be used anew.';
