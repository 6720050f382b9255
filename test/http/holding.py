"""Requests to a front over FastCGI, and locks that hold them up."""
import contextlib

import fastcgi


def asks(path, *arguments, **headers):
    with fastcgi.Connection(path) as connection:
        connection.send(fastcgi.request(*arguments, **headers))
        return connection.answer()


@contextlib.contextmanager
def _held(database, statement, values=None):
    lock = database.connect()
    lock.autocommit = False
    with lock.cursor() as cursor:
        cursor.execute(statement, values)
    try:
        yield
    finally:
        lock.rollback()
        lock.close()


def locked(database, *sessions):
    """Nobody ends those sessions meanwhile."""
    return _held(database, "SELECT 1 FROM curfew.session WHERE id = ANY (%s::uuid[]) FOR UPDATE", (list(sessions),))


def locked_table(database, table):
    """Nobody reads the table meanwhile."""
    return _held(database, f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")


def waiting(database, count):
    """Whether so many of the front's connections wait for a lock."""
    return database.rows("SELECT count(*) AS n FROM pg_stat_activity WHERE usename = 'curfew_front'"
                         " AND wait_event_type = 'Lock'")[0]["n"] == count


def ending(native, session, key=None, **more):
    return fastcgi.request("POST", f"/curfew/v1/sessions/{session}/terminate", b'{"reason":"test"}',
                           authorization=f"Bearer {key or native.owner_key}", **more)
