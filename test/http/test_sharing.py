"""Lookups that share a connection, and a transaction: each is told of its own, whatever becomes of the others."""
import contextlib
import os
import signal

import pytest

import fastcgi
import front
from front import wait_until
from holding import asks, ending, locked_table, waiting
from overhearing import Ender, Listener, Slow
from together import Together

CONNECTIONS = 2
ROOM = 32       # for lookups on one connection, while there is another one
CROWDED = 128   # where there is none
MANY_TIMES = 20_000
TOGETHER = 16   # in one transaction, after so many alone
MANY = ROOM + 8


@pytest.fixture
def own(stack):
    """A front of the test's own: its process and its socket."""
    with front.serving(stack, "--connections", str(CONNECTIONS)) as serving:
        yield serving


class Lookups(Together):
    """Lookups of a session each; that many were looked up before, so that the front knows their statement."""

    def __init__(self, stack, own, native, count):
        super().__init__(stack, own, count)
        self.key = native.owner_key
        self.sessions = [native.new() for _ in range(count)]
        for _ in range(2):
            self.send()
            assert self.answers() == self.expected()
        for session in self.sessions:
            assert self.alone(self._request(session))[0] == 200

    def _request(self, session, key=None):
        return fastcgi.request("GET", f"/curfew/v1/sessions/{session}", authorization=f"Bearer {key or self.key}")

    def send(self, wrong=()):
        """Who are wrong have no credential."""
        super().send([self._request(session, "crfk_nobody" if session in wrong else None) for session in self.sessions])

    def answers(self):
        """Status and id or reason."""
        return [(status, body["id" if status == 200 else "reason"]) for status, body in super().answers()]

    def named(self, listener, since):
        """How many of them have been asked after so many transactions."""
        return sum(map(len, listener.named(*self.sessions, since=since)))

    def expected(self, wrong=()):
        return [(401, "invalid_credential") if session in wrong else (200, session) for session in self.sessions]


def test_lookups_that_come_together_share_transactions(overheard, native):
    own, listener = overheard
    with contextlib.ExitStack() as stack:
        lookups = Lookups(stack, own, native, MANY)
        before = listener.count
        lookups.send()
        assert lookups.answers() == lookups.expected()
        assert listener.named(*lookups.sessions, since=before) == [
            lookups.sessions[at:at + TOGETHER] for at in range(0, MANY, TOGETHER)]


def test_lookups_share_connections_though_there_are_others(stack, native, database):
    """On two, as many as there are processors, if there are eight connections for each; two at least."""
    with contextlib.closing(Listener(stack)) as listener, contextlib.ExitStack() as opened, \
            front.serving(stack, "--connections", "8", database=listener.database) as own:
        lookups = Lookups(opened, own, native, 2 * ROOM + 8)
        before = listener.count
        with locked_table(database, "curfew.session"):
            lookups.send()
            assert asks(own[1], "GET", "/healthz")[0] == 200 # all of them have been taken in by now
            wait_until(lambda: lookups.named(listener, before) == len(lookups.sessions))
            wait_until(lambda: waiting(database, 2))
        assert lookups.answers() == lookups.expected()


def test_on_the_last_connection_lookups_crowd(stack, native, database):
    with contextlib.closing(Listener(stack)) as listener, contextlib.ExitStack() as opened, \
            front.serving(stack, "--connections", "1", database=listener.database) as own:
        lookups = Lookups(opened, own, native, CROWDED + 8)
        before = listener.count
        with locked_table(database, "curfew.session"):
            lookups.send()
            assert asks(own[1], "GET", "/healthz")[0] == 200
            wait_until(lambda: lookups.named(listener, before) >= CROWDED)
            assert lookups.named(listener, before) == CROWDED
        assert lookups.answers() == lookups.expected()


def test_a_change_comes_to_its_turn_among_lookups_that_come_and_come(stack, native):
    """On the only connection, which is at lookups all the time, and by the caller who looks up."""
    lookup = fastcgi.request("GET", f"/curfew/v1/sessions/{native.new()}", authorization=f"Bearer {native.owner_key}")
    change = ending(native, native.new())
    with contextlib.closing(Slow(stack)) as slow, front.serving(stack, "--connections", "1", database=slow.database) as (_, path), \
            contextlib.ExitStack() as opened:
        ender, *others = [opened.enter_context(fastcgi.Connection(path)) for _ in range(ROOM + 1)]

        def until(condition):
            """Lookups come and come; how many were answered meanwhile."""
            answered = 0
            for _ in range(MANY_TIMES):
                if condition():
                    return answered
                for connection in filter(fastcgi.Connection.is_answered, others):
                    assert connection.answer()[0] == 200
                    connection.send(lookup)
                    answered += 1
            return pytest.fail("nothing happened")

        for connection in others:
            connection.send(lookup)
        until(lambda: slow.answers > 100) # they share transactions by then
        slow.delay = 0.02
        until(lambda: slow.answers > 105)
        ender.send(change)
        assert until(ender.is_answered) < 6 * ROOM
        assert ender.answer()[0] == 200
        assert {connection.answer()[0] for connection in others} == {200}


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
