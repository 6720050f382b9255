-- The key that Curfew signs its own tokens with: consistency tokens and cursors.

CREATE TABLE curfew.signing_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    key bytea NOT NULL CHECK (pg_catalog.octet_length(key) OPERATOR(pg_catalog.=) 32)
);
COMMENT ON TABLE curfew.signing_key IS 'What consistency tokens and cursors are signed with, made at the first use. Whoever reads it can forge a cursor or a consistency token, which open nothing that his credential does not open. A dump has it, so that a client''s cursors outlive a restore.';
