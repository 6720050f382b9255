"""POST /v1/sessions/{sessionId}/terminate and DELETE /v1/agent-sessions/{sessionID}, to the letter."""
import json
import uuid
from urllib.parse import quote

import pytest

from shapes import TIME, Like, assert_answer

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
