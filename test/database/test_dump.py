"""A dump is restored without a word, and the restored database goes on where the first one stood."""
import re

import psycopg2
import pytest

from origin import FIRST_FORM, ROLES, THIRD_FORM, Origin, as_key


@pytest.fixture(scope="module")
def origin(server):
    name = server.create_database("origin")
    yield Origin(server, name)
    server.drop_database(name)
    for role in ROLES:
        server.rows("postgres", f"DROP ROLE {role}")


def done(server, name, *arguments, **environment):
    code, output, error = server.program(name, *arguments, **environment)
    assert (code, error) == (0, ""), error
    return output


def plain(server, origin, target, folder):
    done(server, "pg_dump", "-f", str(folder / "dump.sql"), origin)
    done(server, "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", target,
         "-f", str(folder / "dump.sql"))


def plain_in_one_transaction(server, origin, target, folder):
    done(server, "pg_dump", "-f", str(folder / "dump.sql"), origin)
    done(server, "psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d", target,
         "-f", str(folder / "dump.sql"))


def directory(server, origin, target, folder):
    done(server, "pg_dump", "-Fd", "-f", str(folder / "dump"), origin)
    done(server, "pg_restore", "-d", target, str(folder / "dump"))


def directory_with_two_jobs(server, origin, target, folder):
    """pg_restore -j does not know in which order an extension's tables must be filled; with the checks of their foreign
    keys off it need not."""
    done(server, "pg_dump", "-Fd", "-j", "2", "-f", str(folder / "dump"), origin)
    done(server, "pg_restore", "-j", "2", "-d", target, str(folder / "dump"),
         PGOPTIONS="-c session_replication_role=replica")


def schema_and_then_data(server, origin, target, folder):
    done(server, "pg_dump", "-Fc", "-f", str(folder / "dump"), origin)
    done(server, "pg_restore", "--section=pre-data", "-d", target, str(folder / "dump"))
    done(server, "pg_restore", "--section=data", "-d", target, str(folder / "dump"))
    done(server, "pg_restore", "--section=post-data", "-d", target, str(folder / "dump"))


def where_the_extension_is_already(server, origin, target, folder):
    server.rows(target, "CREATE EXTENSION curfew")
    done(server, "pg_dump", "-Fc", "-f", str(folder / "dump"), origin)
    done(server, "pg_restore", "-d", target, str(folder / "dump"))


WAYS = [plain, plain_in_one_transaction, directory, directory_with_two_jobs, schema_and_then_data,
        where_the_extension_is_already]


@pytest.fixture(scope="module", params=WAYS, ids=lambda way: way.__name__)
def restored(request, server, origin, tmp_path_factory):
    name = server.create_database("restored")
    try:
        request.param(server, origin.database, name, tmp_path_factory.mktemp("dump"))
        yield name
    finally:
        server.drop_database(name)


def of_both(server, origin, restored, query):
    before, after = server.rows(origin.database, query), server.rows(restored, query)
    assert before, "the first database has some"
    return before, after


TABLES = ["tenant", "workspace", "principal", "workspace_member", "api_key", "api_key_use", "issuer", "role_mapping", "lifecycle", "retention",
          "signing_key", "event_sequencer", "event_number", "bulk_run",
          "session", "session_detail", "session_once", "session_message", "session_token", "idempotency_key", "audit_event"]
NOT_SAVED = ["sweep_progress", "sweep_again",  # in a restored database the sweeper begins anew
             "end_preview",                    # a dry run is good for an hour
             "directory_change"]               # has no rows


@pytest.mark.parametrize("table", TABLES)
def test_the_rows_are_the_same(server, origin, restored, table):
    before, after = of_both(server, origin, restored,
                            f"SELECT t.tableoid::regclass::text, t::text FROM curfew.{table} t ORDER BY 2")
    assert after == before


def test_every_table_is_among_those_compared(server, origin):
    assert server.rows(origin.database, """
        SELECT relname FROM pg_class WHERE relnamespace = 'curfew'::regnamespace AND relkind IN ('r', 'p')
            AND NOT relispartition AND relname <> ALL (%s)""", (TABLES + NOT_SAVED,)) == []


@pytest.fixture
def restored_alone(server, origin, tmp_path):
    name = server.create_database("restored_alone")
    plain(server, origin.database, name, tmp_path)
    yield name
    server.drop_database(name)


def test_the_feed_goes_on_after_a_restore(server, origin, restored_alone):
    """What was numbered keeps its number; a cursor from before is good; what is added since comes, and nothing twice."""
    def feed(database, after=None):
        with server.connect(database, autocommit=False) as connection, connection, connection.cursor() as cursor:
            cursor.execute("SELECT curfew.authenticate(%s)", (origin.keys["boss"],))
            cursor.execute("SELECT id, number, cursor FROM curfew.event_feed(%s, 1000)", (after,))
            return [tuple(row) for row in cursor.fetchall()]
    before = server.rows(origin.database, "SELECT event_id, number FROM curfew.event_number ORDER BY number")
    assert before
    again = feed(restored_alone)
    numbers = dict(before)
    assert all(numbers[event] == number for event, number, _ in again if event in numbers)
    assert len({event for event, _, _ in again}) == len(again)
    end = again[-1][2]
    assert feed(restored_alone, end) == []
    server.rows(restored_alone, "SELECT curfew.create_principal('newcomer', tenant => 'acme')")
    (later,) = feed(restored_alone, end)
    assert later[1] > again[-1][1]
    # The numbers that were given here are another restore's business.
    assert server.value(restored_alone, "SELECT cardinality(bases) FROM curfew.event_sequencer") == 1


