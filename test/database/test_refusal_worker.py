"""A flood of refusals is a few rows, and what becomes of those that wait where a worker, the server or a database ends."""
import os
import signal
import threading
import time

import psycopg2
import pytest

from refusals import HOME, Tenant, refused, long_window, server, short_window, tenant  # noqa: F401 (fixtures)
from server import alive, wait_until


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
    wait_until(lambda: len(tenant.written()) == 1)
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
    wait_until(lambda: len(tenant.written()) > 0)
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
    wait_until(lambda: len(tenant.written()) == 1)
    flood(tenant, 30, [session])  # they wait for the end of the window
    assert server.status()["waiting"] == 30
    server.restart()
    assert tenant.counts() == [1, 30]


def test_a_crash_loses_what_waits_and_no_more(server, tenant, long_window):
    session, other = tenant.session(), tenant.session()
    flood(tenant, 1, [session])
    wait_until(lambda: len(tenant.written()) == 1)
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
    wait_until(lambda: len(tenant.written()) == 1)
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
