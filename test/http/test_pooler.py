"""pgbouncer between PostgreSQL and the front, and services that speak SQL. Nothing of a client is left to the next one."""
import contextlib
import os
import re
import shutil
import subprocess
import time

import psycopg2
import pytest

from database import position_of
from stack import PATIENCE, Stack

# CURFEW_PGBOUNCER names another one than the system's.
PROGRAM = os.environ.get("CURFEW_PGBOUNCER") or shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
PORT = 6432
CONFIGURATION = """
[databases]
{pools}
[pgbouncer]
unix_socket_dir = {home}
unix_socket_mode = 0700
listen_port = {port}
auth_type = trust
auth_file = {home}/users
logfile = {home}/log
{more}
"""
POOLS = {"session": ("session", 20), "transaction": ("transaction", 1), "one": ("session", 1)}  # mode, connections
WHO = "SELECT curfew.current_tenant(), curfew.current_principal(), curfew.current_session(), curfew.session_is_live()"
TOKEN = "curfew.consistency_token"
NOBODY = (None, None, None, False)


def version():
    said = subprocess.check_output([PROGRAM, "--version"], text=True)
    return tuple(map(int, re.search(r"PgBouncer (\d+)\.(\d+)", said).groups()))


keeps_statements = pytest.mark.skipif(PROGRAM is None or version() < (1, 21),
                                      reason="this pgbouncer keeps no prepared statements")


class Pooler:
    """A pgbouncer before the suite's PostgreSQL: a database per pool, each of them the stack's one."""

    def __init__(self, stack):
        self.home = stack.directory / "pool"
        self.home.mkdir(mode=0o700)
        server = f"host={stack.directory}/run port=5432 dbname=curfew"
        pools = "\n".join(f"{name} = {server} pool_mode={mode} pool_size={size}" for name, (mode, size) in POOLS.items())
        more = "max_prepared_statements = 200" if version() >= (1, 21) else ""
        (self.home / "pgbouncer.ini").write_text(CONFIGURATION.format(pools=pools, home=self.home, port=PORT, more=more))
        (self.home / "users").write_text('"curfew_front" ""\n"postgres" ""\n')
        drop = {}
        if os.getuid() == 0:
            drop = {"user": stack.owner.pw_uid, "group": stack.owner.pw_gid, "extra_groups": []}
            for path in self.home, *self.home.iterdir():
                os.chown(path, stack.owner.pw_uid, stack.owner.pw_gid)
        self.process = subprocess.Popen([PROGRAM, "-q", self.home / "pgbouncer.ini"], cwd=self.home, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **drop)
        until = time.monotonic() + PATIENCE
        while not (self.home / f".s.PGSQL.{PORT}").exists():
            assert self.process.poll() is None and time.monotonic() < until, "pgbouncer did not start"
            time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.home)

    def string(self, pool, user="curfew_front"):
        return f"host={self.home} port={PORT} dbname={pool} user={user}"

    @contextlib.contextmanager
    def client(self, pool):
        """Of the front's role. The connection is closed at the end, whatever its transaction has come to."""
        connection = psycopg2.connect(self.string(pool))
        try:
            yield Client(connection)
        finally:
            connection.close()


class Client:
    def __init__(self, connection):
        self.connection = connection

    def row(self, query, *values):
        """In the transaction that is open, or in a new one, which stays open."""
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchone()

    def backend(self):
        return self.row("SELECT pg_catalog.pg_backend_pid()")[0]


@pytest.fixture(scope="module")
def pooler(stack):
    pooler = Pooler(stack)
    yield pooler
    pooler.stop()


@pytest.fixture
def front(pooler):
    """Starts a front, and an nginx before it, that reaches the database through one of the pools."""
    pooled = Stack("pooled")
    pooled.remove()

    def start(pool, connections=4):
        nonlocal pooled
        pooled = Stack("pooled", CURFEW_FRONT_DATABASE=pooler.string(pool), CURFEW_CONNECTIONS=str(connections))
        pooled.script("front.sh", "start")
        pooled.script("nginx.sh", "start")
        return pooled
    yield start
    pooled.remove()


# --- services that speak SQL ---

