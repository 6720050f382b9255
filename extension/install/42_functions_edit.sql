-- What people read of a session, changed; and its messages.

CREATE TYPE curfew.session_message_entry AS (
    id uuid,
    at timestamptz,
    kind text,
    author_id uuid,
    author text,
    message text,
    session_version bigint
);
COMMENT ON TYPE curfew.session_message_entry IS 'One message of a session.';

CREATE FUNCTION curfew.update_session(session_id uuid, action text DEFAULT 'update', title text DEFAULT NULL,
    labels jsonb DEFAULT NULL, metadata jsonb DEFAULT NULL, fields jsonb DEFAULT NULL, reason text DEFAULT NULL,
    expected_version bigint DEFAULT NULL, lifecycle text DEFAULT NULL, workspace text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_update_session' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.update_session(uuid, text, text, jsonb, jsonb, jsonb, text, bigint, text, text, text) IS 'Takes an action that edits. What is null stays as it is; fields are merged into those there are, labels and metadata replace them. The audit log has the names of what was changed, never the values.';

CREATE FUNCTION curfew.post_message(session_id uuid, message text, kind text DEFAULT 'user_message', reason text DEFAULT NULL,
    expected_version bigint DEFAULT NULL, lifecycle text DEFAULT NULL, workspace text DEFAULT NULL,
    idempotency_key text DEFAULT NULL)
RETURNS curfew.session_info
AS 'MODULE_PATHNAME', 'curfew_post_message' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.post_message(uuid, text, text, text, bigint, text, text, text) IS 'Takes the action "message" and keeps the message; then the action "wake", where the lifecycle has one that starts from the session''s state.';

CREATE FUNCTION curfew.list_messages(session_id uuid, max_rows integer DEFAULT 1000, after uuid DEFAULT NULL)
RETURNS SETOF curfew.session_message_entry
AS 'MODULE_PATHNAME', 'curfew_list_messages' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp SET jit = off;

COMMENT ON FUNCTION curfew.list_messages(uuid, integer, uuid) IS 'The messages of a session that the caller may read, oldest first. after: the id of the last one seen.';
