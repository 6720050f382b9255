-- What is changed behind the engine's back is written down: the database role, what was there before, and what after.
-- The engine's own writes leave no such row.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS curfew;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null '-'
CREATE FUNCTION pg_temp.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text; word text; field text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS word = CONSTRAINT_NAME, field = COLUMN_NAME;
    RETURN concat_ws(' ', SQLSTATE, nullif(word, ''), '(' || nullif(field, '') || ')');
END $$;
SELECT curfew.create_tenant('outside') AS tenant \gset
SELECT curfew.create_principal('olga', role => 'admin', tenant => 'outside') AS olga \gset
CREATE FUNCTION pg_temp.outside() RETURNS TABLE (event text, count bigint) LANGUAGE sql AS $$
    SELECT e.event, count(*) FROM curfew.audit_event e JOIN curfew.tenant t ON t.id = e.tenant_id AND t.slug = 'outside'
    WHERE e.event LIKE 'session.%' GROUP BY e.event ORDER BY e.event COLLATE "C"
$$;

-- The engine's own: every kind of change, in and out of savepoints, many in one statement.
BEGIN;
SELECT curfew.act_as('outside', :'olga') \gset
SELECT id FROM curfew.create_session('run') \gset
SELECT id AS login FROM curfew.create_session('login') \gset
SELECT id AS other FROM curfew.create_session('run') \gset
SELECT id AS third FROM curfew.create_session('run') \gset
SAVEPOINT before;
SELECT state FROM curfew.end_session(:'login');
ROLLBACK TO SAVEPOINT before;
SELECT state FROM curfew.end_session(:'login');
SELECT count(curfew.create_session('login')) FROM generate_series(1, 5);
SELECT count(curfew.end_session(s.id)) FROM curfew.list_sessions('login', 'active') s;
COMMIT;
SELECT * FROM pg_temp.outside();

-- A superuser's UPDATE: before and after, whole rows.
UPDATE curfew.session SET state = 'finished', ended_at = now() WHERE id = :'id';
SELECT event, action, outcome, actor_id, on_behalf_of, db_role = current_user AS db_role, relation, via, request_id, from_state, to_state, version, reason,
    details->'before'->>'state' AS before, details->'after'->>'state' AS after, details->'before'->>'version' AS version_before,
    (SELECT count(*) FROM jsonb_object_keys(details->'before')) = (SELECT count(*) FROM pg_attribute WHERE attrelid = 'curfew.session'::regclass AND attnum > 0) AS whole
FROM curfew.audit_event WHERE session_id = :'id' AND event LIKE 'session.%';
-- A change of nothing is one too; many rows are many.
UPDATE curfew.session SET state = state WHERE id IN (:'id', :'other', :'login');
SELECT * FROM pg_temp.outside();
-- With replication's word for it, too.
SET session_replication_role = replica;
UPDATE curfew.session SET metered_us = 1 WHERE id = :'other';
RESET session_replication_role;
SELECT * FROM pg_temp.outside();

-- A DELETE: there is no after. What hangs on the session goes with it, its audit rows stay.
DELETE FROM curfew.session WHERE id = :'other';
SELECT event, from_state, to_state, details ? 'before' AS before, details ? 'after' AS after, details->'before'->>'id' = :'other' AS its_id
FROM curfew.audit_event WHERE session_id = :'other' AND event = 'session.delete_outside';
SELECT count(*) FROM curfew.session_detail WHERE session_id = :'other';
BEGIN;
SELECT curfew.act_as('outside', :'olga') \gset
SELECT event FROM curfew.audit_log(:'other');
COMMIT;

-- What is taken back leaves nothing, and in a caller's transaction the caller is named.
BEGIN;
DELETE FROM curfew.session WHERE id = :'third';
ROLLBACK;
SELECT * FROM pg_temp.outside();
BEGIN;
SELECT curfew.act_as('outside', :'olga') \gset
UPDATE curfew.session SET state = 'blocked' WHERE id = :'third';
SELECT event, actor_id = :'olga' AS olga FROM curfew.audit_log(:'third') WHERE event LIKE 'session.%';
ROLLBACK;
-- A role that was given the table is written down by its name.
SET client_min_messages = warning;
DROP ROLE IF EXISTS regress_curfew_meddler;
RESET client_min_messages;
CREATE ROLE regress_curfew_meddler;
GRANT USAGE ON SCHEMA curfew TO regress_curfew_meddler;
GRANT SELECT, UPDATE ON curfew.session TO regress_curfew_meddler;
GRANT EXECUTE ON FUNCTION curfew.outside_engine TO regress_curfew_meddler;
SET ROLE regress_curfew_meddler;
UPDATE curfew.session SET metered_us = 2 WHERE id = :'third';
RESET ROLE;
SELECT db_role, details->'after'->>'metered_us' AS after FROM curfew.audit_event WHERE session_id = :'third' AND event = 'session.update_outside';
-- Without the right to the trigger's condition it changes nothing at all.
REVOKE EXECUTE ON FUNCTION curfew.outside_engine FROM regress_curfew_meddler;
SET ROLE regress_curfew_meddler;
UPDATE curfew.session SET metered_us = 3 WHERE id = :'third';
RESET ROLE;
SELECT metered_us FROM curfew.session WHERE id = :'third';
DROP OWNED BY regress_curfew_meddler;
DROP ROLE regress_curfew_meddler;

