-- What auditors read: their own tenant's sessions and events.

CREATE VIEW curfew.sessions WITH (security_barrier) AS
SELECT s.tenant_id, s.id, s.lifecycle,
    curfew.effective_state(s.state, s.deadline, s.deadline_state, s.ended_at, greatest(pg_catalog.statement_timestamp(), s.updated_at)) AS state,
    s.version, s.owner_id, s.agent_id, s.workspace_id, s.operator_workspace_id, s.parent_id, s.scopes, s.marks,
    s.created_at,
    CASE WHEN s.ended_at IS NULL AND curfew.effective_ended_at(s.deadline, s.deadline_state, s.ended_at, greatest(pg_catalog.statement_timestamp(), s.updated_at)) IS NOT NULL
        THEN greatest(s.updated_at, s.deadline) ELSE s.updated_at END AS updated_at,
    s.started_at,
    curfew.effective_ended_at(s.deadline, s.deadline_state, s.ended_at, greatest(pg_catalog.statement_timestamp(), s.updated_at)) AS ended_at,
    s.deadline, s.used_at AS last_used_at
FROM curfew.session s
WHERE s.tenant_id OPERATOR(pg_catalog.=) (SELECT curfew.audited_tenant());
COMMENT ON VIEW curfew.sessions IS 'The sessions of the caller''s tenant, as they are now; for whoever may audit it.';

CREATE VIEW curfew.audit_events WITH (security_barrier) AS
SELECT e.at, e.tenant_id, e.id, e.session_id, e.event, e.action, e.outcome, e.actor_id, e.on_behalf_of, e.db_role,
    e.relation, e.via, e.request_id, e.from_state, e.to_state, e.version, e.reason, e.details, e.traceparent
FROM curfew.audit_event e
WHERE e.tenant_id OPERATOR(pg_catalog.=) (SELECT curfew.audited_tenant());
COMMENT ON VIEW curfew.audit_events IS 'The audit log of the caller''s tenant, for whoever may audit it.';

CREATE VIEW curfew.lifecycle_transitions AS
SELECT t.lifecycle, t.state, t.action, t.who, t.scope, t.reason, t.again, t.next_state
FROM curfew.list_transitions() t;
COMMENT ON VIEW curfew.lifecycle_transitions IS 'Every action from every state of every lifecycle: who may take it and where it leads. + and - set and clear a mark, > extends a setting, ~ changes what people read.';
