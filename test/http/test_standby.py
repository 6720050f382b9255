"""A front that is pointed at a hot standby: it reads, tells when it is behind, and takes no changes."""
import contextlib
import json
import time

import psycopg2
import pytest

from shapes import TIME, assert_answer, assert_unavailable
from stack import PATIENCE, Stack

BEHIND = "what the consistency token tells of has not arrived here yet"


def wait_until(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"not within {PATIENCE} s"
        time.sleep(0.02)


class Standby(Stack):
    """The stack of a standby of the suite's PostgreSQL."""

    def __init__(self, primary, database):
        super().__init__("behind", CURFEW_PRIMARY=primary.name)
        self.database = database

    def value(self, query, *values):
        connection = psycopg2.connect(self.script("postgres.sh", "uri"))
        connection.autocommit = True
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchone()[0]

    def catch_up(self):
        written = self.database.rows("SELECT pg_current_wal_lsn() AS at")[0]["at"]
        wait_until(lambda: self.value("SELECT pg_last_wal_replay_lsn() >= %s", written))

    @contextlib.contextmanager
    def paused(self):
        self.catch_up()
        self.value("SELECT pg_wal_replay_pause()")
        wait_until(lambda: self.value("SELECT pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            self.value("SELECT pg_wal_replay_resume()")


@pytest.fixture(scope="module")
def standby(stack, database):
    standby = Standby(stack, database)
    standby.remove()
    try:
        standby.up()
        yield standby
    finally:
        standby.remove()


def test_a_change_is_not_possible_there_now(subject, standby):
    session = subject.new()
    standby.catch_up()
    assert_unavailable(subject, subject.send(session, subject.owner_key, to=standby.url), "read_only")
    assert subject.database.audit(session) == []
    assert subject.end(session).status_code == 200


@pytest.mark.parametrize("path", ["/curfew/v1/sessions/{}", "/curfew/v1/sessions?limit=1", "/curfew/v1/sessions/{}/events",
                                  "/curfew/v1/lifecycles"])
def test_a_read_is_answered_as_by_the_primary(native, stack, standby, path):
    session = [native.new() for _ in range(3)][-1]
    headers = {"Authorization": f"Bearer {native.owner_key}"}
    answer = stack.send("GET", path.format(session), headers)
    standby.catch_up()
    response = standby.send("GET", path.format(session), headers)
    assert (response.status_code, response.text) == (200, answer.text)


def test_a_token_is_inactive_once_the_end_of_its_session_has_been_replayed(native, standby):
    row = native.tenant.session(native.owner, "agent")

    def introspect():
        standby.catch_up()
        headers = {"Authorization": f"Bearer {native.owner_key}", "Content-Type": "application/json"}
        return standby.send("POST", "/curfew/v1/introspect", headers, json.dumps({"token": row["token"]})).json()["active"]
    assert introspect() is True
    assert native.end(row["id"]).status_code == 200
    assert introspect() is False


def test_a_read_that_is_to_see_a_change_waits_for_it_and_is_a_503_where_that_takes_long(native, standby):
    old, key = native.new(), {"Authorization": f"Bearer {native.owner_key}"}

    def read(session, **headers):
        return standby.send("GET", f"/curfew/v1/sessions/{session}", {**key, **headers})
    with standby.paused():
        new = native.new()
        token = {"X-Curfew-Token": native.end(old).headers["X-Curfew-Token"]}
        assert (read(old).status_code, read(old).json()["state"], read(new).status_code) == (200, "active", 404)
        for session in old, new:
            behind = read(session, **token)
            assert (behind.status_code, behind.json()["reason"], behind.json()["detail"]) == (503, "behind", BEHIND)
            assert int(behind.headers["Retry-After"]) > 0
        stranger = standby.send("GET", f"/curfew/v1/sessions/{old}", {"Authorization": "Bearer nonsense", **token})
        assert stranger.status_code == 401
    now = read(old, **token)
    assert (now.status_code, now.json()["state"], now.headers["X-Curfew-Token"]) == (200, "terminated", token["X-Curfew-Token"])


def test_luxxons_reads_too(subjects, standby):
    luxxon = subjects["luxxon"]
    session = luxxon.new()
    with standby.paused():
        token = {"X-Lx-Consistency-Token": luxxon.end(session).headers["X-Lx-Consistency-Token"]}
        assert_answer(luxxon.send(session, luxxon.owner_key, token, method="GET", to=standby.url), 503,
                      {"statusCode": 503, "code": "AUTHZ_ERROR", "message": "Authorization service unavailable",
                       "timestamp": TIME}, "application/json")
    answer = luxxon.send(session, luxxon.owner_key, token, method="GET", to=standby.url)
    assert (answer.status_code, answer.json()["data"]["state"]) == (200, "CANCELLED")
