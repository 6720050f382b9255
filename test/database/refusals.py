"""A server that keeps refusals, and a tenant whose sessions others try to end."""
import uuid

import psycopg2
import pytest

from server import Server, wait_until

HOME = "kept"       # the database with a worker
WINDOW = "1s"       # of the tests that wait for its end; the others never do
LONG_WINDOW = "1h"


class RefusalServer(Server):
    """A server that preloads the library."""

    stack = "refusals"

    def directory(self):
        return self.sockets.parent

    def up(self):
        self.remove()
        self.script("init")
        self.start()
        self.create_database(HOME)
        self.rows(HOME, "CREATE EXTENSION curfew")
        self.restart(shared_preload_libraries="curfew")
        self.reload(**{"curfew.databases": HOME})

    def restart(self, **settings):
        self.set(**settings)
        self.script("stop")
        self.start()

    def set(self, **settings):
        """The settings, by ALTER SYSTEM. None: the default."""
        for name, value in settings.items():
            if value is None:
                self.rows("postgres", f"ALTER SYSTEM RESET {name}")
            else:
                self.rows("postgres", f"ALTER SYSTEM SET {name} = %s", (value,))

    def reload(self, **settings):
        """The settings hold for whoever connects from now on, and for the worker."""
        self.set(**settings)
        self.rows("postgres", "SELECT pg_reload_conf()")
        for name, value in settings.items():
            wait_until(lambda: self.value("postgres", "SELECT current_setting(%s)", (name,)) == value)

    def log(self):
        return (self.directory() / "log" / "postgres.log").read_text(errors="replace")

    def status(self, database=HOME):
        """What the ring knows of a database, or None."""
        rows = self.rows(HOME, "SELECT worker, waiting, written, counted, lost FROM curfew.refusal_status()"
                         " WHERE database = %s", (database,))
        return dict(zip(("worker", "waiting", "written", "counted", "lost"), rows[0])) if rows else None

    def worker(self, database=HOME):
        """The process of the database's worker, which is waited for."""
        def pid():
            return self.rows("postgres", "SELECT pid FROM pg_stat_activity WHERE application_name = %s",
                             (f"curfew refusals {database}",))
        wait_until(pid)
        return pid()[0][0]

    def settle(self, database=HOME):
        """Waits until every refusal is in the log."""
        wait_until(lambda: (self.status(database) or {"waiting": 0})["waiting"] == 0)


@pytest.fixture(scope="module")
def server():
    server = RefusalServer()
    try:
        server.up()
        yield server
    finally:
        server.remove()


class Tenant:
    """A tenant of a test's own: alice, who has sessions, and bob, who has no business with them."""

    def __init__(self, server, database=HOME):
        self.server = server
        self.database = database
        self.slug = f"t-{uuid.uuid4().hex[:12]}"
        self.id = self.value("SELECT curfew.create_tenant(%s)", self.slug)
        self.alice = self.principal("alice")
        self.bob = self.principal("bob")

    def value(self, query, *values):
        return self.server.value(self.database, query, values)

    def principal(self, name, kind="user", role="member"):
        return self.value("SELECT curfew.create_principal(%s, %s, %s, tenant => %s)", name, kind, role, self.slug)

    def key(self, principal, **more):
        names = "".join(f", {name} => %s" for name in more)
        rows = self.server.rows(self.database, f"SELECT * FROM curfew.issue_api_key(%s, tenant => %s{names})",
                                (principal, self.slug, *more.values()))
        return rows[0]

    def attempt(self, who, query, *values, connection=None):
        """As that principal: the statement, committed. The error where it is refused, after its rollback."""
        def run(connection):
            with connection.cursor() as cursor:
                try:
                    if who is not None:
                        cursor.execute("SELECT curfew.act_as(%s, %s)", (self.slug, who))
                    cursor.execute(query, values)
                    rows = cursor.fetchall() if cursor.description else []
                    connection.commit()
                    return rows
                except psycopg2.Error as error:
                    connection.rollback()
                    return error
        if connection is not None:
            return run(connection)
        with self.server.connect(self.database, autocommit=False) as connection:
            return run(connection)

    def session(self, lifecycle="login", owner=None):
        return self.attempt(owner or self.alice, "SELECT id FROM curfew.create_session(%s)", lifecycle)[0][0]

    def token(self):
        return self.attempt(self.alice, "SELECT id, token FROM curfew.create_session('login')")[0]

    def refusals(self):
        """The rows of refusals, oldest first, once all are written."""
        self.server.settle(self.database)
        return self.written()

    def written(self):
        """Those that are there now, with others perhaps waiting."""
        with self.server.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT * FROM curfew.audit_event WHERE tenant_id = %s AND outcome = 'refused'"
                           " ORDER BY at, id", (self.id,))
            return [dict(row) for row in cursor.fetchall()]

    def counts(self):
        return [row["details"]["count"] for row in self.refusals()]


@pytest.fixture
def tenant(server):
    return Tenant(server)


@pytest.fixture
def short_window(server):
    server.reload(**{"curfew.refusal_window": WINDOW})
    yield
    server.reload(**{"curfew.refusal_window": "1min"})


@pytest.fixture
def long_window(server):
    server.reload(**{"curfew.refusal_window": LONG_WINDOW})
    yield
    server.reload(**{"curfew.refusal_window": "1min"})


def refused(error, sqlstate, reason):
    assert isinstance(error, psycopg2.Error), error
    assert (error.pgcode, error.diag.constraint_name) == (sqlstate, reason), error
    return True


def row_is(row, **wanted):
    assert {name: row[name] for name in wanted} == wanted
    return True
