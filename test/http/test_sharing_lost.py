"""Acts that share a transaction, when connections, statements and tokens go."""
import contextlib
import json
import threading

import pytest

import fastcgi
import front
from acts import ENDED, PLACES, TOGETHER, Acts, others_ended
from database import position_of
from holding import asks, ending
from middleman import ASKED, Middleman
from overhearing import Mute, Spoiler
from stack import PATIENCE
from triggers import DEFERRED, trigger

TOKEN = "X-Curfew-Token"


class Gate(Middleman):
    """Holds up what is asked that names `one` without `other`, until it is let through, or ends its connection at once."""

    one = other = None

    def __init__(self, stack):
        self.ends = False
        self.reached, self.opened = threading.Event(), threading.Event()
        super().__init__(stack)

    def watcher(self):
        def watch(which, data):
            if which != ASKED or not self.one or self.one not in data or self.other in data:
                return data, True
            if self.ends:
                return b"", False
            self.reached.set()
            self.opened.wait(PATIENCE)
            return data, True

        return watch


@pytest.fixture
def gate(stack):
    with contextlib.closing(Gate(stack)) as gate:
        yield gate


FIRST, SECOND = 2, 5 # places of the two


def send_two_of_one(acts):
    """Two endings of the same session are among them: while they share a transaction the second is refused for the first."""

    def with_reason(reason):
        return fastcgi.request("POST", f"/curfew/v1/sessions/{acts.sessions[FIRST]}/terminate",
                               json.dumps({"reason": reason}).encode(), authorization=f"Bearer {acts.native.owner_key}")

    acts.send_endings(s2=with_reason("the first"), s5=with_reason("the second"))


def reasons(acts):
    """Why that session was ended."""
    return [event["reason"] for event in acts.native.database.audit(acts.sessions[FIRST])]


def test_nobody_is_told_of_what_another_did_not_do_after_all(stack, native, gate):
    """The second would end what the first has ended; then all is undone, and the first does not come to it again."""
    with front.serving(stack, "--connections", "1", database=gate.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        gate.ends, gate.one, gate.other = True, b"the first", b"the second"
        send_two_of_one(acts)
        assert acts.told() == others_ended(FIRST, (503, "in_doubt"))
        assert reasons(acts) == ["the second"]


def test_who_waits_meanwhile_leaves_nobody_waiting(stack, native, gate):
    """What the first does again takes long: the second is asked again too, and is before him."""
    with front.serving(stack, "--connections", "2", database=gate.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        gate.one, gate.other = b"the first", b"the second"
        send_two_of_one(acts)
        assert gate.reached.wait(PATIENCE)
        assert acts.connections[SECOND].answer()[0] == 200
        gate.opened.set()
        assert acts.connections[FIRST].answer()[0] == 409
        assert reasons(acts) == ["the second"]


def test_who_goes_meanwhile_leaves_nobody_waiting(stack, native, gate):
    """Before the first can do it again he has gone: it is the second's to do."""
    with front.serving(stack, "--connections", "1", database=gate.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        gate.one, gate.other = acts.sessions[0].encode(), acts.sessions[1].encode()
        send_two_of_one(acts)
        assert gate.reached.wait(PATIENCE)
        acts.connections[FIRST].socket.close()
        assert asks(own[1], "GET", "/healthz")[0] == 200 # it is seen by now
        gate.opened.set()
        assert acts.connections[SECOND].answer()[0] == 200
        assert reasons(acts) == ["the second"]


def test_acts_whose_connection_is_lost_are_all_in_doubt(stack, native, gate):
    with front.serving(stack, "--connections", "1", database=gate.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        gate.ends, gate.one, gate.other = True, acts.sessions[3].encode(), b"nothing"
        acts.send_endings()
        assert acts.told() == [(503, "in_doubt")] * TOGETHER
        assert acts.transactions() == {"n": 0, "ended": 0}


@pytest.mark.parametrize("place", PLACES)
def test_a_statement_that_is_not_there_any_more(stack, native, place):
    with contextlib.closing(Spoiler(stack)) as spoiler, \
            front.serving(stack, "--connections", "1", database=spoiler.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        spoiler.at = acts.sessions[place].encode()
        acts.send_endings()
        assert acts.told() == [ENDED] * TOGETHER
        assert spoiler.at is None
        assert acts.transactions()["ended"] == TOGETHER


def tokens(acts):
    return [headers.get(TOKEN) for _, headers, _ in (connection.whole_answer() for connection in acts.connections)]


def test_each_is_answered_with_the_token_of_the_commit(overheard, native, database):
    own, listener = overheard
    database.rows("CREATE TABLE public.seen (at pg_lsn)")
    with contextlib.ExitStack() as stack:
        stack.callback(database.rows, "DROP TABLE public.seen")
        acts = Acts(stack, own, native)
        before = listener.count
        body = "BEGIN INSERT INTO public.seen VALUES (pg_current_wal_insert_lsn()); RETURN NULL; END"
        with trigger(database, body, DEFERRED):
            database.rows("GRANT INSERT ON public.seen TO curfew_front")
            acts.send_endings()
            told = tokens(acts)
        assert acts.transactions() == {"n": 1, "ended": TOGETHER}
        assert len(set(told)) == 1
        assert position_of(told[0]) > database.rows("SELECT max(at) - '0/0' AS at FROM public.seen")[0]["at"]
        assert listener.named("\0consistency\0", since=before) == []


@pytest.mark.parametrize("was_reported", [False, True])
def test_a_token_that_is_not_reported_is_asked_for(stack, native, was_reported):
    """Whether there is one of before or not."""
    with contextlib.closing(Mute(stack)) as mute, \
            front.serving(stack, "--connections", "1", database=mute.database) as own, contextlib.ExitStack() as opened:
        mute.is_mute = not was_reported
        acts = Acts(opened, own, native)
        acts.connections[0].send(ending(native, native.new()))
        _, headers, _ = acts.connections[0].whole_answer()
        mute.is_mute = True
        acts.send_endings()
        told = tokens(acts)
        assert acts.transactions() == {"n": 1, "ended": TOGETHER}
        assert len(set(told)) == 1
        assert position_of(told[0]) > position_of(headers[TOKEN])


def test_a_connection_that_is_lost_over_a_token_costs_no_more_than_that(stack, native):
    with contextlib.closing(Mute(stack)) as mute, \
            front.serving(stack, "--connections", "1", database=mute.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        mute.ends = True
        acts.send_endings()
        assert tokens(acts) == [None] * TOGETHER
        assert acts.transactions() == {"n": 1, "ended": TOGETHER}
        mute.ends = False
        acts.connections[0].send(ending(native, native.new()))
        _, headers, _ = acts.connections[0].whole_answer()
        mute.ends = True
        acts.connections[0].send(ending(native, native.new(), x_curfew_token=headers[TOKEN])) # is not told again: it is too old
        status, headers, _ = acts.connections[0].whole_answer()
        assert (status, headers.get(TOKEN)) == (200, None)
