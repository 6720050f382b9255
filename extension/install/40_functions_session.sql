-- What anybody calls: sessions and who is calling.

CREATE TYPE curfew.session_info AS (
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
    replayed boolean
);
COMMENT ON TYPE curfew.session_info IS 'A session as it is now, its deadline considered.';

CREATE TYPE curfew.session_created AS (
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
    token text,
    refresh_token text
);
COMMENT ON TYPE curfew.session_created IS 'A session that has just begun, with its tokens, of which only digests are kept.';

CREATE TYPE curfew.caller_info AS (
    tenant_id uuid,
    principal_id uuid,
    session_id uuid,
    kind text,
    role text
);
COMMENT ON TYPE curfew.caller_info IS 'Who calls for the rest of a transaction. session_id: of the session whose token it came with.';

CREATE TYPE curfew.token_info AS (
    active boolean,
    session_id uuid,
    tenant_id uuid,
    lifecycle text,
    state text,
    principal_id uuid,
    scopes text[],
    expires_at timestamptz
);
COMMENT ON TYPE curfew.token_info IS 'Whether an access token is valid now, and what it stands for.';

CREATE TYPE curfew.audit_entry AS (
    id uuid,
    at timestamptz,
    session_id uuid,
    event text,
    action text,
    outcome text,
    actor_id uuid,
    on_behalf_of uuid,
    db_role text,
    relation text,
    via text,
    request_id text,
    from_state text,
    to_state text,
    version bigint,
    reason text,
    details jsonb,
    traceparent text
);
COMMENT ON TYPE curfew.audit_entry IS 'One audit event.';

