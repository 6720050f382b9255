"""What holds of each seed's route, and of Curfew's own, whatever its envelope."""
import json
import uuid

import pytest

JSON = {"Content-Type": "application/json"}
NOT_JSON_STATUS = {"devin": 422}


def test_the_owner_ends_a_session_and_one_audit_row_says_so(subject, database):
    session = subject.new()
    response = subject.send(session, subject.owner_key, {"X-Request-Id": "audit-me.1_2-3"})
    assert response.status_code == 200, response.text
    assert response.headers["Content-Type"] == "application/json"
    assert response.headers["X-Request-Id"] == "audit-me.1_2-3"

    (row,) = database.audit(session)
    before, after = subject.state
    expected = {"action": subject.action, "outcome": "applied", "actor_id": subject.owner, "db_role": "curfew_front",
                "via": f"http:{subject.contract}", "request_id": "audit-me.1_2-3", "from_state": before,
                "to_state": after, "version": 2, "reason": "done" if subject.body else None}
    expected.pop("outcome")
    assert {name: row[name] for name in expected} == expected
    if subject.event:
        assert row["event"] == subject.event
    assert database.stored(session)["state"] == after


def refused(subject, session, response, status):
    """The answer has this status, and the session has neither changed nor left an audit row."""
    assert response.status_code == status, response.text
    assert response.headers["X-Request-Id"]
    assert subject.database.audit(session) == []
    assert subject.database.stored(session)["version"] == 1


def test_no_credential_is_401_and_names_the_scheme(subject):
    session = subject.new()
    response = subject.send(session)
    refused(subject, session, response, 401)
    assert "Bearer" in response.headers["WWW-Authenticate"]


@pytest.mark.parametrize("credential", ["nonsense", "x" * 4000, "é".encode(), "a'; --", '"', "a b"])
def test_a_credential_that_nobody_issued_is_401(subject, credential):
    session = subject.new()
    if isinstance(credential, bytes):
        credential = credential.decode("latin-1")
    refused(subject, session, subject.send(session, credential), 401)


def test_a_revoked_key_is_401(subject):
    session = subject.new()
    key = subject.tenant.issue(subject.owner)
    subject.tenant.revoke(key["id"])
    refused(subject, session, subject.send(session, key["key"]), 401)


def test_one_who_may_not_is_403(subject):
    session = subject.new()
    refused(subject, session, subject.send(session, subject.stranger_key), 403)


def test_a_suspended_principal_is_403_and_may_again_when_resumed(subject):
    session = subject.new()
    subject.database.call("suspend_principal", id=subject.owner, reason="tests", tenant=subject.tenant.slug)
    try:
        refused(subject, session, subject.end(session), 403)
    finally:
        subject.database.call("resume_principal", id=subject.owner, tenant=subject.tenant.slug)
    assert subject.end(session).status_code == 200


def test_an_id_that_is_no_sessions_is_404(subject):
    assert subject.end(uuid.uuid4()).status_code == 404


def test_a_session_of_another_tenant_is_404(subject, stack, database):
    other = type(subject)(stack, database)
    session = other.new()
    refused(subject, session, subject.end(session), 404)


def test_a_session_of_another_lifecycle_is_404(subject):
    if subject.contract == "native":
        pytest.skip("Curfew's own interface sees every lifecycle")
    other = "run" if subject.lifecycle == "login" else "login"
    session = subject.tenant.session(subject.owner, other)["id"]
    refused(subject, session, subject.end(session), 404)


@pytest.mark.parametrize("body", ["{", "nope", '{"a":}', '{"a":1}}', "\x00"])
def test_a_body_that_is_not_json_is_refused(subject, body):
    session = subject.new()
    response = subject.send(session, subject.owner_key, JSON, body)
    refused(subject, session, response, NOT_JSON_STATUS.get(subject.contract, 400))


def test_a_body_that_is_not_utf8_is_refused(subject):
    session = subject.new()
    response = subject.send(session, subject.owner_key, JSON, b'{"reason":"\xff"}')
    refused(subject, session, response, NOT_JSON_STATUS.get(subject.contract, 400))


def test_a_body_of_another_type_is_415(subject):
    session = subject.new()
    response = subject.send(session, subject.owner_key, {"Content-Type": "text/plain"}, '{"reason":"done"}')
    refused(subject, session, response, 415)


def test_an_unknown_member_of_the_body_is_ignored(subject):
    session = subject.new()
    body = json.dumps({"reason": "done", "unheard_of": [1, {"a": None}]})
    assert subject.send(session, subject.owner_key, JSON, body).status_code == 200


def test_a_method_that_the_path_does_not_take_is_405_with_allow(subject):
    session = subject.new()
    response = subject.send(session, subject.owner_key, method="PUT")
    refused(subject, session, response, 405)
    assert subject.method in response.headers["Allow"].split(", ")


def test_an_error_is_said_in_json(subject):
    response = subject.send(uuid.uuid4())
    expected = "application/problem+json" if subject.contract in ("dhcp-shield", "native") else "application/json"
    assert response.headers["Content-Type"] == expected
    assert isinstance(response.json(), dict)


@pytest.mark.parametrize("given", ["", "a" * 129, 'x"y', "x y", "x\ty", "é".encode("utf-8").decode("latin-1")])
def test_a_request_id_that_could_do_harm_is_replaced(subject, given):
    response = subject.send(uuid.uuid4(), subject.owner_key, {"X-Request-Id": given})
    assert response.headers["X-Request-Id"] != given
    assert len(response.headers["X-Request-Id"]) == 32


def test_the_answer_is_not_to_be_kept(subject):
    assert subject.end(subject.new()).headers["Cache-Control"] == "no-store"
