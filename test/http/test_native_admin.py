"""Curfew's own interface: lifecycles, and what an administrator does with principals and keys."""
import json
import uuid

import pytest

from shapes import TIME, UUID, ordered


@pytest.fixture
def admin(stack, database):
    """Requests of an administrator of a tenant of its own; `key`: another's credential."""
    from database import Tenant
    tenant = Tenant(database, "admin")
    own = tenant.key(tenant.principal("ada", role="admin"))
    member = tenant.key(tenant.principal("bob"))

    def send(method, path, members=None, key=own):
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        return stack.send(method, "/curfew/v1" + path, headers, None if members is None else json.dumps(members))
    send.tenant, send.member = tenant, member
    return send


def made(admin, **members):
    response = admin("POST", "/principals", {"name": uuid.uuid4().hex, **members})
    assert response.status_code == 201, response.text
    return response.json()


def test_lifecycles_are_listed_shown_and_drawn(admin):
    listed = admin("GET", "/lifecycles", key=admin.member).json()["lifecycles"]
    names = [lifecycle["name"] for lifecycle in listed]
    assert names == sorted(names) and {"login", "conversation", "run", "agent", "visual"} <= set(names)
    one = admin("GET", "/lifecycles/login").json()
    assert one == listed[names.index("login")]
    assert (one["builtin"], one["definition"]["initial"]) == (True, "active")
    drawn = admin("GET", "/lifecycles/login/diagram")
    assert drawn.headers["Content-Type"] == "text/vnd.mermaid; charset=utf-8"
    assert drawn.text.startswith("stateDiagram-v2\n") and "active --> ended: end" in drawn.text
    assert admin("GET", "/lifecycles/none").json()["reason"] == "lifecycle_not_found"
    assert admin("GET", "/lifecycles/none/diagram").status_code == 404


def test_a_principal_is_made_shown_and_listed(admin):
    response = admin("POST", "/principals", {"name": "carol", "email": "carol@example.com", "scopes": ["a"]})
    assert (response.status_code, ordered(response.json())) == (201, ordered({
        "id": UUID, "name": "carol", "kind": "user", "role": "member", "status": "active", "email": "carol@example.com",
        "full_name": None}))
    made_id = response.json()["id"]
    assert response.headers["Location"].endswith(f"/curfew/v1/principals/{made_id}")
    assert admin("GET", f"/principals/{made_id}").json() == response.json()
    listed = admin("GET", "/principals").json()
    assert [principal["name"] for principal in listed["principals"]] == ["ada", "bob", "carol"] and listed["next"] is None
    assert ordered(listed["principals"][-1]) == ordered({**response.json(), "scopes": ["a"], "created_at": TIME})
    first = admin("GET", "/principals?limit=2").json()
    rest = admin("GET", f"/principals?limit=2&after={first['next']}").json()
    assert first["principals"] + rest["principals"] == listed["principals"]
    assert admin("POST", "/principals", {"name": "carol"}).status_code == 409


@pytest.mark.parametrize("member", ["owner_id", "agent_id"])
def test_who_is_not_found_is_called_what_the_client_calls_him(admin, member):
    response = admin("POST", "/sessions", {"lifecycle": "run", member: str(uuid.uuid4())})
    assert (response.status_code, response.json().get("argument")) == (404, member), response.text


def test_principals_are_narrowed(admin):
    bot = made(admin, kind="agent")
    assert [principal["id"] for principal in admin("GET", "/principals?kind=agent").json()["principals"]] == [bot["id"]]
    admin("POST", f"/principals/{bot['id']}/suspend", {"reason": "tests"})
    assert [principal["id"] for principal in admin("GET", "/principals?status=suspended").json()["principals"]] == [bot["id"]]


@pytest.mark.parametrize("query", ["kind=robot", "status=asleep", "limit=0", "after=x"])
def test_a_query_of_principals_that_cannot_be(admin, query):
    response = admin("GET", f"/principals?{query}")
    assert (response.status_code, response.json()["argument"]) == (422, query.split("=")[0])


