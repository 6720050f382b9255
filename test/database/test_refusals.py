"""A refused attempt is in the audit log although its transaction was rolled back, and a flood of them is a few rows."""
import json
import os
import signal
import threading
import time
import uuid

import psycopg2
import pytest

from server import SCRIPTS, Server, alive, output, wait_until

HOME = "kept"       # the database with a worker
WINDOW = "1s"       # of the tests that wait for its end; the others never do
LONG_WINDOW = "1h"


class RefusalServer(Server):
    """A server that preloads the library."""

    def script(self, command):
        return output(SCRIPTS / "postgres.sh", "refusals", command)

    def directory(self):
        return self.sockets.parent

    def start(self):
        self.script("start")
        self.sockets = type(SCRIPTS)(output(SCRIPTS / "stack.sh", "refusals", "directory")) / "run"

    def remove(self):
        output(SCRIPTS / "stack.sh", "refusals", "remove")

    def up(self):
        self.remove()
        self.script("init")
        self.start()
        self.create_database(HOME)
        self.rows(HOME, "CREATE EXTENSION curfew")
        self.restart(shared_preload_libraries="curfew")
        self.reload(**{"curfew.databases": HOME})

    def restart(self, **settings):
        self.set(**settings)
        self.script("stop")
        self.start()

    def set(self, **settings):
        """The settings, by ALTER SYSTEM. None: the default."""
        for name, value in settings.items():
            if value is None:
                self.rows("postgres", f"ALTER SYSTEM RESET {name}")
            else:
                self.rows("postgres", f"ALTER SYSTEM SET {name} = %s", (value,))

    def reload(self, **settings):
        """The settings hold for whoever connects from now on, and for the worker."""
        self.set(**settings)
        self.rows("postgres", "SELECT pg_reload_conf()")
        for name, value in settings.items():
            wait_until(lambda: self.value("postgres", "SELECT current_setting(%s)", (name,)) == value)

    def log(self):
        return (self.directory() / "log" / "postgres.log").read_text(errors="replace")

    def status(self, database=HOME):
        """What the ring knows of a database, or None."""
        rows = self.rows(HOME, "SELECT worker, waiting, written, counted, lost FROM curfew.refusal_status()"
                         " WHERE database = %s", (database,))
        return dict(zip(("worker", "waiting", "written", "counted", "lost"), rows[0])) if rows else None

    def worker(self, database=HOME):
        """The process of the database's worker, which is waited for."""
        def pid():
            return self.rows("postgres", "SELECT pid FROM pg_stat_activity WHERE application_name = %s",
                             (f"curfew refusals {database}",))
        wait_until(pid)
        return pid()[0][0]

    def settle(self, database=HOME):
        """Waits until every refusal is in the log."""
        wait_until(lambda: (self.status(database) or {"waiting": 0})["waiting"] == 0)


@pytest.fixture(scope="module")
def server():
    server = RefusalServer()
    try:
        server.up()
        yield server
    finally:
        server.remove()


class Tenant:
    """A tenant of a test's own: alice, who has sessions, and bob, who has no business with them."""

    def __init__(self, server, database=HOME):
        self.server = server
        self.database = database
        self.slug = f"t-{uuid.uuid4().hex[:12]}"
        self.id = self.value("SELECT curfew.create_tenant(%s)", self.slug)
        self.alice = self.principal("alice")
        self.bob = self.principal("bob")

    def value(self, query, *values):
        return self.server.value(self.database, query, values)

    def principal(self, name, kind="user", role="member"):
        return self.value("SELECT curfew.create_principal(%s, %s, %s, tenant => %s)", name, kind, role, self.slug)

    def key(self, principal, **more):
        names = "".join(f", {name} => %s" for name in more)
        rows = self.server.rows(self.database, f"SELECT * FROM curfew.issue_api_key(%s, tenant => %s{names})",
                                (principal, self.slug, *more.values()))
        return rows[0]

    def attempt(self, who, query, *values, connection=None):
        """As that principal: the statement, committed. The error where it is refused, after its rollback."""
        def run(connection):
            with connection.cursor() as cursor:
                try:
                    if who is not None:
                        cursor.execute("SELECT curfew.act_as(%s, %s)", (self.slug, who))
                    cursor.execute(query, values)
                    rows = cursor.fetchall() if cursor.description else []
                    connection.commit()
                    return rows
                except psycopg2.Error as error:
                    connection.rollback()
                    return error
        if connection is not None:
            return run(connection)
        with self.server.connect(self.database, autocommit=False) as connection:
            return run(connection)

    def session(self, lifecycle="login", owner=None):
        return self.attempt(owner or self.alice, "SELECT id FROM curfew.create_session(%s)", lifecycle)[0][0]

    def token(self):
        return self.attempt(self.alice, "SELECT id, token FROM curfew.create_session('login')")[0]

    def refusals(self):
        """The rows of refusals, oldest first, once all are written."""
        self.server.settle(self.database)
        with self.server.connect(self.database) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT * FROM curfew.audit_event WHERE tenant_id = %s AND outcome = 'refused'"
                           " ORDER BY at, id", (self.id,))
            return [dict(row) for row in cursor.fetchall()]

    def counts(self):
        return [row["details"]["count"] for row in self.refusals()]


