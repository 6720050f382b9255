"""An introspect that begins after the commit of an ending never says active: the two alternate on two
connections, 10,000 times."""
import psycopg2
import pytest

TENANT = "acme"
ENDINGS = {  # how often, as whom, by which statement, and why a refresh token of the session is refused then
    "terminate": (4000, "owner", "SELECT id FROM curfew.terminate_session('{session}')", "SL401 session_not_live"),
    "hand_off": (2000, "owner", "SELECT id FROM curfew.act('{session}', 'hand_off')", "SL401 session_not_live"),
    "revoke": (500, "ada", "SELECT curfew.revoke_principal('{owner}')", "SL401 principal_revoked"),
    "kill": (500, "ada", "SELECT curfew.kill_principal('{owner}')", "SL401 principal_revoked"),
}
SUSPENSIONS = 1500  # each with a resumption: the other 3,000 of the 10,000


class Caller:
    """A connection of one principal's. Each call is a round trip and a transaction."""

    def __init__(self, connection, principal):
        self.principal = principal
        self.cursor = connection.cursor()
        for statement in ("me (text, uuid) AS SELECT curfew.act_as($1, $2)",
                          "look (text) AS SELECT active FROM curfew.introspect($1)",
                          "refresh (text) AS SELECT token, refused FROM curfew.refresh_session($1)"):
            self.cursor.execute(f"PREPARE {statement}")

    def call(self, statement, principal=None):
        """The rows of the statement's answer. What is sent at once is one transaction, committed when it is answered."""
        self.cursor.execute(f"EXECUTE me('{TENANT}', '{principal or self.principal}'); {statement}")
        return [tuple(row) for row in self.cursor.fetchall()]

    def active(self, token):
        return self.call(f"EXECUTE look('{token}')")[0][0]

    def refused(self, refresh_token):
        """The word with which the refresh token was refused, or None."""
        try:
            return self.call(f"EXECUTE refresh('{refresh_token}')")[0][1]
        except psycopg2.Error as error:
            return f"{error.pgcode} {error.diag.constraint_name}"


@pytest.fixture(scope="module")
def name(server):
    """A database with the extension and a tenant: ada, who may kill, and a service that asks about tokens."""
    name = server.create_database("at_once")
    server.rows(name, f"CREATE EXTENSION curfew; SELECT curfew.create_tenant('{TENANT}')")
    yield name
    server.drop_database(name)


@pytest.fixture(scope="module")
def callers(server, name):
    """Who ends, and who looks, each with a connection."""
    ada = server.value(name, f"SELECT curfew.create_principal('ada', role => 'admin', tenant => '{TENANT}')")
    gate = server.value(name, f"SELECT curfew.create_principal('gate', 'service', tenant => '{TENANT}')")
    with server.connect(name) as one, server.connect(name) as other:
        yield Caller(one, ada), Caller(other, gate)


def sessions(caller, way, count):
    """That many sessions, each with an owner of its own, begun beforehand: (owner, session, token, refresh token)."""
    caller.cursor.execute(f"CREATE TEMP TABLE owners AS SELECT"
                          f" curfew.create_principal('{way} ' || n, tenant => '{TENANT}') AS id FROM generate_series(1, {count}) n")
    rows = caller.call("SELECT o.id, s.id, s.token, s.refresh_token"
                       " FROM owners o, LATERAL curfew.create_session('agent', o.id) s")
    caller.cursor.execute("DROP TABLE owners")
    assert len({row[1] for row in rows}) == count
    return rows


@pytest.mark.parametrize("way", ENDINGS)
def test_no_token_is_active_and_none_is_refreshed_once_its_session_was_ended(callers, way):
    count, who, statement, word = ENDINGS[way]
    ender, looker = callers
    for owner, session, token, refresh_token in sessions(ender, way, count):
        assert looker.active(token) is True
        ender.call(statement.format(owner=owner, session=session), owner if who == "owner" else None)
        assert looker.active(token) is False
        assert looker.refused(refresh_token) == word


def test_a_token_is_active_exactly_while_its_owner_is_not_suspended(callers):
    ender, looker = callers
    [(owner, _, token, refresh_token)] = sessions(ender, "suspend", 1)
    for _ in range(SUSPENSIONS):
        ender.call(f"SELECT curfew.suspend_principal('{owner}')")
        assert looker.active(token) is False
        assert looker.refused(refresh_token) == "SL403 principal_suspended"
        ender.call(f"SELECT curfew.resume_principal('{owner}')")
        assert looker.active(token) is True


def test_the_alternations_are_ten_thousand():
    assert sum(count for count, *_ in ENDINGS.values()) + 2 * SUSPENSIONS == 10000


def test_an_ending_that_is_rolled_back_was_none(server, name, callers):
    ender, looker = callers
    [(owner, session, token, _)] = sessions(ender, "undone", 1)
    with server.connect(name, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (TENANT, owner))
        cursor.execute("SELECT state FROM curfew.terminate_session(%s)", (session,))
        assert cursor.fetchone()[0] == "terminated"
        assert looker.active(token) is True  # not committed yet
        connection.rollback()
    assert looker.active(token) is True
