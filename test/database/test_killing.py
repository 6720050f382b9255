"""Killing and revoking a principal ends all its sessions in one call, one audit row each, in memory that does not grow."""
import pathlib
import threading

import psycopg2
import pytest

from server import wait_until

TENANT = "acme"
FEW, MANY = 1000, 100_000
MORE = 64 * 1024  # KiB that a hundred times as many sessions may take at most


@pytest.fixture(scope="module")
def small(server):
    """The server with little memory that is shared, for that counts as a backend's own too."""
    def restart(statement):
        server.rows("postgres", statement)
        server.script("stop")
        server.start()
    restart("ALTER SYSTEM SET shared_buffers = '16MB'")
    yield server
    restart("ALTER SYSTEM RESET shared_buffers")


@pytest.fixture
def database(small):
    """A database with the extension, a tenant, ada who may kill, olga who owns the sessions, and two agents."""
    name = small.create_database("killing")
    small.rows(name, f"CREATE EXTENSION curfew; SELECT curfew.create_tenant('{TENANT}');"
               f" ALTER DATABASE {name} SET work_mem = '4MB'")
    yield Sessions(small, name)
    small.drop_database(name)


class Sessions:
    """The sessions of agents in a database, and who ends them."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.ada = self.principal("ada", role="admin")
        self.olga = self.principal("olga")
        self.bot = self.principal("bot", kind="agent")
        self.other = self.principal("other", kind="agent")

    def principal(self, name, kind="user", role="member"):
        return self.server.value(self.name, "SELECT curfew.create_principal(%s, %s, %s, tenant => %s)",
                                 (name, kind, role, TENANT))

    def value(self, query, *values):
        return self.server.value(self.name, query, values)

    def begin(self, agent, count):
        """That many: one begun as usual, the rest its copies, which is quicker."""
        with self.server.connect(self.name, autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, self.ada))
            cursor.execute("SELECT id FROM curfew.create_session('agent', %s, %s)", (self.olga, agent))
            first = cursor.fetchone()[0]
            cursor.execute("SET LOCAL session_replication_role = replica")  # not a change behind the engine's back
            cursor.execute("CREATE TEMP TABLE copies ON COMMIT DROP AS SELECT s.* FROM curfew.session s,"
                           " generate_series(2, %s) WHERE s.id = %s", (count, first))
            cursor.execute("UPDATE copies SET id = gen_random_uuid()")
            cursor.execute("INSERT INTO curfew.session SELECT * FROM copies")
            cursor.execute("INSERT INTO curfew.session_token SELECT tenant_id, uuid_send(id) || uuid_send(id), id,"
                           " 'access', created_at FROM copies")
            connection.commit()
        self.server.rows(self.name, "ANALYZE curfew.session")
        assert self.live(agent) == count
        return first

    def live(self, agent):
        return self.value("SELECT count(*) FROM curfew.session WHERE agent_id = %s AND state = 'active' AND version = 1"
                          " AND ended_at IS NULL", agent)

    def ended(self, agent):
        """How many sessions of it ended, and have exactly one audit row for that: (sessions, rows, sessions with rows)."""
        return tuple(self.server.rows(self.name, """
            SELECT count(DISTINCT s.id), count(e.id), count(DISTINCT e.session_id)
            FROM curfew.session s LEFT JOIN curfew.audit_event e ON e.session_id = s.id AND e.from_state IS NOT NULL
                AND e.event = 'AGENT_SESSION_TERMINATED' AND e.to_state = s.state AND e.version = s.version
            WHERE s.agent_id = %s AND s.state = 'terminated' AND s.version = 2 AND s.ended_at IS NOT NULL""", (agent,))[0])

    def rows_of(self, agent):
        """All audit rows of its sessions but those of beginnings."""
        return self.value("SELECT count(*) FROM curfew.audit_event WHERE from_state IS NOT NULL AND session_id IN"
                          " (SELECT id FROM curfew.session WHERE agent_id = %s)", agent)

    def end_all(self, function, agent):
        """The call's answer, and the most memory that its backend, a new one, ever had."""
        with self.server.connect(self.name, autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, self.ada))
            cursor.execute(f"SELECT curfew.{function}(%s, 'rogue')", (agent,))
            answer = cursor.fetchone()[0]
            connection.commit()
            return answer, peak(connection.info.backend_pid)


def peak(pid):
    """In KiB."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1])


def check_that_all_end(database, function, count):
    """And that nobody else's do, and that a second call ends none. The memory that the first took."""
    database.begin(database.bot, count)
    database.begin(database.other, 100)
    answer, memory = database.end_all(function, database.bot)
    assert answer == count
    assert database.live(database.bot) == 0
    assert database.ended(database.bot) == (count, count, count)
    assert database.rows_of(database.bot) == count
    assert (database.live(database.other), database.rows_of(database.other)) == (100, 0)
    assert database.end_all(function, database.bot)[0] == 0
    assert database.rows_of(database.bot) == count
    return memory


@pytest.mark.parametrize("function", ["kill_principal", "revoke_principal"])
def test_one_call_ends_a_thousand_sessions(database, function):
    check_that_all_end(database, function, FEW)


def test_a_hundred_thousand_sessions_are_killed_in_the_memory_that_a_thousand_take(database, record_property):
    database.begin(database.other, FEW)
    answer, few = database.end_all("kill_principal", database.other)
    assert answer == FEW
    database.other = database.principal("another", kind="agent")
    many = check_that_all_end(database, "kill_principal", MANY)
    record_property("peak of few and of many in KiB", (few, many))
    assert many - few < MORE, (few, many)


def test_a_kill_that_meets_a_termination_leaves_one_audit_row_for_the_end(database):
    """Whoever comes second waits for the other's commit, and finds the session ended."""
    session = database.begin(database.bot, 10)
    with database.server.connect(database.name, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, database.olga))
        cursor.execute("SELECT state FROM curfew.terminate_session(%s)", (session,))
        answers = in_background(database, "kill_principal", database.bot)
        connection.commit()
    assert answers() == 9
    assert database.ended(database.bot) == (10, 10, 10)


def test_a_termination_that_meets_a_kill_is_refused_and_leaves_no_row_of_its_own(database):
    session = database.begin(database.bot, 10)
    with database.server.connect(database.name, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, database.ada))
        cursor.execute("SELECT curfew.kill_principal(%s)", (database.bot,))
        assert cursor.fetchone()[0] == 10
        answers = in_background(database, "terminate_session", session, who=database.olga)
        connection.commit()
    error = answers()
    assert isinstance(error, psycopg2.Error)
    assert (error.pgcode, error.diag.constraint_name) == ("SL409", "invalid_state")
    assert database.ended(database.bot) == (10, 10, 10)


def in_background(database, function, argument, who=None):
    """Calls it on another connection, waits until it waits for a lock, and gives what waits for the answer or the error."""
    outcome, pid = [], []

    def run():
        with database.server.connect(database.name, autocommit=False) as connection, connection.cursor() as cursor:
            pid.append(connection.info.backend_pid)
            try:
                cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, who or database.ada))
                cursor.execute(f"SELECT curfew.{function}(%s)", (argument,))
                outcome.append(cursor.fetchone()[0])
                connection.commit()
            except psycopg2.Error as error:
                outcome.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    wait_until(lambda: pid and database.value("SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted", pid[0]))

    def answer():
        thread.join()
        return outcome[0]
    return answer
