"""When a session was last used, written at the commit: what becomes of it where there is none, and what it costs one."""
import contextlib

import psycopg2
import pytest

AUTHENTICATE = "SELECT a.session_id FROM desk, curfew.authenticate(desk.token) a"
USED = "SELECT s.used_at IS NOT NULL FROM curfew.session s JOIN desk d ON d.id = s.id"


@pytest.fixture
def desk(server, database):
    """The database with a login besides, and its token in the table `desk`."""
    server.rows(database, """
        BEGIN;
        SELECT curfew.act_as('acme', id) FROM who;
        CREATE TABLE desk AS SELECT id, token FROM curfew.create_session('login');
        COMMIT""")
    return database


@contextlib.contextmanager
def using(server, database):
    """A transaction that has used the login."""
    with server.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(AUTHENTICATE)
        yield cursor


def test_a_use_is_written_at_the_commit(server, desk):
    with using(server, desk) as cursor:
        assert server.value(desk, USED) is False
        cursor.execute("COMMIT")
    assert server.value(desk, USED) is True


def test_a_use_that_is_rolled_back_was_none(server, desk):
    with using(server, desk) as cursor:
        cursor.execute("ROLLBACK")
        cursor.execute("SELECT 1")  # nor does the next commit write it
    assert server.value(desk, USED) is False


def test_a_prepared_transaction_writes_no_use_and_locks_no_session(server, desk):
    with using(server, desk) as cursor:
        cursor.execute("PREPARE TRANSACTION 'use'")
        cursor.execute("BEGIN")
        cursor.execute("COMMIT")
        try:
            with server.connect(desk) as other, other.cursor() as ending:
                ending.execute("SET lock_timeout = '5s'")
                ending.execute("BEGIN")
                ending.execute("SELECT curfew.act_as('acme', id) FROM who")
                ending.execute("SELECT e.state FROM desk, curfew.end_session(desk.id) e")
                assert ending.fetchone()[0] == "ended"
                ending.execute("COMMIT")
        finally:
            cursor.execute("COMMIT PREPARED 'use'")
    assert server.value(desk, USED) is False


def test_a_transaction_that_takes_the_tables_away_commits(server, desk):
    with using(server, desk) as cursor:
        cursor.execute("DROP EXTENSION curfew CASCADE")
        cursor.execute("COMMIT")
    assert server.value(desk, "SELECT count(*) FROM pg_extension WHERE extname = 'curfew'") == 0


def test_a_commit_that_fails_writes_no_use(server, desk):
    server.rows(desk, "CREATE TABLE child (id integer PRIMARY KEY, parent integer REFERENCES child DEFERRABLE INITIALLY DEFERRED)")
    with using(server, desk) as cursor:
        cursor.execute("INSERT INTO child VALUES (1, 2)")
        with pytest.raises(psycopg2.errors.ForeignKeyViolation):
            cursor.execute("COMMIT")
        cursor.execute("SELECT 1")
    assert server.value(desk, USED) is False


def test_a_use_that_was_committed_outlives_a_crash(server, desk):
    with using(server, desk) as cursor:
        cursor.execute("COMMIT")
    server.crash()
    server.start()
    assert server.value(desk, USED) is True


def test_a_dump_has_the_last_use(server, desk):
    with using(server, desk) as cursor:
        cursor.execute("COMMIT")
    code, dump, _ = server.program("pg_dump", "-d", desk)
    used = server.value(desk, "SELECT used_at::text FROM curfew.session WHERE used_at IS NOT NULL")
    assert code == 0 and used in dump
