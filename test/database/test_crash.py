"""A backend killed, and a server that goes down, in the middle of an ending: the session and its audit row, or neither."""
import threading

import psycopg2

from server import wait_until

WORKING = [("working", 1, ["run.create"])]
TERMINATED = [("terminated", 2, ["run.create", "run.terminate"])]
OUTCOME = "SELECT * FROM outcome"


def terminate(connection):
    """Terminates the run in an open transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as('acme', id) FROM who")
        cursor.execute("SELECT a.state FROM target t, curfew.terminate_session(t.id) a")
        assert cursor.fetchone()[0] == "terminated"


def is_broken(connection):
    try:
        connection.commit()
        return False
    except psycopg2.Error:
        return True


def test_a_backend_killed_after_the_action_leaves_neither(server, database):
    with server.connect(database, autocommit=False) as connection:
        terminate(connection)
        server.kill(connection.get_backend_pid())
        assert is_broken(connection)
    assert server.rows(database, OUTCOME) == WORKING


def test_a_backend_killed_while_its_action_waits_leaves_neither_of_the_two(server, database):
    with server.connect(database, autocommit=False) as first, server.connect(database, autocommit=False) as second:
        terminate(first)
        failures = []

        def wait_for_first():
            try:
                terminate(second)
            except psycopg2.Error as error:
                failures.append(error)

        pid = second.get_backend_pid()
        waiting = threading.Thread(target=wait_for_first)
        waiting.start()
        wait_until(lambda: server.value("postgres", "SELECT count(*) FROM pg_locks WHERE pid = %s AND NOT granted", (pid,)))
        server.kill(pid)
        waiting.join()
        assert len(failures) == 1
        assert is_broken(first), "with one backend killed, the server ends the others too"
    assert server.rows(database, OUTCOME) == WORKING


def test_a_backend_killed_in_another_transaction_takes_nothing_of_a_committed_ending(server, database):
    with server.connect(database, autocommit=False) as connection, server.connect(database) as other:
        terminate(connection)
        connection.commit()
        server.kill(other.get_backend_pid())
    assert server.rows(database, OUTCOME) == TERMINATED


def test_a_server_going_down_before_the_commit_leaves_neither(server, database):
    with server.connect(database, autocommit=False) as connection:
        terminate(connection)
        server.crash()
        assert is_broken(connection)
    server.start()
    assert server.rows(database, OUTCOME) == WORKING


def test_a_server_going_down_after_the_commit_leaves_both(server, database):
    with server.connect(database, autocommit=False) as connection:
        terminate(connection)
        connection.commit()
        server.crash()
    server.start()
    assert server.rows(database, OUTCOME) == TERMINATED


def test_what_a_crash_undid_can_be_done_afterwards(server, database):
    with server.connect(database, autocommit=False) as connection:
        terminate(connection)
        server.crash()
    server.start()
    with server.connect(database, autocommit=False) as connection:
        terminate(connection)
        connection.commit()
    assert server.rows(database, OUTCOME) == TERMINATED