@pytest.fixture
def tenant(server):
    return Tenant(server)


@pytest.fixture
def short_window(server):
    server.reload(**{"curfew.refusal_window": WINDOW})
    yield
    server.reload(**{"curfew.refusal_window": "1min"})


@pytest.fixture
def long_window(server):
    server.reload(**{"curfew.refusal_window": LONG_WINDOW})
    yield
    server.reload(**{"curfew.refusal_window": "1min"})


def refused(error, sqlstate, reason):
    assert isinstance(error, psycopg2.Error), error
    assert (error.pgcode, error.diag.constraint_name) == (sqlstate, reason), error
    return True


def row_is(row, **wanted):
    assert {name: row[name] for name in wanted} == wanted
    return True


# --- what is kept -------------------------------------------------------------------------------------------------------


def test_whoever_may_not_end_a_session_leaves_a_row_although_nothing_was_committed(tenant):
    session = tenant.session()
    refused(tenant.attempt(tenant.bob, "SELECT curfew.end_session(%s, 'mine')", session), "SL403", "not_owner")
    [row] = tenant.refusals()
    row_is(row, session_id=session, event="login.end", action="end", outcome="refused", actor_id=tenant.bob,
           on_behalf_of=None, db_role="postgres", relation=None, via="sql", request_id=None, from_state="active",
           to_state=None, version=None, reason=None,
           details={"reason": "not_owner", "count": 1, "sqlstate": "SL403"})
    assert tenant.value("SELECT state FROM curfew.session WHERE id = %s", session) == "active"


def test_a_row_has_the_time_of_the_refusal(tenant):
    session = tenant.session()
    before = tenant.value("SELECT clock_timestamp()")
    tenant.attempt(tenant.bob, "SELECT curfew.end_session(%s)", session)
    after = tenant.value("SELECT clock_timestamp()")
    assert before < tenant.refusals()[0]["at"] < after


def test_an_action_in_the_wrong_state_is_kept_with_the_relation_that_allowed_it(tenant):
    session = tenant.session()
    assert not isinstance(tenant.attempt(tenant.alice, "SELECT curfew.end_session(%s)", session), psycopg2.Error)
    refused(tenant.attempt(tenant.alice, "SELECT curfew.end_session(%s)", session), "SL409", "invalid_state")
    [row] = tenant.refusals()
    row_is(row, event="login.end", relation="owner", from_state="ended", actor_id=tenant.alice,
           details={"reason": "invalid_state", "count": 1, "sqlstate": "SL409"})


def test_a_version_that_has_changed_is_kept(tenant):
    session = tenant.session()
    refused(tenant.attempt(tenant.alice, "SELECT curfew.end_session(%s, NULL, 7)", session), "SL412", "version_conflict")
    [row] = tenant.refusals()
    row_is(row, event="login.end", details={"reason": "version_conflict", "count": 1, "sqlstate": "SL412"})


