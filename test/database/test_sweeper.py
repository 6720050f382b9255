"""The sweeper: a worker per database, what it costs, and what keeps it back. Expiries are written down once, whatever ends meanwhile."""
import contextlib
import os
import signal
import threading

import psycopg2
import pytest

from server import Server, alive, wait_until

HOME = "swept"
OTHER = "other"


class SweptServer(Server):
    """A server that preloads the library and sweeps the database HOME often."""

    stack = "sweeper"

    def up(self):
        self.remove()
        self.script("init")
        self.start()
        self.set(shared_preload_libraries="curfew", max_prepared_transactions="4", autovacuum="off")
        self.script("stop")
        self.start()
        self.reload(**{"curfew.databases": HOME, "curfew.sweep_interval": "20ms"})

    def set(self, **settings):
        for name, value in settings.items():
            self.rows("postgres", f"ALTER SYSTEM SET {name} = %s", (value,))

    def reload(self, **settings):
        self.set(**settings)
        self.rows("postgres", "SELECT pg_reload_conf()")

    def log(self):
        return (self.sockets.parent / "log" / "postgres.log").read_text(errors="replace")

    def processes(self, database=HOME):
        return [pid for pid, in self.rows("postgres", "SELECT pid FROM pg_stat_activity WHERE application_name = %s",
                                          (f"curfew sweeper {database}",))]

    def worker(self, database=HOME):
        """The process of the database's sweeper, which is waited for."""
        wait_until(lambda: self.processes(database))
        return self.processes(database)[0]


@pytest.fixture(scope="module")
def server():
    server = SweptServer()
    try:
        server.up()
        yield server
    finally:
        server.remove()


MANY = """
    INSERT INTO curfew.session (tenant_id, id, lifecycle, owner_id, state, deadline_state, version, created_at, updated_at,
        entered_at, deadline)
    SELECT t.id, gen_random_uuid(), 'agent', p.id, 'active', 'expired', 1, d.at - interval '1 hour',
        d.at - interval '1 hour', d.at - interval '1 hour', d.at
    FROM curfew.tenant t JOIN curfew.principal p ON p.tenant_id = t.id,
        LATERAL (SELECT n, now() + %s::interval + n * %s::interval AS at FROM generate_series(1, %s) n) d"""


class Home:
    """A database with a tenant, and sessions of any number."""

    def __init__(self, server, name):
        self.server = server
        self.name = name
        server.create_database(name)
        server.rows(name, """CREATE EXTENSION curfew; SELECT curfew.create_tenant('acme');
            SELECT curfew.create_principal('dave', tenant => 'acme')""")

    def rows(self, query, values=None):
        return self.server.rows(self.name, query, values)

    def value(self, query, values=None):
        return self.server.value(self.name, query, values)

    def sessions(self, count, due="-1 hour", apart="1 millisecond"):
        self.rows("SET session_replication_role = replica; " + MANY, (due, apart, count))  # no look for each session's owner

    def unwritten(self):
        return self.value("SELECT count(*) FROM curfew.session WHERE ended_at IS NULL AND deadline <= now()")

    def check(self, count):
        """Of so many sessions each has ended once, at its deadline, with one audit row that says so."""
        assert self.rows("""SELECT count(*), count(*) FILTER (WHERE ended_at = deadline AND state = 'expired' AND version = 2)
            FROM curfew.session""") == [(count, count)]
        assert self.rows("""SELECT count(*), count(DISTINCT session_id),
            count(*) FILTER (WHERE event = 'AGENT_SESSION_EXPIRED' AND version = 2 AND actor_id IS NULL AND via = 'clock')
            FROM curfew.audit_event WHERE relation = 'clock'""") == [(count, count, count)]

    def status(self):
        with self.server.connect(self.name) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT *, extract(epoch FROM behind) AS late FROM curfew.sweeper_status")
            return dict(cursor.fetchone())


@pytest.fixture
def home(server):
    """A database with a worker."""
    home = Home(server, HOME)
    server.worker()
    yield home
    server.drop_database(HOME)


@pytest.fixture
def quiet(server):
    """A database without a worker."""
    home = Home(server, OTHER)
    yield home
    server.drop_database(OTHER)


