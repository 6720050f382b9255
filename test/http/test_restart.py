"""A front whose socket is kept by somebody else, as systemd does: it is restarted, and no request is refused."""
import os
import signal
import socket
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import front
from front import wait_until
from stack import PATIENCE, client

CLIENTS = 4
RESTARTS = 2


@pytest.fixture
def kept(stack):
    """A listening socket, and where it is."""
    path = stack.directory / "run" / "kept.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        os.chmod(path, 0o666)
        listener.listen(511)
        yield listener, path
    path.unlink()


def test_no_request_is_refused(stack, kept, edge, subjects, database):
    listener, path = kept
    devin = subjects["devin"]
    process = front.start(stack, "--connections", "2", handed_over=listener)
    stop, ended = threading.Event(), []

    def end_sessions():
        with client() as connection:
            while not stop.is_set():
                session = devin.new()
                answer = connection.delete(nginx.url + devin.path(session), headers=devin.headers(devin.owner_key),
                                           timeout=PATIENCE)
                ended.append((session, answer.status_code))

    try:
        nginx = edge(front=path)
        with ThreadPoolExecutor(CLIENTS) as pool:
            clients = [pool.submit(end_sessions) for _ in range(CLIENTS)]
            try:
                for _ in range(RESTARTS):
                    before = len(ended)
                    wait_until(lambda before=before: len(ended) >= before + CLIENTS)
                    process.send_signal(signal.SIGTERM)
                    assert process.wait(PATIENCE) == 0
                    assert path.is_socket()
                    process = front.start(stack, "--connections", "2", handed_over=listener)
                before = len(ended)
                wait_until(lambda: len(ended) >= before + 2 * CLIENTS)
            finally:
                stop.set()
            for one in clients:
                one.result()
    finally:
        front.stop(process)
    assert [status for _, status in ended if status != 200] == []
    assert all(len(database.audit(session)) == 1 for session, _ in ended)


@pytest.mark.parametrize("count, made, told", [
    (2, socket.SOCK_STREAM, "2 sockets were handed over; it serves on one"),
    (1, socket.SOCK_DGRAM, "what was handed over is not a listening Unix stream socket"),
    (1, socket.SOCK_STREAM, "what was handed over is not a listening Unix stream socket"),
])
def test_another_socket_is_not_taken(stack, count, made, told):
    with socket.socket(socket.AF_UNIX, made) as listener:
        process = front.start(stack, handed_over=listener, count=count, output=subprocess.PIPE)
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert told in output
