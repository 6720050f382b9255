"""A service's own connection, on which the server reports a consistency token with each commit of a change."""
import contextlib

import pytest

from database import position_of

TOKEN = "curfew.consistency_token"
REPORT = f"SET {TOKEN} = 'report'"
NEXT = "SELECT curfew.next_caller('1 minute', report_token => true)"


class Service:
    """Sends statement by statement, and begins each transaction with some."""

    def __init__(self, database, native, asks=True):
        self.connection = database.connect()
        self.native = native
        if asks: # so that the backend can sign what it reports
            self.ask("SELECT curfew.consistency_token()")
        self.connection.autocommit = False

    def ask(self, statement, *values):
        with self.connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchone() if cursor.description else None

    def act(self, *before):
        """Ends a session, and gives the position right before the commit."""
        for statement in before:
            self.ask(statement)
        self.ask("SELECT curfew.act_as(%s, %s)", self.native.tenant.slug, self.native.owner)
        self.ask("SELECT curfew.act(%s, 'terminate', reason => 'done')", self.native.new())
        position = self.ask("SELECT pg_current_wal_insert_lsn() - '0/0' AS at")["at"]
        self.connection.commit()
        return position

    def told(self):
        """The position that was reported last."""
        return position_of(self.connection.info.parameter_status(TOKEN))


@pytest.fixture
def service(database, native):
    service = Service(database, native)
    with contextlib.closing(service.connection):
        yield service


@pytest.mark.parametrize("before", [REPORT, NEXT])
def test_what_is_asked_for_in_a_transaction_is_reported_with_its_commit(service, before):
    for _ in range(2):
        assert service.act(before, before) < service.told()


def test_who_comes_next_need_not_ask_before(database, native):
    service = Service(database, native, asks=False)
    with contextlib.closing(service.connection):
        assert service.act(NEXT) < service.told()


def test_once_it_is_set_each_commit_of_a_change_is_reported(service):
    service.ask(REPORT)
    service.connection.commit()
    for _ in range(2):
        assert service.act() < service.told()
    told = service.told()
    service.native.new() # somebody else's change
    service.ask("SELECT 1")
    service.connection.commit()
    assert service.told() == told


def test_who_asks_is_told_though_nothing_changed(service):
    service.act(NEXT)
    told = service.told()
    service.native.new() # somebody else's change
    service.ask(NEXT)
    service.connection.commit()
    assert service.told() > told


def test_what_is_rolled_back_is_not_set(service):
    service.ask(NEXT)
    service.connection.rollback()
    service.act()
    assert not service.connection.info.parameter_status(TOKEN)


def test_who_may_not_ask_any_more_commits_without(service, database):
    service.ask("CREATE ROLE curious")
    service.ask("GRANT USAGE ON SCHEMA curfew TO curious")
    service.ask("GRANT EXECUTE ON FUNCTION curfew.consistency_token() TO curious")
    service.connection.commit()
    try:
        service.ask("SET ROLE curious")
        service.ask(REPORT)
        service.connection.commit()
        told = service.told()
        database.rows("REVOKE EXECUTE ON FUNCTION curfew.consistency_token() FROM curious")
        service.ask("SELECT pg_current_xact_id()")
        service.connection.commit()
        assert service.told() == told
    finally:
        service.connection.close()
        database.rows("REVOKE USAGE ON SCHEMA curfew FROM curious")
        database.rows("DROP ROLE curious")