def test_a_reader_and_a_lacking_scope_are_kept(tenant):
    name = f"l{uuid.uuid4().hex[:8]}"
    definition = {"initial": "on", "states": {"on": {"live": True}, "off": {"terminal": True}},
                  "actions": {"end": {"from": ["on"], "to": "off", "by": ["owner"], "scope": "x:end"},
                              "stop": {"from": ["on"], "to": "off", "by": ["owner"]}}}
    tenant.value("SELECT curfew.define_lifecycle(%s, %s)", name, json.dumps(definition))
    session = tenant.session(name)
    refused(tenant.attempt(tenant.alice, "SELECT curfew.act(%s, 'end')", session), "SL403", "scope_missing")
    tenant.server.rows(HOME, "UPDATE curfew.principal SET role = 'reader' WHERE id = %s", (tenant.alice,))
    refused(tenant.attempt(tenant.alice, "SELECT curfew.act(%s, 'stop')", session), "SL403", "reader")
    rows = tenant.refusals()
    assert [(row["event"], row["details"]["reason"], row["relation"], row["from_state"]) for row in rows] == [
        (f"{name}.end", "scope_missing", "owner", "on"), (f"{name}.stop", "reader", "owner", "on")]


def test_looking_at_a_session_of_somebody_else_is_kept(tenant):
    session = tenant.session()
    refused(tenant.attempt(tenant.bob, "SELECT curfew.get_session(%s)", session), "SL403", "not_owner")
    [row] = tenant.refusals()
    row_is(row, session_id=session, event="login.read", action="read", actor_id=tenant.bob)


AUTHENTICATE = "SELECT curfew.authenticate(%s, %s, 'http:test', 'r-1')"


def credentials(tenant):
    """By the word of the refusal: a credential, the tenant that is asked for, and whose it is."""
    revoked, expired, suspended, gone, fine = (tenant.key(tenant.principal(name)) for name in
                                               ("revoked", "expired", "suspended", "gone", "fine"))
    actor = dict(tenant.server.rows(HOME, "SELECT name, id FROM curfew.principal WHERE tenant_id = %s", (tenant.id,)))
    tenant.value("SELECT curfew.revoke_api_key(%s, %s, true)", revoked[0], tenant.slug)
    tenant.server.rows(HOME, "UPDATE curfew.api_key SET expires_at = now() - interval '1 s' WHERE id = %s", (expired[0],))
    tenant.value("SELECT curfew.suspend_principal(%s, tenant => %s)", actor["suspended"], tenant.slug)
    tenant.value("SELECT curfew.revoke_principal(%s, tenant => %s)", actor["gone"], tenant.slug)
    other = Tenant(tenant.server)
    return {
        "key_revoked": ("SL401", revoked[1], None, actor["revoked"]),
        "key_expired": ("SL401", expired[1], None, actor["expired"]),
        "principal_suspended": ("SL403", suspended[1], None, actor["suspended"]),
        "principal_revoked": ("SL401", gone[1], None, actor["gone"]),
        "tenant_mismatch": ("SL403", fine[1], other.slug, actor["fine"]),
    }


def test_credentials_that_are_known_and_refused_are_kept(tenant):
    wanted = credentials(tenant)
    for reason, (sqlstate, credential, place, _) in wanted.items():
        refused(tenant.attempt(None, AUTHENTICATE, credential, place), sqlstate, reason)
    rows = {row["details"]["reason"]: row for row in tenant.refusals()}
    assert set(rows) == set(wanted)
    for reason, (sqlstate, _, _, actor) in wanted.items():
        row_is(rows[reason], event="refused", action="authenticate", session_id=None, actor_id=actor, via="http:test",
               request_id="r-1", details={"reason": reason, "count": 1, "sqlstate": sqlstate})


def test_the_token_of_an_ended_session_is_kept_with_its_session(tenant):
    session, token = tenant.token()
    tenant.attempt(tenant.alice, "SELECT curfew.end_session(%s)", session)
    refused(tenant.attempt(None, AUTHENTICATE, token, None), "SL401", "session_not_live")
    [row] = tenant.refusals()
    row_is(row, session_id=session, actor_id=tenant.alice, action="authenticate")


def test_a_suspended_tenant_is_kept(tenant):
    key = tenant.key(tenant.alice)
    tenant.server.rows(HOME, "UPDATE curfew.tenant SET status = 'suspended' WHERE id = %s", (tenant.id,))
    refused(tenant.attempt(None, AUTHENTICATE, key[1], None), "SL403", "tenant_suspended")
    assert tenant.refusals()[0]["details"]["reason"] == "tenant_suspended"


