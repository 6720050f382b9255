\set number :first + :client_id * :each + :done
\set done :done + 1
\startpipeline
SELECT principal_id FROM curfew.authenticate(:key::text, NULL::text, :via::text, 'bench'::text);
SELECT (SELECT pg_catalog.row_to_json(shown) FROM (SELECT
    s.id, s.lifecycle, s.state, s.version, s.live, s.terminal, s.owner_id, s.agent_id, s.workspace_id,
    s.operator_workspace_id, s.parent_id, s.scopes, s.marks,
    curfew.rfc3339(s.created_at) AS created_at, curfew.rfc3339(s.updated_at) AS updated_at,
    curfew.rfc3339(s.started_at) AS started_at, curfew.rfc3339(s.ended_at) AS ended_at,
    curfew.rfc3339(s.deadline) AS deadline, s.metered_ms, s.replayed) AS shown)::text AS body, '"' || s.version || '"' AS etag
FROM curfew.act(curfew.session_id(:prefix || :number), 'terminate',
    reason => curfew.body_text(curfew.json_body(:body), 'reason')) AS s;
\endpipeline