-- TRUNCATE, of the sessions or of what they hang on: a row in every tenant that was there.
SET client_min_messages = warning;
BEGIN;
TRUNCATE curfew.session CASCADE;
SELECT event, details, db_role = current_user AS db_role, count(*) = (SELECT count(*) FROM curfew.tenant) AS in_every_tenant FROM curfew.audit_event WHERE event LIKE 'session.trunc%' GROUP BY event, details, db_role;
ROLLBACK;
BEGIN;
TRUNCATE curfew.principal CASCADE;
SELECT event, details, count(*) = (SELECT count(*) FROM curfew.tenant) AS in_every_tenant FROM curfew.audit_event WHERE event LIKE 'session.trunc%' GROUP BY event, details;
ROLLBACK;
SELECT count(*) AS tenants FROM curfew.tenant \gset
BEGIN;
TRUNCATE curfew.tenant CASCADE;
SELECT event, details, count(*) = :tenants AS in_every_tenant FROM curfew.audit_event WHERE event LIKE 'session.trunc%' GROUP BY event, details;
ROLLBACK;
RESET client_min_messages;

-- After an error inside the engine the marker is gone: what follows it is outside.
BEGIN;
SELECT curfew.act_as('outside', :'olga') \gset
-- Here the engine's own write fails, on a constraint that somebody added.
ALTER TABLE curfew.session ADD CONSTRAINT regress_curfew_no_terminated CHECK (state <> 'terminated') NOT VALID;
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'third'));
UPDATE curfew.session SET metered_us = 4 WHERE id = :'third';
SELECT event, details->'after'->>'metered_us' AS after FROM curfew.audit_log(:'third') WHERE details->'after'->>'metered_us' = '4';
\set VERBOSITY terse
SAVEPOINT before;
SELECT curfew.terminate_session(:'third');
ROLLBACK TO SAVEPOINT before;
UPDATE curfew.session SET metered_us = 5 WHERE id = :'third';
SELECT event, details->'after'->>'metered_us' AS after FROM curfew.audit_log(:'third') WHERE details->'after'->>'metered_us' = '5';
SELECT curfew.terminate_session(:'third');
ROLLBACK;
UPDATE curfew.session SET metered_us = 6 WHERE id = :'third';
SELECT event FROM curfew.audit_event WHERE session_id = :'third' AND details->'after'->>'metered_us' = '6';
-- A trigger of somebody's that writes to other sessions while the engine writes to one is outside.
\set VERBOSITY default
BEGIN;
CREATE FUNCTION pg_temp.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE curfew.session SET metered_us = 7 WHERE id <> NEW.id AND tenant_id = NEW.tenant_id AND metered_us <> 7;
    RETURN NULL;
END $$;
CREATE TRIGGER regress_curfew_meddle AFTER UPDATE ON curfew.session FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION pg_temp.meddle();
SELECT curfew.act_as('outside', :'olga') \gset
SELECT state FROM curfew.terminate_session(:'third');
SELECT count(*) > 0 AS some, count(*) = (SELECT count(*) FROM curfew.session WHERE tenant_id = :'tenant') - 1 AS all_the_others FROM curfew.audit_log(max_rows => 1000) WHERE details->'after'->>'metered_us' = '7';
ROLLBACK;
-- So is one that writes to the same session after the engine did. And whatever the caller's search path is, it looks nothing up by it.
BEGIN;
CREATE TEMP TABLE regress_curfew_seen (path text);
CREATE FUNCTION pg_temp.meddle_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.regress_curfew_seen VALUES (current_setting('search_path'));
    UPDATE curfew.session SET metered_us = 8 WHERE tenant_id = NEW.tenant_id AND id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER regress_curfew_meddle AFTER UPDATE ON curfew.session FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION pg_temp.meddle_after();
