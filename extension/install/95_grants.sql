-- Closed by default: curfew.grant_access opens what a role needs.

REVOKE ALL ON ALL ROUTINES IN SCHEMA curfew FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA curfew FROM PUBLIC;
SELECT curfew.close_schema();

-- What pg_dump saves. The built-in lifecycles come with the extension. How far the sweeper has come is not saved: in a
-- restored database it begins with the earliest deadline, so that it misses nothing.
SELECT pg_catalog.pg_extension_config_dump('curfew.tenant', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.workspace', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.principal', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.workspace_member', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.api_key', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.api_key_use', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.role_mapping', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.issuer', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.signing_key', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.event_number', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.event_sequencer', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.lifecycle', 'WHERE NOT builtin');
SELECT pg_catalog.pg_extension_config_dump('curfew.retention', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.session', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.session_detail', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.session_once', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.session_message', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.session_token', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.idempotency_key', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.bulk_run', '');
SELECT pg_catalog.pg_extension_config_dump('curfew.audit_event_default', '');
