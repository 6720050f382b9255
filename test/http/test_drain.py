"""The front's connections, and SIGTERM with requests in hand: it answers them all, and exits 0."""
import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

import front as front_process
from front import wait_until
from holding import locked, waiting
from stack import PATIENCE, client

REQUESTS = 4


@pytest.fixture
def front(stack, edge):
    """A front of the test's own, and an nginx before it."""
    with front_process.serving(stack, "--connections", str(2 * REQUESTS)) as (process, listen): # of which they have a share
        yield process, edge(front=listen), listen


def connections(listen):
    """How many the web server has open to the front."""
    connected = "03"
    with open("/proc/net/unix", encoding="utf-8") as sockets:
        return sum(line.split()[5:6] == [connected] and line.split()[-1] == str(listen) for line in sockets)


def test_requests_in_hand_are_answered(front, subjects, database):
    process, nginx, listen = front
    devin = subjects["devin"]
    sessions = [devin.new() for _ in range(REQUESTS)]
    def end(session):
        with client() as connection:
            return connection.delete(nginx.url + devin.path(session), headers=devin.headers(devin.owner_key),
                                     timeout=PATIENCE)

    with ThreadPoolExecutor(REQUESTS) as pool:
        with locked(database, *sessions):
            answers = [pool.submit(end, session) for session in sessions]
            wait_until(lambda: waiting(database, REQUESTS))
            # A connection that nginx has kept would be used once more, and answered.
            wait_until(lambda: connections(listen) == REQUESTS)
            process.send_signal(signal.SIGTERM)
            wait_until(lambda: not os.path.exists(listen))
            # It takes nobody on any more: nginx finds no one there.
            wait_until(lambda: nginx.send("GET", "/healthz").status_code == 502)
            assert process.poll() is None
            assert not any(answer.done() for answer in answers)
        assert [answer.result().status_code for answer in answers] == [200] * REQUESTS
    assert process.wait(PATIENCE) == 0
    assert all(len(database.audit(session)) == 1 for session in sessions)


def test_an_idle_front_ends_at_once(front):
    process, nginx, _ = front
    assert nginx.send("GET", "/healthz").status_code == 200
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


def test_connections_are_kept_and_closed_by_the_web_server(front):
    _, nginx, listen = front
    for _ in range(20):
        assert nginx.send("GET", "/healthz").status_code == 200
    assert 1 <= connections(listen) <= 4  # one for each of nginx's processes
    wait_until(lambda: connections(listen) == 0)
    assert nginx.send("GET", "/healthz").status_code == 200