SET LOCAL search_path = public;
SELECT curfew.act_as('outside', :'olga') \gset
SELECT state FROM curfew.terminate_session(:'third');
SELECT event, details->'after'->>'metered_us' AS after FROM curfew.audit_log(:'third') WHERE at = (SELECT max(at) FROM curfew.audit_log(:'third'));
SELECT path, current_setting('search_path') AS of_the_caller FROM pg_temp.regress_curfew_seen;
ROLLBACK;
-- One that writes to another session while the engine writes a new one, many at once, or what has expired, is outside too.
BEGIN;
SELECT curfew.act_as('outside', :'olga') \gset
SELECT id AS another FROM curfew.create_session('agent') \gset
SELECT id AS late FROM curfew.create_session('run') \gset
SELECT id AS live FROM curfew.create_session('run') \gset
SELECT count(curfew.create_session('login')) FROM generate_series(1, 3);
COMMIT;
UPDATE curfew.session SET deadline = now() WHERE id = :'late';
BEGIN;
SELECT set_config('regress.another', :'another', true) = :'another' AS told;
CREATE FUNCTION pg_temp.meddle_with_another() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE curfew.session SET metered_us = metered_us + 1 WHERE id = current_setting('regress.another')::uuid;
    RETURN NULL;
END $$;
CREATE TRIGGER regress_curfew_meddle AFTER INSERT OR UPDATE ON curfew.session FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION pg_temp.meddle_with_another();
CREATE FUNCTION pg_temp.meddled() RETURNS TABLE (another bigint, else_outside bigint) LANGUAGE sql AS $$
    SELECT count(*) FILTER (WHERE e.session_id = current_setting('regress.another')::uuid), count(*) FILTER (WHERE e.session_id <> current_setting('regress.another')::uuid)
    FROM curfew.audit_event e WHERE e.event LIKE 'session.%' AND e.at > now()
$$;
SELECT curfew.act_as('outside', :'olga') \gset
SELECT lifecycle FROM curfew.create_session('login');
SELECT * FROM pg_temp.meddled();
SELECT (curfew.end_sessions('{"lifecycle": "login"}')).ended;
SELECT * FROM pg_temp.meddled();
SELECT curfew.sweep() > 0 AS swept;
SELECT another > 5 AS meddled, else_outside FROM pg_temp.meddled();
ROLLBACK;
-- What one takes back of the engine's takes nothing from what it is inside of.
BEGIN;
SELECT set_config('regress.another', :'another', true) = :'another' AS told;
CREATE FUNCTION pg_temp.take_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM curfew.terminate_session(current_setting('regress.another')::uuid);
    RETURN NULL;
EXCEPTION WHEN check_violation THEN
    RETURN NEW;
END $$;
CREATE TRIGGER regress_curfew_meddle BEFORE UPDATE ON curfew.session FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION pg_temp.take_back();
ALTER TABLE curfew.session ADD CONSTRAINT regress_curfew_not_ended CHECK (id <> current_setting('regress.another')::uuid OR ended_at IS NULL) NOT VALID;
SELECT curfew.act_as('outside', :'olga') \gset
SELECT state FROM curfew.terminate_session(:'live');
SELECT event, action FROM curfew.audit_event WHERE session_id = :'live' AND at > now();
SELECT count(*) AS of_another FROM curfew.audit_event WHERE session_id = :'another' AND at > now();
ROLLBACK;
-- A function of somebody's own that the engine's statement calls by itself, here in a condition, is outside as well, and the audit log is append-only for it.
BEGIN;
SELECT set_config('regress.another', :'another', true) = :'another' AS told;
CREATE FUNCTION pg_temp.meddle_in_condition(session uuid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    IF session <> current_setting('regress.another')::uuid THEN
        UPDATE curfew.session SET metered_us = 10 WHERE id = current_setting('regress.another')::uuid;
        IF current_setting('regress.erase', true) = 'yes' THEN
            DELETE FROM curfew.audit_event WHERE session_id = current_setting('regress.another')::uuid;
        END IF;
    END IF;
    RETURN false;
END $$;
CREATE TRIGGER regress_curfew_meddle AFTER UPDATE ON curfew.session FOR EACH ROW WHEN (pg_temp.meddle_in_condition(NEW.id)) EXECUTE FUNCTION suppress_redundant_updates_trigger();
SELECT curfew.act_as('outside', :'olga') \gset
SAVEPOINT before;
SELECT state FROM curfew.terminate_session(:'live');
SELECT event, details->'after'->>'metered_us' AS after FROM curfew.audit_event WHERE session_id = :'another' AND at > now();
SELECT count(*) AS outside FROM curfew.audit_event WHERE session_id = :'live' AND event LIKE 'session.%' AND at > now();
ROLLBACK TO SAVEPOINT before;
SET LOCAL regress.erase = 'yes';
SELECT pg_temp.answer(format('SELECT state FROM curfew.terminate_session(%L)', :'live'));
ROLLBACK;