# --- the worker ---------------------------------------------------------------------------------------------------------


def test_the_worker_writes_down_what_is_due_and_says_so(server, home):
    home.sessions(1700)
    wait_until(lambda: home.unwritten() == 0)
    home.check(1700)
    pid = server.worker()
    wait_until(lambda: home.status()["written"] == 1700)
    status = home.status()
    assert (status["worker"], status["late"], status["held_by_prepared"]) == (pid, 0, None)
    assert server.rows("postgres", "SELECT backend_type, datname FROM pg_stat_activity WHERE pid = %s", (pid,)) == [
        ("curfew sweeper", HOME)]
    assert server.value("postgres", "SELECT query FROM pg_stat_activity WHERE pid = %s", (pid,)).startswith("sweeping: ")


def test_what_becomes_due_is_written_down_without_being_asked_for(home):
    home.sessions(8000, due="200 milliseconds", apart="100 microseconds")  # some become due in the midst of every look
    wait_until(lambda: home.value("SELECT count(*) FROM curfew.session WHERE ended_at IS NOT NULL") == 8000)
    home.check(8000)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_worker_that_is_ended_at_any_moment_loses_nothing_and_does_nothing_twice(server, home, how):
    home.sessions(6000)
    wait_until(lambda: home.unwritten() < 6000)
    pid = server.worker()
    if how == signal.SIGKILL:
        server.kill(pid)
    else:
        os.kill(pid, how)
        wait_until(lambda: not alive(pid))
    assert server.worker() != pid
    wait_until(lambda: home.unwritten() == 0)
    home.check(6000)


def test_after_a_crash_it_goes_on(server, home):
    home.sessions(4000)
    wait_until(lambda: home.unwritten() < 4000)
    server.crash()
    server.start()
    wait_until(lambda: home.unwritten() == 0)
    home.check(4000)


def test_a_clean_stop_does_not_wait_for_the_last_session(server, home):
    home.sessions(4000)
    server.script("stop")
    server.start()
    wait_until(lambda: home.unwritten() == 0)
    home.check(4000)


def test_while_nothing_is_due_it_writes_nothing(server, home):
    looks = "SELECT state_change FROM pg_stat_activity WHERE pid = %s"
    pid = server.worker()
    transactions = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    home.rows("SELECT curfew.sweep()")
    before = home.value(transactions)
    seen = set()
    wait_until(lambda: seen.add(server.value("postgres", looks, (pid,))) or len(seen) == 20)
    assert home.value(transactions) - before < 5


def test_it_can_be_switched_off_and_on(server, home):
    pid = server.worker()
    server.reload(**{"curfew.sweep_interval": "0"})
    try:
        wait_until(lambda: not alive(pid))
        home.sessions(3)
        assert home.value("SELECT curfew.sweep()") == 3
    finally:
        server.reload(**{"curfew.sweep_interval": "20ms"})
    assert server.worker() != pid
    # As often as somebody likes: it has not failed, so that none is kept waiting as one that has.
    for _ in range(5):
        pid = server.worker()
        server.reload(**{"curfew.sweep_interval": "0"})
        wait_until(lambda: not alive(pid))
        server.reload(**{"curfew.sweep_interval": "20ms"})
    server.worker()


@contextlib.contextmanager
def backlog(server, home):
    """A hundred sessions that are due, some of them written down, and a sweeper that takes its time; its process."""
    server.reload(**{"curfew.sweep_rate": "1"})
    try:
        pid = server.worker()
        home.sessions(100)
        wait_until(lambda: home.unwritten() < 100)
        yield pid
    finally:
        server.reload(**{"curfew.sweep_rate": "5000", "curfew.databases": HOME})


def test_it_keeps_to_its_rate(server, home):
    with backlog(server, home) as pid:
        told = server.value("postgres", "SELECT query FROM pg_stat_activity WHERE pid = %s", (pid,))
        assert told.startswith("sweeping: ")
        # It rests in the middle of it.
        wait_until(lambda: server.rows("postgres", """SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active'
            AND query LIKE 'sweeping: %%' AND wait_event = 'Extension'""", (pid,)))
        assert home.unwritten() > 0
        # A change of the rate is heeded in the middle of it, by the same worker.
        server.reload(**{"curfew.sweep_rate": "0"})
        wait_until(lambda: home.unwritten() == 0)
        home.check(100)
        assert server.worker() == pid


