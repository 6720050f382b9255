"""PREPARE TRANSACTION: the identity goes with the transaction, and the change commits with its audit row."""
import psycopg2
import pytest

WORKING = [("working", 1, ["run.create"])]
TERMINATED = [("terminated", 2, ["run.create", "run.terminate"])]


@pytest.fixture
def prepared(server, database):
    """A connection that has terminated the run and prepared that, as transaction `ending`."""
    with server.connect(database) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        cursor.execute("SELECT curfew.act_as('acme', id) FROM who")
        cursor.execute("SELECT curfew.terminate_session(id) FROM target")
        cursor.execute("PREPARE TRANSACTION 'ending'")
        yield cursor
        cursor.execute("SELECT count(*) FROM pg_prepared_xacts WHERE gid = 'ending'")
        if cursor.fetchone()[0]:
            cursor.execute("ROLLBACK PREPARED 'ending'")


def identity(cursor):
    cursor.execute("SELECT curfew.current_tenant(), curfew.current_principal(), curfew.current_session()")
    return tuple(cursor.fetchone())


def test_the_identity_is_gone_after_prepare(prepared):
    assert identity(prepared) == (None, None, None)
    with pytest.raises(psycopg2.Error) as refused:
        prepared.execute("SELECT curfew.get_session(id) FROM target")
    assert (refused.value.pgcode, refused.value.diag.constraint_name) == ("SL401", "no_identity")


def test_the_identity_is_not_in_the_next_transaction(prepared):
    prepared.execute("BEGIN")
    assert identity(prepared) == (None, None, None)
    prepared.execute("COMMIT")


def test_nothing_is_seen_until_commit_prepared_and_then_both(server, database, prepared):
    assert server.rows(database, "SELECT * FROM outcome") == WORKING
    prepared.execute("COMMIT PREPARED 'ending'")
    assert server.rows(database, "SELECT * FROM outcome") == TERMINATED


def test_rollback_prepared_leaves_neither(server, database, prepared):
    prepared.execute("ROLLBACK PREPARED 'ending'")
    assert server.rows(database, "SELECT * FROM outcome") == WORKING


def test_another_caller_commits_it(server, database, prepared):
    server.rows(database, "COMMIT PREPARED 'ending'")
    assert server.rows(database, "SELECT * FROM outcome") == TERMINATED


def test_it_outlives_a_crash(server, database):
    with server.connect(database) as connection:
        cursor = connection.cursor()
        cursor.execute("BEGIN")
        cursor.execute("SELECT curfew.act_as('acme', id) FROM who")
        cursor.execute("SELECT curfew.terminate_session(id) FROM target")
        cursor.execute("PREPARE TRANSACTION 'survivor'")
        server.crash()
    server.start()
    assert server.rows(database, "SELECT * FROM outcome") == WORKING
    server.rows(database, "COMMIT PREPARED 'survivor'")
    assert server.rows(database, "SELECT * FROM outcome") == TERMINATED


def test_an_ending_that_is_prepared_keeps_others_waiting_and_then_refuses_them(server, database, prepared):
    statement = "SELECT curfew.terminate_session(id) FROM target"
    with server.connect(database, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as('acme', id) FROM who")
        cursor.execute("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(psycopg2.errors.LockNotAvailable):
            cursor.execute(statement)
    prepared.execute("COMMIT PREPARED 'ending'")
    with server.connect(database, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as('acme', id) FROM who")
        with pytest.raises(psycopg2.Error) as refused:
            cursor.execute(statement)
        assert (refused.value.pgcode, refused.value.diag.constraint_name) == ("SL409", "invalid_state")
    assert server.rows(database, "SELECT * FROM outcome") == TERMINATED