def test_suspending_resuming_and_revoking(admin):
    principal = made(admin)["id"]
    key = admin("POST", f"/principals/{principal}/keys", {}).json()["key"]
    session = admin("POST", "/sessions", {"lifecycle": "run"}, key=key).json()["id"]
    suspended = admin("POST", f"/principals/{principal}/suspend", {"reason": "a look"}).json()
    assert (suspended["status"], suspended["ended_sessions"]) == ("suspended", 0)
    assert admin("GET", f"/sessions/{session}", key=key).status_code == 403
    assert admin("POST", f"/principals/{principal}/resume", {}).json()["status"] == "active"
    assert admin("GET", f"/sessions/{session}", key=key).status_code == 200
    revoked = admin("POST", f"/principals/{principal}/revoke", {"reason": "left"}).json()
    assert (revoked["status"], revoked["ended_sessions"]) == ("revoked", 1)
    assert admin("GET", f"/sessions/{session}", key=key).status_code == 401
    assert admin("POST", f"/principals/{principal}/resume", {}).status_code == 409


@pytest.mark.parametrize("verb, status", [("suspend", "suspended"), ("revoke", "revoked"), ("kill", "revoked")])
def test_an_administrator_may_do_it_to_himself(admin, verb, status):
    himself = made(admin, role="admin", scopes=["*"])["id"]
    key = admin("POST", f"/principals/{himself}/keys", {}).json()["key"]
    done = admin("POST", f"/principals/{himself}/{verb}", {"reason": "my key has leaked"}, key=key)
    assert (done.status_code, done.json().get("status")) == (200, status), done.text
    assert admin("GET", f"/principals/{himself}").json()["status"] == status
    assert admin("GET", "/principals", key=key).status_code in (401, 403)


def test_killing_needs_its_scope_and_takes_descendants(admin):
    bot = made(admin, kind="agent")["id"]
    assert admin("POST", f"/principals/{bot}/kill", {"cascade": "yes"}).json()["argument"] == "cascade"
    killed = admin("POST", f"/principals/{bot}/kill", {"reason": "gone wild", "cascade": True})
    assert (killed.status_code, killed.json()["status"], killed.json()["ended_sessions"]) == (200, "revoked", 0)


def test_keys_are_issued_listed_and_revoked(admin):
    principal = made(admin)["id"]
    issued = admin("POST", f"/principals/{principal}/keys", {"prefix": "acme_", "expires_at": "2100-01-01T00:00:00Z"})
    assert (issued.status_code, list(issued.json())) == (201, ["id", "key"])
    assert issued.json()["key"].startswith("acme_")
    (listed,) = admin("GET", f"/principals/{principal}/keys").json()["keys"]
    assert listed["id"] == issued.json()["id"] and listed["expires_at"] == "2100-01-01T00:00:00.000Z"
    assert "key" not in listed and listed["revoked_at"] is None
    revoked = admin("DELETE", f"/keys/{issued.json()['id']}")
    assert (revoked.status_code, ordered(revoked.json())) == (200, ordered({"id": issued.json()["id"], "revoked_at": TIME}))
    assert admin("GET", "/sessions", key=issued.json()["key"]).status_code == 401
    assert admin("DELETE", f"/keys/{uuid.uuid4()}").json()["reason"] == "key_not_found"
    wrong = admin("POST", f"/principals/{principal}/keys", {"expires_at": "soon"})
    assert (wrong.status_code, wrong.json()["argument"]) == (422, "expires_at")


@pytest.mark.parametrize("method, path", [
    ("POST", "/principals"), ("GET", "/principals"), ("POST", "/principals/{}/suspend"), ("POST", "/principals/{}/resume"),
    ("POST", "/principals/{}/revoke"), ("POST", "/principals/{}/kill"), ("POST", "/principals/{}/keys"),
    ("GET", "/principals/{}/keys"), ("DELETE", "/keys/{}"),
])
def test_all_that_is_for_administrators(admin, method, path):
    response = admin(method, path.format(uuid.uuid4()), {"name": "x"} if method == "POST" else None, key=admin.member)
    assert response.status_code == 403, response.text


@pytest.mark.parametrize("path", ["/principals/{}", "/principals/{}/suspend", "/principals/{}/keys"])
@pytest.mark.parametrize("principal, status", [("nonsense", 422), ("01890a5d-ac96-774b-bcce-b302099a8057", 404)])
def test_a_principal_that_is_not_there(admin, path, principal, status):
    method = "POST" if path.endswith("suspend") or path.endswith("keys") else "GET"
    response = admin(method, path.format(principal), {} if method == "POST" else None)
    assert response.status_code == status, response.text
