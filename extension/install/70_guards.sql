-- Triggers: the audit log is append-only, what is changed behind the engine's back is written down, and every backend is
-- told when the directory changes.

CREATE FUNCTION curfew.effective_state(state text, deadline timestamptz, deadline_state text, ended_at timestamptz, at timestamptz)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_effective_state' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION curfew.effective_state(text, timestamptz, text, timestamptz, timestamptz) IS 'What a session of these columns is at a time: past its deadline, what its timer makes it.';

CREATE FUNCTION curfew.effective_ended_at(deadline timestamptz, deadline_state text, ended_at timestamptz,
    at timestamptz)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'curfew_effective_ended_at' LANGUAGE C IMMUTABLE PARALLEL SAFE;

COMMENT ON FUNCTION curfew.effective_ended_at(timestamptz, text, timestamptz, timestamptz) IS 'When a session of these columns ended: its deadline, where that has ended it.';

-- This one and the next are called for every row that the engine writes and compare values in C: a search path of their
-- own would protect nothing, and takes longer than they do.
CREATE FUNCTION curfew.outside_engine(id uuid)
RETURNS boolean
AS 'MODULE_PATHNAME', 'curfew_outside_engine' LANGUAGE C VOLATILE;

COMMENT ON FUNCTION curfew.outside_engine(uuid) IS 'Whether a write to that session is not the engine''s; without a session, whether the statement that asks is not.';

-- Called by the engine's own statements only, with the ticket of the change that they write. Its cost has it come after
-- the conditions that find the row.
CREATE FUNCTION curfew.decides(ticket bytea, tenant_id uuid, id uuid, lifecycle text, owner_id uuid, agent_id uuid, workspace_id uuid,
    operator_workspace_id uuid, parent_id uuid, state text, deadline_state text, version bigint, created_at timestamptz,
    updated_at timestamptz, entered_at timestamptz, started_at timestamptz, ended_at timestamptz, deadline timestamptz,
    metered_us bigint, scopes text[], timers jsonb, marks jsonb, used_at timestamptz)
RETURNS boolean
AS 'MODULE_PATHNAME', 'curfew_decides' LANGUAGE C VOLATILE COST 100000;

COMMENT ON FUNCTION curfew.decides IS 'Decides on a session''s row as a statement of the engine reads it, whether that statement is to change it.';

CREATE FUNCTION curfew.record_outside_change()
RETURNS trigger
AS 'MODULE_PATHNAME', 'curfew_record_outside_change' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.record_outside_change() IS 'Writes down what was changed without the engine.';

CREATE FUNCTION curfew.refuse_audit_change()
RETURNS trigger
AS 'MODULE_PATHNAME', 'curfew_refuse_audit_change' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.refuse_audit_change() IS 'Keeps the audit log append-only.';

CREATE TRIGGER outside_update AFTER UPDATE ON curfew.session FOR EACH ROW
    WHEN (curfew.outside_engine(OLD.id)) EXECUTE FUNCTION curfew.record_outside_change();
CREATE TRIGGER outside_delete AFTER DELETE ON curfew.session FOR EACH ROW
    WHEN (curfew.outside_engine(OLD.id)) EXECUTE FUNCTION curfew.record_outside_change();
-- A restore fires this one. All that it does is that the sweeper begins with the earliest deadline.
CREATE TRIGGER outside_insert AFTER INSERT ON curfew.session FOR EACH STATEMENT
    WHEN (curfew.outside_engine(NULL)) EXECUTE FUNCTION curfew.record_outside_change();
CREATE TRIGGER outside_truncate BEFORE TRUNCATE ON curfew.session FOR EACH STATEMENT
    EXECUTE FUNCTION curfew.record_outside_change();
ALTER TABLE curfew.session ENABLE ALWAYS TRIGGER outside_update;
ALTER TABLE curfew.session ENABLE ALWAYS TRIGGER outside_delete;
ALTER TABLE curfew.session ENABLE ALWAYS TRIGGER outside_insert;
ALTER TABLE curfew.session ENABLE ALWAYS TRIGGER outside_truncate;

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON curfew.audit_event FOR EACH ROW
    EXECUTE FUNCTION curfew.refuse_audit_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON curfew.audit_event FOR EACH STATEMENT
    EXECUTE FUNCTION curfew.refuse_audit_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON curfew.audit_event_default FOR EACH STATEMENT
    EXECUTE FUNCTION curfew.refuse_audit_change();
ALTER TABLE curfew.audit_event ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE curfew.audit_event ENABLE ALWAYS TRIGGER refuse_truncate;
ALTER TABLE curfew.audit_event_default ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE curfew.audit_event_default ENABLE ALWAYS TRIGGER refuse_truncate;

CREATE TABLE curfew.directory_change ();
COMMENT ON TABLE curfew.directory_change IS 'Stands for the directory in messages between backends; it has no rows.';

CREATE FUNCTION curfew.tell_directory_change()
RETURNS trigger
AS 'MODULE_PATHNAME', 'curfew_tell_directory_change' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.tell_directory_change() IS 'Has every backend forget what it keeps of tenants, principals, keys, mappings of roles, issuers, lifecycles and the signing key, at the commit.';

DO $tell$
DECLARE
    watched text;
BEGIN
    FOREACH watched IN ARRAY '{tenant,principal,api_key,role_mapping,issuer,lifecycle,signing_key}'::text[] LOOP
        EXECUTE pg_catalog.format('CREATE TRIGGER tell_row AFTER UPDATE OR DELETE ON curfew.%1$I FOR EACH ROW'
            ' EXECUTE FUNCTION curfew.tell_directory_change();'
            'CREATE TRIGGER tell_truncate AFTER TRUNCATE ON curfew.%1$I FOR EACH STATEMENT'
            ' EXECUTE FUNCTION curfew.tell_directory_change();'
            'CREATE TRIGGER tell_insert BEFORE INSERT ON curfew.%1$I FOR EACH STATEMENT'
            ' EXECUTE FUNCTION curfew.tell_directory_change();'
            'ALTER TABLE curfew.%1$I ENABLE ALWAYS TRIGGER tell_row, ENABLE ALWAYS TRIGGER tell_truncate,'
            ' ENABLE ALWAYS TRIGGER tell_insert', watched);
    END LOOP;
END $tell$;
