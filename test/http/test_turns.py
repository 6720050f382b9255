"""Callers take turns: who asks much, or for what takes long, holds up nobody but himself."""
import contextlib

import pytest

import fastcgi
import front
from front import wait_until
from holding import asks, ending, locked, waiting

CONNECTIONS = 4
SHARE = 3 # of one caller
MANY = 20


@pytest.fixture
def path(stack):
    """The socket of a front of the test's own."""
    with front.serving(stack, "--connections", str(CONNECTIONS)) as (_, path):
        yield path


@pytest.fixture
def one_by_one(stack):
    """The same, of one that has no requests share a transaction."""
    with front.serving(stack, "--connections", str(CONNECTIONS), "--requests-per-transaction", "1") as (_, path):
        yield path


@pytest.fixture
def another_key(native):
    return native.tenant.key(native.owner)


def test_a_caller_whose_requests_are_held_up_leaves_a_connection_to_others(path, native, another_key, database):
    blocked = [native.new() for _ in range(MANY)]
    with contextlib.ExitStack() as stack:
        enders = [stack.enter_context(fastcgi.Connection(path)) for _ in blocked]
        with locked(database, *blocked):
            for ender, session in zip(enders, blocked):
                ender.send(ending(native, session))
            wait_until(lambda: waiting(database, SHARE))
            for _ in range(CONNECTIONS):
                with fastcgi.Connection(path) as other:
                    other.send(ending(native, native.new(), another_key))
                    assert other.answer()[0] == 200
                assert asks(path, "GET", "/readyz")[0] == 200
            assert waiting(database, SHARE)
        assert [ender.answer()[0] for ender in enders] == [200] * MANY


def test_who_comes_late_does_not_wait_for_all_that_another_has_asked(one_by_one, native, another_key, database):
    """Everything waits for rows; then one connection becomes free, and the late one is the second who is served on it."""
    blocked = [native.new() for _ in range(CONNECTIONS)]
    many, late = [native.new() for _ in range(MANY)], native.new()
    third_key = native.tenant.key(native.owner)
    with contextlib.ExitStack() as stack:
        blocking, *others = [stack.enter_context(fastcgi.Connection(one_by_one)) for _ in range(CONNECTIONS + MANY + 1)]
        with locked(database, *blocked[1:]):
            with locked(database, blocked[0]):
                keys = [third_key] * SHARE + [another_key] * (CONNECTIONS - SHARE)
                for ender, session, key in zip([blocking, *others], blocked, keys):
                    ender.send(ending(native, session, key))
                wait_until(lambda: waiting(database, CONNECTIONS))
                for ender, session in zip(others[CONNECTIONS - 1:], many):
                    ender.send(ending(native, session))
                others[-1].send(ending(native, late, another_key))
                assert asks(one_by_one, "GET", "/healthz")[0] == 200 # all of them have been taken in by now
            assert {ender.answer()[0] for ender in [blocking, *others[CONNECTIONS - 1:]]} == {200}
        assert {ender.answer()[0] for ender in others[:CONNECTIONS - 1]} == {200}
    order = [row["id"] for row in database.rows(
        "SELECT session_id::text AS id FROM curfew.audit_event WHERE session_id = ANY (%s::uuid[]) AND action = 'terminate'"
        " ORDER BY at, id", ([*many, late],))]
    assert order == [many[0], late, *many[1:]]
