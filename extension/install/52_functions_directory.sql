-- What there is: principals of a tenant, lifecycles of the installation.

CREATE FUNCTION curfew.list_principals(kind text DEFAULT NULL, status text DEFAULT NULL, max_rows integer DEFAULT 50, after uuid DEFAULT NULL,
    tenant text DEFAULT NULL, OUT id uuid, OUT name text, OUT principal_kind text, OUT role text, OUT principal_status text,
    OUT scopes text[], OUT email text, OUT full_name text, OUT created_at timestamptz)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_list_principals' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.list_principals(text, text, integer, uuid, text) IS 'A tenant''s principals in the order of their creation; for its administrators. after: the id of the last row seen.';

CREATE FUNCTION curfew.list_lifecycles(lifecycle text DEFAULT NULL, OUT name text, OUT revision integer, OUT builtin boolean,
    OUT definition jsonb)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_list_lifecycles' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.list_lifecycles(text) IS 'All lifecycles in the order of their names, or the one of that name, as they are defined now.';
