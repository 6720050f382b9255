\set number random(:first, :last)
SELECT true AS active, s.id AS session_id, s.tenant_id, s.lifecycle, s.state, coalesce(s.agent_id, s.owner_id) AS principal_id,
    s.scopes, s.deadline AS expires_at
FROM curfew.session_token k
JOIN curfew.session s ON s.tenant_id = k.tenant_id AND s.id = k.session_id
JOIN curfew.principal o ON o.tenant_id = s.tenant_id AND o.id = s.owner_id AND o.status = 'active'
LEFT JOIN curfew.principal a ON a.tenant_id = s.tenant_id AND a.id = s.agent_id
WHERE k.tenant_id = :tenant AND k.digest = sha256(decode(:prefix || :number, 'hex')) AND k.kind = 'access'
    AND s.ended_at IS NULL AND s.deadline > now() AND (a.id IS NULL OR a.status = 'active');