def test_who_is_suspended_between_two_statements_is_kept_with_what_he_tried(tenant):
    session = tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant.slug, tenant.alice))
        tenant.value("SELECT curfew.suspend_principal(%s, tenant => %s)", tenant.alice, tenant.slug)
        with pytest.raises(psycopg2.Error) as raised:
            cursor.execute("SELECT curfew.end_session(%s)", (session,))
        refused(raised.value, "SL403", "principal_suspended")
    [row] = tenant.refusals()
    row_is(row, session_id=session, event="login.end", action="end", from_state="active")


def test_an_agents_token_is_kept_with_the_owner(tenant):
    agent = tenant.principal("agent", "agent")
    starter = tenant.value("SELECT curfew.create_principal('starter', 'service', scopes => '{sessions:create_for}', tenant => %s)",
                           tenant.slug)
    session, token = tenant.attempt(starter, "SELECT id, token FROM curfew.create_session('agent', agent => %s)", agent)[0]
    other = tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.authenticate(%s)", (token,))
        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT curfew.end_session(%s)", (other,))
    [row] = tenant.refusals()
    row_is(row, session_id=other, actor_id=agent, on_behalf_of=starter)


def test_who_is_no_administrator_and_who_changes_the_audit_log_are_kept(tenant):
    refused(tenant.attempt(tenant.bob, "SELECT curfew.create_workspace('w')"), "SL403", "not_admin")
    refused(tenant.attempt(tenant.bob, "DELETE FROM curfew.audit_event WHERE tenant_id = %s", tenant.id), "SL403",
            "append_only")
    assert [(row["event"], row["actor_id"], row["details"]["reason"]) for row in tenant.refusals()] == [
        ("refused", tenant.bob, "not_admin"), ("refused", tenant.bob, "append_only")]


def test_bad_input_strangers_and_what_is_not_there_are_not_kept(server, tenant):
    session = tenant.session()
    before = server.status()
    for who, query, values, sqlstate in (
            (tenant.bob, "SELECT curfew.end_session(%s)", (str(uuid.uuid4()),), "SL404"),
            (tenant.alice, "SELECT curfew.act(%s, 'fly')", (session,), "SL422"),
            (tenant.alice, "SELECT curfew.end_session(%s, repeat('x', 1025))", (session,), "SL422"),
            (tenant.alice, "SELECT curfew.end_session(NULL)", (), "SL422"),
            (None, "SELECT curfew.json_body('{')", (), "SL400"),
            (None, "SELECT curfew.authenticate('cf_nobody')", (), "SL401"),
            (None, "SELECT curfew.authenticate('')", (), "SL401"),
            (None, "SELECT curfew.end_session(%s)", (session,), "SL401")):
        assert tenant.attempt(who, query, *values).pgcode == sqlstate
    assert tenant.refusals() == []
    assert server.status() == before


def test_what_succeeds_leaves_its_own_row_only(server, tenant):
    before = server.status()
    session = tenant.session()
    for query in ("SELECT curfew.get_session(%s)", "SELECT curfew.end_session(%s)", "SELECT curfew.get_session(%s)"):
        assert not isinstance(tenant.attempt(tenant.alice, query, session), psycopg2.Error)
    assert tenant.refusals() == []
    assert tenant.value("SELECT count(*) FROM curfew.audit_event WHERE session_id = %s", session) == 2
    assert server.status() == before


def test_an_action_that_nobody_knows_makes_no_two_refusals_differ(tenant, short_window):
    session = tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant.slug, tenant.bob))
        tenant.value("SELECT curfew.suspend_principal(%s, tenant => %s)", tenant.bob, tenant.slug)
        for word in ("one", "two", "three"):
            cursor.execute("SAVEPOINT s")
            with pytest.raises(psycopg2.Error):
                cursor.execute("SELECT curfew.act(%s, %s)", (session, word))
            cursor.execute("ROLLBACK TO s")
    rows = tenant.refusals()
    assert {row["action"] for row in rows} == {None}
    assert sum(row["details"]["count"] for row in rows) == 3
    assert len(rows) <= 2


def seen_rows(tenant):
    """The rows that are there now, with others perhaps waiting."""
    with tenant.server.connect(tenant.database) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT * FROM curfew.audit_event WHERE tenant_id = %s AND outcome = 'refused'", (tenant.id,))
        return [dict(row) for row in cursor.fetchall()]


