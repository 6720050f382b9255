"""end_all_sessions: a commit per batch, the caller checked anew in each, interrupted and called again."""
import threading

import psycopg2
import pytest

from server import wait_until

TENANT = "acme"
MANY = 20_000
CALL = "CALL curfew.end_all_sessions('{\"live\": true}', reason => 'over', batch_size => %s, tenant => %s, principal => %s)"


@pytest.fixture
def database(server):
    name = server.create_database("bulk")
    server.rows(name, f"CREATE EXTENSION curfew; SELECT curfew.create_tenant('{TENANT}')")
    yield Sessions(server, name)
    server.drop_database(name)


class Sessions:
    """The sessions of olga in a database."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.olga = self.value("SELECT curfew.create_principal('olga', tenant => %s)", TENANT)
        self.ada = self.value("SELECT curfew.create_principal('ada', role => 'admin', tenant => %s)", TENANT)

    def value(self, query, *values):
        return self.server.value(self.name, query, values)

    def rows(self, query, *values):
        return self.server.rows(self.name, query, values)

    def begin(self, count):
        """That many: one begun as usual, the rest its copies, which is quicker."""
        with self.server.connect(self.name, autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, self.olga))
            cursor.execute("SELECT id FROM curfew.create_session('login')")
            first = cursor.fetchone()[0]
            cursor.execute("SET LOCAL session_replication_role = replica")  # not a change behind the engine's back
            cursor.execute("CREATE TEMP TABLE copies ON COMMIT DROP AS SELECT s.* FROM curfew.session s,"
                           " generate_series(2, %s) WHERE s.id = %s", (count, first))
            cursor.execute("UPDATE copies SET id = gen_random_uuid()")
            cursor.execute("INSERT INTO curfew.session SELECT * FROM copies")
            connection.commit()
        self.rows("ANALYZE curfew.session")

    def live(self):
        return self.value("SELECT count(*) FROM curfew.session WHERE ended_at IS NULL")

    def ends(self):
        """(audit rows of endings, sessions with one, sessions that ended)"""
        return tuple(self.rows("SELECT count(*), count(DISTINCT e.session_id), (SELECT count(*) FROM curfew.session"
                               " WHERE state = 'ended' AND version = 2) FROM curfew.audit_event e"
                               " WHERE e.event = 'login.end' AND e.reason = 'over'")[0])

    def runs(self):
        with self.server.connect(self.name, autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, self.ada))
            cursor.execute("SELECT status, matched, ended, already FROM curfew.bulk_runs ORDER BY started_at")
            return [tuple(row) for row in cursor.fetchall()]

    def call(self, batch_size=1000, principal=None):
        return self.rows(CALL, batch_size, TENANT, principal or self.olga)

    def in_background(self, batch_size):
        """A call on a connection of its own: its backend's process id, and what waits for its error or None."""
        outcome, pid = [], []

        def run():
            with self.server.connect(self.name) as connection, connection.cursor() as cursor:
                pid.append(connection.info.backend_pid)
                try:
                    cursor.execute(CALL, (batch_size, TENANT, self.olga))
                    outcome.append(None)
                except psycopg2.Error as error:
                    outcome.append(error)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        wait_until(lambda: pid)

        def answer():
            thread.join()
            return outcome[0]
        return pid[0], answer

    def begun(self):
        return self.value("SELECT coalesce(max(ended), 0) > 0 FROM curfew.bulk_run")


def test_one_call_ends_them_all_with_an_audit_row_each_that_names_the_run(database):
    database.begin(MANY)
    ended, already, forbidden, invalid_state, run = database.call()[0]
    assert (ended, already, forbidden, invalid_state) == (MANY, 0, 0, 0)
    assert database.ends() == (MANY, MANY, MANY)
    assert database.rows("SELECT DISTINCT details ->> 'run' FROM curfew.audit_event WHERE event = 'login.end'") == [(str(run),)]
    assert database.runs() == [("done", MANY, MANY, 0)]
    assert database.value("SELECT count(DISTINCT xmin::text) FROM curfew.session") == MANY // 1000


def test_in_a_transaction_or_a_function_it_is_refused_before_anything_is_done(database):
    database.begin(1)
    with database.server.connect(database.name, autocommit=False) as connection, connection.cursor() as cursor:
        with pytest.raises(psycopg2.Error) as caught:
            cursor.execute(CALL, (10, TENANT, database.olga))
    assert caught.value.pgcode == "2D000"
    assert (database.live(), database.runs()) == (1, [])


@pytest.mark.parametrize("interrupt", ["cancel", "kill"])
def test_interrupted_midway_it_is_called_again_and_goes_on(database, interrupt):
    database.begin(MANY)
    pid, answer = database.in_background(batch_size=100)
    wait_until(database.begun)
    assert database.runs()[0][0] in ("running", "done")
    if interrupt == "kill":
        database.server.kill(pid)
    else:
        database.value("SELECT pg_cancel_backend(%s)", pid)
    assert isinstance(answer(), psycopg2.Error)
    rows, sessions, ended = database.ends()
    assert rows == sessions == ended and 0 < ended < MANY
    status, matched, counted, already = database.runs()[0]
    assert (status, matched, counted, already) == ("interrupted", MANY, ended, 0)
    assert database.call()[0][0] == MANY - ended
    assert database.ends() == (MANY, MANY, MANY)
    assert [run[0] for run in database.runs()] == ["interrupted", "done"]


def test_an_actor_who_is_suspended_midway_is_stopped_and_what_was_committed_stays(database):
    database.begin(MANY)
    _, answer = database.in_background(batch_size=100)
    wait_until(database.begun)
    database.rows("SELECT curfew.suspend_principal(%s, tenant => %s)", database.olga, TENANT)
    error = answer()
    assert (error.pgcode, error.diag.constraint_name) == ("SL403", "principal_suspended")
    rows, sessions, ended = database.ends()
    assert rows == sessions == ended and 0 < ended < MANY
    assert database.runs()[0][:3] == ("interrupted", MANY, ended)


def test_a_role_that_may_not_act_as_others_does_not(database):
    database.begin(1)
    database.rows("DROP ROLE IF EXISTS curfew_test_service; CREATE ROLE curfew_test_service")
    try:
        database.rows("SELECT curfew.grant_access('curfew_test_service', 'service')")
        with database.server.connect(database.name) as connection, connection.cursor() as cursor:
            cursor.execute("SET ROLE curfew_test_service")
            with pytest.raises(psycopg2.Error) as caught:
                cursor.execute(CALL, (10, TENANT, database.olga))
            assert caught.value.pgcode == "42501"
            with pytest.raises(psycopg2.Error) as caught:
                cursor.execute("CALL curfew.end_all_sessions('{\"live\": true}')")
            assert caught.value.diag.constraint_name == "no_identity"
        database.rows("SELECT curfew.map_role('curfew_test_service', %s, %s)", database.olga, TENANT)
        with database.server.connect(database.name) as connection, connection.cursor() as cursor:
            cursor.execute("SET ROLE curfew_test_service")
            cursor.execute("CALL curfew.end_all_sessions('{\"live\": true}', reason => 'over')")
            assert cursor.fetchone()[0] == 1
    finally:
        database.rows("DROP OWNED BY curfew_test_service; DROP ROLE curfew_test_service")
    assert database.ends() == (1, 1, 1)
