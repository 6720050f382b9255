"""One server for the whole run, and databases on it."""
import pytest

from server import Server


@pytest.fixture(scope="session")
def server():
    server = Server()
    try:
        server.up()
        yield server
    finally:
        server.remove()


@pytest.fixture
def empty(server):
    """A database without the extension."""
    name = server.create_database("empty")
    yield name
    server.drop_database(name)


@pytest.fixture
def database(server):
    """A database with the extension, a tenant and one run of its owner's, in state working."""
    name = server.create_database("plain")
    server.rows(name, """
        CREATE EXTENSION curfew;
        SELECT curfew.create_tenant('acme');
        CREATE TABLE who AS SELECT curfew.create_principal('dave', tenant => 'acme') AS id;
        BEGIN;
        SELECT curfew.act_as('acme', id) FROM who;
        CREATE TABLE target AS SELECT id FROM curfew.create_session('run');
        COMMIT;
        CREATE VIEW outcome AS
            SELECT s.state, s.version, array_agg(e.event ORDER BY e.version) AS events
            FROM target t JOIN curfew.session s ON s.id = t.id JOIN curfew.audit_event e ON e.session_id = s.id
            GROUP BY s.state, s.version""")
    yield name
    server.drop_database(name)