def test_it_heeds_the_list_in_the_middle_of_a_backlog(server, home):
    with backlog(server, home) as pid:
        server.reload(**{"curfew.databases": ""})
        wait_until(lambda: not alive(pid))
        assert home.unwritten() > 0


def test_it_outlives_the_extension(server, home):
    pid = server.worker()
    errors = server.log().count("ERROR")
    home.rows("DROP EXTENSION curfew CASCADE")
    home.rows("CREATE EXTENSION curfew; SELECT curfew.create_tenant('acme'); SELECT curfew.create_principal('dave', tenant => 'acme')")
    home.sessions(10)
    wait_until(lambda: home.unwritten() == 0)
    home.check(10)
    assert server.worker() == pid
    assert server.log().count("ERROR") == errors


@pytest.mark.parametrize("statement", ["DROP DATABASE moving", "ALTER DATABASE moving RENAME TO moved",
                                       "CREATE DATABASE moved TEMPLATE moving"])
def test_it_is_in_nobodys_way(server, statement):
    server.reload(**{"curfew.databases": f"{HOME}, moving"})
    try:
        Home(server, "moving")
        pid = server.worker("moving")
        server.rows("postgres", statement)
        wait_until(lambda: not alive(pid))
    finally:
        server.reload(**{"curfew.databases": HOME})
        server.drop_database("moving")
        server.drop_database("moved")


def test_a_dump_restored_beside_the_worker_is_swept(server, home, quiet, tmp_path):
    """The sweeper has passed all deadlines of the dump before its sessions come."""
    quiet.sessions(20, due="-10 days")
    code, dump, error = server.program("pg_dump", OTHER)
    assert (code, error) == (0, "")
    file = tmp_path / "dump.sql"
    file.write_text(dump)
    home.rows("DROP EXTENSION curfew CASCADE")
    beginning, rest = dump.split("COPY curfew.session (", 1)
    file.write_text(beginning + "SELECT curfew.sweep();\nCOPY curfew.session (" + rest)
    code, _, error = server.program("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", HOME, "-f", str(file))
    assert (code, error) == (0, "")
    wait_until(lambda: home.unwritten() == 0)
    home.check(20)


# --- several at once ----------------------------------------------------------------------------------------------------


