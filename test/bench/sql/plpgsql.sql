-- The rival of `curfew.terminate_session`: the same rules as a good PL/pgSQL programmer would write them, on the copied
-- tables. One read that has everything, decisions in code, one write; at most ten attempts; a fixed search path; run by its
-- owner for whoever may call it. Lifecycles are data here too: a row for each state from which an action leads.

CREATE TABLE bench.transition (
    lifecycle text NOT NULL,
    action text NOT NULL,
    from_state text NOT NULL,
    to_state text NOT NULL,
    event text NOT NULL,
    scope text,
    metered boolean NOT NULL,
    PRIMARY KEY (lifecycle, action, from_state)
);
INSERT INTO bench.transition VALUES
    ('agent', 'terminate', 'active', 'terminated', 'AGENT_SESSION_TERMINATED', 'sessions:terminate', false);

CREATE FUNCTION bench.terminate_session(session_id uuid, reason text DEFAULT NULL, expected_version bigint DEFAULT NULL)
RETURNS curfew.session_info LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found_ record;
    changed bench.session;
    now_ timestamptz;
    relation text;
    told curfew.session_info;
BEGIN
    FOR attempt IN 1 .. 10 LOOP
        now_ := clock_timestamp();
        SELECT t.status AS tenant_status, p.tenant_id, p.id AS principal_id, p.status AS principal_status, p.kind,
               p.role AS principal_role, p.scopes AS principal_scopes, s.id, s.owner_id, s.agent_id, s.state, s.version,
               s.deadline, s.deadline_state, s.ended_at, s.entered_at, s.metered_us, s.lifecycle, x.to_state, x.event, x.scope,
               x.metered
        INTO found_
        FROM curfew.role_mapping m
        JOIN curfew.principal p ON p.tenant_id = m.tenant_id AND p.id = m.principal_id
        JOIN curfew.tenant t ON t.id = p.tenant_id
        LEFT JOIN bench.session s ON s.tenant_id = p.tenant_id AND s.id = terminate_session.session_id
        LEFT JOIN bench.transition x ON x.lifecycle = s.lifecycle AND x.action = 'terminate' AND x.from_state = s.state
        WHERE m.role = session_user::regrole AND m.role_name = session_user;

        IF NOT FOUND THEN
            RAISE EXCEPTION USING ERRCODE = 'SL401', MESSAGE = 'the database role is not tied to a principal';
        ELSIF found_.tenant_status <> 'active' THEN
            RAISE EXCEPTION USING ERRCODE = 'SL403', MESSAGE = 'the tenant is suspended';
        ELSIF found_.principal_status = 'revoked' THEN
            RAISE EXCEPTION USING ERRCODE = 'SL401', MESSAGE = 'the principal was revoked';
        ELSIF found_.principal_status <> 'active' THEN
            RAISE EXCEPTION USING ERRCODE = 'SL403', MESSAGE = 'the principal is suspended';
        ELSIF found_.id IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'SL404', MESSAGE = 'session not found';
        END IF;

        relation := CASE WHEN found_.owner_id = found_.principal_id THEN 'owner'
                         WHEN found_.agent_id = found_.principal_id THEN 'agent'
                         WHEN found_.principal_role <> 'reader' AND found_.scope = ANY (found_.principal_scopes) THEN 'scope' END;
        IF relation IS NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'SL403', MESSAGE = 'the caller may not do this to this session';
        ELSIF found_.principal_role = 'reader' THEN
            RAISE EXCEPTION USING ERRCODE = 'SL403', MESSAGE = 'a reader may look, but not act';
        ELSIF length(reason) > 1024 THEN
            RAISE EXCEPTION USING ERRCODE = 'SL422', MESSAGE = 'the reason is longer than 1024 characters';
        ELSIF expected_version <> found_.version THEN
            RAISE EXCEPTION USING ERRCODE = 'SL412', MESSAGE = 'the session has changed since it was read';
        ELSIF found_.to_state IS NULL OR (found_.ended_at IS NULL AND found_.deadline <= now_) THEN
            RAISE EXCEPTION USING ERRCODE = 'SL409', MESSAGE = 'the session''s state does not allow this';
        END IF;

        WITH ended AS (
            UPDATE bench.session s
            SET state = found_.to_state, deadline_state = NULL, version = s.version + 1, updated_at = now_, entered_at = now_,
                ended_at = now_,
                metered_us = s.metered_us + CASE WHEN found_.metered
                    THEN (extract(epoch FROM now_ - s.entered_at) * 1000000)::bigint ELSE 0 END
            WHERE s.tenant_id = found_.tenant_id AND s.id = found_.id AND s.version = found_.version
            RETURNING s.*
        ), logged AS (
            INSERT INTO bench.audit_event (at, tenant_id, id, session_id, event, action, outcome, actor_id, db_role, relation,
                via, from_state, to_state, version, reason)
            SELECT now_, e.tenant_id, gen_random_uuid(), e.id, found_.event, 'terminate', 'done', found_.principal_id,
                session_user, relation, 'sql', found_.state, e.state, e.version, nullif(terminate_session.reason, '')
            FROM ended e
        )
        SELECT * INTO changed FROM ended;
        IF FOUND THEN
            told.id := changed.id;
            told.lifecycle := changed.lifecycle;
            told.state := changed.state;
            told.version := changed.version;
            told.live := false;
            told.terminal := true;
            told.owner_id := changed.owner_id;
            told.agent_id := changed.agent_id;
            told.workspace_id := changed.workspace_id;
            told.operator_workspace_id := changed.operator_workspace_id;
            told.parent_id := changed.parent_id;
            told.scopes := changed.scopes;
            told.marks := changed.marks;
            told.created_at := changed.created_at;
            told.updated_at := changed.updated_at;
            told.started_at := changed.started_at;
            told.ended_at := changed.ended_at;
            told.deadline := nullif(changed.deadline, 'infinity');
            told.metered_ms := changed.metered_us / 1000;
            told.replayed := false;
            RETURN told;
        END IF;
    END LOOP;
    RAISE EXCEPTION USING ERRCODE = '40001', MESSAGE = 'could not change the session';
END $$;
GRANT USAGE ON SCHEMA bench TO bench_owner;
