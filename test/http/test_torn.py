"""Connections to PostgreSQL that are torn anywhere: what the front says of a change is what has become of it."""
import collections
import contextlib
import itertools
import json
import random
from concurrent.futures import ThreadPoolExecutor

import pytest

import fastcgi
import front
from front import wait_until
from middleman import ANSWERED, ASKED, Middleman

CLIENTS = 8
SESSIONS = 30 # of each client
# Bytes in one direction after which a connection is torn: from the middle of connecting to some requests later.
LIVES = (300, 12_000)


class Tearer(Middleman):
    """Tears each connection once, somewhere."""

    def __init__(self, stack, seed):
        self.random = random.Random(seed)
        self.torn = collections.Counter()
        super().__init__(stack)

    def watcher(self):
        side, left = self.random.choice((ASKED, ANSWERED)), self.random.randrange(*LIVES)

        def watch(which, data):
            nonlocal left
            if which != side:
                return data, True
            if len(data) < left:
                left -= len(data)
                return data, True
            self.torn[side] += 1
            return data[:left], False

        return watch


@pytest.fixture(params=[1, 2, 3])
def torn(stack, request):
    """A front whose connections are torn: its socket, and who tears them."""
    with contextlib.closing(Tearer(stack, seed=request.param)) as tearer, \
            front.serving(stack, "--connections", "3", database=tearer.database) as (_, path):
        yield path, tearer


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
    assert min(tearer.torn[ASKED], tearer.torn[ANSWERED]) > 0
    assert seen["done", 1] > 0
