"""Lookups crowd on few connections, and leave them to who needs one."""
import contextlib
import time

import pytest

import fastcgi
import front
from front import wait_until
from holding import asks, ending, locked_table, waiting
from lookups import Lookups, ROOM
from overhearing import Listener, Slow
from stack import PATIENCE

CROWDED = 128 # lookups on one connection, where there is no other one


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


def test_who_waits_for_his_turn_on_a_connection_that_answers_is_not_late(stack, native):
    """It answers for longer than a statement may take."""
    with contextlib.closing(Slow(stack)) as slow, contextlib.ExitStack() as opened, \
            front.serving(stack, "--connections", "1", "--statement-timeout", "1", database=slow.database) as own:
        lookups = Lookups(opened, own, native, CROWDED)
        slow.most, slow.delay = 1024, 0.12 # about one answer
        before = slow.answers
        lookups.send()
        assert lookups.answers() == lookups.expected()
        assert (slow.answers - before) * slow.delay > 6 # what a statement may take, and the front's margin: else nothing was tried


def change(native):
    """By the caller who looks up."""
    return ending(native, native.new())


def unprepared(native):
    """A lookup of another kind, by somebody else."""
    return fastcgi.request("POST", "/curfew/v1/introspect", b'{"token":"none"}', authorization=f"Bearer {native.stranger_key}")


@pytest.mark.parametrize("other", [change, unprepared])
def test_what_cannot_join_comes_to_its_turn_among_lookups_that_come_and_come(stack, native, other):
    """On the only connection, which is at lookups all the time."""
    lookup = fastcgi.request("GET", f"/curfew/v1/sessions/{native.new()}", authorization=f"Bearer {native.owner_key}")
    asked = other(native)
    with contextlib.closing(Slow(stack)) as slow, front.serving(stack, "--connections", "1", database=slow.database) as (_, path), \
            contextlib.ExitStack() as opened:
        other_one, *others = [opened.enter_context(fastcgi.Connection(path)) for _ in range(ROOM + 1)]

        def until(condition):
            """Lookups come and come; how many were answered meanwhile."""
            answered, latest = 0, time.monotonic() + PATIENCE
            while not condition():
                assert time.monotonic() < latest, "nothing happened"
                for connection in filter(fastcgi.Connection.is_answered, others):
                    assert connection.answer()[0] == 200
                    connection.send(lookup)
                    answered += 1
            return answered

        for connection in others:
            connection.send(lookup)
        until(lambda: slow.answers > 100) # they share transactions by then
        slow.most, slow.delay = 1024, 0.001 # answers come one by one, so that some lookup is always on its way
        until(lambda: slow.answers > 105)
        other_one.send(asked)
        assert until(other_one.is_answered) < 6 * ROOM
        assert other_one.answer()[0] == 200
        assert {connection.answer()[0] for connection in others} == {200}