ENDS = {
    "commit": lambda client: client.connection.commit(),
    "rollback": lambda client: client.connection.rollback(),
    "error": lambda client: (pytest.raises(psycopg2.Error, client.row, "SELECT 1 / 0"), client.connection.rollback()),
    "savepoint": lambda client: (client.row("SAVEPOINT s; SELECT curfew.current_principal()"), client.connection.commit()),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("by_token", [False, True])
def test_the_next_on_the_same_connection_is_nobody(native, pooler, end, by_token):
    credential = native.tenant.session(native.owner, "agent")["token"] if by_token else native.owner_key
    with pooler.client("transaction") as one, pooler.client("transaction") as other:
        backend = one.row("SELECT (curfew.authenticate(%s)).kind, pg_catalog.pg_backend_pid()", credential)[1]
        assert one.row(WHO)[:2] == (native.tenant.id, native.owner)
        ENDS[end](one)
        assert (other.row(WHO), other.backend()) == (NOBODY, backend)
        other.connection.rollback()
        with pytest.raises(psycopg2.Error) as refused:
            other.row("SELECT curfew.create_session('agent')")
        assert refused.value.diag.constraint_name == "no_identity"


def test_who_goes_in_the_middle_of_a_transaction_leaves_nothing(native, pooler):
    session = native.new()
    with pooler.client("transaction") as one:
        one.row("SELECT (curfew.authenticate(%s)).kind", native.owner_key)
        assert one.row("SELECT state FROM curfew.act(%s, 'terminate')", session) == ("terminated",)
    with pooler.client("transaction") as other:
        assert other.row(WHO) == NOBODY
    assert native.database.stored(session)["state"] == "active"


@pytest.mark.parametrize("pool", ["session", "transaction"])
def test_a_statement_of_its_own_makes_nobody_of_the_next(native, pooler, pool):
    with pooler.client(pool) as client:
        client.connection.autocommit = True
        client.row("SELECT (curfew.authenticate(%s)).kind", native.owner_key)
        assert client.row(WHO) == NOBODY


def test_each_is_who_he_is_when_their_transactions_take_turns(native, pooler):
    other_key = native.tenant.key(other := native.tenant.principal("turner"))
    with pooler.client("transaction") as one, pooler.client("transaction") as two:
        for _ in range(3):
            for client, key, who in (one, native.owner_key, native.owner), (two, other_key, other):
                client.row("SELECT (curfew.authenticate(%s)).kind", key)
                assert client.row("SELECT curfew.current_principal()") == (who,)
                client.connection.commit()


def test_a_key_that_is_revoked_is_refused_on_a_connection_that_knew_it(native, pooler):
    # Not one of those that no log may bear: in the text of a statement that fails it is the client who writes it there.
    key = native.database.rows("SELECT * FROM curfew.issue_api_key(%s, tenant => %s)", (native.owner, native.tenant.slug))[0]
    with pooler.client("transaction") as client:
        for _ in range(2):
            client.row("SELECT (curfew.authenticate(%s)).kind", key["key"])
            client.connection.commit()
        native.tenant.revoke(key["id"])
        with pytest.raises(psycopg2.Error) as refused:
            client.row("SELECT (curfew.authenticate(%s)).kind", key["key"])
        assert refused.value.diag.constraint_name == "key_revoked"


def test_the_token_of_a_change_is_reported_to_nobody_else(native, pooler):
    with pooler.client("transaction") as one, pooler.client("transaction") as other:
        assert act(one, native.owner_key, native.new(), "terminate")
        other.row("SELECT (curfew.authenticate(%s)).kind", native.owner_key)
        other.connection.commit()
        assert not other.connection.info.parameter_status(TOKEN)


def act(client, key, session, action):
    """The token of an action, which the server reports with the commit to whoever is on the connection then."""
    client.row("SELECT (curfew.authenticate(%s)).kind, pg_catalog.set_config('curfew.consistency_token', 'report', false),"
               " curfew.consistency_token()", key)  # before it was asked for one, the server may not know what to sign with
    client.row("SELECT curfew.act(%s, %s)", session, action)
    client.connection.commit()
    return client.connection.info.parameter_status(TOKEN)


# --- the front ---

def test_every_contract_works_through_a_pool_of_sessions(subjects, front):
    pooled = front("session")
    for name, subject in subjects.items():
        for _ in range(3):
            session = subject.new()
            answer = subject.send(session, subject.owner_key, to=pooled.url)
            assert answer.status_code == 200, (name, answer.text)
            assert len(subject.database.audit(session)) == 1


def test_a_pool_that_has_no_connection_left_is_a_503_soon(native, pooler, front):
    with pooler.client("one") as client:
        client.backend()  # takes the only one
        pooled = front("one", connections=1)
        answer = pooled.send("GET", "/readyz")
        assert (answer.status_code, answer.json()["reason"]) == (503, "database_away")
    until = time.monotonic() + PATIENCE
    while pooled.send("GET", "/readyz").status_code != 200:
        assert time.monotonic() < until, "the front does not get the connection that is free again"
        time.sleep(0.1)


@keeps_statements
def test_every_contract_works_through_one_connection_that_all_share(subjects, front):
    pooled = front("transaction")
    for name, subject in subjects.items():
        for _ in range(8):
            answer = subject.send(subject.new(), subject.owner_key, to=pooled.url)
            assert answer.status_code == 200, (name, answer.text)


@keeps_statements
def test_a_token_is_no_older_than_what_others_changed_on_the_connection(native, subjects, pooler, front):
    """A repeat writes nothing. So there is nothing to report that the server has not reported before, to somebody else."""
    talks = subjects["dreadnode"]
    pooled = front("transaction", connections=1)

    def archive(session):
        answer = pooled.send("POST", f"/curfew/v1/sessions/{session}/archive", {"Authorization": f"Bearer {talks.owner_key}"})
        assert answer.status_code == 200, answer.text
        return position_of(answer.headers["X-Curfew-Token"])
    with pooler.client("transaction") as client:
        for _ in range(5):
            session = talks.new()
            ours = archive(session)
            act(client, native.owner_key, native.new(), "terminate")
            theirs = [position_of(act(client, talks.owner_key, session, "archive")) for _ in range(3)][-1]
            assert archive(session) >= theirs > ours
