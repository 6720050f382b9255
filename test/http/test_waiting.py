"""Who waits in the front for whom: a slow sender, a locked row or a client that has gone holds nobody else up."""
import contextlib
import itertools
import json
import pathlib
import re
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import fastcgi
import front
from front import wait_until
from holding import asks, ending, locked, waiting
from stack import PATIENCE

CONNECTIONS = 2
MANY = 40 # more than the front has helpers


@pytest.fixture
def said(tmp_path):
    """Where the test's own front logs."""
    return tmp_path / "log"


@pytest.fixture
def own(stack, said):
    """A front of the test's own: its process and its socket."""
    with open(said, "wb") as log, front.serving(stack, "--connections", str(CONNECTIONS), output=log) as serving:
        yield serving


def test_a_request_in_pieces_is_answered_when_it_is_whole(own, native, database):
    _, path = own
    session = native.new()
    sent = ending(native, session)
    with fastcgi.Connection(path) as connection:
        for at in range(0, len(sent) - 1, 7):
            connection.send(sent[at:min(at + 7, len(sent) - 1)])
        assert asks(path, "GET", "/healthz")[0] == 200
        assert not connection.is_answered()
        connection.send(sent[-1:])
        assert connection.answer()[0] == 200
        connection.send(ending(native, session)) # the connection is kept
        assert connection.answer()[0] == 409
    assert len(database.audit(session)) == 1


