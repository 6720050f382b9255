"""Connections to PostgreSQL that are torn anywhere: what the front says of a change is what has become of it."""
import collections
import contextlib
import itertools
import json
import os
import random
import select
import shutil
import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import fastcgi
import front
from front import wait_until

CLIENTS = 8
SESSIONS = 30 # of each client
# Bytes in one direction after which a connection is torn: from the middle of connecting to some requests later.
LIVES = (300, 12_000)


class Tearer:
    """Stands between the front and PostgreSQL, passes on what they say, and tears each connection once, somewhere."""

    def __init__(self, directory, server, seed):
        self.directory, self.server = directory, str(server)
        self.random = random.Random(seed)
        self.torn = collections.Counter()
        directory.mkdir(exist_ok=True)
        directory.chmod(0o755)
        path = directory / ".s.PGSQL.5432"
        path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        os.chmod(path, 0o777)
        self.listener.listen(64)
        threading.Thread(target=self.let_in, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        shutil.rmtree(self.directory)

    def let_in(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                side = self.random.choice(("asked", "answered"))
                threading.Thread(target=self.pass_on, args=(client, side, self.random.randrange(*LIVES)), daemon=True).start()

    def pass_on(self, client, side, life):
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(self.server)
            sides = {client: (server, "asked"), server: (client, "answered")}
            while True:
                for said in select.select(list(sides), [], [])[0]:
                    heard, which = sides[said]
                    data = said.recv(65536)
                    if not data:
                        return
                    if which == side and len(data) >= life:
                        heard.sendall(data[:life])
                        self.torn[side] += 1
                        return
                    life -= len(data) if which == side else 0
                    heard.sendall(data)


@pytest.fixture(params=[1, 2, 3])
def torn(stack, request):
    """A front whose connections are torn: its socket, and who tears them."""
    path = stack.directory / "run" / "torn.sock"
    path.unlink(missing_ok=True)
    tearer = Tearer(stack.directory / "torn", stack.directory / "run" / ".s.PGSQL.5432", seed=request.param)
    process = front.start(stack, "--listen", path, "--connections", "3",
                          database=f"host={stack.directory / 'torn'} dbname=curfew user=curfew_front")
    try:
        wait_until(path.exists)
        yield path, tearer
    finally:
        front.stop(process)
        tearer.close()


def test_what_is_said_of_a_change_is_what_became_of_it(torn, subjects, database):
    path, tearer = torn
    native = subjects["native"]
    key = {"authorization": f"Bearer {native.owner_key}"}
    told = {}

    def work(own):
        with fastcgi.Connection(path) as connection:
            def ask(method, target, body=b""):
                connection.send(fastcgi.request(method, target, body, **key))
                status, said = connection.answer()
                return status, json.loads(said)

            for session in own:
                for target in (f"/curfew/v1/sessions/{session}", "/curfew/v1/sessions?limit=5"):
                    status, said = ask("GET", target)
                    assert status in (200, 503), said
                    assert status != 200 or said.get("id", session) == session
                told[session] = ask("POST", f"/curfew/v1/sessions/{session}/terminate", b'{"reason":"torn"}')

    sessions = [[native.new() for _ in range(SESSIONS)] for _ in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        for done in [pool.submit(work, own) for own in sessions]:
            done.result()
    wait_until(lambda: database.rows("SELECT count(*) AS n FROM pg_stat_activity WHERE usename = 'curfew_front'"
                                     " AND xact_start IS NOT NULL")[0]["n"] == 0)
    seen = collections.Counter()
    for session in itertools.chain(*sessions):
        status, said = told[session]
        written = len(database.audit(session))
        assert written <= 1
        if status == 200:
            assert (written, said["state"]) == (1, "terminated")
        elif said["reason"] != "in_doubt":
            assert (written, status, said["reason"]) == (0, 503, "database_away")
        seen["done" if status == 200 else said["reason"], written] += 1
    assert min(tearer.torn["asked"], tearer.torn["answered"]) > 0
    assert seen["done", 1] > 0