def test_refused_inside_a_savepoint_and_then_committed_is_one_row_beside_the_others(tenant):
    mine, other = tenant.session(owner=tenant.bob), tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant.slug, tenant.bob))
        cursor.execute("SAVEPOINT s")
        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT curfew.end_session(%s)", (other,))
        cursor.execute("ROLLBACK TO s")
        cursor.execute("SELECT curfew.end_session(%s)", (mine,))
        connection.commit()
    assert [row["session_id"] for row in tenant.refusals()] == [other]
    assert tenant.value("SELECT count(*) FROM curfew.audit_event WHERE session_id = %s AND outcome = 'done'", mine) == 2


def test_a_refusal_after_a_caught_one_does_not_borrow_its_session(tenant):
    session = tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant.slug, tenant.bob))
        for query in ("SELECT curfew.end_session(%s)", "DELETE FROM curfew.audit_event WHERE session_id = %s"):
            cursor.execute("SAVEPOINT s")
            with pytest.raises(psycopg2.Error):
                cursor.execute(query, (session,))
            cursor.execute("ROLLBACK TO s")
    assert [(row["session_id"], row["action"]) for row in tenant.refusals()] == [(session, "end"), (None, None)]


# --- floods -------------------------------------------------------------------------------------------------------------


def flood(tenant, times, sessions):
    """That many refused attempts of bob's on one connection."""
    with tenant.server.connect(HOME) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT set_config('test.sessions', %s, false), set_config('test.tenant', %s, false),"
                       " set_config('test.who', %s, false), set_config('test.times', %s, false)",
                       ("{" + ",".join(sessions) + "}", tenant.slug, tenant.bob, str(times)))
        cursor.execute("""
            DO $$
            DECLARE
                sessions uuid[] := current_setting('test.sessions');
            BEGIN
                PERFORM curfew.act_as(current_setting('test.tenant'), current_setting('test.who')::uuid);
                FOR i IN 1..current_setting('test.times')::int LOOP
                    BEGIN
                        PERFORM curfew.end_session(sessions[1 + (i - 1) % cardinality(sessions)]);
                        RAISE 'not refused';
                    EXCEPTION WHEN SQLSTATE 'SL403' THEN NULL;
                    END;
                END LOOP;
            END $$""")


def floods(tenant, connections, times, sessions):
    threads = [threading.Thread(target=flood, args=(tenant, times, sessions)) for _ in range(connections)]
    for thread in threads:
        thread.start()
    return threads


def test_ten_thousand_of_the_same_are_a_few_rows_whose_counts_add_up(tenant, short_window):
    session = tenant.session()
    for thread in floods(tenant, 4, 2500, [session]):
        thread.join()
    counts = tenant.counts()
    assert sum(counts) == 10000
    assert len(counts) < 20


def test_within_the_window_repeats_are_counted_and_at_its_end_they_are_one_row(server, tenant, short_window):
    session = tenant.session()
    flood(tenant, 1, [session])
    wait_until(lambda: len(seen_rows(tenant)) == 1)
    flood(tenant, 5, [session])
    first, second = tenant.refusals()
    assert (first["details"]["count"], second["details"]["count"]) == (1, 5)
    assert "last" not in first["details"]
    assert second["at"].isoformat() < second["details"]["last"]
    waited = second["at"] - first["at"]
    assert waited.total_seconds() < 30


def test_different_ones_are_all_there(tenant):
    sessions = [tenant.session() for _ in range(400)]
    flood(tenant, 400, sessions)
    rows = tenant.refusals()
    assert sorted(row["session_id"] for row in rows) == sorted(sessions)
    assert {row["details"]["count"] for row in rows} == {1}


def test_more_different_ones_than_there_are_slots_are_all_there_when_they_come_one_after_the_other(server):
    server.restart(**{"curfew.refusal_slots": "64"})
    try:
        tenant = Tenant(server)
        sessions = [tenant.session() for _ in range(300)]
        for session in sessions:
            flood(tenant, 1, [session])
        assert sorted(row["session_id"] for row in tenant.refusals()) == sorted(sessions)
        assert server.status()["lost"] == 0
    finally:
        server.restart(**{"curfew.refusal_slots": "1024"})