CREATE FUNCTION curfew.create_session(lifecycle text, owner uuid DEFAULT NULL, agent uuid DEFAULT NULL, workspace text DEFAULT NULL,
    scopes text[] DEFAULT NULL, timers jsonb DEFAULT NULL, title text DEFAULT NULL, labels jsonb DEFAULT NULL,
    metadata jsonb DEFAULT NULL, fields jsonb DEFAULT NULL, parent uuid DEFAULT NULL, once text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.session_created
AS 'MODULE_PATHNAME', 'curfew_create_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.create_session(text, uuid, uuid, text, text[], jsonb, text, jsonb, jsonb, jsonb, uuid, text, text) IS 'Begins a session of a lifecycle and gives its tokens, of which only digests are kept. The owner is the caller, unless an administrator or a service names another. timers: seconds per timer setting. once: a repeat by the same caller for the same owner and lifecycle with the same text gives the session that there is, without tokens.';

CREATE FUNCTION curfew.act(session_id uuid, action text, reason text DEFAULT NULL, expected_version bigint DEFAULT NULL,
    lifecycle text DEFAULT NULL, workspace text DEFAULT NULL, require_reason boolean DEFAULT false,
    for_workspace text DEFAULT NULL, fields jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_act' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.act(uuid, text, text, bigint, text, text, boolean, text, jsonb, text) IS 'Takes an action of the session''s lifecycle. A session of another lifecycle or workspace than those named is not found. for_workspace: that the caller acts for, where the credential is bound to none. fields: added to the session''s, which stay as they are where they are there already.';

CREATE FUNCTION curfew.terminate_session(session_id uuid, reason text DEFAULT NULL, expected_version bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_terminate_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.terminate_session(uuid, text, bigint, text) IS 'Terminates a session: its lifecycle''s action "terminate".';

CREATE FUNCTION curfew.cancel_session(session_id uuid, reason text DEFAULT NULL, expected_version bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_cancel_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.cancel_session(uuid, text, bigint, text) IS 'Cancels a session: its lifecycle''s action "cancel".';

CREATE FUNCTION curfew.end_session(session_id uuid, reason text DEFAULT NULL, expected_version bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_end_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.end_session(uuid, text, bigint, text) IS 'Ends a session: its lifecycle''s action "end".';

CREATE FUNCTION curfew.archive_session(session_id uuid, reason text DEFAULT NULL, expected_version bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_archive_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.archive_session(uuid, text, bigint, text) IS 'Archives a session: its lifecycle''s action "archive".';

CREATE FUNCTION curfew.unarchive_session(session_id uuid, reason text DEFAULT NULL, expected_version bigint DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_unarchive_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.unarchive_session(uuid, text, bigint, text) IS 'Takes out of the archive a session: its lifecycle''s action "unarchive".';

CREATE FUNCTION curfew.extend_session(session_id uuid, by interval DEFAULT NULL, until timestamptz DEFAULT NULL,
    reason text DEFAULT NULL, expected_version bigint DEFAULT NULL, idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_extend_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.extend_session(uuid, interval, timestamptz, text, bigint, text) IS 'Gives a session a longer time, by so much or until then, or as long as it may: its lifecycle''s action "extend".';

CREATE FUNCTION curfew.touch_session(session_id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_touch_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.touch_session(uuid) IS 'Notes a use of a session by its owner, its agent, its operator or a service, for sessions that are used without a token.';

CREATE FUNCTION curfew.get_session(session_id uuid, lifecycle text DEFAULT NULL, workspace text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_get_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.get_session(uuid, text, text) IS 'A session that the caller may read.';

CREATE FUNCTION curfew.get_session_detail(session_id uuid, OUT title text, OUT labels jsonb, OUT metadata jsonb, OUT fields jsonb,
    OUT last_message_at timestamptz, OUT last_used_at timestamptz)
RETURNS record
AS 'MODULE_PATHNAME', 'curfew_get_session_detail' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.get_session_detail(uuid) IS 'What people read of a session and the engine does not decide on. What stands under "operator" in the fields is shown to the operator alone.';

CREATE FUNCTION curfew.session_relations(session_id uuid)
RETURNS text[]
AS 'MODULE_PATHNAME', 'curfew_session_relations' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.session_relations(uuid) IS 'What the caller is to a session that he may read: owner, agent, operator, admin, service, member.';

CREATE FUNCTION curfew.caller_workspace(workspace text DEFAULT NULL, operator boolean DEFAULT false, scope text DEFAULT NULL)
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_caller_workspace' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.caller_workspace(text, boolean, text) IS 'The workspace that the caller acts for: the one named, else the one that the credential is bound to. operator: it has to be an operator''s, and may be the only one of the caller''s. scope: that the caller has to hold.';

CREATE FUNCTION curfew.list_sessions(lifecycle text DEFAULT NULL, state text DEFAULT NULL, owner uuid DEFAULT NULL,
    agent uuid DEFAULT NULL, workspace text DEFAULT NULL, max_rows integer DEFAULT 50, after uuid DEFAULT NULL)
RETURNS SETOF curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_list_sessions' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.list_sessions(text, text, uuid, uuid, text, integer, uuid) IS 'The sessions that the caller may read, newest first. after: the id of the last row seen.';

-- This one and curfew.authenticate have no search path of their own: what they read is read by keys or kept, and the statements
-- that they run now and then have one, as every statement of the engine.
CREATE FUNCTION curfew.introspect(token text)
RETURNS curfew.token_info
AS 'MODULE_PATHNAME', 'curfew_introspect' LANGUAGE C VOLATILE;

COMMENT ON FUNCTION curfew.introspect(text) IS 'Whether an access token of the caller''s tenant is valid now, and what it stands for. Of any other token only that it is not active.';

CREATE FUNCTION curfew.refresh_session(refresh_token text, session_id uuid DEFAULT NULL, via text DEFAULT NULL,
    request_id text DEFAULT NULL, traceparent text DEFAULT NULL, OUT id uuid, OUT token text, OUT new_refresh_token text,
    OUT expires_at timestamptz, OUT refused text)
RETURNS record
AS 'MODULE_PATHNAME', 'curfew_refresh_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.refresh_session(text, uuid, text, text, text) IS 'Gives two new tokens for a refresh token. A repeat within the grace gets the same answer; a later one ends the session, and refused says refresh_token_reused. What the request is, via, request_id and traceparent, is written down where nobody is authenticated.';

CREATE FUNCTION curfew.session_is_live()
RETURNS boolean
AS 'MODULE_PATHNAME', 'curfew_session_is_live' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.session_is_live() IS 'Whether the caller came with a session''s token and that session is live now.';

CREATE FUNCTION curfew.audit_log(session_id uuid DEFAULT NULL, event text DEFAULT NULL, actor uuid DEFAULT NULL,
    since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, max_rows integer DEFAULT 100,
    after uuid DEFAULT NULL, about text DEFAULT NULL)
RETURNS SETOF curfew.audit_entry
AS 'MODULE_PATHNAME', 'curfew_audit_log' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.audit_log(uuid, text, uuid, timestamptz, timestamptz, integer, uuid, text) IS 'What happened, oldest first: of a session that the caller may read or, for administrators and the scope audit:read, of the tenant. about: session, or what else the events are about, such as principal.';

CREATE FUNCTION curfew.authenticate(credential text, tenant text DEFAULT NULL, via text DEFAULT NULL, request_id text DEFAULT NULL,
    traceparent text DEFAULT NULL)
RETURNS curfew.caller_info
AS 'MODULE_PATHNAME', 'curfew_authenticate' LANGUAGE C VOLATILE;

COMMENT ON FUNCTION curfew.authenticate(text, text, text, text, text) IS 'Resolves an API key or a session token to its principal, who is the caller for the rest of the transaction.';

CREATE FUNCTION curfew.act_as(tenant text, principal uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'curfew_act_as' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.act_as(text, uuid) IS 'Acts as a principal for the rest of the transaction. Audit rows name the principal and the database role.';

CREATE FUNCTION curfew.current_tenant()
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_current_tenant' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.current_tenant() IS 'The caller''s tenant; null where there is none, or where the caller may not act any more.';

CREATE FUNCTION curfew.current_principal()
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_current_principal' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.current_principal() IS 'The caller''s principal; null where there is none, or where the caller may not act any more.';

CREATE FUNCTION curfew.current_session()
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_current_session' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.current_session() IS 'The caller''s session; null where there is none, or where the caller may not act any more.';

CREATE FUNCTION curfew.audited_tenant()
RETURNS uuid
AS 'MODULE_PATHNAME', 'curfew_audited_tenant' LANGUAGE C STABLE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.audited_tenant() IS 'The tenant whose whole log the caller may read; refused to all but administrators and the scope audit:read.';
