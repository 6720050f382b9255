"""A Luxxon marketplace of a test's own: a consumer's workspace and two operators', each with a person and a key."""
import json
import uuid

from database import Tenant

SCOPES = ["sessions:read", "sessions:create", "sessions:operate"]
PLACE = {"lat": 4.711234, "lng": -74.072456, "maxDurationSeconds": 600}


class Party:
    """Who acts for one workspace."""

    def __init__(self, market, slug, operator):
        self.market = market
        self.slug = slug
        self.workspace = market.tenant.workspace(slug, operator=operator)
        self.person = market.tenant.principal(slug, scopes=SCOPES)
        market.tenant.member(slug, self.person)
        self.key = market.tenant.key(self.person, prefix="lxxn_test_{workspace}_", workspace=slug)

    def limited(self, *scopes):
        """A key of theirs that is limited to scopes."""
        return self.market.tenant.key(self.person, workspace=self.slug, scopes=list(scopes))

    def unbound(self):
        """A key of theirs that is bound to no workspace."""
        return self.market.tenant.key(self.person)

    def send(self, method, path="", body=None, key=None):
        return self.market.send(method, path, key or self.key, body)

    def online(self, online=True):
        self.market.database.call("set_workspace_online", workspace=self.slug, online=online,
                                  tenant=self.market.tenant.slug)


class Market:
    def __init__(self, stack, database):
        self.stack = stack
        self.database = database
        self.tenant = Tenant(database, "market")
        self.consumer = Party(self, "viewer", False)
        self.operator = Party(self, "drones", True)
        self.rival = Party(self, "kites", True)

    def set(self, **settings):
        self.database.rows("SELECT curfew.set_tenant_settings(%s, %s)", (json.dumps(settings), self.tenant.slug))

    def send(self, method, path="", key=None, body=None):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = body if isinstance(body, (str, bytes)) else json.dumps(body)
        return self.stack.send(method, "/api/v1/sessions" + path, headers, body)

    def request(self, **members):
        """The id of a session that nobody has accepted."""
        response = self.consumer.send("POST", body={**PLACE, **members})
        assert response.status_code == 201, response.text
        return response.json()["data"]["id"]

    def assigned(self, **members):
        """One that the operator has accepted."""
        session = self.request(**members)
        self.take("accept", session)
        return session

    def live(self):
        """One that is live."""
        session = self.assigned()
        self.take("start", session)
        return session

    def take(self, action, session, party=None):
        """An action of the operator, unless of another party, that succeeds: its data."""
        response = (party or self.operator).send("POST", f"/{session}/{action}")
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def get(self, session, party=None):
        response = (party or self.consumer).send("GET", f"/{session}")
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def backdate(self, session, seconds):
        """Moves all that a session remembers of time into the past, its deadline with it."""
        times = ("created_at", "updated_at", "entered_at", "started_at", "deadline")
        moved = ", ".join(f"{name} = {name} - %(by)s::interval" for name in times)
        self.database.rows(f"UPDATE curfew.session SET {moved} WHERE id = %(id)s",
                           {"by": f"{seconds} seconds", "id": session})


def unknown():
    return str(uuid.uuid4())
