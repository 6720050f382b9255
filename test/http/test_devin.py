"""DELETE /v1/sessions/{session_id}, to the letter."""
import uuid

import pytest

from shapes import assert_answer


@pytest.fixture
def devin(subjects):
    return subjects["devin"]


def invalid(message, kind, *place):
    return {"detail": [{"loc": list(place), "msg": message, "type": kind}]}


def test_own_run(devin):
    assert_answer(devin.end(devin.new()), 200, {"detail": "Session terminated successfully"})


def test_a_service_key_of_the_organization(devin):
    service = devin.tenant.key(devin.tenant.principal("pipeline", kind="service"), prefix="apk_")
    assert_answer(devin.send(devin.new(), service), 200, {"detail": "Session terminated successfully"})


def test_a_blocked_run(devin):
    session = devin.new()
    service = devin.tenant.principal("blocker", kind="service")
    devin.database.as_principal(devin.tenant.slug, service, "act", session_id=session, action="block")
    assert_answer(devin.end(session), 200, {"detail": "Session terminated successfully"})


def test_no_credential(devin):
    assert_answer(devin.send(devin.new()), 401, {"detail": "no credential was given"})


def test_a_bad_credential(devin):
    assert_answer(devin.send(devin.new(), "apk_user_nonsense"), 401, {"detail": "the credential is not valid"})


def test_another_persons_run(devin):
    assert_answer(devin.send(devin.new(), devin.stranger_key), 403,
                  {"detail": "the caller may not do this to this session"})


def test_an_unknown_run(devin):
    assert_answer(devin.end(uuid.uuid4()), 404, {"detail": "session not found"})


@pytest.mark.parametrize("malformed", ["devin-1", "devin-", "x", "%22", str(uuid.uuid4())])
def test_an_id_that_can_be_none(devin, stack, malformed):
    response = stack.send("DELETE", f"/v1/sessions/{malformed}", devin.headers(devin.owner_key))
    assert_answer(response, 422, invalid("the id is malformed", "malformed_id", "path", "session_id"))


@pytest.mark.parametrize("action", ["terminate", "finish"])
def test_a_run_that_has_exited(devin, action):
    session = devin.new()
    service = devin.tenant.principal(f"service-{action}", kind="service")
    devin.database.as_principal(devin.tenant.slug, service, "act", session_id=session, action=action)
    assert_answer(devin.end(session), 422,
                  invalid("The session has already exited", "session_exited", "path", "session_id"))
    assert len(devin.database.audit(session)) == 1


def test_a_body_that_is_not_json(devin):
    response = devin.send(devin.new(), devin.owner_key, {"Content-Type": "application/json"}, "{")
    assert_answer(response, 422, invalid("JSON decode error", "json_invalid", "body"))