def test_what_finds_no_room_is_counted_as_lost_and_makes_nobody_wait(server):
    server.restart(**{"curfew.refusal_slots": "16"})
    try:
        tenant = Tenant(server)
        sessions = [tenant.session() for _ in range(40)]
        server.worker()
        with server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'curfew.audit_event'::regclass")
            for (partition,) in cursor.fetchall():
                cursor.execute(f"LOCK TABLE {partition} IN ACCESS EXCLUSIVE MODE")  # the worker cannot write
            began = time.monotonic()
            flood(tenant, 40, sessions)
            assert time.monotonic() - began < 5
            status = server.status()
            assert (status["waiting"], status["lost"]) == (16, 24)
            connection.rollback()
        assert len(tenant.refusals()) == 16
        assert server.status()["lost"] == 24
        wait_until(lambda: "24 refusals in this database were not kept" in server.log())
    finally:
        server.restart(**{"curfew.refusal_slots": "1024"})


# --- the worker ---------------------------------------------------------------------------------------------------------


def test_the_worker_and_its_launcher_are_in_pg_stat_activity(server):
    pid = server.worker()
    assert server.rows("postgres", "SELECT backend_type, datname FROM pg_stat_activity WHERE pid = %s", (pid,)) == [
        ("curfew refusals", HOME)]
    assert server.value("postgres", "SELECT count(*) FROM pg_stat_activity"
                        " WHERE backend_type = 'curfew launcher'") == 1


def test_a_worker_that_is_ended_in_a_flood_loses_nothing(server, tenant, short_window):
    sessions = [tenant.session() for _ in range(50)]
    first = server.worker()
    threads = floods(tenant, 2, 4000, sessions)
    wait_until(lambda: len(seen_rows(tenant)) > 0)
    os.kill(first, signal.SIGTERM)
    wait_until(lambda: not alive(first))
    for thread in threads:
        thread.join()
    assert server.worker() != first
    assert sum(tenant.counts()) == 8000
    assert server.status()["lost"] == 0


def test_the_launcher_comes_back_and_leaves_the_worker_alone(server, tenant):
    worker = server.worker()
    query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'curfew launcher'"
    launcher = server.value("postgres", query)
    os.kill(launcher, signal.SIGTERM)
    wait_until(lambda: [row for row in server.rows("postgres", query) if row[0] != launcher])
    assert server.worker() == worker


def test_a_stop_of_the_server_writes_everything_first(server, tenant, long_window):
    session = tenant.session()
    flood(tenant, 1, [session])
    wait_until(lambda: len(seen_rows(tenant)) == 1)
    flood(tenant, 30, [session])  # they wait for the end of the window
    assert server.status()["waiting"] == 30
    server.restart()
    assert tenant.counts() == [1, 30]


def test_a_crash_loses_what_waits_and_no_more(server, tenant, long_window):
    session, other = tenant.session(), tenant.session()
    flood(tenant, 1, [session])
    wait_until(lambda: len(seen_rows(tenant)) == 1)
    flood(tenant, 30, [session])
    server.crash()
    server.start()
    assert tenant.counts() == [1]
    flood(tenant, 1, [other])
    assert tenant.counts() == [1, 1]


def test_the_server_survives_a_kill_9_of_the_worker(server, tenant):
    session = tenant.session()
    worker = server.worker()
    server.kill(worker)
    flood(tenant, 1, [session])
    assert tenant.counts() == [1]
    assert server.worker() != worker


def test_a_database_and_its_extension_may_come_later(server):
    server.reload(**{"curfew.databases": f"{HOME}, later"})
    try:
        server.create_database("later")
        server.worker("later")
        server.rows("later", "CREATE EXTENSION curfew")
        tenant = Tenant(server, "later")
        session = tenant.session()
        refused(tenant.attempt(tenant.bob, "SELECT curfew.end_session(%s)", session), "SL403", "not_owner")
        assert tenant.counts() == [1]

        errors = server.log().count("ERROR")
        server.rows("later", "DROP EXTENSION curfew CASCADE")
        server.rows("later", "CREATE EXTENSION curfew")
        tenant = Tenant(server, "later")
        session = tenant.session()
        tenant.attempt(tenant.bob, "SELECT curfew.end_session(%s)", session)
        assert tenant.counts() == [1]
        assert server.log().count("ERROR") == errors + 1  # the refusal itself
    finally:
        server.reload(**{"curfew.databases": HOME})
        server.drop_database("later")


@pytest.mark.parametrize("statement", ["DROP DATABASE moving", "ALTER DATABASE moving RENAME TO moved",
                                       "CREATE DATABASE moved TEMPLATE moving", "DROP DATABASE moving WITH (FORCE)"])
