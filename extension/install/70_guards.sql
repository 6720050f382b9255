-- Triggers: the audit log is append-only, and what is changed behind the engine's back is written down.

CREATE FUNCTION curfew.effective_state(state text, deadline timestamptz, deadline_state text, ended_at timestamptz, at timestamptz)
RETURNS text
AS 'MODULE_PATHNAME', 'curfew_effective_state' LANGUAGE C IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.effective_state(text, timestamptz, text, timestamptz, timestamptz) IS 'What a session of these columns is at a time: past its deadline, what its timer makes it.';

CREATE FUNCTION curfew.effective_ended_at(deadline timestamptz, deadline_state text, ended_at timestamptz,
    at timestamptz)
RETURNS timestamptz
AS 'MODULE_PATHNAME', 'curfew_effective_ended_at' LANGUAGE C IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.effective_ended_at(timestamptz, text, timestamptz, timestamptz) IS 'When a session of these columns ended: its deadline, where that has ended it.';

CREATE FUNCTION curfew.outside_engine(id uuid, version bigint)
RETURNS boolean
AS 'MODULE_PATHNAME', 'curfew_outside_engine' LANGUAGE C VOLATILE
SET search_path = pg_catalog, pg_temp;

COMMENT ON FUNCTION curfew.outside_engine(uuid, bigint) IS 'Whether a write to that session at that version is not the engine''s; without a session, whether one of many rows is not.';

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
    WHEN (curfew.outside_engine(OLD.id, OLD.version)) EXECUTE FUNCTION curfew.record_outside_change();
CREATE TRIGGER outside_delete AFTER DELETE ON curfew.session FOR EACH ROW
    WHEN (curfew.outside_engine(OLD.id, OLD.version)) EXECUTE FUNCTION curfew.record_outside_change();
-- A restore fires this one. All that it does is that the sweeper begins with the earliest deadline.
CREATE TRIGGER outside_insert AFTER INSERT ON curfew.session FOR EACH STATEMENT
    WHEN (curfew.outside_engine(NULL, NULL)) EXECUTE FUNCTION curfew.record_outside_change();
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
