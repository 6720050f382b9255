-- Principals by the names that fronts give them, and what fronts show of a session's tokens.

CREATE FUNCTION curfew.maip_principal_id(id uuid)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_maip_principal_id' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.maip_principal_id(uuid) IS 'A principal''s id as maip:<the tenant''s name, 8 characters>:<26 characters of base 32>.';

CREATE FUNCTION curfew.resolve_principal(id text, argument text DEFAULT 'id')
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_resolve_principal' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.resolve_principal(text, text) IS 'The principal''s UUID behind a UUID or a maip: id of the caller''s tenant. argument: what a refusal names.';

CREATE FUNCTION curfew.principal_kind(id uuid)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_principal_kind' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.principal_kind(uuid) IS 'Whether a principal of the caller''s tenant is a user, a service or an agent.';

CREATE FUNCTION curfew.session_refreshed_at(session_id uuid)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'curfew_session_refreshed_at' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.session_refreshed_at(uuid) IS 'When the tokens of a session were last renewed.';
