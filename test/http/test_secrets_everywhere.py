"""With everything logged that can be, no secret is in a log, in what PostgreSQL tells of its statements, or in a table."""
import ctypes
import ctypes.util
import hmac
import json
import sys
import uuid

import pytest

from database import Database, Tenant
from stack import CHECKOUT, Stack

sys.path.append(str(CHECKOUT / "test" / "database"))
from tokens import ISSUER, Key, token as jwt  # noqa: E402 (after the line above)

TALKATIVE = {"log_statement": "all", "log_min_messages": "debug5", "log_min_error_statement": "debug5",
             "log_min_duration_statement": "0", "log_parameter_max_length": "-1",
             "log_parameter_max_length_on_error": "-1", "log_error_verbosity": "verbose",
             "log_connections": "on", "compute_query_id": "on", "track_activity_query_size": "65536",
             "pg_stat_statements.track": "all", "pg_stat_statements.track_utility": "on",
             "shared_preload_libraries": "curfew, pg_stat_statements, auto_explain", "curfew.databases": "curfew",
             "auto_explain.log_min_duration": "0", "auto_explain.log_verbose": "on",
             "auto_explain.log_nested_statements": "on"}
NATIVE = "/curfew/v1"


class Libpq:
    """A connection of the front's role that binds its parameters at the server, as the front does.
    psycopg2 would write them into the statement."""

    def __init__(self, uri):
        self.pq = ctypes.CDLL(ctypes.util.find_library("pq"))
        for name in ("PQconnectdb", "PQexecParams"):
            getattr(self.pq, name).restype = ctypes.c_void_p
        for name in ("PQgetvalue", "PQresultErrorMessage"):
            getattr(self.pq, name).restype = ctypes.c_char_p
        self.connection = ctypes.c_void_p(self.pq.PQconnectdb(uri.encode()))
        assert self.pq.PQstatus(self.connection) == 0

    def ask(self, statement, *values):
        """The first row, its values as text; or the error's text."""
        texts = (ctypes.c_char_p * len(values))(*[value.encode() for value in values])
        result = ctypes.c_void_p(self.pq.PQexecParams(self.connection, statement.encode(), len(values), None, texts,
                                                      None, None, 0))
        try:
            if self.pq.PQntuples(result):
                return [self.pq.PQgetvalue(result, 0, column).decode() for column in range(self.pq.PQnfields(result))]
            return self.pq.PQresultErrorMessage(result).decode()
        finally:
            self.pq.PQclear(result)

    def close(self):
        self.pq.PQfinish(self.connection)


@pytest.fixture(scope="module")
def loud():
    """A stack of its own that says as much as it can."""
    stack = Stack("loud", CURFEW_LOG_LEVEL="debug")
    stack.remove()
    try:
        stack.script("postgres.sh", "init")
        stack.script("postgres.sh", "start")
        database = Database(stack)
        database.uri = database.uri.removesuffix("curfew") + "postgres"  # the other one is not there yet
        for name, value in TALKATIVE.items():
            listed = name == "shared_preload_libraries"  # a list: not quoted as a whole
            if "." not in name:
                database.rows(f"ALTER SYSTEM SET {name} = {value}" if listed else f"ALTER SYSTEM SET {name} = '{value}'")
        database.close()
        stack.script("postgres.sh", "stop")
        stack.script("postgres.sh", "start")
        for name, value in TALKATIVE.items():
            if "." in name:
                database.rows(f"ALTER SYSTEM SET {name} = '{value}'")
        database.rows("SELECT pg_reload_conf()")
        database.close()
        stack.up()
        yield stack
    finally:
        stack.remove()


@pytest.fixture(scope="module")
def database(loud):
    database = Database(loud)
    database.rows("CREATE EXTENSION pg_stat_statements")
    yield database
    database.close()


@pytest.fixture
def front(loud, database):
    front = Libpq(database.uri.replace("postgres@", "curfew_front@"))
    yield front
    front.close()


