"""Truthlocks, to the letter: both surfaces, agents, and the audit log."""
import base64
import hashlib
import hmac
import json
import time
import uuid
from urllib.parse import quote

import pytest

from database import Tenant
from shapes import TIME, UUID, Like, assert_answer

MAIP_ID = Like(r"maip-sess:[0-9a-f]{8}:[0-9a-f]{16}")
LONGEST = 1024  # characters of a reason


@pytest.fixture
def first(subjects):
    """The surface where the reason is required."""
    return subjects["truthlocks-terminate"]


@pytest.fixture
def second(subjects):
    """The surface where it is optional."""
    return subjects["truthlocks-agent-sessions"]


@pytest.fixture(params=["truthlocks-terminate", "truthlocks-agent-sessions"])
def either(request, subjects):
    return subjects[request.param]


def error(code, message, status, **details):
    return {"code": code, "message": message, "http_status": status, "details": details}


def with_body(subject, session, **members):
    return subject.send(session, subject.owner_key, body=json.dumps(members))


def maip(subject, session):
    return subject.database.as_principal(subject.tenant.slug, subject.owner, "maip_session_id",
                                         id=session)["maip_session_id"]


def active(subject, token):
    return subject.database.as_principal(subject.tenant.slug, subject.owner, "introspect", token=token)["active"]


def test_the_full_session(first):
    session = first.new()
    assert_answer(first.end(session), 200, {
        "session_id": session, "agent_id": first.agent, "scopes": ["read"], "status": "terminated",
        "metadata": {"job": "tests"}, "expires_at": TIME, "created_at": TIME, "terminated_at": TIME})


def test_the_short_answer(second):
    session = second.new()
    assert_answer(second.end(session), 200, {"session_id": maip(second, session), "status": "terminated"})
    assert maip(second, session) == MAIP_ID


def test_a_reason_is_optional_on_the_second_surface(second):
    for number, text in enumerate(["", "{}", '{"reason":""}', '{"reason":null}']):
        session = second.new()
        assert second.send(session, second.owner_key, body=text).status_code == 200, number
        (row,) = second.database.audit(session)
        assert row["reason"] is None


@pytest.mark.parametrize("text", ["", "{}", '{"reason":""}', '{"reason":null}', '{"Reason":"done"}'])
def test_a_reason_is_required_on_the_first(first, text):
    session = first.new()
    assert_answer(first.send(session, first.owner_key, body=text), 400,
                  error("INVALID_INPUT", "a reason is required", 400, field="reason"))
    assert first.database.audit(session) == []


@pytest.mark.parametrize("letter", ["a", "é", "語", "🔑"])
def test_a_reason_is_measured_in_characters(either, letter):
    session = either.new()
    assert_answer(with_body(either, session, reason=letter * (LONGEST + 1)), 400,
                  error("INVALID_INPUT", "the reason is longer than 1024 characters", 400, field="reason"))
    assert with_body(either, session, reason=letter * LONGEST).status_code == 200
    (row,) = either.database.audit(session)
    assert row["reason"] == letter * LONGEST


@pytest.mark.parametrize("value", [1, True, ["done"], {"why": "done"}])
def test_a_reason_of_another_type(either, value):
    assert_answer(with_body(either, either.new(), reason=value), 400,
                  error("INVALID_INPUT", "a value has the wrong type", 400, field="reason"))


def test_the_tokens_are_invalid_at_once(either):
    created = either.create()
    assert active(either, created["token"])
    assert either.end(created["id"]).status_code == 200
    for token in (created["token"], created["refresh_token"]):
        assert not active(either, token)
        assert either.send(either.new(), token).status_code == 401


def test_either_form_of_an_id_names_a_session(either):
    for form in (str, lambda session: maip(either, session), lambda session: quote(maip(either, session), safe="")):
        assert either.end(form(either.new())).status_code == 200


def test_the_other_forms_of_an_api_key(either):
    session = either.new()
    assert either.send(session, headers={"Authorization": f"ApiKey {either.owner_key}"}).status_code == 200


def test_a_tenant_that_agrees(either):
    for tenant in (either.tenant.slug, either.tenant.id):
        assert either.send(either.new(), either.owner_key, {"X-Tenant-ID": tenant}).status_code == 200


def test_a_tenant_that_contradicts_the_credential(either):
    assert_answer(either.send(either.new(), either.owner_key, {"X-Tenant-ID": str(uuid.uuid4())}), 403,
                  error("FORBIDDEN", "the credential belongs to another tenant", 403))


