-- Sessions found by a filter.

CREATE TYPE curfew.session_found AS (
    id uuid,
    lifecycle text,
    state text,
    version bigint,
    live boolean,
    terminal boolean,
    owner_id uuid,
    agent_id uuid,
    workspace_id uuid,
    operator_workspace_id uuid,
    parent_id uuid,
    scopes text[],
    marks jsonb,
    created_at timestamptz,
    updated_at timestamptz,
    started_at timestamptz,
    ended_at timestamptz,
    deadline timestamptz,
    metered_ms bigint,
    replayed boolean,
    title text,
    labels jsonb,
    metadata jsonb,
    fields jsonb,
    last_message_at timestamptz,
    last_used_at timestamptz
);
COMMENT ON TYPE curfew.session_found IS 'A session as it is now, with what people read of it.';

CREATE FUNCTION curfew.find_sessions(filter jsonb DEFAULT '{}', sort text DEFAULT 'created_at', descending boolean DEFAULT true,
    max_rows integer DEFAULT 50, skip integer DEFAULT 0, OUT total bigint, OUT sessions curfew.session_found[])
RETURNS record
AS 'MODULE_PATHNAME', 'curfew_find_sessions' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.find_sessions(jsonb, text, boolean, integer, integer) IS 'The sessions that the filter says and the caller may read: how many there are, and a page of them. sort: created_at, updated_at or last_message_at; what has no such time comes last.';
