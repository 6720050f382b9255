-- Numbered sessions by the million: indexes are made after the rows.
CREATE TABLE bench.dropped_index AS
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
LEFT JOIN pg_constraint o ON o.conindid = i.indexrelid
WHERE c.oid IN ('curfew.session'::regclass, 'curfew.session_token'::regclass) AND o.oid IS NULL;

CREATE PROCEDURE bench.drop_indexes() LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOR name IN SELECT d.name FROM bench.dropped_index d LOOP EXECUTE 'DROP INDEX ' || name; END LOOP;
END $$;
CREATE PROCEDURE bench.make_indexes() LANGUAGE plpgsql AS $$
DECLARE definition text;
BEGIN
    SET LOCAL maintenance_work_mem = '1GB';
    FOR definition IN SELECT d.definition FROM bench.dropped_index d LOOP EXECUTE definition; END LOOP;
END $$;
