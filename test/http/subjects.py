"""The routes under test, each with a tenant of its own: who may, who may not, and how a request of it looks."""
import json

from database import Tenant


class Subject:
    """One route that ends (or archives) a session."""

    contract = lifecycle = event = action = ""
    state = ("", "")  # before and after
    method = "DELETE"
    body = None
    credential_header = ("Authorization", "Bearer {}")

    def __init__(self, stack, database):
        self.stack = stack
        self.database = database
        self.tenant = Tenant(database, self.contract)
        self.prepare()

    def prepare(self):
        """Sets `owner` (a principal), `owner_key`, `stranger_key` (of the same tenant, who may not)."""
        self.owner = self.tenant.principal("owner")
        self.owner_key = self.tenant.key(self.owner)
        self.stranger_key = self.tenant.key(self.tenant.principal("stranger"))

    def new(self):
        """The id of a session that the owner may end."""
        return self.tenant.session(self.owner, self.lifecycle)["id"]

    def path(self, session):
        raise NotImplementedError

    def headers(self, credential):
        name, form = self.credential_header
        headers = {name: form.format(credential)} if credential else {}
        if self.body is not None:
            headers["Content-Type"] = "application/json"
        return headers

    def send(self, session, credential=None, headers=None, body=None, method=None, to=None):
        """The route's request. `session`: an id, in whatever form."""
        return self.stack.send(method or self.method, self.path(session), {**self.headers(credential), **(headers or {})},
                               self.body if body is None else body, to=to)

    def end(self, session):
        return self.send(session, self.owner_key)


class DhcpShield(Subject):
    contract, lifecycle, action, state = "dhcp-shield", "login", "end", ("active", "ended")

    def path(self, session):
        return f"/api/sessions/{session}"


class Dreadnode(Subject):
    contract, lifecycle, action, state = "dreadnode", "conversation", "archive", ("open", "open")
    method = "POST"

    def prepare(self):
        super().prepare()
        self.tenant.workspace("main")
        self.owner = self.tenant.principal("carol", email="carol@example.com", full_name="Carol Contributor")
        self.owner_key = self.tenant.key(self.owner)
        stranger = self.tenant.principal("ronny")
        self.stranger_key = self.tenant.key(stranger)
        self.tenant.member("main", self.owner)
        self.tenant.member("main", stranger, role="reader")

    def new(self):
        return self.tenant.session(self.owner, self.lifecycle, workspace="main", title="A talk",
                                   labels={"topic": ["tests"]}, fields={"agent": "tester"})["id"]

    def path(self, session):
        return f"/api/v1/org/{self.tenant.slug}/ws/main/sessions/{session}/archive"


class Devin(Subject):
    contract, lifecycle, action, state = "devin", "run", "terminate", ("working", "terminated")

    def prepare(self):
        self.owner = self.tenant.principal("dave")
        self.owner_key = self.tenant.key(self.owner, prefix="apk_user_")
        self.stranger_key = self.tenant.key(self.tenant.principal("dora"), prefix="apk_user_")

    def path(self, session):
        return "/v1/sessions/devin-" + str(session).replace("-", "")


class Terminate(Subject):
    contract, lifecycle, action, state = "truthlocks", "agent", "terminate", ("active", "terminated")
    event = "AGENT_SESSION_TERMINATED"
    method = "POST"
    body = '{"reason":"done"}'
    credential_header = ("X-API-Key", "{}")

    def prepare(self):
        self.agent = self.tenant.principal("crawler", kind="agent", scopes=["read", "write"])
        self.owner = self.tenant.principal("backend", kind="service", scopes=["read", "write", "sessions:*"])
        self.owner_key = self.tenant.key(self.owner, prefix="tl_live_")
        self.stranger_key = self.tenant.key(self.tenant.principal("logger", kind="service"), prefix="tl_live_")

    def create(self):
        return self.tenant.session(self.owner, self.lifecycle, agent=self.agent, scopes=["read"],
                                   metadata={"job": "tests"})

    def new(self):
        return self.create()["id"]

    def path(self, session):
        return f"/v1/sessions/{session}/terminate"


class AgentSessions(Terminate):
    method = "DELETE"

    def path(self, session):
        return f"/v1/agent-sessions/{session}"


class Luxxon(Subject):
    contract, lifecycle, action, state = "luxxon", "visual", "cancel", ("REQUESTED", "CANCELLED")

    def prepare(self):
        scopes = ["sessions:read", "sessions:create", "sessions:operate"]
        self.consumer = self.tenant.workspace("viewer")
        self.operator = self.tenant.workspace("drones", operator=True)
        self.owner = self.tenant.principal("vera", scopes=scopes)
        self.pilot = self.tenant.principal("otto", scopes=scopes)
        self.tenant.member("viewer", self.owner)
        self.tenant.member("drones", self.pilot)
        self.owner_key = self.tenant.key(self.owner, prefix="lxxn_test_{workspace}_", workspace="viewer")
        self.stranger_key = self.tenant.key(self.pilot, prefix="lxxn_test_{workspace}_", workspace="drones")

    def new(self):
        return self.tenant.session(
            self.owner, self.lifecycle, workspace="viewer", timers={"wait": 300, "max_duration": 600},
            fields={"requestedLat": 4.711234, "requestedLng": -74.072456, "ratePerSecondMicroUsdc": "1000",
                    "holdMicroUsdc": "600000", "maxDurationSeconds": 600, "waitTimeoutSeconds": 300})["id"]

    def path(self, session):
        return f"/api/v1/sessions/{session}"


class Native(Subject):
    contract, lifecycle, action, state = "native", "agent", "terminate", ("active", "terminated")
    event = "AGENT_SESSION_TERMINATED"
    method = "POST"
    body = json.dumps({"reason": "done"})

    def path(self, session):
        return f"/curfew/v1/sessions/{session}/terminate"


SUBJECTS = {
    "dhcp-shield": DhcpShield,
    "dreadnode": Dreadnode,
    "devin": Devin,
    "truthlocks-terminate": Terminate,
    "truthlocks-agent-sessions": AgentSessions,
    "luxxon": Luxxon,
    "native": Native,
}
