"""DELETE /api/v1/sessions/{id}, to the letter."""
import uuid

import pytest

from shapes import TIME, assert_answer


@pytest.fixture
def luxxon(subjects):
    return subjects["luxxon"]


def error(status, code, message, detail):
    return {"statusCode": status, "code": code, "message": message, "detail": detail, "timestamp": TIME}


def test_the_cancelled_session(luxxon):
    session = luxxon.new()
    assert_answer(luxxon.end(session), 200, {
        "statusCode": 200, "message": "Request successful",
        "data": {
            "id": session, "consumerWorkspaceId": luxxon.consumer, "operatorWorkspaceId": None, "state": "CANCELLED",
            "maxDurationSeconds": 600, "waitTimeoutSeconds": 300, "ratePerSecondMicroUsdc": "1000",
            "holdMicroUsdc": "600000", "startedAt": None, "endedAt": TIME, "cleanSeconds": 0,
            "chargedMicroUsdc": "0", "settlementTxHash": None, "videoBackendRef": None, "createdAt": TIME,
            "requestedLat": 4.711234, "requestedLng": -74.072456, "authorized": False, "whepUrl": None,
            "whipUrl": None},
        "timestamp": TIME})


def test_no_credential(luxxon):
    assert_answer(luxxon.send(luxxon.new()), 401,
                  error(401, "NOT_AUTHENTICATED", "Session expired or missing", "auth:noCredential"))


def test_a_key_that_nobody_issued(luxxon):
    assert_answer(luxxon.send(luxxon.new(), "lxxn_test_000000_nonsense"), 401,
                  error(401, "INVALID_API_KEY", "API key is not valid", "auth:invalidCredential"))


def test_a_revoked_key(luxxon):
    key = luxxon.tenant.issue(luxxon.owner, prefix="lxxn_test_{workspace}_", workspace="viewer")
    luxxon.tenant.revoke(key["id"])
    assert_answer(luxxon.send(luxxon.new(), key["key"]), 401,
                  error(401, "REVOKED_API_KEY", "API key has been revoked", "auth:keyRevoked"))


def test_the_operators_side(luxxon):
    assert_answer(luxxon.send(luxxon.new(), luxxon.stranger_key), 403,
                  error(403, "NOT_AUTHORIZED", "Not authorized for this operation", "session:notOwner"))


def test_another_consumers_workspace(luxxon):
    slug = f"consumer-{uuid.uuid4().hex[:8]}"
    luxxon.tenant.workspace(slug)
    other = luxxon.tenant.principal(slug, scopes=["sessions:create", "sessions:read"])
    luxxon.tenant.member(slug, other)
    assert_answer(luxxon.send(luxxon.new(), luxxon.tenant.key(other, workspace=slug)), 403,
                  error(403, "NOT_AUTHORIZED", "Not authorized for this operation", "session:notOwner"))


def test_a_key_without_the_scope(luxxon):
    key = luxxon.tenant.key(luxxon.owner, workspace="viewer", scopes=["sessions:read"])
    assert_answer(luxxon.send(luxxon.new(), key), 403,
                  error(403, "NOT_AUTHORIZED", "Not authorized for this operation", "auth:scopeMissing"))


def test_an_unknown_session(luxxon):
    assert_answer(luxxon.end(uuid.uuid4()), 404,
                  error(404, "SESSION_NOT_FOUND", "Session not found", "session:notFound"))


def test_a_malformed_id(luxxon):
    assert_answer(luxxon.end("nonsense"), 404,
                  error(404, "SESSION_NOT_FOUND", "Session not found", "session:notFound"))


def test_a_session_that_an_operator_has_accepted(luxxon):
    session = luxxon.new()
    accepted = luxxon.stack.send("POST", f"/curfew/v1/sessions/{session}/accept", luxxon.headers(luxxon.stranger_key))
    assert accepted.json()["state"] == "ASSIGNED"
    assert_answer(luxxon.end(session), 409, error(409, "INVALID_STATE", "Operation not allowed in the current state",
                                                  "session:invalidState"))


def test_a_session_that_was_cancelled(luxxon):
    session = luxxon.new()
    luxxon.end(session)
    assert_answer(luxxon.end(session), 409, error(409, "INVALID_STATE", "Operation not allowed in the current state",
                                                  "session:invalidState"))
    assert len(luxxon.database.audit(session)) == 1


@pytest.mark.parametrize("path", ["/api/v1/wallet", "/api/v1/auth/login", "/api/v1"])
def test_what_is_not_about_sessions(stack, path):
    assert_answer(stack.send("GET", path), 404,
                  {"statusCode": 404, "code": "NOT_FOUND", "message": "Not found", "timestamp": TIME})
