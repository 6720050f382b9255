-- The tables that an ending writes, once more: the same columns, storage, indexes, foreign keys and partitions, but none of
-- the extension's triggers. What the triggers cost is so a cost of ours alone.
DO $copy$
DECLARE
    part record;
BEGIN
    CREATE TABLE bench.session (LIKE curfew.session INCLUDING ALL) WITH (fillfactor = 85);
    CREATE TABLE bench.session_detail (LIKE curfew.session_detail INCLUDING ALL);
    CREATE TABLE bench.session_token (LIKE curfew.session_token INCLUDING ALL);
    FOR part IN SELECT conrelid::regclass AS of, replace(pg_get_constraintdef(c.oid), 'curfew.session(', 'bench.session(') AS def,
                       relname AS name
                FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
                WHERE contype = 'f' AND conrelid IN ('curfew.session'::regclass, 'curfew.session_detail'::regclass,
                                                     'curfew.session_token'::regclass) LOOP
        EXECUTE format('ALTER TABLE bench.%I ADD %s', part.name, part.def);
    END LOOP;
    CREATE TABLE bench.audit_event (LIKE curfew.audit_event INCLUDING ALL) PARTITION BY RANGE (at);
    FOR part IN SELECT r.relname AS name, pg_get_expr(r.relpartbound, r.oid) AS bound
                FROM pg_inherits i JOIN pg_class r ON r.oid = i.inhrelid WHERE i.inhparent = 'curfew.audit_event'::regclass LOOP
        EXECUTE format('CREATE TABLE bench.%I (LIKE curfew.%I INCLUDING ALL)', part.name, part.name);
        EXECUTE format('ALTER TABLE bench.audit_event ATTACH PARTITION bench.%I %s', part.name, part.bound);
    END LOOP;
END $copy$;
