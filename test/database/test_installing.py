"""Installing the extension and taking it away."""
import psycopg2
import pytest


def refusal(server, database, statement):
    with pytest.raises(psycopg2.Error) as refused:
        server.rows(database, statement)
    return refused.value


def left_behind(server, database):
    """What of the schema curfew, and of everything that names it, is still in the catalogs."""
    return server.rows(database, """
        SELECT 'schema', nspname FROM pg_namespace WHERE nspname = 'curfew'
        UNION ALL SELECT 'relation', relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND nspname NOT LIKE 'pg_temp%'
        UNION ALL SELECT 'function', proname FROM pg_proc WHERE probin LIKE '%curfew%'
        UNION ALL SELECT 'type', typname FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
            WHERE nspname = 'curfew'""")


def test_another_encoding_is_refused(server):
    name = server.create_database("latin", "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
    try:
        error = refusal(server, name, "CREATE EXTENSION curfew")
        assert error.pgcode == "0A000"
        assert "UTF8" in str(error) and "LATIN1" in str(error)
        assert left_behind(server, name) == []
    finally:
        server.drop_database(name)


def test_somebody_elses_schema_of_that_name_is_not_taken_over(server, empty):
    server.rows(empty, "CREATE SCHEMA curfew; CREATE FUNCTION curfew.bait() RETURNS void LANGUAGE sql AS ''")
    error = refusal(server, empty, "CREATE EXTENSION curfew")
    assert error.pgcode == "42P06"
    assert server.value(empty, "SELECT count(*) FROM pg_extension WHERE extname = 'curfew'") == 0
    assert server.value(empty, "SELECT array_agg(proname::text) FROM pg_proc p"
                               " JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname = 'curfew'") == ["bait"]


def test_another_schema_cannot_be_named(server, empty):
    error = refusal(server, empty, "CREATE EXTENSION curfew SCHEMA public")
    assert "must be installed in schema" in str(error)
    assert left_behind(server, empty) == []


def test_dropping_leaves_nothing_months_included(server, empty):
    server.rows(empty, """
        CREATE EXTENSION curfew;
        SELECT curfew.create_tenant('acme');
        SELECT curfew.create_audit_partition(now()::date), curfew.create_audit_partition('2020-01-01');
        DROP EXTENSION curfew""")
    assert left_behind(server, empty) == []
    server.rows(empty, "CREATE EXTENSION curfew; SELECT curfew.create_audit_partition(now()::date)")


@pytest.mark.parametrize("own, named", [
    ("CREATE TABLE curfew.notes (note text)", "table curfew.notes depends on schema curfew"),
    ("CREATE VIEW public.report AS SELECT id FROM curfew.session", "view report depends on table curfew.session"),
    ("CREATE TABLE public.rental (tenant uuid REFERENCES curfew.tenant)",
     "constraint rental_tenant_fkey on table rental depends on table curfew.tenant"),
])
def test_dropping_is_refused_where_something_of_the_users_needs_it(server, empty, own, named):
    server.rows(empty, f"CREATE EXTENSION curfew; {own}")
    error = refusal(server, empty, "DROP EXTENSION curfew")
    assert error.pgcode == "2BP01"
    assert named in error.diag.message_detail
    assert server.value(empty, "SELECT curfew.version()")


def test_dropping_beside_a_users_own_tables_leaves_those(server, empty):
    server.rows(empty, "CREATE TABLE public.mine AS SELECT 7 AS n; CREATE EXTENSION curfew; DROP EXTENSION curfew")
    assert left_behind(server, empty) == [("relation", "mine")]


def test_only_a_superuser_installs_it(server, empty):
    server.rows(empty, "CREATE ROLE curfew_test_owner")
    try:
        server.rows(empty, f"GRANT CREATE ON DATABASE {empty} TO curfew_test_owner")
        assert refusal(server, empty, "SET ROLE curfew_test_owner; CREATE EXTENSION curfew").pgcode == "42501"
    finally:
        server.rows(empty, "DROP OWNED BY curfew_test_owner; DROP ROLE curfew_test_owner")


def test_no_column_has_a_type_that_pg_upgrade_cannot_carry(server, database):
    server.rows(database, "SELECT curfew.create_audit_partition(now()::date)")
    assert server.rows(database, r"""
        SELECT a.attrelid::regclass::text, a.attname, a.atttypid::regtype::text
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
        WHERE n.nspname = 'curfew' AND a.attnum > 0 AND NOT a.attisdropped
            AND coalesce(e.typname, t.typname) LIKE 'reg%'
            AND coalesce(e.typname, t.typname) NOT IN ('regclass', 'regrole', 'regtype')""") == []