def test_no_credential(either):
    assert_answer(either.send(either.new()), 401, error("UNAUTHORIZED", "no credential was given", 401))


def test_a_bad_credential(either):
    assert_answer(either.send(either.new(), "tl_live_nonsense"), 401,
                  error("UNAUTHORIZED", "the credential is not valid", 401))


def test_one_who_may_not(either):
    response = either.send(either.new(), either.stranger_key)
    assert_answer(response, 403, error("FORBIDDEN", response.json()["message"], 403))


def test_a_key_with_the_scope_may(either):
    operator = either.tenant.principal(f"operator-{uuid.uuid4().hex}", kind="service", scopes=["sessions:terminate"])
    assert either.send(either.new(), either.tenant.key(operator, prefix="tl_live_")).status_code == 200


def test_an_unknown_session(either):
    for unknown in (uuid.uuid4(), "maip-sess:00000000:0000000000000000"):
        assert_answer(either.end(unknown), 404, error("NOT_FOUND", "session not found", 404))


@pytest.mark.parametrize("malformed", ["x", "maip-sess:1:2", "maip-sess%3A%22", "devin-1"])
def test_an_id_that_can_be_none(either, malformed):
    field = "sessionId" if either.method == "POST" else "sessionID"
    path = either.path("X").replace("X", malformed)
    response = either.stack.send(either.method, path, either.headers(either.owner_key), either.body)
    assert_answer(response, 400, error("INVALID_ID", "the id is malformed", 400, field=field))


def test_one_that_is_not_active(either):
    session = either.new()
    either.end(session)
    assert_answer(either.end(session), 409, error("CONFLICT", "the session's state does not allow this", 409))
    assert len(either.database.audit(session)) == 1


def test_a_suspended_agents_session_is_blocked(either):
    created = either.create()
    for function in ("suspend_principal", "resume_principal"):
        arguments = {"reason": "incident"} if function == "suspend_principal" else {}
        either.database.call(function, id=either.agent, tenant=either.tenant.slug, **arguments)
        assert active(either, created["token"]) == (function == "resume_principal")


# The rest of the contract, with a tenant of each test's own.

TOKEN = Like(r"[0-9a-f]{64}")
MAIP_AGENT = Like(r"maip:t[0-9a-f]{7}:[0-9A-HJKMNP-TV-Z]{26}")
HASH = TOKEN


class Desk:
    """A tenant with an agent, another one, and a service that may do everything with them."""

    def __init__(self, stack, database):
        self.stack, self.database = stack, database
        self.tenant = Tenant(database, "desk")
        self.agent = self.tenant.principal("crawler", kind="agent", scopes=["read", "write"])
        self.other = self.tenant.principal("indexer", kind="agent", scopes=["read"])
        self.person = self.tenant.principal("backend", kind="service", scopes=["*"])
        self.key = self.tenant.key(self.person, prefix="tl_live_")

    def send(self, method, path, body=None, key=None, headers=None):
        headers = dict(headers or {})
        if key is not False:
            headers["X-API-Key"] = key or self.key
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.stack.send(method, path, headers, body if body is None else json.dumps(body))

    def begin(self, **members):
        """A session of the second surface, with its tokens."""
        response = self.send("POST", "/v1/agent-sessions", {"agent_id": self.agent, **members})
        assert response.status_code == 201, response.text
        return response.json()

    def maip_agent(self, agent=None):
        return self.database.as_principal(self.tenant.slug, self.person, "maip_principal_id",
                                          id=agent or self.agent)["maip_principal_id"]

    def active(self, token):
        return self.database.as_principal(self.tenant.slug, self.person, "introspect", token=token)["active"]

    def limited(self, *scopes, **arguments):
        principal = self.tenant.principal(f"p-{uuid.uuid4().hex}", scopes=list(scopes), **arguments)
        return self.tenant.key(principal)


@pytest.fixture
def desk(stack, database):
    return Desk(stack, database)


def prose(desk, **members):
    return {"id": UUID, "session_id": MAIP_ID, "agent_id": desk.maip_agent(), "status": "active",
            "scopes": ["read", "write"], "metadata": {}, "expires_at": TIME, "parent_session_id": None,
            "handed_off_to": None, "ip_address": "127.0.0.1", "user_agent": "tests/1", "refreshed_at": None,
            "terminated_at": None, "created_at": TIME, "updated_at": TIME, **members}


