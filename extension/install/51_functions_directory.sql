-- Who and what there is in the caller's tenant, as far as the caller may know.

CREATE FUNCTION curfew.find_principals(id uuid DEFAULT NULL, name text DEFAULT NULL, email text DEFAULT NULL,
    OUT principal_id uuid, OUT kind text, OUT role text, OUT status text, OUT principal_name text, OUT principal_email text, OUT full_name text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'curfew_find_principals' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.find_principals(uuid, text, text) IS 'The principals of that id, name and email whom the caller may know: himself and those of a common workspace; for administrators, services and who may suspend agents, all of the tenant; for a credential of one workspace, of these its members.';

CREATE FUNCTION curfew.resolve_workspace(workspace text)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_resolve_workspace' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.resolve_workspace(text) IS 'The workspace of a slug or id that the caller is a member of; any other is not found.';

CREATE FUNCTION curfew.own_or_administered(principal uuid)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_own_or_administered' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.own_or_administered(uuid) IS 'The principal, who is the caller himself or, for administrators of the tenant, anybody of it; refused otherwise.';
