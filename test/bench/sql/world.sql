-- The tenant, its people, and the loader of numbered sessions.
CREATE SCHEMA bench;
CREATE EXTENSION IF NOT EXISTS pg_buffercache;
CREATE EXTENSION IF NOT EXISTS pg_walinspect;

-- A service that speaks SQL: a database role tied to a principal, who owns what he ends.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'bench_owner') THEN CREATE ROLE bench_owner LOGIN; END IF;
END $$;
SELECT curfew.create_tenant('bench');
-- began: sessions begin a millisecond after one another from then on, so that newest first is by number, however they are loaded.
CREATE TABLE bench.world AS
SELECT now() - interval '4 hours' AS began, t.id AS tenant, p.id AS owner, k.key, encode(t.tag, 'hex') || repeat('0', 32) AS token_prefix
FROM curfew.tenant t,
     LATERAL (SELECT curfew.create_principal('owner', tenant => 'bench') AS id) p,
     LATERAL (SELECT i.key FROM curfew.issue_api_key(p.id, 'bench_live_', tenant => 'bench') i) k
WHERE t.slug = 'bench';
SELECT curfew.grant_access('bench_owner', 'service');
SELECT curfew.map_role('bench_owner', owner, tenant => 'bench') FROM bench.world;
INSERT INTO curfew.principal (tenant_id, id, kind, role, name, scopes, created_at)
SELECT tenant, ('019bbbbb0000700080000000' || lpad(n::text, 8, '0'))::uuid, 'agent', 'member', 'agent' || n, '{}', now()
FROM bench.world, generate_series(1, 1000) n;

-- Sessions number first … last, each with a token and its audit row of creation, as curfew.create_session leaves them.
CREATE PROCEDURE bench.load(place text, first bigint, last bigint) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true); -- no foreign key is looked up per row
    EXECUTE format($sql$
        INSERT INTO %1$I.session (tenant_id, id, lifecycle, owner_id, agent_id, state, deadline_state, version, created_at,
            updated_at, entered_at, started_at, deadline)
        SELECT tenant, ('019aaaaa00007000' || n)::uuid, 'agent', owner,
            ('019bbbbb0000700080000000' || lpad((1 + n %% 1000)::text, 8, '0'))::uuid, 'active', 'expired', 1, at, at, at, at,
            at + interval '10 days'
        FROM bench.world, generate_series($1, $2) n, LATERAL (SELECT began + (n - 8000000000000000) * interval '1 ms' AS at) t
        ORDER BY n $sql$, place) USING first, last;
    EXECUTE format($sql$
        INSERT INTO %1$I.session_token (tenant_id, digest, session_id, kind, created_at)
        SELECT tenant, sha256(decode(token_prefix || n, 'hex')), ('019aaaaa00007000' || n)::uuid, 'access', now()
        FROM bench.world, generate_series($1, $2) n ORDER BY n $sql$, place) USING first, last;
    EXECUTE format($sql$
        INSERT INTO %1$I.audit_event (at, tenant_id, id, session_id, event, action, outcome, actor_id, db_role, relation, via,
            to_state, version)
        SELECT s.created_at, s.tenant_id, gen_random_uuid(), s.id, 'AGENT_SESSION_CREATED', 'create', 'done', s.owner_id,
            'bench_owner', 'owner', 'sql', 'active', 1
        FROM bench.world, %1$I.session s
        WHERE s.tenant_id = tenant AND s.id BETWEEN ('019aaaaa00007000' || $1)::uuid AND ('019aaaaa00007000' || $2)::uuid
        ORDER BY s.id $sql$, place) USING first, last;
END $$;