class Caller:
    """Whoever sends requests to Curfew's own interface."""

    def __init__(self, stack):
        self.stack = stack

    def ask(self, path, credential, body=None, header="Authorization", form="Bearer {}", **more):
        body = json.dumps(body) if isinstance(body, dict) else body
        headers = {header: form.format(credential), "Content-Type": "application/json", **more}
        return self.stack.send("POST", NATIVE + path, headers, body)


def credentials(database, tenant, owner, folder):
    """Credentials of every kind, by what becomes of them: (credential, status)."""
    good, revoked = tenant.key(owner), tenant.issue(owner)
    tenant.revoke(revoked["id"])
    expired = tenant.issue(owner)
    database.rows("UPDATE curfew.api_key SET expires_at = now() - interval '1 day' WHERE id = %s", (expired["id"],))
    key = Key(folder, "ES256", "ec", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    other = Key(folder, "ES256", "other", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    database.rows("SELECT curfew.register_issuer(%s, %s, 'curfew', tenant_claim => 'org', tenant => %s)",
                  (ISSUER, json.dumps({"keys": [key.jwk()]}), tenant.slug))
    claims = {"sub": "owner", "org": tenant.slug}
    made = {"good": (good, 200), "wrong": (good[:-6] + "abcdef", 401), "nobody's": (f"cf_{uuid.uuid4().hex * 2}", 401),
            "revoked": (revoked["key"], 401), "expired": (expired["key"], 401), "jwt": (jwt(key, claims), 200),
            "admin's": (tenant.key(tenant.principal("admin", role="admin")), 200), "expired jwt": (jwt(key, claims, exp=1), 401), "jwt of a stranger's key": (jwt(other, claims, {"kid": "ec"}), 401)}
    database.credentials.update(credential for credential, _ in made.values())
    return made


def exercise_http(stack, database, made):
    """Every credential, presented in every way, and tokens in bodies and answers."""
    caller, good = Caller(stack), made["good"][0]
    session = caller.ask("/sessions", good, {"lifecycle": "agent"})
    assert session.status_code == 201, session.text
    session = session.json()
    tokens = session["token"], session["refresh_token"]
    database.credentials.update(tokens)
    presented = {**made, "token": (tokens[0], 200), "refresh token": (tokens[1], 401)}
    for name, (credential, status) in presented.items():
        assert caller.ask("/introspect", credential, {"token": tokens[0]}).status_code == status, name
        caller.ask("/introspect", credential, {"token": credential}, "X-API-Key", "{}")
        caller.ask("/sessions", credential, {"lifecycle": "nonsense", "title": 1})
        stack.send("DELETE", f"/v1/agent-sessions/{uuid.uuid4()}", {"Authorization": f"ApiKey {credential}"})
        stack.send("DELETE", f"/api/sessions/{uuid.uuid4()}", {"Authorization": f"Basic {credential}"})
        stack.send("DELETE", f"/v1/sessions/devin-{uuid.uuid4().hex}", {"Authorization": f"Bearer {credential} {credential}"})
        for body in ({"token": credential}, {"token": [credential]}, {"token": {credential: 1}},
                     {credential: credential}, f'{{"token": "{credential}', f'{{"token": {credential}}}', f'"{credential}"', credential,
                     f'{{"token": "{credential}\\u0000"}}', f'{{"token": "{credential}\\ud800"}}'):
            caller.ask("/introspect", good, body)
    assert caller.ask("/introspect", good, {"token": tokens[0]}).json()["active"] is True
    assert caller.ask(f"/sessions/{session['id']}/terminate", good, {"reason": "done"}).status_code == 200
    assert caller.ask("/introspect", good, {"token": tokens[0]}).json()["active"] is False
    assert caller.ask("/introspect", tokens[0], {"token": tokens[0]}).status_code == 401
    once, again = (caller.ask("/sessions", good, {"lifecycle": "agent"}, **{"Idempotency-Key": "once"}).json() for _ in range(2))
    assert once["token"] == again["token"] and once["refresh_token"] == again["refresh_token"]
    # What the tokens are derived with is a secret too.
    proof = hmac.digest(good.encode(), b"curfew: the key was presented", "sha256").hex()
    database.credentials.update((once["token"], once["refresh_token"], proof))


def exercise_sql(front, database, made):
    """What has no route: refreshing; and all over bound parameters."""
    for credential, status in made.values():
        front.ask("BEGIN")
        answer = front.ask("SELECT * FROM curfew.authenticate($1)", credential)
        assert isinstance(answer, list) == (status == 200)
        front.ask("ROLLBACK")

    def as_owner(statement, *values):
        front.ask("BEGIN")
        front.ask("SELECT * FROM curfew.authenticate($1)", made["good"][0])
        answer = front.ask(statement, *values)
        front.ask("COMMIT")
        return answer

    issue = "SELECT key FROM curfew.issue_api_key($1, idempotency_key => $2)"
    front.ask("BEGIN")
    owner, = front.ask("SELECT principal_id FROM curfew.authenticate($1)", made["admin's"][0])
    issued = front.ask(issue, owner, "issue")
    assert front.ask(issue, owner, "issue") == issued and len(issued[0]) > 32
    front.ask("COMMIT")
    database.credentials.update(issued)

    token, refresh_token = as_owner("SELECT token, refresh_token FROM curfew.create_session($1)", "agent")
    database.credentials.update((token, refresh_token))
    refresh = "SELECT token, new_refresh_token, refused FROM curfew.refresh_session($1)"
    once = as_owner(refresh, refresh_token)
    assert len(once[0]) == len(once[1]) == 64, once
    database.credentials.update(once[:2])
    assert as_owner(refresh, refresh_token) == once
    later = as_owner(refresh, once[1])
    database.credentials.update(later[:2])
    database.rows("UPDATE curfew.session_token SET used_at = used_at - interval '1 day' WHERE used_at IS NOT NULL")
    assert as_owner(refresh, refresh_token)[2] == "refresh_token_reused"
    assert "ERROR" in as_owner(refresh, later[1])
    assert "ERROR" in as_owner(refresh, later[1] + "x")
    assert "ERROR" in as_owner("SELECT $1::uuid, curfew.introspect($2)", str(uuid.uuid4()) + "x", token)
    assert as_owner("SELECT active FROM curfew.introspect($1)", token) == ["f"]


def text_of(database, relation):
    return "\n".join(row["line"] for row in database.rows(f"SELECT r::text AS line FROM {relation} r"))


def places(stack, database):
    """Each place that a secret must not be in, with the text that is there."""
    for file in (stack.directory / "log").iterdir():
        yield file.name, file.read_text(errors="replace")
    for view in ("pg_stat_activity", "pg_stat_statements", "pg_prepared_statements"):
        yield view, text_of(database, view)
    tables = database.rows("SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'curfew'::regnamespace"
                           " AND relkind IN ('r', 'm', 'S')")
    for table in tables:
        yield table["name"], text_of(database, table["name"])


def test_no_secret_is_anywhere_although_all_is_logged(loud, database, front, tmp_path):
    tenant = Tenant(database, "loud")
    owner = tenant.principal("owner", kind="service", scopes=["sessions:*"])
    made = credentials(database, tenant, owner, tmp_path)
    exercise_http(loud, database, made)
    exercise_sql(front, database, made)

    found = dict(places(loud, database))
    # They are the places that should tell, and they do tell.
    assert {"front.log", "nginx-access.log", "nginx-error.log", "postgres.log", "pg_stat_statements", "curfew.session_token",
            "curfew.api_key", "curfew.idempotency_key", "curfew.audit_event_default"} <= set(found)
    for statement in ("curfew.authenticate($1", "curfew.refresh_session($1"):
        assert statement in found["postgres.log"] and statement in found["pg_stat_statements"]
    assert '"refresh_token": null' in found["curfew.idempotency_key"].replace('""', '"')
    assert "DEBUG:" in found["postgres.log"] and '"level":"debug"' in found["front.log"].replace(" ", "")
    assert len(database.credentials) >= 14
    leaks = []
    for secret in database.credentials:
        half = secret[len(secret) // 2:]  # half of a secret is one too; a table shows bytes in hexadecimal
        leaks += [(place, form) for place, text in found.items() for form in (half, half.encode().hex()) if form in text]
    assert leaks == []