AGENT = {"User-Agent": "tests/1"}


def test_a_whole_life(desk):
    response = desk.send("POST", "/v1/agent-sessions", {"agent_id": desk.maip_agent(), "metadata": {"job": "x"}}, headers=AGENT)
    begun = response.json()
    assert_answer(response, 201, {"session": prose(desk, metadata={"job": "x"}), "token": TOKEN, "refresh_token": TOKEN})
    session = begun["session"]["session_id"]
    path = f"/v1/agent-sessions/{session}"
    assert desk.active(begun["token"])

    response = desk.send("POST", f"{path}/refresh", {"refresh_token": begun["refresh_token"]})
    assert_answer(response, 200, {"token": TOKEN, "refresh_token": TOKEN})
    fresh = response.json()
    assert desk.active(fresh["token"]) and not desk.active(begun["token"])
    shown = prose(desk, metadata={"job": "x"}, refreshed_at=TIME)
    assert_answer(desk.send("GET", path), 200, shown)

    agent = f"/v1/agents/{desk.agent}"
    assert_answer(desk.send("POST", f"{agent}/suspend", {"reason": "incident"}), 200,
                  {"agent_id": desk.agent, "name": "crawler", "status": "suspended"})
    assert not desk.active(fresh["token"])
    blocked = desk.send("GET", path, key=False, headers={"Authorization": f"Bearer {fresh['token']}"})
    assert_answer(blocked, 403, error("FORBIDDEN", "the principal is suspended", 403))
    assert_answer(desk.send("GET", path), 200, shown)
    assert_answer(desk.send("POST", f"{agent}/resume"), 200,
                  {"agent_id": desk.agent, "name": "crawler", "status": "active"})
    assert desk.active(fresh["token"])

    assert_answer(desk.send("DELETE", path, {"reason": "done"}), 200, {"session_id": session, "status": "terminated"})
    for token in (fresh["token"], fresh["refresh_token"]):
        response = desk.send("GET", path, key=False, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401
    response = desk.send("GET", "/v1/audit?action=AGENT_SESSION_TERMINATED")
    assert_answer(response, 200, {"items": [{
        "id": UUID, "timestamp": TIME, "tenant_id": desk.tenant.id, "actor_type": "API_KEY", "actor_id": desk.person,
        "action": "AGENT_SESSION_TERMINATED", "resource_type": "agent_session", "resource_id": begun["session"]["id"],
        "service": "curfew", "outcome": "SUCCESS", "metadata": response.json()["items"][0]["metadata"],
        "integrity_hash": HASH}], "next_cursor": None})
    metadata = response.json()["items"][0]["metadata"]
    assert (metadata["reason"], metadata["from_state"], metadata["to_state"]) == ("done", "active", "terminated")
    actions = [item["action"] for item in desk.send("GET", "/v1/audit").json()["items"]]
    assert [action for action in actions if not action.endswith(("create", "issue"))] == \
        ["AGENT_SESSION_CREATED", "agent.refresh", "principal.suspend", "principal.resume", "AGENT_SESSION_TERMINATED"]


def test_creation_on_the_first_surface(desk):
    response = desk.send("POST", "/v1/sessions", {"agent_id": desk.agent, "scopes": ["read"], "ttl_seconds": 90})
    assert_answer(response, 201, {
        "session_id": UUID, "agent_id": desk.agent, "token": TOKEN, "scopes": ["read"], "status": "active",
        "metadata": {}, "expires_at": TIME, "created_at": TIME, "terminated_at": None})
    session = response.json()["session_id"]
    stored = desk.database.stored(session)
    assert (stored["deadline"] - stored["created_at"]).total_seconds() == 90
    assert desk.send("GET", f"/v1/agent-sessions/{session}").json()["id"] == session


@pytest.mark.parametrize("path, field, unit, low, high", [
    ("/v1/sessions", "ttl_seconds", 1, 60, 86400), ("/v1/agent-sessions", "ttl_minutes", 60, 1, 1440)])
def test_a_time_to_live_is_a_minute_to_a_day(desk, path, field, unit, low, high):
    for value in (low, high):
        response = desk.send("POST", path, {"agent_id": desk.agent, field: value})
        assert response.status_code == 201
        session = response.json().get("session_id") or response.json()["session"]["id"]
        stored = desk.database.stored(session)
        assert (stored["deadline"] - stored["created_at"]).total_seconds() == value * unit
    for value in (low - 1, high + 1, -1, 10 ** 30):
        assert_answer(desk.send("POST", path, {"agent_id": desk.agent, field: value}), 400,
                      error("INVALID_INPUT", "a value is out of range", 400, field=field))
    for value in ("60", 61.5, True):
        assert_answer(desk.send("POST", path, {"agent_id": desk.agent, field: value}), 400,
                      error("INVALID_INPUT", "a value has the wrong type", 400, field=field))


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/agent-sessions"])
def test_refused_creations(desk, path):
    def create(**members):
        return desk.send("POST", path, {"agent_id": desk.agent, **members})
    missing = error("INVALID_INPUT", "a required value is missing", 400, field="agent_id")
    assert_answer(desk.send("POST", path, {}), 400, missing)
    assert_answer(create(agent_id=None), 400, missing)
    assert_answer(create(agent_id="crawler"), 400, error("INVALID_ID", "the id is malformed", 400, field="agent_id"))
    for unknown in (str(uuid.uuid4()), "maip:t0000000:00000000000000000000000000"):
        assert_answer(create(agent_id=unknown), 404, error("NOT_FOUND", "principal not found", 404))
    assert_answer(create(agent_id=desk.person), 400,
                  error("INVALID_INPUT", "a value is not one of those that are known", 400, field="agent_id"))
    assert_answer(create(scopes=["delete"]), 403, error("FORBIDDEN", "the caller lacks a scope", 403))
    for field, value in (("scopes", "read"), ("scopes", [1]), ("metadata", []), ("agent_id", 7)):
        assert_answer(create(**{field: value}), 400, error("INVALID_INPUT", "a value has the wrong type", 400, field=field))
    assert desk.send("POST", path, {"agent_id": desk.agent}, key=desk.limited()).status_code == 403
    assert desk.send("POST", path, {"agent_id": desk.agent}, key="tl_live_nonsense").status_code == 401
    desk.send("POST", f"/v1/agents/{desk.agent}/suspend", {"reason": "x"})
    assert_answer(create(), 403, error("FORBIDDEN", "the principal is suspended", 403))
    desk.send("POST", f"/v1/agents/{desk.agent}/revoke", {"reason": "x"})
    assert_answer(create(), 409, error("CONFLICT", "the session's state does not allow this", 409))
    assert desk.send("GET", "/v1/sessions").json() == {"items": [], "total": 0}


def listed(desk, path, **query):
    response = desk.send("GET", path + "?" + "&".join(f"{name}={quote(str(value))}" for name, value in query.items()))
    assert response.status_code == 200, response.text
    body = response.json()
    return [session.get("id", session["session_id"]) for session in body.get("items", body.get("sessions"))], body["total"]


@pytest.mark.parametrize("path", ["/v1/sessions", "/v1/agent-sessions"])
def test_lists(desk, path):
    first, second, third = (desk.begin()["session"]["id"] for _ in range(3))
    fourth = desk.begin(agent_id=desk.other)["session"]["id"]
    desk.send("DELETE", f"/v1/agent-sessions/{second}")
    desk.database.rows("UPDATE curfew.session SET deadline = created_at WHERE id = %s", (third,))
    handed = desk.send("POST", f"/v1/agent-sessions/{first}/handoff", {"agent_id": desk.other}).json()["session"]["id"]
    assert listed(desk, path) == ([handed, fourth, third, second, first], 5)
    assert listed(desk, path, limit=2, offset=1) == ([fourth, third], 5)
    assert listed(desk, path, limit=200, offset=9) == ([], 5)
    assert listed(desk, path, agent_id=desk.other) == ([handed, fourth], 2)
    assert listed(desk, path, agent_id=desk.maip_agent(), status="expired") == ([third], 1)
    assert listed(desk, path, status="active") == ([handed, fourth], 2)
    ended = [second, first] if path == "/v1/sessions" else [second]
    assert listed(desk, path, status="terminated") == (ended, len(ended))
    wrong = [("limit", "0", "a value is out of range"), ("limit", "201", "a value is out of range"),
             ("limit", "x", "a value has the wrong type"), ("offset", "-1", "a value is out of range"),
             ("status", "over", "a value is not one of those that are known")]
    for field, value, message in wrong:
        assert_answer(desk.send("GET", f"{path}?{field}={value}"), 400, error("INVALID_INPUT", message, 400, field=field))
    assert_answer(desk.send("GET", f"{path}?agent_id=x"), 400, error("INVALID_ID", "the id is malformed", 400, field="agent_id"))


def test_handed_off_is_a_state_of_the_second_surface(desk):
    session = desk.begin()["session"]
    desk.send("POST", f"/v1/agent-sessions/{session['id']}/handoff", {"agent_id": desk.other})
    assert listed(desk, "/v1/agent-sessions", status="handed_off") == ([session["id"]], 1)
    assert desk.send("GET", "/v1/sessions?status=handed_off").status_code == 400


def test_handing_off(desk):
    old = desk.begin(metadata={"job": "x"})
    session = old["session"]
    response = desk.send("POST", f"/v1/agent-sessions/{session['session_id']}/handoff",
                         {"agent_id": desk.maip_agent(desk.other)}, headers=AGENT)
    assert_answer(response, 200, {
        "session": prose(desk, agent_id=desk.maip_agent(desk.other), scopes=["read"], metadata={"job": "x"},
                         parent_session_id=session["session_id"]), "token": TOKEN, "refresh_token": TOKEN})
    new = response.json()
    assert desk.active(new["token"]) and not desk.active(old["token"])
    after = desk.send("GET", f"/v1/agent-sessions/{session['id']}").json()
    assert (after["status"], after["handed_off_to"]) == ("handed_off", new["session"]["session_id"])
    assert [row["event"] for row in desk.database.audit(session["id"])] == ["AGENT_SESSION_HANDED_OFF"]
    assert_answer(desk.send("POST", f"/v1/agent-sessions/{session['id']}/handoff", {"agent_id": desk.other}), 409,
                  error("CONFLICT", "the session's state does not allow this", 409))
    assert listed(desk, "/v1/sessions")[1] == 2


def test_an_agent_hands_off_by_its_own_token_and_is_out(desk):
    peer = desk.tenant.principal("lead", kind="agent", scopes=["sessions:create_for"])
    begun = desk.begin(agent_id=peer)
    bearer = {"Authorization": f"Bearer {begun['token']}"}
    path = f"/v1/agent-sessions/{begun['session']['id']}"
    assert desk.send("POST", f"{path}/handoff", {"agent_id": desk.other}, key=False, headers=bearer).status_code == 200
    assert desk.send("GET", path, key=False, headers=bearer).status_code == 401


def test_refused_hand_offs(desk):
    path = f"/v1/agent-sessions/{desk.begin()['session']['id']}/handoff"
    assert_answer(desk.send("POST", path, {}), 400, error("INVALID_INPUT", "a required value is missing", 400, field="agent_id"))
    assert_answer(desk.send("POST", path, {"agent_id": "x"}), 400, error("INVALID_ID", "the id is malformed", 400, field="agent_id"))
    assert_answer(desk.send("POST", path, {"agent_id": str(uuid.uuid4())}), 404, error("NOT_FOUND", "principal not found", 404))
    assert desk.send("POST", path, {"agent_id": desk.other}, key=desk.limited()).status_code == 403
    assert listed(desk, "/v1/sessions", status="active")[1] == 1


def test_a_refresh_token_works_once(desk):
    begun = desk.begin()
    session, token = begun["session"]["id"], begun["refresh_token"]
    path = f"/v1/agent-sessions/{session}/refresh"
    first = desk.send("POST", path, {"refresh_token": token}).json()
    assert desk.send("POST", path, {"refresh_token": token}).json() == first
    desk.database.rows("UPDATE curfew.session_token SET used_at = used_at - interval '1 minute'"
                       " WHERE session_id = %s AND used_at IS NOT NULL", (session,))
    assert_answer(desk.send("POST", path, {"refresh_token": token}), 401,
                  error("UNAUTHORIZED", "the refresh token was used before; its session has ended", 401))
    assert desk.send("GET", f"/v1/agent-sessions/{session}").json()["status"] == "terminated"
    assert not desk.active(first["token"])


def test_refused_refreshes(desk):
    begun, other = desk.begin(), desk.begin()
    path = f"/v1/agent-sessions/{begun['session']['id']}/refresh"
    assert_answer(desk.send("POST", path), 400, error("INVALID_INPUT", "a required value is missing", 400, field="refresh_token"))
    assert desk.send("POST", path, {"refresh_token": "nonsense"}).status_code == 401
    assert desk.send("POST", path, {"refresh_token": begun["token"]}).status_code == 401
    assert_answer(desk.send("POST", path, {"refresh_token": other["refresh_token"]}), 404,
                  error("NOT_FOUND", "session not found", 404))
    assert desk.send("POST", path, {"refresh_token": begun["refresh_token"]}, key=False).status_code == 401


def test_a_status_asked_for_by_a_maip_id(desk):
    maip_id = desk.maip_agent()
    for method, path, body, status in (("POST", "/suspend", {"reason": "x"}, "suspended"), ("PATCH", "", {"status": "active"}, "active"),
                                       ("POST", "/resume", None, "active"), ("POST", "/revoke", {"reason": "x"}, "revoked")):
        assert_answer(desk.send(method, f"/v1/agents/{quote(maip_id, safe='')}{path}", body), 200,
                      {"status": status, "agent_id": maip_id})


def test_revoking_ends_all_for_good(desk):
    tokens = [desk.begin()["token"] for _ in range(2)]
    agent = f"/v1/agents/{desk.agent}"
    assert_answer(desk.send("POST", f"{agent}/revoke", {"reason": "gone"}), 200, {"status": "revoked", "agent_id": desk.agent})
    assert not any(desk.active(token) for token in tokens)
    assert listed(desk, "/v1/sessions", status="terminated")[1] == 2
    conflict = error("CONFLICT", "the session's state does not allow this", 409, )
    assert_answer(desk.send("POST", f"{agent}/resume"), 409, conflict)
    assert_answer(desk.send("PATCH", agent, {"status": "active"}), 409, conflict)


def test_killing(desk):
    parent = desk.begin()
    child = desk.send("POST", f"/v1/agent-sessions/{parent['session']['id']}/handoff", {"agent_id": desk.other}).json()
    desk.begin()
    agent = {"agent_id": desk.agent, "name": "crawler", "status": "revoked"}
    path = f"/v1/agents/{desk.agent}/kill"
    for scopes in (["agents:suspend", "agents:revoke"], []):
        assert desk.send("POST", path, {"reason": "x"}, key=desk.limited(*scopes, kind="service")).status_code == 403
    assert desk.send("POST", path, {"cascade": "yes"}).status_code == 400
    assert_answer(desk.send("POST", path, {"reason": "x", "cascade": False}), 200, {"agent": agent, "terminated_sessions": 1})
    assert desk.active(child["token"])
    assert_answer(desk.send("POST", path, {"reason": "x", "cascade": True}), 200, {"agent": agent, "terminated_sessions": 1})
    assert not desk.active(child["token"])


@pytest.mark.parametrize("action", ["suspend", "revoke"])
def test_a_reason_is_required_of_whoever_stops_an_agent(desk, action):
    path = f"/v1/agents/{desk.agent}/{action}"
    for body in (None, {}, {"reason": ""}, {"reason": None}):
        assert_answer(desk.send("POST", path, body), 400, error("INVALID_INPUT", "a reason is required", 400, field="reason"))
    assert_answer(desk.send("POST", path, {"reason": "語" * 1025}), 400,
                  error("INVALID_INPUT", "the reason is longer than 1024 characters", 400, field="reason"))
    assert desk.send("POST", path, {"reason": "語" * 1024}).status_code == 200


@pytest.mark.parametrize("method, path, body", [
    ("POST", "/suspend", {"reason": "x"}), ("POST", "/resume", None), ("PATCH", "", {"status": "active"}),
    ("POST", "/revoke", {"reason": "x"}), ("POST", "/kill", {})])
def test_who_is_no_agent_or_may_not(desk, method, path, body):
    not_found = error("NOT_FOUND", "principal not found", 404)
    for nobody in (uuid.uuid4(), desk.person, "maip:t0000000:00000000000000000000000000"):
        assert_answer(desk.send(method, f"/v1/agents/{nobody}{path}", body), 404, not_found)
    assert_answer(desk.send(method, f"/v1/agents/x{path}", body), 400, error("INVALID_ID", "the id is malformed", 400, field="agentId"))
    assert desk.send(method, f"/v1/agents/{desk.agent}{path}", body, key=desk.limited(kind="service")).status_code == 403
    assert desk.send(method, f"/v1/agents/{desk.agent}{path}", body, key=False).status_code == 401


def test_a_status_that_is_none(desk):
    path = f"/v1/agents/{desk.agent}"
    assert_answer(desk.send("PATCH", path, {"status": "asleep"}), 400,
                  error("INVALID_INPUT", "a value is not one of those that are known", 400, field="status"))
    assert_answer(desk.send("PATCH", path, {}), 400, error("INVALID_INPUT", "a required value is missing", 400, field="status"))


def test_the_audit_log_in_pages_and_by_filter(desk):
    sessions = [desk.begin()["session"]["id"] for _ in range(3)]
    desk.send("POST", f"/v1/agents/{desk.agent}/suspend", {"reason": "x"})
    everything = desk.send("GET", "/v1/audit?limit=200").json()["items"]
    paged, cursor = [], ""
    while cursor is not None:
        page = desk.send("GET", f"/v1/audit?limit=2{cursor and '&cursor=' + cursor}").json()
        paged, cursor = paged + page["items"], page["next_cursor"]
    assert paged == everything
    by_type = desk.send("GET", "/v1/audit?resource_type=agent_session").json()["items"]
    assert [item["resource_id"] for item in by_type] == sessions
    (suspension,) = [item for item in desk.send("GET", "/v1/audit?resource_type=agent").json()["items"]
                     if item["action"] == "principal.suspend"]
    assert suspension["resource_id"] == desk.agent
    assert desk.send("GET", f"/v1/audit?actor_id={desk.person}&action=AGENT_SESSION_CREATED&limit=1").json()["items"] == by_type[:1]
    assert desk.send("GET", "/v1/audit?to=2001-01-01T00:00:00Z").json() == {"items": [], "next_cursor": None}
    assert desk.send("GET", "/v1/audit?from=2001-01-01T00:00:00Z&limit=200").json()["items"] == everything


@pytest.mark.parametrize("field, value, message", [
    ("from", "yesterday", "a value has the wrong type"), ("to", "1", "a value has the wrong type"), ("limit", "0", "a value is out of range"),
    ("cursor", "x", "a value has the wrong type"), ("cursor", "00000000-0000-4000-8000-000000000000", "a value is not one of those that are known")])
def test_an_audit_query_that_cannot_be_read(desk, field, value, message):
    assert_answer(desk.send("GET", f"/v1/audit?{field}={value}"), 400, error("INVALID_INPUT", message, 400, field=field))


def test_who_may_read_the_audit_log(desk):
    assert desk.send("GET", "/v1/audit", key=desk.limited("audit:read")).status_code == 200
    assert_answer(desk.send("GET", "/v1/audit", key=desk.limited()), 403, error("FORBIDDEN", "only an administrator may do this", 403))
    assert desk.send("GET", "/v1/audit", key=False).status_code == 401


def test_a_refused_attempt_of_another_tenant(desk, stack, database):
    session = Desk(stack, database).begin()["session"]
    for form in (session["id"], session["session_id"]):
        assert_answer(desk.send("GET", f"/v1/agent-sessions/{form}"), 404, error("NOT_FOUND", "session not found", 404))


def jwt(secret, **claims):
    def part(value):
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
    signed = part(b'{"alg":"HS256"}') + "." + part(json.dumps(claims).encode())
    return signed + "." + part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())


def test_a_tokens_role_security_admin_may_kill(desk):
    secret = b"0123456789abcdef0123456789abcdef"
    desk.database.call("register_issuer", issuer="https://id.example", hs256_secret=secret, tenant=desk.tenant.slug,
                       roles_claim="roles", role_scopes={"security-admin": ["agents:kill"]})
    person = desk.tenant.principal("guard", kind="service")
    claims = {"iss": "https://id.example", "sub": person, "exp": int(time.time()) + 600}
    path = f"/v1/agents/{desk.agent}/kill"
    for roles, tenant, status in (([], None, 403), (["auditor"], None, 403), (["security-admin"], str(uuid.uuid4()), 403),
                                  (["security-admin"], desk.tenant.slug, 200)):
        headers = {"Authorization": "Bearer " + jwt(secret, **claims, roles=roles)}
        if tenant:
            headers["X-Tenant-ID"] = tenant
        response = desk.send("POST", path, {"reason": "x"}, key=False, headers=headers)
        assert response.status_code == status, response.text
    assert response.json() == {"agent": {"agent_id": desk.agent, "name": "crawler", "status": "revoked"}, "terminated_sessions": 0}