@pytest.mark.parametrize("table", NOT_SAVED)
def test_what_is_good_for_a_while_only_is_not_saved(server, origin, table):
    assert server.value(origin.database, "SELECT %s::regclass = ANY (extconfig) FROM pg_extension WHERE extname = 'curfew'",
                        (f"curfew.{table}",)) is False


def test_there_are_rows_in_months_and_in_the_default_partition(server, restored):
    found = dict(server.rows(restored, "SELECT tableoid::regclass::text, count(*) FROM curfew.audit_event GROUP BY 1"))
    assert found["curfew.audit_event_2020_01"] == 40
    assert found["curfew.audit_event_default"] == 80
    assert len(found) == 3


@pytest.mark.parametrize("query", [
    pytest.param("""SELECT p.oid::regprocedure::text, a.grantee::regrole::text, a.privilege_type
                    FROM pg_proc p, aclexplode(p.proacl) a WHERE p.pronamespace = 'curfew'::regnamespace
                    ORDER BY 1, 2, 3""",
                 id="functions"),
    pytest.param("""SELECT c.oid::regclass::text, a.grantee::regrole::text, a.privilege_type
                    FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = 'curfew'::regnamespace ORDER BY 1, 2, 3""",
                 id="tables and views"),
    pytest.param("""SELECT a.grantee::regrole::text, a.privilege_type
                    FROM pg_namespace n, aclexplode(n.nspacl) a WHERE nspname = 'curfew' ORDER BY 1, 2""", id="schema"),
])
def test_the_grants_are_the_same(server, origin, restored, query):
    before, after = of_both(server, origin, restored, query)
    assert after == before


def test_a_role_with_no_grant_can_call_nothing(server, restored):
    server.rows("postgres", "CREATE ROLE curfew_test_nobody")
    try:
        assert server.rows(restored, """
            SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'curfew'::regnamespace
                AND has_function_privilege('curfew_test_nobody', oid, 'EXECUTE')
            UNION ALL SELECT oid::regclass::text FROM pg_class WHERE relnamespace = 'curfew'::regnamespace
                AND relkind IN ('r', 'p', 'v') AND has_table_privilege('curfew_test_nobody', oid,
                    'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')""") == []
    finally:
        server.rows("postgres", "DROP ROLE curfew_test_nobody")


def test_triggers_are_enabled_always_on_every_partition(server, origin, restored):
    before, after = of_both(server, origin, restored, """
        SELECT tgrelid::regclass::text, tgname, tgenabled, pg_get_triggerdef(oid), tgparentid <> 0 FROM pg_trigger
        WHERE tgrelid::regclass::text LIKE 'curfew.%' AND NOT tgisinternal ORDER BY 1, 2""")
    assert after == before
    assert {enabled for _, _, enabled, _, _ in after} == {"A"}
    on_months = {(table, name) for table, name, _, _, _ in after if "audit_event_2" in table}
    assert len(on_months) == 4 and {name for _, name in on_months} == {"refuse_change", "refuse_truncate"}


def test_the_definitions_of_the_tables_are_the_same(server, origin, restored):
    for query in ("""SELECT c.oid::regclass::text, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
                        pg_get_expr(d.adbin, d.adrelid) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
                     WHERE c.relnamespace = 'curfew'::regnamespace AND a.attnum > 0 AND c.relkind IN ('r', 'p')
                     ORDER BY 1, 2""",
                  """SELECT c.oid::regclass::text, pg_get_expr(c.relpartbound, c.oid), i.inhparent::regclass::text
                     FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid
                     WHERE c.relnamespace = 'curfew'::regnamespace ORDER BY 1""",
                  """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
                     WHERE connamespace = 'curfew'::regnamespace ORDER BY 1, 2""",
                  "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'curfew' ORDER BY 1"):
        before, after = of_both(server, origin, restored, query)
        assert after == before


def test_the_months_are_no_members_of_the_extension_and_all_else_is(server, origin, restored):
    before, after = of_both(server, origin, restored, """
        SELECT pg_describe_object(classid, objid, 0) FROM pg_depend
        WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'curfew') ORDER BY 1""")
    assert after == before
    assert not [name for name, in after if "audit_event_2" in name]


def test_dumped_again_it_is_the_same_dump(server, origin, restored):
    def dump(database):
        # The words after \restrict differ each time.
        return re.sub(r"(?m)^\\(un)?restrict .*$", "", done(server, "pg_dump", database))
    assert dump(restored) == dump(origin.database)