def test_requests_that_never_end_hold_nobody_up(own, native):
    _, path = own
    sent = ending(native, native.new())
    with contextlib.ExitStack() as stack:
        for cut in range(MANY):
            stack.enter_context(fastcgi.Connection(path)).send(sent[:len(sent) * cut // MANY])
        for _ in range(3):
            assert asks(path, "GET", "/healthz")[0] == 200
            assert asks(path, "GET", "/readyz")[0] == 200
            with fastcgi.Connection(path) as connection:
                connection.send(ending(native, native.new()))
                assert connection.answer()[0] == 200


def test_a_body_that_is_longer_than_what_is_looked_at_is_read(own, native):
    _, path = own
    body = b'{"lifecycle":"agent"' + b" " * 200_000 + b"}"
    with fastcgi.Connection(path) as connection:
        for _ in range(2):
            connection.send(fastcgi.request("POST", "/curfew/v1/sessions", body, authorization=f"Bearer {native.owner_key}"))
            assert connection.answer()[0] == 201


NOTHING = fastcgi.record(fastcgi.PARAMETERS) + fastcgi.record(fastcgi.BODY)
BROKEN = {
    "zeros": b"\0" * 64,
    "aborts": b"\1\2\0\1\0\0\0\0" * 8,
    "a body alone": fastcgi.record(fastcgi.BODY),
    "parameters alone": fastcgi.record(fastcgi.PARAMETERS),
    "a question": fastcgi.record(9, fastcgi.parameter("FCGI_MAX_CONNS", "")),
    "HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "a role that there is not": fastcgi.begin(role=9) + NOTHING,
    "a beginning that is too short": fastcgi.record(fastcgi.BEGIN, b"\0\1") + NOTHING,
    "parameters that say more than they are": fastcgi.begin() + fastcgi.record(fastcgi.PARAMETERS, b"\xff" * 8) + NOTHING,
    "padding that reads as a record": fastcgi.begin() + fastcgi.record(
        fastcgi.PARAMETERS, fastcgi.parameter("CONTENT_LENGTH", "60000")) + fastcgi.record(
        fastcgi.PARAMETERS, padding=b"\1\5\0\1\xfd\xe8\0\0") + fastcgi.record(fastcgi.BODY),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_what_is_no_request_holds_nobody_up(own, broken):
    process, path = own
    enough = threading.Event()

    def go_on(sender):
        with contextlib.suppress(OSError):
            while not enough.wait(0.05):
                sender.send(b"\0")

    with contextlib.ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            sender = stack.enter_context(fastcgi.Connection(path))
            sender.send(broken)
            pool.submit(go_on, sender)
        try:
            for _ in range(3):
                assert asks(path, "GET", "/readyz")[0] == 200
        finally:
            enough.set()
    assert asks(path, "GET", "/readyz")[0] == 200
    assert process.poll() is None


def test_a_web_server_that_keeps_no_connections_is_served(own, native):
    _, path = own
    with fastcgi.Connection(path) as connection:
        connection.send(ending(native, native.new(), keep=False))
        assert connection.answer()[0] == 200
        assert connection.socket.recv(1) == b""


def test_health_is_told_while_every_connection_waits_for_a_lock(own, native, database):
    _, path = own
    sessions = [native.new() for _ in range(CONNECTIONS)]
    with contextlib.ExitStack() as stack:
        with locked(database, *sessions):
            enders = [stack.enter_context(fastcgi.Connection(path)) for _ in sessions]
            for ender, session in zip(enders, sessions):
                ender.send(ending(native, session))
            wait_until(lambda: waiting(database, CONNECTIONS))
            assert asks(path, "GET", "/healthz")[0] == 200
            assert not any(ender.is_answered() for ender in enders)
        assert [ender.answer()[0] for ender in enders] == [200] * CONNECTIONS


def test_a_lookup_does_not_wait_behind_a_change(own, native, database):
    _, path = own
    session = native.new()
    key = {"authorization": f"Bearer {native.owner_key}"}
    assert asks(path, "GET", f"/curfew/v1/sessions/{session}", **key)[0] == 200 # prepared now
    with fastcgi.Connection(path) as ender:
        with locked(database, session):
            ender.send(ending(native, session))
            wait_until(lambda: waiting(database, 1))
            for _ in range(3):
                assert asks(path, "GET", f"/curfew/v1/sessions/{session}", **key)[0] == 200
        assert ender.answer()[0] == 200


def test_who_has_gone_before_it_was_his_turn_is_not_worked_for(own, native, database, said):
    _, path = own
    blocked = [native.new() for _ in range(CONNECTIONS)]
    left, kept = native.new(), native.new()
    with contextlib.ExitStack() as stack:
        *enders, gone, behind = (stack.enter_context(fastcgi.Connection(path)) for _ in range(CONNECTIONS + 2))
        with locked(database, *blocked):
            for ender, session in zip(enders, blocked):
                ender.send(ending(native, session))
            wait_until(lambda: waiting(database, CONNECTIONS))
            gone.send(ending(native, left))
            behind.send(ending(native, kept))
            assert asks(path, "GET", "/healthz")[0] == 200 # both have been taken in by now
            gone.socket.close()
            assert asks(path, "GET", "/healthz")[0] == 200
        assert [one.answer()[0] for one in (*enders, behind)] == [200] * (CONNECTIONS + 1)
    assert database.audit(left) == []
    assert [json.loads(line)["method"] for line in said.read_text().splitlines() if '"abandoned"' in line] == ["POST"]


def test_who_says_that_he_sends_no_more_is_answered(own, native, database):
    _, path = own
    blocked = [native.new() for _ in range(CONNECTIONS)]
    with contextlib.ExitStack() as stack:
        *enders, last = (stack.enter_context(fastcgi.Connection(path)) for _ in range(CONNECTIONS + 1))
        with locked(database, *blocked):
            for ender, session in zip(enders, blocked):
                ender.send(ending(native, session))
            wait_until(lambda: waiting(database, CONNECTIONS))
            last.send(ending(native, native.new()))
            last.socket.shutdown(socket.SHUT_WR)
            assert asks(path, "GET", "/healthz")[0] == 200
        assert [one.answer()[0] for one in (*enders, last)] == [200] * (CONNECTIONS + 1)


def test_what_was_on_a_connection_is_not_kept_with_it(own, native):
    process, path = own

    def memory():
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1])

    body = b'{"token":"' + b"x" * 900_000 + b'"}'
    with contextlib.ExitStack() as stack:
        grown = []
        for _ in range(2 * MANY):
            connection = stack.enter_context(fastcgi.Connection(path))
            connection.send(fastcgi.request("POST", "/curfew/v1/introspect", body, authorization=f"Bearer {native.owner_key}"))
            assert connection.answer()[0] in (200, 422)
            grown.append(memory())
        # As many again, and not even half of what their bodies were.
        assert grown[-1] - grown[MANY] < MANY * len(body) / 1024 / 2


def test_a_database_that_says_nothing_is_away_for_all_at_once(stack):
    with socket.socket() as silent: # lets in, and says nothing
        silent.bind(("127.0.0.1", 0))
        silent.listen(512)
        database = f"host=127.0.0.1 port={silent.getsockname()[1]} dbname=curfew user=curfew_front"
        with front.serving(stack, "--connections", "64", "--connect-timeout", "2", database=database) as (_, path), \
                contextlib.ExitStack() as opened:
            connections = [opened.enter_context(fastcgi.Connection(path)) for _ in range(100)]
            for connection in connections:
                connection.send(fastcgi.request("GET", "/readyz"))
            assert asks(path, "GET", "/healthz")[0] == 200
            assert {connection.answer()[0] for connection in connections} == {503}


def test_it_ends_though_a_request_never_does_and_others_never_stop(own, native, database):
    process, path = own
    with contextlib.ExitStack() as stack:
        part, *two = (stack.enter_context(fastcgi.Connection(path)) for _ in range(3))
        part.send(ending(native, native.new())[:-4])
        locks = [None, None]

        def send(turn):
            session = native.new()
            locks[turn] = stack.enter_context(contextlib.ExitStack())
            locks[turn].enter_context(locked(database, session))
            two[turn].send(ending(native, session))

        send(0)
        wait_until(lambda: waiting(database, 1))
        process.send_signal(signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        with pytest.raises((OSError, EOFError)): # the front ends a connection with an answer
            for turn in itertools.cycle((1, 0)):
                assert time.monotonic() < until, "it takes request after request"
                send(turn)
                wait_until(lambda: waiting(database, 2)) # so that there is always one in hand
                locks[1 - turn].close()
                assert two[1 - turn].answer()[0] == 200
        stack.close()
        assert process.wait(PATIENCE) == 0