def test_several_sweepers_do_nothing_twice_and_leave_nothing(quiet):
    quiet.sessions(5000)
    counts = []

    def sweep():
        with quiet.server.connect(OTHER) as connection, connection.cursor() as cursor:
            while True:
                cursor.execute("SELECT curfew.sweep(100), (SELECT count(*) FROM curfew.session WHERE ended_at IS NULL)")
                written, left = cursor.fetchone()
                counts.append(written)
                if left == 0:
                    return
    threads = [threading.Thread(target=sweep) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == 5000
    quiet.check(5000)


@contextlib.contextmanager
def transaction(home):
    with home.server.connect(home.name, autocommit=False) as connection, connection.cursor() as cursor:
        yield cursor


LATE = """SELECT curfew.act_as('acme', id) FROM curfew.principal;
    SELECT id FROM curfew.create_session('run', timers => '{"ttl": 1}')"""


def wait_for_deadlines(home):
    wait_until(lambda: home.value("SELECT clock_timestamp() > %s", (home.passed,)))


def test_a_session_that_is_committed_after_its_deadline_is_swept_though_the_sweeper_had_come_by(quiet):
    with transaction(quiet) as late:
        late.execute(LATE)
        late.execute("SELECT clock_timestamp() + interval '1 second', pg_backend_pid()")
        quiet.passed, pid = late.fetchone()
        wait_for_deadlines(quiet)
        quiet.sessions(1, due="-1 millisecond")
        assert quiet.value("SELECT curfew.sweep()") == 1
        status = quiet.status()
        assert (status["held_by_pid"], status["watermark"] < quiet.passed) == (pid, True)
        assert quiet.value("SELECT curfew.sweep()") == 0
        late.connection.commit()
    assert quiet.value("SELECT curfew.sweep()") == 1
    assert quiet.unwritten() == 0
    assert quiet.value("SELECT curfew.sweep()") == 0
    assert quiet.status()["watermark"] > quiet.passed


def test_a_prepared_transaction_holds_the_watermark_back(quiet):
    assert quiet.value("SELECT curfew.sweep()") == 0
    before = quiet.status()["watermark"]
    with transaction(quiet) as late:
        late.execute(LATE)
        late.execute("SELECT clock_timestamp() + interval '1 second'")
        quiet.passed = late.fetchone()[0]
        late.execute("PREPARE TRANSACTION 'late'")
        late.connection.commit()
    try:
        wait_for_deadlines(quiet)
        assert quiet.value("SELECT curfew.sweep()") == 0
        status = quiet.status()
        assert (status["held_by_prepared"], status["watermark"]) == ("late", before)
        quiet.sessions(2)  # others are swept meanwhile
        assert quiet.value("SELECT curfew.sweep()") == 2
    finally:
        quiet.rows("COMMIT PREPARED 'late'")
    assert quiet.value("SELECT curfew.sweep()") == 1
    status = quiet.status()
    assert (status["held_by_prepared"], status["watermark"] > before) == (None, True)


def test_who_does_not_tell_what_he_does_holds_the_watermark_back(quiet):
    assert quiet.value("SELECT curfew.sweep()") == 0
    before = quiet.status()["watermark"]
    with transaction(quiet) as late:
        late.execute("SET track_activities = off")
        late.connection.commit()
        late.execute(LATE)
        late.execute("SELECT clock_timestamp() + interval '1 second', pg_backend_pid()")
        quiet.passed, pid = late.fetchone()
        wait_for_deadlines(quiet)
        assert quiet.value("SELECT curfew.sweep()") == 0
        status = quiet.status()
        assert (status["held_by_pid"], status["watermark"]) == (pid, before)
        late.connection.commit()
    assert quiet.value("SELECT curfew.sweep()") == 1


def test_what_was_locked_is_swept_when_it_is_free_though_an_older_transaction_is_still_open(quiet):
    quiet.sessions(3)
    with transaction(quiet) as old, transaction(quiet) as locker:
        old.execute("SELECT count(*) FROM curfew.tenant")
        locker.execute("SELECT id FROM curfew.session LIMIT 1 FOR UPDATE")
        assert quiet.value("SELECT curfew.sweep()") == 2
        assert quiet.value("SELECT curfew.sweep()") == 0
        assert quiet.status()["late"] > 3000
        locker.connection.rollback()
        assert quiet.value("SELECT curfew.sweep()") == 1
    quiet.check(3)
    assert quiet.value("SELECT count(*) FROM curfew.sweep_again") == 0


# --- what it costs ------------------------------------------------------------------------------------------------------


def pages(cursor, statement):
    """The pages that a statement touches, in shared buffers or beyond."""
    cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}")
    plan = cursor.fetchone()[0][0]["Plan"]
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def cost(home, living):
    home.rows("TRUNCATE curfew.session, curfew.session_detail, curfew.session_token, curfew.session_message, curfew.session_once")
    home.sessions(living, due="1 day")
    home.sessions(1000)
    home.rows("VACUUM (ANALYZE) curfew.session")
    with home.server.connect(home.name) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.sweep(1)")  # plans, catalogs
        touched = pages(cursor, "SELECT curfew.sweep()")
    assert home.unwritten() == 0
    return touched


def test_the_cost_follows_what_has_expired_and_not_what_there_is(quiet):
    few = cost(quiet, 10_000)
    many = cost(quiet, 1_000_000)
    print(f"pages for 1,000 expiries: {few} among 10,000 sessions, {many} among 1,000,000")
    assert many <= 1.3 * few


def test_a_long_open_transaction_does_not_make_each_sweep_look_at_everything_again(quiet):
    with transaction(quiet) as old:
        old.execute("SELECT count(*) FROM curfew.tenant")
        quiet.sessions(20_000)
        assert quiet.value("SELECT curfew.sweep(20000)") == 20_000
        with quiet.server.connect(OTHER) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT curfew.sweep()")
            assert pages(cursor, "SELECT curfew.sweep()") < 1000
