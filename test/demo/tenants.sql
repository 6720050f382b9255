-- The demo's tenants, people and keys, made once, through curfew's functions alone. Prints NAME=value lines, which
-- demo.sh keeps: a key is shown when it is issued and never again.

-- Curfew's own interface: one administrator.
SELECT curfew.create_tenant('demo', 'Demo') AS tenant \gset
SELECT curfew.create_principal('root', role => 'admin', tenant => 'demo') AS admin \gset
SELECT key FROM curfew.issue_api_key(:'admin', tenant => 'demo') \gset
\echo CURFEW_ADMIN_KEY=:key

-- DHCP Shield: operators whose logins are the sessions.
SELECT curfew.create_tenant('shield', 'DHCP Shield') AS tenant \gset
SELECT curfew.create_principal('alice', email => 'alice@shield.example', tenant => 'shield') AS alice \gset
SELECT curfew.create_principal('boss', role => 'admin', email => 'boss@shield.example', tenant => 'shield') AS boss \gset
\echo DHCP_SHIELD_ALICE=:alice
\echo DHCP_SHIELD_BOSS=:boss

-- Dreadnode: a contributor in a workspace of an organisation.
SELECT curfew.create_tenant('acme', 'Acme') AS tenant \gset
SELECT curfew.create_workspace('research', 'Research', tenant => 'acme') AS workspace \gset
SELECT curfew.create_principal('carol', email => 'carol@acme.example', full_name => 'Carol Contributor', tenant => 'acme') AS carol \gset
SELECT curfew.add_member('research', :'carol', tenant => 'acme') \g /dev/null
SELECT key FROM curfew.issue_api_key(:'carol', 'dn_', tenant => 'acme') \gset
\echo DREADNODE_ORG=acme
\echo DREADNODE_WORKSPACE=research
\echo DREADNODE_OWNER=:carol
\echo DREADNODE_KEY=:key

-- Devin: a person with a key of their own.
SELECT curfew.create_tenant('devin', 'Devin') AS tenant \gset
SELECT curfew.create_principal('dave', email => 'dave@devin.example', tenant => 'devin') AS dave \gset
SELECT key FROM curfew.issue_api_key(:'dave', 'apk_user_', tenant => 'devin') \gset
\echo DEVIN_OWNER=:dave
\echo DEVIN_KEY=:key

-- Truthlocks: an agent with scopes, and a service whose key may terminate.
SELECT curfew.create_tenant('truthlocks', 'Truthlocks') AS tenant \gset
SELECT curfew.create_principal('crawler', 'agent', scopes => '{documents:read,documents:write}', tenant => 'truthlocks') AS agent \gset
SELECT curfew.create_principal('backend', 'service', scopes => '{sessions:*,sessions:terminate,documents:read,documents:write}', tenant => 'truthlocks') AS backend \gset
SELECT key FROM curfew.issue_api_key(:'backend', 'tl_live_', tenant => 'truthlocks') \gset
\echo TRUTHLOCKS_OWNER=:backend
\echo TRUTHLOCKS_AGENT=:agent
\echo TRUTHLOCKS_KEY=:key

-- Luxxon: a consumer's and an operator's workspace in one marketplace.
SELECT curfew.create_tenant('luxxon', 'Luxxon') AS tenant \gset
SELECT curfew.create_workspace('viewer', 'Viewer', tenant => 'luxxon') AS consumer_workspace \gset
SELECT curfew.create_workspace('drones', 'Drones', operator => true, tenant => 'luxxon') AS operator_workspace \gset
SELECT curfew.create_principal('vera', scopes => '{sessions:read,sessions:create,sessions:operate}', tenant => 'luxxon') AS vera \gset
SELECT curfew.create_principal('otto', scopes => '{sessions:read,sessions:create,sessions:operate}', tenant => 'luxxon') AS otto \gset
SELECT curfew.add_member('viewer', :'vera', tenant => 'luxxon') \g /dev/null
SELECT curfew.add_member('drones', :'otto', tenant => 'luxxon') \g /dev/null
SELECT key FROM curfew.issue_api_key(:'vera', 'lxxn_test_{workspace}_', workspace => 'viewer', revoke_grace => '60 seconds', tenant => 'luxxon') \gset
\echo LUXXON_CONSUMER_KEY=:key
SELECT key FROM curfew.issue_api_key(:'otto', 'lxxn_test_{workspace}_', workspace => 'drones', revoke_grace => '60 seconds', tenant => 'luxxon') \gset
\echo LUXXON_OPERATOR_KEY=:key
\echo LUXXON_OWNER=:vera
