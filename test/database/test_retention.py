"""What is over leaves by a procedure that commits as it goes: killed midway, beside requests, and after a restore."""
import threading

import psycopg2
import pytest

from server import wait_until

TENANT = "acme"
MONTH = "audit_event_2000_02"
LIFECYCLE = """{"initial": "open", "tokens": "access",
    "states": {"open": {"live": true}, "over": {"terminal": true}},
    "actions": {"end": {"from": ["open"], "to": "over", "by": ["owner"]}}}"""


class Errands:
    """Sessions that ended 40 days ago and leave after 30, and a month of the log that is due."""

    def __init__(self, server, name):
        self.server, self.name = server, name
        server.rows(name, "CREATE EXTENSION curfew")
        self.tenant = self.value("SELECT curfew.create_tenant(%s)", TENANT)
        self.dave = self.value("SELECT curfew.create_principal('dave', tenant => %s)", TENANT)
        self.value("SELECT curfew.define_lifecycle('errand', %s)", LIFECYCLE)
        self.value("SELECT curfew.set_session_retention('errand', '30 days')")
        self.value("SELECT curfew.set_audit_retention('5000 days')")
        self.value("SELECT curfew.create_audit_partition('2000-02-01')")

    def rows(self, query, *values):
        return self.server.rows(self.name, query, values or None)

    def value(self, query, *values):
        return self.server.value(self.name, query, values or None)

    def begin(self):
        return self.as_dave("SELECT id FROM curfew.create_session('errand')")

    def as_dave(self, statement, *values):
        with self.server.connect(self.name, autocommit=False) as connection, connection, connection.cursor() as cursor:
            cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, self.dave))
            cursor.execute(statement, values)
            return cursor.fetchone()[0]

    def begin_and_end(self, count):
        """That many, 40 days ago: one as usual, the rest its copies, which is quicker."""
        first = self.begin()
        self.as_dave("SELECT state FROM curfew.end_session(%s)", first)
        with self.server.connect(self.name, autocommit=False) as connection, connection, connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute("CREATE TEMP TABLE copies ON COMMIT DROP AS SELECT s.* FROM curfew.session s,"
                           " generate_series(2, %s) WHERE s.id = %s", (count, first))
            cursor.execute("UPDATE copies SET id = gen_random_uuid()")
            cursor.execute("INSERT INTO curfew.session SELECT * FROM copies")
            cursor.execute("INSERT INTO curfew.session_detail SELECT tenant_id, id FROM copies")
            cursor.execute("INSERT INTO curfew.session_token SELECT tenant_id, uuid_send(id) || uuid_send(id), id,"
                           " 'access', created_at FROM copies")
        self.rows("UPDATE curfew.session SET created_at = now() - interval '41 days', ended_at = now() - interval '40 days'"
                  " WHERE ended_at IS NOT NULL")
        return first

    def log_in_month(self, session=None):
        self.rows("INSERT INTO curfew.audit_event (at, tenant_id, id, session_id, event, outcome, db_role, via)"
                  " VALUES ('2000-02-02', %s, gen_random_uuid(), %s, 'test.row', 'done', 'x', 'sql')", self.tenant, session)

    def apply(self, batch_size=1000):
        """(sessions removed, partitions removed, partitions left)"""
        return self.rows("CALL curfew.apply_retention(%s)", batch_size)[0][:3]

    def apply_patiently(self):
        """(sessions removed, partitions removed), waiting for locks as long as the setting can be."""
        with self.server.connect(self.name) as connection, connection.cursor() as cursor:
            cursor.execute("SET curfew.maintenance_lock_timeout = '10s'")
            cursor.execute("CALL curfew.apply_retention(10)")
            return tuple(cursor.fetchone()[:2])

    def there(self):
        return self.rows("SELECT (SELECT count(*) FROM curfew.session), (SELECT count(*) FROM curfew.session_detail),"
                         " (SELECT count(*) FROM curfew.session_token)")[0]

    def written_down(self):
        return self.value("SELECT COALESCE(sum((details ->> 'count')::bigint), 0) FROM curfew.audit_event"
                          " WHERE event = 'retention.sessions'")

    def months(self):
        return [name for name, in self.rows(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'curfew.audit_event'::regclass ORDER BY 1")]


@pytest.fixture
def errands(server):
    name = server.create_database("retention")
    yield Errands(server, name)
    server.drop_database(name)


def test_killed_midway_each_session_that_left_is_written_down_and_the_next_call_goes_on(errands):
    errands.begin_and_end(3000)

    def run():
        with errands.server.connect(errands.name) as connection, connection.cursor() as cursor:
            pid.append(connection.info.backend_pid)
            with pytest.raises(psycopg2.Error):
                cursor.execute("CALL curfew.apply_retention(10)")

    pid = []
    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: errands.written_down() > 0)
    errands.value("SELECT pg_terminate_backend(%s)", pid[0])
    thread.join()
    written = errands.written_down()
    assert 0 < written < 3000
    assert errands.there() == (3000 - written,) * 3
    assert errands.apply()[0] == 3000 - written
    assert errands.there() == (0, 0, 0)
    assert errands.written_down() == 3000


def test_two_at_once_remove_each_session_once_and_write_it_down_once(errands):
    errands.begin_and_end(500)
    errands.log_in_month()
    outcomes = []
    with errands.server.connect(errands.name, autocommit=False) as gate, gate.cursor() as cursor:
        cursor.execute("LOCK TABLE curfew.retention IN ACCESS EXCLUSIVE MODE")
        threads = [threading.Thread(target=lambda: outcomes.append(errands.apply_patiently())) for _ in range(2)]
        for thread in threads:
            thread.start()
        wait_until(lambda: errands.value("SELECT count(*) FROM pg_locks WHERE NOT granted"
                                         " AND relation = 'curfew.retention'::regclass") == 2)
        gate.commit()
    for thread in threads:
        thread.join()
    assert sum(sessions for sessions, _ in outcomes) == errands.written_down() == 500
    assert sum(months for _, months in outcomes) == 1
    assert errands.there() == (0, 0, 0)
    assert errands.value("SELECT count(*) FROM curfew.audit_event WHERE event = 'retention.audit'") == 1


def test_a_crash_loses_no_session_without_its_line_in_the_log(errands):
    """Nobody waits for the disk while rows are locked, so the last batches may be lost: together with their audit rows."""
    errands.begin_and_end(500)
    errands.rows("CHECKPOINT")
    errands.apply()
    errands.server.crash()
    errands.server.start()
    written = errands.written_down()
    assert errands.there() == (500 - written,) * 3
    errands.apply()
    assert (errands.there(), errands.written_down()) == ((0, 0, 0), 500)


def test_requests_go_on_while_sessions_leave(errands):
    """And a session that is begun meanwhile is not among them."""
    errands.begin_and_end(2000)
    errands.log_in_month()
    outcome = []
    thread = threading.Thread(target=lambda: outcome.append(errands.apply(50)))
    thread.start()
    begun = 0
    while thread.is_alive():
        errands.as_dave("SELECT state FROM curfew.end_session(%s)", errands.begin())
        begun += 1
    thread.join()
    assert outcome[0][0] == 2000
    assert errands.there() == (begun,) * 3


def test_a_month_is_held_back_by_a_session_that_exists_and_leaves_after_it(errands):
    session = errands.begin()
    errands.log_in_month(session)
    plan = ("SELECT removable, holding, held_by = ARRAY[%s::uuid] FROM curfew.retention_plan() WHERE partition = %s")
    assert errands.rows(plan, session, MONTH) == [(False, 1, True)]
    assert errands.apply() == (0, 0, 1)
    assert MONTH in errands.months()
    errands.as_dave("SELECT state FROM curfew.end_session(%s)", session)
    errands.rows("UPDATE curfew.session SET created_at = now() - interval '41 days', ended_at = now() - interval '40 days'")
    assert errands.rows(plan, session, MONTH) == [(True, 0, None)]
    assert errands.apply() == (1, 1, 0)
    assert MONTH not in errands.months()
    assert errands.value("SELECT count(*) FROM curfew.audit_event WHERE event = 'test.row'") == 0
    assert errands.rows("SELECT details ->> 'partition', details ->> 'count' FROM curfew.audit_event"
                        " WHERE event = 'retention.audit'") == [(MONTH, "1")]


def test_months_are_made_beside_a_large_default_partition_without_reading_it(errands):
    """ALTER TABLE would say so, were it to read it."""
    errands.rows("INSERT INTO curfew.audit_event (at, tenant_id, id, event, outcome, db_role, via)"
                 " SELECT '2001-01-01'::timestamptz + n * interval '1 second', %s, gen_random_uuid(), 'test.many', 'done', 'x',"
                 " 'sql' FROM generate_series(1, 50000) n", errands.tenant)
    with errands.server.connect(errands.name) as connection, connection.cursor() as cursor:
        cursor.execute("SET client_min_messages = debug1")
        cursor.execute("SELECT curfew.make_audit_partitions(2)")
        made = cursor.fetchone()[0]
    assert made == 2  # this month has rows in the default partition, which is too large to move them
    said = [line for line in connection.notices if "default partition" in line and "DEBUG" in line]
    assert len(said) == made and all("implied by existing constraints" in line for line in said)
    assert any("quiet hour" in line for line in connection.notices)


def test_a_restored_database_has_the_months_and_the_retention_of_the_first(errands, tmp_path):
    errands.begin_and_end(5)
    live = errands.begin()
    errands.log_in_month()
    errands.apply()
    before = errands.months()
    assert MONTH not in before and len(before) == 4
    errands.begin_and_end(3)
    server = errands.server
    code, _, error = server.program("pg_dump", "-Fc", "-f", str(tmp_path / "dump"), errands.name)
    assert (code, error) == (0, "")
    restored = server.create_database("retention_restored")
    try:
        code, _, error = server.program("pg_restore", "-d", restored, str(tmp_path / "dump"))
        assert (code, error) == (0, "")
        for query in ("SELECT lifecycle, keep FROM curfew.retention ORDER BY 1",
                      "SELECT tableoid::regclass::text, event FROM curfew.audit_event ORDER BY at, id"):
            assert server.rows(restored, query) == errands.rows(query)
        assert server.rows(restored, "CALL curfew.apply_retention()") == [(3, 0, 0, 0)]
        assert server.rows(restored, "SELECT id FROM curfew.session") == [(live,)]
    finally:
        server.drop_database(restored)
