\set number :first + :client_id * :each + :done
\set done :done + 1
WITH ended AS (
    UPDATE bench.session SET state = 'terminated', deadline_state = NULL, version = version + 1, updated_at = now(),
        entered_at = now(), ended_at = now()
    WHERE tenant_id = :tenant AND id = (:prefix || :number)::uuid
    RETURNING tenant_id, id, state, version, ended_at
), logged AS (
    INSERT INTO bench.audit_event (at, tenant_id, id, session_id, event, action, outcome, actor_id, db_role, relation, via,
        from_state, to_state, version, reason)
    SELECT now(), tenant_id, gen_random_uuid(), id, 'AGENT_SESSION_TERMINATED', 'terminate', 'done', :owner, 'bench_owner',
        'owner', 'sql', 'active', state, version, 'no longer needed'
    FROM ended
)
SELECT id, state, version, ended_at FROM ended;
