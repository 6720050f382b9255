-- A new session of one contract, made as its owner. Variables: contract, tenant, owner, agent ('' where there is none).
-- Prints its id and its token, with a space between.

SELECT :'contract' = 'dhcp-shield' AS dhcp_shield, :'contract' = 'dreadnode' AS dreadnode, :'contract' = 'devin' AS devin,
       :'contract' = 'truthlocks' AS truthlocks, :'contract' = 'luxxon' AS luxxon \gset
BEGIN;
SELECT curfew.act_as(:'tenant', :'owner') \g /dev/null
\if :dhcp_shield
SELECT id, token FROM curfew.create_session('login', fields => '{"ip_address": "127.0.0.1", "auth_method": "Local"}');
\elif :dreadnode
SELECT id, token FROM curfew.create_session('conversation', workspace => 'research', title => 'A demo conversation',
    labels => '{"stage": ["demo"]}', fields => '{"agent": "demo", "origin": "user"}');
\elif :devin
SELECT id, token FROM curfew.create_session('run', title => 'A demo run');
\elif :truthlocks
SELECT id, token FROM curfew.create_session('agent', agent => :'agent', scopes => '{documents:read}',
    timers => '{"ttl": 86400}', metadata => '{"demo": true}');
\elif :luxxon
SELECT id, token FROM curfew.create_session('visual', workspace => 'viewer', timers => '{"wait": 3600, "max_duration": 600}',
    fields => '{"requestedLat": 4.711234, "requestedLng": -74.072456, "ratePerSecondMicroUsdc": "1000",
                "holdMicroUsdc": "600000", "maxDurationSeconds": 600, "waitTimeoutSeconds": 3600}');
\endif
COMMIT;