def test_the_worker_is_in_nobodys_way(server, statement):
    server.reload(**{"curfew.databases": f"{HOME},moving"})
    try:
        server.create_database("moving")
        server.rows("moving", "CREATE EXTENSION curfew")
        pid = server.worker("moving")
        server.rows("postgres", statement)
        wait_until(lambda: not alive(pid))
        if statement.startswith(("DROP", "ALTER")):
            wait_until(lambda: (server.status("moving") or {"worker": None})["worker"] is None)
        else:
            assert server.worker("moving") != pid
    finally:
        server.reload(**{"curfew.databases": HOME})
        server.drop_database("moving")
        server.drop_database("moved")


def test_a_database_that_is_listed_no_more_loses_its_worker_after_it_has_written(server, tenant, long_window):
    session = tenant.session()
    flood(tenant, 1, [session])
    wait_until(lambda: len(seen_rows(tenant)) == 1)
    flood(tenant, 3, [session])
    pid = server.worker()
    server.reload(**{"curfew.databases": ""})
    wait_until(lambda: not alive(pid))
    assert tenant.counts() == [1, 3]
    server.reload(**{"curfew.databases": HOME})
    assert server.worker() != pid


def test_no_more_than_64_databases_and_nothing_that_is_no_list(server):
    for value in (",".join(f"d{i}" for i in range(65)), "a,,b"):
        with pytest.raises(psycopg2.Error) as raised:
            server.set(**{"curfew.databases": value})
        assert raised.value.pgcode == "22023"


def test_nobody_but_the_worker_writes_refusals(server):
    with pytest.raises(psycopg2.Error) as raised:
        server.rows(HOME, "SELECT curfew.write_refusals(true)")
    assert raised.value.pgcode == "42501"


# --- without a worker ---------------------------------------------------------------------------------------------------


def lines_of(server, tenant):
    return [line for line in server.log().splitlines() if "curfew: refused:" in line and str(tenant.id) in line]


def test_a_database_that_is_not_listed_has_a_line_in_the_log(server):
    server.create_database("unlisted")
    try:
        server.rows("unlisted", "CREATE EXTENSION curfew")
        tenant = Tenant(server, "unlisted")
        session = tenant.session()
        tenant.attempt(tenant.bob, "SELECT curfew.end_session(%s)", session)
        [line] = lines_of(server, tenant)
        assert f"reason=not_owner tenant={tenant.id} actor={tenant.bob} session={session} action=end via=sql" in line
        assert server.status("unlisted") is None
    finally:
        server.drop_database("unlisted")


def test_without_preload_there_is_a_line_in_the_log_and_repeats_are_counted(server):
    server.restart(shared_preload_libraries=None)
    try:
        tenant = Tenant(server)
        session = tenant.session()
        with server.connect(HOME, autocommit=False) as connection:
            for _ in range(25):
                refused(tenant.attempt(tenant.bob, "SELECT curfew.end_session(%s)", session, connection=connection),
                        "SL403", "not_owner")
            assert len(lines_of(server, tenant)) == 1
        wait_until(lambda: len(lines_of(server, tenant)) == 2)
        assert lines_of(server, tenant)[1].endswith(" repeats=24")

        key = tenant.key(tenant.bob)
        tenant.value("SELECT curfew.revoke_api_key(%s, %s, true)", key[0], tenant.slug)
        error = tenant.attempt(None, "SELECT curfew.authenticate(%s, NULL, 'http:test', E'r 1\\nFATAL: x')", key[1])
        refused(error, "SL401", "key_revoked")
        line = lines_of(server, tenant)[2]
        assert "action=authenticate via=http:test request_id=r?1?FATAL:?x" in line

        assert tenant.counts() == []
        assert server.rows(HOME, "SELECT * FROM curfew.refusal_status()") == []
        with server.connect(HOME) as connection, connection.cursor() as cursor:
            cursor.execute("LOAD 'curfew'")
            for name, value in (("databases", HOME), ("refusal_slots", "1024"), ("refusal_window", "1min")):
                cursor.execute(f"SHOW curfew.{name}")
                assert cursor.fetchone()[0] == value
            with pytest.raises(psycopg2.Error):
                cursor.execute("SET curfew.nonsense = 1")
    finally:
        server.restart(shared_preload_libraries="curfew")
