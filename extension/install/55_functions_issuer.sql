-- What administrators call about issuers of tokens.

CREATE FUNCTION curfew.register_issuer(issuer text, jwks jsonb DEFAULT NULL, audience text DEFAULT NULL, hs256_secret bytea DEFAULT NULL,
    principal_claim text DEFAULT 'sub', tenant_claim text DEFAULT NULL, roles_claim text DEFAULT NULL,
    role_scopes jsonb DEFAULT '{}', scopes_claim text DEFAULT 'scope', clock_skew interval DEFAULT '60 seconds',
    tenant text DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_register_issuer' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.register_issuer(text, jsonb, text, bytea, text, text, text, jsonb, text, interval, text, text) IS 'Accepts the tokens of an issuer, signed with a key of its set (RS256, ES256, EdDSA) or with a secret (HS256). An issuer that is registered already is replaced.';

CREATE FUNCTION curfew.list_issuers(tenant text DEFAULT NULL, OUT id uuid, OUT issuer text, OUT algorithms text[], OUT kids text[],
    OUT audience text, OUT principal_claim text, OUT tenant_claim text, OUT roles_claim text, OUT role_scopes jsonb,
    OUT scopes_claim text, OUT clock_skew interval, OUT created_at timestamptz, OUT updated_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_list_issuers' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.list_issuers(text) IS 'A tenant''s issuers, without keys and secrets: the algorithm and the kid (empty: none) of each key.';

CREATE FUNCTION curfew.remove_issuer(issuer text, tenant text DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_remove_issuer' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.remove_issuer(text, text, text) IS 'Accepts an issuer''s tokens no longer, from the commit on.';
