"""A hot standby: it decides as its primary does, from what has been replayed, and takes over when it is promoted."""
import contextlib
import re
import subprocess

import psycopg2
import pytest

from server import ENVIRONMENT, SCRIPTS, Server, wait_until
from tokens import ISSUER, SECRET, Secret, token

HOME = "app"
ROLE = "curfew_test_standby"
READ_ONLY = "25006"
OFTEN = "20ms"
WORKERS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type LIKE 'curfew%' OR application_name LIKE 'curfew%'"
SANDBOX = """{"initial": "running", "states": {"running": {"live": true}, "stopped": {"terminal": true}%s},
    "actions": {"stop": {"from": ["running"], "to": "stopped", "by": ["owner", "clock"]}},
    "timers": {"running": {"after": "ttl", "default": "1 hour", "min": "1 second", "max": "1 day", "do": "stop"}},
    "read": {"by": [%s]}, "tokens": "access"}"""


class PreloadedServer(Server):
    """A server that preloads the library, and whose workers sweep and keep refusals in the database HOME."""

    stack, primary = "primary", {}

    def script(self, command):
        done = subprocess.run([SCRIPTS / "postgres.sh", self.stack, command], env={**ENVIRONMENT, **self.primary}, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, done.stdout
        return done.stdout.strip()

    def up(self):
        self.remove()
        self.script("init")
        self.start()
        self.create_database(HOME)
        self.rows("postgres", "ALTER SYSTEM SET shared_preload_libraries = 'curfew'")
        self.script("stop")
        self.start()
        self.rows("postgres", f"ALTER SYSTEM SET curfew.databases = '{HOME}'")
        self.sweep(OFTEN)

    def sweep(self, interval):
        self.rows("postgres", f"ALTER SYSTEM SET curfew.sweep_interval = '{interval}'")
        self.rows("postgres", "SELECT pg_reload_conf()")

    def log(self):
        return (self.sockets.parent / "log" / "postgres.log").read_text(errors="replace")


class Standby(PreloadedServer):
    """One that follows the other."""

    primary = {"CURFEW_PRIMARY": PreloadedServer.stack}

    def __init__(self, stack):
        super().__init__()
        self.stack = stack

    def up(self):
        self.remove()
        self.script("init")
        self.start()

    @contextlib.contextmanager
    def paused(self):
        """Nothing is replayed meanwhile."""
        self.rows("postgres", "SELECT pg_wal_replay_pause()")
        wait_until(lambda: self.value("postgres", "SELECT pg_get_wal_replay_pause_state()") == "paused")
        try:
            yield
        finally:
            self.rows("postgres", "SELECT pg_wal_replay_resume()")


class World:
    """The primary with its standby, and who there is: boss, who administers, and ann, who has sessions."""

    def __init__(self, primary, standby):
        self.primary, self.standby = primary, standby
        primary.rows(HOME, "CREATE EXTENSION curfew; SELECT curfew.create_tenant('acme')")
        self.boss = self.person("boss", "admin")
        self.ann = self.person("ann")
        self.key = self.issue(self.ann)[1]
        self.define("")

    def change(self, query, *values):
        """One statement on the primary, on its own: its first row."""
        rows = self.primary.rows(HOME, query, values)
        return rows[0] if rows else None

    def person(self, name, role="member"):
        return self.change("SELECT curfew.create_principal(%s, 'user', %s, tenant => 'acme')", name, role)[0]

    def issue(self, principal):
        """The id and the text of a new key."""
        return self.change("SELECT id, key FROM curfew.issue_api_key(%s, tenant => 'acme')", principal)

    def define(self, states, readers='"owner", "admin"'):
        self.change("SELECT curfew.define_lifecycle('sandbox', %s)", SANDBOX % (states, readers))

    def on_primary(self, principal, query, *values):
        """A statement of that principal's: its first row."""
        with self.primary.connect(HOME, autocommit=False) as connection, connection, connection.cursor() as cursor:
            cursor.execute("SELECT curfew.act_as('acme', %s)", (principal,))
            cursor.execute(query, values)
            return tuple(cursor.fetchone())

    def begin(self, arguments="'sandbox'", who=None):
        """The id and the token of a new session."""
        return self.on_primary(who or self.ann, f"SELECT id, token FROM curfew.create_session({arguments})")

    def catch_up(self):
        """Waits until the standby has replayed all that was committed."""
        written = self.primary.value("postgres", "SELECT pg_current_wal_lsn()")
        wait_until(lambda: self.standby.value("postgres", "SELECT pg_last_wal_replay_lsn() >= %s", (written,)))


@pytest.fixture(scope="module")
def world():
    primary, standby = PreloadedServer(), Standby("standby")
    try:
        primary.up()
        standby.up()
        world = World(primary, standby)
        world.catch_up()
        yield world
    finally:
        standby.remove()
        primary.remove()


class Client:
    """A connection that stays, and asks in transactions of its own."""

    def __init__(self, connection):
        self.connection = connection

    def ask(self, credential, query="SELECT 1", *values):
        """The rows of a statement as the holder of a credential or, without one, as the role; or the refusal's SQLSTATE and
        word."""
        try:
            with self.connection, self.connection.cursor() as cursor:
                if credential:
                    cursor.execute("SELECT curfew.authenticate(%s)", (credential,))
                cursor.execute(query, values)
                return [tuple(row) for row in cursor.fetchall()]
        except psycopg2.Error as error:
            return error.pgcode, error.diag.constraint_name

    def is_active(self, credential, token):
        return self.ask(credential, "SELECT active FROM curfew.introspect(%s)", token)[0][0]


@pytest.fixture
def here(world):
    """A client of the primary."""
    with world.primary.connect(HOME, autocommit=False) as connection:
        yield Client(connection)


@pytest.fixture
def there(world):
    """A client of the standby."""
    with world.standby.connect(HOME, autocommit=False) as connection:
        yield Client(connection)


def test_the_workers_wait_for_the_end_of_recovery_and_say_nothing(world):
    wait_until(lambda: world.primary.value("postgres", WORKERS) == 3)  # so they would have started here too
    world.catch_up()
    assert world.standby.value("postgres", "SELECT current_setting('shared_preload_libraries')") == "curfew"
    assert world.standby.value("postgres", WORKERS) == 0
    said = [line for line in world.standby.log().splitlines() if re.search(r"curfew[ :]|ERROR|FATAL|WARNING", line)]
    assert said == []


READS = {
    "authenticate": "SELECT * FROM curfew.current_principal()",
    "get_session": "SELECT * FROM curfew.get_session(%(session)s)",
    "get_session_detail": "SELECT * FROM curfew.get_session_detail(%(session)s)",
    "list_sessions": "SELECT * FROM curfew.list_sessions()",
    "find_sessions": "SELECT * FROM curfew.find_sessions('{\"live\": true}')",
    "session_relations": "SELECT curfew.session_relations(%(session)s)",
    "introspect": "SELECT * FROM curfew.introspect(%(token)s)",
    "audit_log of a session": "SELECT * FROM curfew.audit_log(%(session)s)",
    "session_as_of": "SELECT * FROM curfew.session_as_of(%(session)s, (SELECT created_at FROM curfew.get_session(%(session)s)))",
    "cursor": "SELECT curfew.seal_cursor('list', 'x')",
}
ADMIN_READS = {
    "audit_log": "SELECT * FROM curfew.audit_log()",
    "event_feed": "SELECT * FROM curfew.event_feed()",
    "list_principals": "SELECT * FROM curfew.list_principals()",
    "list_api_keys": "SELECT * FROM curfew.list_api_keys(%(ann)s)",
    "audit_events": "SELECT * FROM curfew.audit_events",
    "sessions": "SELECT * FROM curfew.sessions",
}


@pytest.mark.parametrize("read", [*READS, *ADMIN_READS])
def test_reads_are_answered_as_on_the_primary(world, here, there, read):
    session, token = world.begin()
    key = world.key if read in READS else world.issue(world.boss)[1]
    query = {**READS, **ADMIN_READS}[read]
    values = {"session": str(session), "token": token, "ann": str(world.ann)}
    for name, value in values.items():
        query = query.replace(f"%({name})s", f"'{value}'")
    answer = here.ask(key, query)  # also writes the key's last use, which is no business of the standby's
    assert isinstance(answer, list) and answer
    world.catch_up()
    assert there.ask(key, query) == answer


def test_a_cursor_can_be_sealed_where_nothing_was_ever_signed(world, there):
    database = world.primary.create_database("unsigned")
    world.primary.rows(database, "CREATE EXTENSION curfew; SELECT curfew.create_tenant('acme')")
    key = world.primary.value(database, "SELECT (curfew.issue_api_key(curfew.create_principal('eve', tenant => 'acme'),"
                              " tenant => 'acme')).key")
    world.catch_up()
    with world.standby.connect(database, autocommit=False) as connection:
        assert len(Client(connection).ask(key, "SELECT curfew.seal_cursor('list', 'x')")[0][0]) > 20
    world.primary.drop_database(database)


CHANGES = {
    "a new session": "SELECT curfew.create_session('sandbox')",
    "an action": "SELECT curfew.act('%s', 'stop')",
    "a new session, once": "SELECT curfew.create_session('sandbox', idempotency_key => 'again')",
    "a bulk ending": "SELECT curfew.end_sessions('{\"ids\": [\"%s\"]}', 'stop')",
    "a new principal": "SELECT curfew.create_principal('zoe')",
    "a suspension": "SELECT curfew.suspend_principal(curfew.current_principal(), 'no')",
    "a sweep": "SELECT curfew.sweep()",
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_refused_as_in_any_read_only_transaction(world, there, change):
    session, _ = world.begin(who=world.boss)
    key = world.issue(world.boss)[1]
    world.catch_up()
    query = CHANGES[change]
    assert there.ask(key, query.replace("%s", str(session))) == (READ_ONLY, None)
    assert there.ask(key) == [(1,)]


def test_a_session_that_ended_on_the_primary_has_ended_on_the_standby(world, there):
    session, token = world.begin()
    world.catch_up()
    assert there.is_active(world.key, token) is True
    assert there.ask(token) == [(1,)]
    world.on_primary(world.ann, "SELECT state FROM curfew.act(%s, 'stop')", session)
    world.catch_up()
    assert there.is_active(world.key, token) is False
    assert there.ask(token) == ("SL401", "session_not_live")


@pytest.fixture
def unswept(world):
    """Nobody writes expiries down."""
    sweepers = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'curfew sweeper'"
    world.primary.sweep("0")
    wait_until(lambda: world.primary.value("postgres", sweepers) == 0)
    yield
    world.primary.sweep(OFTEN)


def test_a_deadline_is_kept_by_the_clock(world, there, unswept):
    session, token = world.begin("""'sandbox', timers => '{"ttl": 1}'""")
    world.catch_up()
    state = "SELECT state, live FROM curfew.get_session(%s)"
    wait_until(lambda: there.ask(world.key, state, session) == [("stopped", False)])
    assert world.standby.rows(HOME, "SELECT state, ended_at FROM curfew.session WHERE id = %s", (session,)) == [("running", None)]
    assert there.is_active(world.key, token) is False
    assert there.ask(token) == ("SL401", "session_not_live")


# --- what a backend keeps ---

def test_a_key_that_was_revoked_is_refused(world, there):
    key_id, key = world.issue(world.ann)
    check(world, there, key, lambda: world.change("SELECT curfew.revoke_api_key(%s, 'acme')", key_id), ("SL401", "key_revoked"))


def test_a_key_whose_row_is_gone_is_refused(world, there):
    key_id, key = world.issue(world.ann)
    check(world, there, key, lambda: world.change("WITH used AS (DELETE FROM curfew.api_key_use WHERE key_id = %s)"
          " DELETE FROM curfew.api_key WHERE id = %s", key_id, key_id),
          ("SL401", "invalid_credential"))


def test_a_principal_who_was_suspended_is_refused_until_he_is_resumed(world, there):
    bob = world.person("bob")
    key = world.issue(bob)[1]
    check(world, there, key, lambda: world.change("SELECT curfew.suspend_principal(%s, 'away', 'acme')", bob),
          ("SL403", "principal_suspended"))
    world.change("SELECT curfew.resume_principal(%s, tenant => 'acme')", bob)
    world.catch_up()
    assert there.ask(key) == [(1,)]


def test_a_session_token_of_a_principal_who_was_suspended_is_refused(world, there):
    carl = world.person("carl")
    token = world.begin(who=carl)[1]
    check(world, there, token, lambda: world.change("SELECT curfew.suspend_principal(%s, 'away', 'acme')", carl),
          ("SL403", "principal_suspended"))


def test_everybody_of_a_tenant_that_was_suspended_is_refused(world, there):
    world.change("SELECT curfew.create_tenant('other')")
    key = world.change("SELECT (curfew.issue_api_key(curfew.create_principal('kim', tenant => 'other'),"
                       " tenant => 'other')).key")[0]
    check(world, there, key, lambda: world.change("UPDATE curfew.tenant SET status = 'suspended' WHERE slug = 'other'"),
          ("SL403", "tenant_suspended"))


def test_a_role_that_is_untied_is_nobody(world, there):
    world.change(f"DO $$ BEGIN CREATE ROLE {ROLE}; PERFORM curfew.grant_access('{ROLE}', 'service'); END $$")
    world.change(f"SELECT curfew.map_role('{ROLE}', %s, 'acme')", world.ann)
    world.catch_up()
    who = f"SET LOCAL ROLE {ROLE}; SELECT curfew.current_principal()"
    for _ in range(2):
        assert there.ask(None, who) == [(world.ann,)]
    world.change(f"SELECT curfew.unmap_role('{ROLE}', 'acme')")
    world.catch_up()
    assert there.ask(None, who) == [(None,)]


def test_an_issuer_that_was_removed_is_unknown(world, there):
    world.change("SELECT curfew.register_issuer(%s, hs256_secret => %s, audience => 'curfew', tenant => 'acme')", ISSUER, SECRET)
    jwt = token(Secret(SECRET), sub="ann")
    check(world, there, jwt, lambda: world.change("SELECT curfew.remove_issuer(%s, 'acme')", ISSUER),
          ("SL401", "invalid_credential"))


def test_a_lifecycle_that_was_defined_anew_holds(world, there):
    session, _ = world.begin()
    boss = world.issue(world.boss)[1]
    read = "SELECT state FROM curfew.get_session(%s)"
    world.catch_up()
    for _ in range(2):
        assert there.ask(boss, read, session) == [("running",)]
    world.define("", '"owner"')
    world.catch_up()
    refused = there.ask(boss, read, session)
    world.define("")
    assert refused == ("SL403", "not_owner")


def check(world, there, credential, change, refusal):
    """The standby's backend knows him, and refuses him at its next statement when the change has been replayed, not before."""
    world.change("SELECT curfew.authenticate(%s)", credential)  # a key is only kept where it was used lately
    world.catch_up()
    for _ in range(2):
        assert there.ask(credential) == [(1,)]
    with world.standby.paused():
        change()
        assert there.ask(credential) == [(1,)]
    world.catch_up()
    assert there.ask(credential) == refusal


# --- consistency tokens ---

CHECK = "SELECT curfew.check_consistency(%s, %s)"


def token_of(world):
    return world.primary.value(HOME, "SELECT curfew.consistency_token()")


def test_a_token_of_what_has_not_been_replayed_waits_for_it(world, there):
    with world.standby.paused():
        before = token_of(world)
        world.begin()
        after = token_of(world)
        assert there.ask(None, CHECK, after, "0") == [(False,)]
        assert there.ask(None, CHECK, after, "30 ms") == [(False,)]
        assert world.primary.value(HOME, CHECK, (after, "0")) is True
    assert there.ask(None, CHECK, after, "30 s") == [(True,)]
    assert there.ask(None, CHECK, before, "0") == [(True,)]


def test_a_statement_after_it_sees_what_the_token_tells_of(world):
    """In the same transaction, so that a pipeline can have both."""
    with world.standby.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        for _ in range(20):
            session, _ = world.begin()
            cursor.execute(CHECK, (token_of(world), "30 s"))
            assert cursor.fetchone()[0] is True
            cursor.execute("SELECT count(*) FROM curfew.session WHERE id = %s", (session,))
            assert cursor.fetchone()[0] == 1
        connection.rollback()


def test_a_token_of_the_end_of_a_full_segment_is_reached(world, there):
    """The next record's place is then behind a page's header, and a replay that has everything before it."""
    insert = "SELECT pg_current_wal_insert_lsn()"
    for _ in range(10):
        world.begin()
        world.primary.rows("postgres", "SELECT pg_switch_wal()")
        at, token = world.primary.value("postgres", insert), token_of(world)
        reached = there.ask(None, CHECK, token, "5 s")
        if world.primary.value("postgres", insert) == at:  # else something else was written meanwhile
            assert reached == [(True,)]
            return
    pytest.fail("the primary is never quiet")


def test_a_standby_gives_no_token(there):
    assert there.ask(None, "SELECT curfew.consistency_token()") == [(None,)]


@pytest.mark.parametrize("patience", ["-1 s", "61 s", "1 day", "1 month"])
def test_nobody_waits_for_ever(world, there, patience):
    assert there.ask(None, CHECK, token_of(world), patience) == ("SL422", "value_out_of_range")


# --- the end of it ---

def test_a_refused_attempt_is_a_line_in_the_log(world, there):
    key_id, key = world.issue(world.ann)
    world.change("SELECT curfew.revoke_api_key(%s, 'acme')", key_id)
    world.catch_up()
    assert there.ask(key) == ("SL401", "key_revoked")
    wait_until(lambda: "curfew: refused: reason=key_revoked" in world.standby.log())


def test_it_works_when_it_is_promoted(world):
    """With connections that it had before."""
    heir = Standby("heir")
    try:
        heir.up()
        world.catch_up()
        session, _ = world.begin("""'sandbox', timers => '{"ttl": 1}'""")
        other, _ = world.begin()
        written = world.primary.value("postgres", "SELECT pg_current_wal_lsn()")
        wait_until(lambda: heir.value("postgres", "SELECT pg_last_wal_replay_lsn() >= %s", (written,)))
        lost = token_of(world)
        with heir.connect(HOME, autocommit=False) as connection:
            client = Client(connection)
            stop = "SELECT state FROM curfew.act(%s, 'stop')"
            assert client.ask(world.key, stop, other) == (READ_ONLY, None)
            assert heir.value("postgres", WORKERS) == 0
            assert heir.value("postgres", "SELECT pg_promote()") is True
            assert client.ask(world.key, stop, other) == [("stopped",)]
            assert client.ask(world.key, stop, other) == ("SL409", "invalid_state")
            wait_until(lambda: heir.value("postgres", WORKERS) == 3)
            wait_until(lambda: heir.value(HOME, "SELECT state FROM curfew.session WHERE id = %s", (session,)) == "stopped")
            wait_until(lambda: heir.value(HOME, "SELECT count(*) FROM curfew.audit_event WHERE session_id = %s"
                                          " AND outcome = 'refused'", (other,)) == 1)
            token = client.ask(None, "SELECT curfew.consistency_token()")[0][0]
            assert client.ask(None, CHECK, token, "0") == client.ask(None, CHECK, lost, "0") == [(True,)]
    finally:
        heir.remove()