def test_it_works_on(server, origin, restored):
    """The last test on a restored database, since it changes it: one story, in the order in which it would happen."""
    def by_key(name, statement, *values):
        return as_key(server, restored, origin.keys[name], statement, *values)

    def refused(call, *arguments):
        with pytest.raises(psycopg2.Error) as error:
            call(*arguments)
        return error.value.pgcode, error.value.diag.constraint_name

    # The same keys authenticate, and the revoked one and the suspended one do not.
    assert by_key("carol", "SELECT curfew.current_principal()") == (origin.people["carol"][1],)
    assert refused(by_key, "revoked", "SELECT 1") == ("SL401", "key_revoked")
    assert refused(by_key, "mallory", "SELECT 1") == ("SL403", "principal_suspended")

    # The same tokens are valid; that of an ended session is not.
    introspect = "SELECT active, session_id, state FROM curfew.introspect(%s)"
    assert by_key("boss", introspect, origin.tokens["agent"]) == (True, origin.sessions["agent"], "active")
    assert by_key("boss", introspect, origin.tokens["login"]) == (True, origin.sessions["login"], "active")
    assert by_key("boss", introspect, origin.tokens["ended"]) == (False, None, None)

    # A repeat of what was asked for before the dump gets the answer of then, token and all.
    once = "SELECT id, token FROM curfew.create_session('agent', idempotency_key => 'once')"
    assert by_key("carol", once) == (origin.sessions["once"], origin.tokens["once"])

    # A token ends its own session, once, with one audit row, in this month's partition.
    end = "SELECT state, version, replayed FROM curfew.end_session(%s, 'restored')"
    login = origin.sessions["login"]
    assert as_key(server, restored, origin.tokens["login"], end, login) == ("ended", 2, False)
    assert refused(by_key, "carol", end, login) == ("SL409", "invalid_state")
    assert by_key("boss", introspect, origin.tokens["login"]) == (False, None, None)
    audit = server.rows(restored, "SELECT event, version, reason, tableoid::regclass::text ~ '_20[0-9]{2}_[0-9]{2}$'"
                                  " FROM curfew.audit_event WHERE session_id = %s ORDER BY version", (login,))
    assert audit == [("login.create", 1, None, True), ("login.end", 2, "restored", True)]

    # The other lifecycles go on too, marks and parties included.
    assert by_key("otto", "SELECT state, version FROM curfew.act(%s, 'start')", origin.sessions["visual"]) == ("LIVE", 3)
    assert by_key("carol", "SELECT state, version, replayed FROM curfew.archive_session(%s)",
                  origin.sessions["conversation"]) == ("open", 2, True)
    assert by_key("carol", "SELECT state FROM curfew.terminate_session(%s)", origin.sessions["run"]) == ("terminated",)

    # The user's lifecycle keeps its revision and goes on from there; what it may not take away is still known.
    assert server.value(restored, "SELECT revision FROM curfew.lifecycle WHERE name = 'sandbox'") == 2
    define = "SELECT curfew.define_lifecycle('sandbox', %s)"
    assert refused(server.rows, restored, define, (FIRST_FORM,)) == ("SL422", "invalid_definition")
    assert by_key("carol", "SELECT state, version FROM curfew.act(%s, 'pause')", origin.sessions["sandbox"]) == ("paused", 3)
    assert server.value(restored, define, (THIRD_FORM,)) == 3
    assert refused(by_key, "carol", "SELECT curfew.act(%s, 'resume')",
                   origin.sessions["sandbox"]) == ("SL422", "reason_required")

    # The mapped role acts as its principal; the front's role needs a credential.
    assert server.value(restored, "SET ROLE curfew_test_service; SELECT curfew.current_principal()") == \
        origin.people["backend"][1]
    assert refused(server.rows, restored, "SET ROLE curfew_test_front; SELECT * FROM curfew.get_session(%s)",
                   (login,)) == ("SL401", "no_identity")

    # A new month takes its rows out of the default partition, and the log stays append-only.
    assert server.value(restored, "SELECT curfew.create_audit_partition('2020-03-05')") == "audit_event_2020_03"
    assert server.value(restored, "SELECT count(*) FROM curfew.audit_event_2020_03") == 40
    assert server.value(restored, "SELECT count(*) FROM curfew.audit_event_default") == 40
    for table in ("audit_event", "audit_event_default", "audit_event_2020_01", "audit_event_2020_03"):
        assert refused(server.rows, restored, f"UPDATE curfew.{table} SET reason = ''") == ("SL403", "append_only")
        assert refused(server.rows, restored, f"DELETE FROM curfew.{table}") == ("SL403", "append_only")
        assert refused(server.rows, restored, f"TRUNCATE curfew.{table}") == ("SL403", "append_only")

    # And a change behind the engine's back is written down.
    server.rows(restored, "UPDATE curfew.session SET state = 'stopped' WHERE id = %s", (origin.sessions["sandbox"],))
    assert server.value(restored, "SELECT count(*) FROM curfew.audit_event WHERE session_id = %s"
                                  " AND event = 'session.update_outside'", (origin.sessions["sandbox"],)) == 1
