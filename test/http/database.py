"""The database beside the front: makes what a test needs through curfew's functions, and reads what is left behind."""
import base64
import json
import uuid

import psycopg2
import psycopg2.extras

ROWS = psycopg2.extras.RealDictCursor


def statement(function, arguments):
    """A call of one of curfew's functions with named arguments, and its values."""
    names = ", ".join(f"{name} => %({name})s" for name in arguments)
    values = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in arguments.items()}
    return f"SELECT * FROM curfew.{function}({names})", values


def position_of(token):
    """That a consistency token tells, in bytes."""
    return int.from_bytes(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))[12:20], "big")


class Database:
    def __init__(self, stack):
        self.uri = stack.script("postgres.sh", "uri")
        self.connection = None
        self.credentials = set()  # every key and token that was ever issued here

    def connect(self):
        """A connection of the caller's own, as the superuser."""
        connection = psycopg2.connect(self.uri, cursor_factory=ROWS)
        connection.autocommit = True
        return connection

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def rows(self, query, values=None):
        """The rows of one statement; the connection is made anew where the server was away."""
        for last in (False, True):
            try:
                self.connection = self.connection or self.connect()
                with self.connection.cursor() as cursor:
                    cursor.execute(query, values)
                    return cursor.fetchall() if cursor.description else []
            except psycopg2.OperationalError:
                self.close()
                if last:
                    raise
        raise AssertionError("not reached")

    def call(self, function, **arguments):
        """SELECT * FROM curfew.function(name => value, …): its first row."""
        return self.rows(*statement(function, arguments))[0]

    def as_principal(self, tenant, principal, function, **arguments):
        """The same, as a principal, in one transaction."""
        connection = self.connect()
        connection.autocommit = False
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant, principal))
                cursor.execute(*statement(function, arguments))
                return cursor.fetchone()
        finally:
            connection.close()

    def audit(self, session):
        """The audit rows of a session, oldest first, but for the one of its beginning."""
        return self.rows("SELECT * FROM curfew.audit_event WHERE session_id = %s AND from_state IS NOT NULL"
                         " ORDER BY at, id", (session,))

    def stored(self, session):
        """A session's row as it is stored."""
        return self.rows("SELECT * FROM curfew.session WHERE id = %s", (session,))[0]


class Tenant:
    """A tenant of a test's own."""

    def __init__(self, database, name):
        self.database = database
        self.slug = f"{name}-{uuid.uuid4().hex[:8]}"
        self.id = database.call("create_tenant", slug=self.slug)["create_tenant"]

    def principal(self, name, **arguments):
        return self.database.call("create_principal", name=name, tenant=self.slug, **arguments)["create_principal"]

    def workspace(self, slug, **arguments):
        return self.database.call("create_workspace", slug=slug, tenant=self.slug, **arguments)["create_workspace"]

    def member(self, workspace, principal, role="member"):
        self.database.call("add_member", workspace=workspace, principal=principal, role=role, tenant=self.slug)

    def issue(self, principal, **arguments):
        """A key with its id."""
        row = self.database.call("issue_api_key", principal=principal, tenant=self.slug, **arguments)
        self.database.credentials.add(row["key"])
        return row

    def key(self, principal, **arguments):
        return self.issue(principal, **arguments)["key"]

    def revoke(self, key_id):
        self.database.call("revoke_api_key", id=key_id, tenant=self.slug)

    def session(self, owner, lifecycle, **arguments):
        """A session, made as its owner: the row that create_session gave."""
        row = self.database.as_principal(self.slug, owner, "create_session", lifecycle=lifecycle, **arguments)
        self.database.credentials.update(token for token in (row["token"], row["refresh_token"]) if token)
        return row
