"""Lookups that share a connection, and a transaction: each is told of its own, whatever becomes of the others."""
import contextlib
import os
import signal

import pytest

import fastcgi
import front
from front import wait_until
from holding import locked_table, waiting
from lookups import Lookups, ROOM
from overhearing import Ender, Listener

CONNECTIONS = 2
TOGETHER = 16   # in one transaction, after so many alone
MANY = ROOM + 8


@pytest.fixture
def own(stack):
    """A front of the test's own: its process and its socket."""
    with front.serving(stack, "--connections", str(CONNECTIONS)) as serving:
        yield serving


def test_lookups_that_come_together_share_transactions(overheard, native):
    own, listener = overheard
    with contextlib.ExitStack() as stack:
        lookups = Lookups(stack, own, native, MANY)
        before = listener.count
        lookups.send()
        assert lookups.answers() == lookups.expected()
        assert listener.named(*lookups.sessions, since=before) == [
            lookups.sessions[at:at + TOGETHER] for at in range(0, MANY, TOGETHER)]


def test_lookups_may_have_a_transaction_each(stack, native):
    with contextlib.closing(Listener(stack)) as listener, contextlib.ExitStack() as opened, \
            front.serving(stack, "--connections", "1", "--requests-per-transaction", "1", database=listener.database) as own:
        lookups = Lookups(opened, own, native, MANY)
        before = listener.count
        lookups.send()
        assert lookups.answers() == lookups.expected()
        assert listener.named(*lookups.sessions, since=before) == [[session] for session in lookups.sessions]


@pytest.mark.parametrize("place", [0, TOGETHER // 2, TOGETHER - 1])
def test_the_error_of_one_is_not_that_of_those_who_share_its_transaction(overheard, native, place):
    own, listener = overheard
    with contextlib.ExitStack() as stack:
        lookups = Lookups(stack, own, native, MANY)
        before = listener.count
        wrong = lookups.sessions[place]
        lookups.send(wrong=[wrong])
        assert lookups.answers() == lookups.expected(wrong=[wrong])
        transactions = listener.named(*lookups.sessions, since=before)
        shared = lookups.sessions[:TOGETHER]
        assert shared in transactions
        again = [transaction for transaction in transactions if transaction != shared and set(transaction) & set(shared)]
        assert sorted(again) == sorted([session] for session in shared if session != wrong)


def test_after_an_error_few_share_a_transaction_for_a_while(overheard, native):
    own, listener = overheard
    with contextlib.ExitStack() as stack:
        lookups = Lookups(stack, own, native, TOGETHER)
        sizes = []
        for wrong in (lookups.sessions[:1], (), (), ()):
            before = listener.count
            lookups.send(wrong)
            assert lookups.answers() == lookups.expected(wrong)
            sizes.append(max(map(len, listener.named(*lookups.sessions, since=before))))
        assert sizes[0] == sizes[-1] == TOGETHER
        assert sizes[1] == 1


def test_wrong_lookups_among_many(own, native):
    with contextlib.ExitStack() as stack:
        lookups = Lookups(stack, own, native, MANY)
        for step in (1, 2, 3, 5, 7):
            wrong = lookups.sessions[::step]
            lookups.send(wrong)
            assert lookups.answers() == lookups.expected(wrong)


def test_lookups_on_connections_that_are_all_ended_are_asked_again(own, native, database):
    with contextlib.ExitStack() as stack:
        lookups = Lookups(stack, own, native, MANY)
        with locked_table(database, "curfew.session"):
            lookups.send()
            wait_until(lambda: waiting(database, CONNECTIONS))
            database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'curfew_front'"
                          " AND wait_event_type = 'Lock'")
        assert lookups.answers() == lookups.expected()


@pytest.mark.parametrize("connections", [1, 2])
def test_lookups_that_end_their_connections_end_them_for_themselves(stack, native, connections):
    with contextlib.closing(Ender(stack)) as ender, \
            front.serving(stack, "--connections", str(connections), database=ender.database) as own, \
            contextlib.ExitStack() as opened:
        lookups = Lookups(opened, own, native, MANY)
        ender.at = lookups.sessions[0], lookups.sessions[-1]
        lookups.send()
        away = (503, "database_away")
        assert lookups.answers() == [away, *lookups.expected()[1:-1], away]


def test_lookups_that_another_was_late_with_are_asked_again_side_by_side(stack, native, database):
    with front.serving(stack, "--connections", str(CONNECTIONS), "--statement-timeout", "2") as own, \
            contextlib.ExitStack() as opened:
        lookups = Lookups(opened, own, native, TOGETHER)
        with locked_table(database, "curfew.session"):
            lookups.send()
            wait_until(lambda: waiting(database, CONNECTIONS))
            assert [connection.is_answered() for connection in lookups.connections] == [True] + [False] * (TOGETHER - 1)


def test_a_lookup_that_is_held_up_holds_no_more_than_came_with_it(own, native, database):
    _, path = own
    request = fastcgi.request("GET", f"/curfew/v1/sessions/{native.new()}", authorization=f"Bearer {native.owner_key}")
    with contextlib.ExitStack() as stack:
        connections = []

        def look_up():
            connections.append(stack.enter_context(fastcgi.Connection(path)))
            connections[-1].send(request)

        for _ in range(CONNECTIONS):
            look_up()
        assert {connection.answer()[0] for connection in connections} == {200}
        connections.clear()
        with locked_table(database, "curfew.session"):
            look_up()
            wait_until(lambda: look_up() or waiting(database, CONNECTIONS))
            assert len(connections) < ROOM
        assert {connection.answer()[0] for connection in connections} == {200}


def test_one_of_those_that_share_is_late_and_the_others_are_asked_again(stack, native, database):
    request = fastcgi.request("GET", f"/curfew/v1/sessions/{native.new()}", authorization=f"Bearer {native.owner_key}")
    pids = []
    try:
        with front.serving(stack, "--connections", "1", "--statement-timeout", "1") as (_, path), \
                contextlib.ExitStack() as opened:
            others = {row["pid"] for row in backends(database)}
            one, two = (opened.enter_context(fastcgi.Connection(path)) for _ in range(2))
            one.send(request)
            assert one.answer()[0] == 200
            pids = [row["pid"] for row in backends(database) if row["pid"] not in others]
            os.kill(pids[0], signal.SIGSTOP)
            one.send(request)
            two.send(request)
            assert (one.answer()[0], two.answer()[0]) == (503, 200)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def backends(database):
    return database.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'curfew_front'")
