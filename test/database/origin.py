"""The database that is dumped: two tenants with everything that curfew keeps, months of audit rows among it."""
ROLES = {"curfew_test_front": "front", "curfew_test_service": "service", "curfew_test_auditor": "auditor",
         "curfew_test_dba": "admin"}

SANDBOX = """{
    "initial": "running",
    "states": {"running": {"live": true}, "paused": {}, "stopped": {"terminal": true}%s},
    "actions": {
        "pause": {"from": ["running"], "to": "paused", "by": ["owner"]},
        "resume": {"from": ["paused"], "to": "running", "by": ["owner"]},
        "stop": {"from": ["running", "paused"], "to": "stopped", "by": ["owner", "admin"]},
        "archive": {"from": "*", "mark": "archived", "by": ["owner", "admin"], "again": "same"}%s}}"""
FIRST_FORM = SANDBOX % ("", "")
SECOND_FORM = SANDBOX % (', "lost": {"terminal": true}',
                         ', "lose": {"from": ["running"], "to": "lost", "by": ["admin"]}')
THIRD_FORM = SECOND_FORM.replace('"resume": {"from": ["paused"]', '"resume": {"from": ["paused"], "reason": "required"')


class Origin:
    """`keys`, `tokens` and `sessions` by name, as they were shown when they were made."""

    def __init__(self, server, database):
        self.server, self.database = server, database
        self.keys, self.tokens, self.sessions, self.people = {}, {}, {}, {}
        for role in ROLES:
            if not server.rows("postgres", "SELECT FROM pg_roles WHERE rolname = %s", (role,)):
                server.rows("postgres", f"CREATE ROLE {role}")
        server.rows(database, "CREATE EXTENSION curfew")
        for role, kind in ROLES.items():
            server.rows(database, "SELECT curfew.grant_access(%s::regrole, %s)", (role, kind))
        self.people_and_keys()
        self.lifecycle_and_sessions()
        self.as_key("boss", "SELECT count(*) FROM curfew.event_feed(max_rows => 10)")
        server.rows(database, "CALL curfew.end_all_sessions(%s, tenant => 'acme', principal => %s)",
                    ('{"lifecycle": "sandbox", "state": "lost"}', self.people["boss"][1]))
        self.months()

    def make(self, call, *values):
        return self.server.rows(self.database, f"SELECT * FROM curfew.{call}", values)[0]

    def people_and_keys(self):
        for tenant in ("acme", "market"):
            self.make("create_tenant(%s)", tenant)
        for slug, operator, tenant in (("research", False, "acme"), ("viewer", False, "market"), ("drones", True, "market")):
            self.make("create_workspace(%s, operator => %s, tenant => %s)", slug, operator, tenant)
        for name, kind, role, tenant, workspace in (
                ("boss", "user", "admin", "acme", None), ("carol", "user", "member", "acme", "research"),
                ("backend", "service", "member", "acme", None), ("crawler", "agent", "member", "acme", None),
                ("mallory", "user", "member", "acme", None),
                ("vera", "user", "member", "market", "viewer"), ("otto", "user", "member", "market", "drones")):
            principal = self.make("create_principal(%s, %s, %s, scopes => %s, full_name => %s, tenant => %s)",
                                  name, kind, role, ["*"] if name == "boss" else ["sessions:*"], f"{name} “Ö” O'Neil", tenant)[0]
            self.people[name] = (tenant, principal)
            if workspace:
                self.make("add_member(%s, %s, tenant => %s)", workspace, principal, tenant)
            bound = workspace if tenant == "market" else None
            key = self.make("issue_api_key(%s, 'cf_', %s, tenant => %s)", principal, bound, tenant)
            self.keys[name] = key[1]
            if name == "mallory":
                self.make("suspend_principal(%s, 'audit', 'acme')", principal)
        revoked = self.make("issue_api_key(%s, tenant => 'acme')", self.people["carol"][1])
        self.make("revoke_api_key(%s, 'acme')", revoked[0])
        self.keys["revoked"] = revoked[1]
        self.make("map_role('curfew_test_service', %s, 'acme')", self.people["backend"][1])
        self.make("register_issuer('https://id.example', hs256_secret => %s, tenant => 'acme')", b"0" * 32)

    def as_key(self, name, statement, *values):
        """A statement of that caller's, on its own."""
        return as_key(self.server, self.database, self.keys[name], statement, *values)

    def begin(self, name, caller, arguments):
        row = self.as_key(caller, f"SELECT id, token FROM curfew.create_session({arguments})")
        self.sessions[name], self.tokens[name] = row

    def lifecycle_and_sessions(self):
        self.make("define_lifecycle('sandbox', %s)", FIRST_FORM)
        self.begin("sandbox", "carol", """'sandbox', title => 'tabs	and
            lines', labels => '{"a": ["ü", "\\"b\\""]}', metadata => '{"n": 1.50}', fields => '{"x": null}'""")
        self.make("define_lifecycle('sandbox', %s)", SECOND_FORM)
        self.make("set_session_retention('sandbox', '1 year')")
        self.make("set_audit_retention('30 years')")
        self.as_key("carol", "SELECT * FROM curfew.act(%s, 'archive')", self.sessions["sandbox"])
        self.begin("login", "carol", "'login'")
        self.begin("ended", "carol", "'login'")
        self.as_key("carol", "SELECT * FROM curfew.end_session(%s, 'bye')", self.sessions["ended"])
        self.begin("conversation", "carol", "'conversation', workspace => 'research'")
        self.as_key("carol", "SELECT * FROM curfew.archive_session(%s)", self.sessions["conversation"])
        self.begin("run", "carol", "'run', once => 'the same'")
        self.as_key("carol", "SELECT * FROM curfew.post_message(%s, %s)", self.sessions["run"], "tabs\tand “quotes”")
        self.begin("once", "carol", "'agent', idempotency_key => 'once'")
        self.begin("agent", "backend", f"'agent', agent => '{self.people['crawler'][1]}', timers => '{{\"ttl\": 86400}}'")
        self.begin("visual", "vera", "'visual', timers => '{\"wait\": 3600}'")
        self.as_key("otto", "SELECT * FROM curfew.act(%s, 'accept')", self.sessions["visual"])

    def months(self):
        """Rows in a past month, in this one, and in two months that have no partition yet."""
        for day in ("2020-01-10", "2020-03-10", "2020-04-10"):
            self.server.rows(self.database, """
                INSERT INTO curfew.audit_event (at, tenant_id, id, event, outcome, db_role, via, reason)
                SELECT %s::date + n * interval '1 hour', t.id, gen_random_uuid(), 'test.row', 'done', 'postgres', 'sql',
                    'ö' || n
                FROM curfew.tenant t, generate_series(1, 20) n""", (day,))
        for day in ("2020-01-01", "now"):
            self.make("create_audit_partition(%s)", day)


def as_key(server, database, key, statement, *values):
    """One statement of the caller with that key, in a transaction of its own: its first row."""
    with server.connect(database, autocommit=False) as connection, connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.authenticate(%s)", (key,))
        cursor.execute(statement, values)
        return tuple(cursor.fetchone())
