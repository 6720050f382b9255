"""DELETE /api/sessions/{session_id}, to the letter."""
import uuid

import pytest

from shapes import assert_answer

PROBLEM = "application/problem+json"


@pytest.fixture
def shield(subjects):
    return subjects["dhcp-shield"]


def problem(path, status, title, kind, message, request_id):
    return {"type": f"urn:problem:{kind}", "title": title, "status": status, "detail": message, "instance": path,
            "error": message, "details": {}, "request_id": request_id}


def assert_problem(response, path, *members):
    assert_answer(response, members[0], problem(path, *members, response.headers["X-Request-Id"]), PROBLEM)


def test_own_session(shield):
    assert_answer(shield.end(shield.new()), 200, {"message": "Session terminated"})


def test_with_the_token_of_a_login_another_login_is_ended(shield):
    login = shield.tenant.session(shield.owner, "login")
    session = shield.new()
    assert_answer(shield.send(session, login["token"]), 200, {"message": "Session terminated"})
    assert shield.database.stored(session)["state"] == "ended"


def test_a_login_that_ended_itself_is_no_credential_any_more(shield):
    login = shield.tenant.session(shield.owner, "login")
    assert_answer(shield.send(login["id"], login["token"]), 200, {"message": "Session terminated"})
    session = shield.new()
    assert_problem(shield.send(session, login["token"]), f"/api/sessions/{session}", 401, "Unauthorized",
                   "session-not-live", "the session of this token is not live")


def test_any_session_as_admin(shield):
    admin = shield.tenant.principal("admin", role="admin")
    session = shield.new()
    assert_answer(shield.send(session, shield.tenant.key(admin)), 200, {"message": "Session terminated"})
    (row,) = shield.database.audit(session)
    assert (row["actor_id"], row["relation"]) == (admin, "admin")


def test_no_credential(shield):
    session = shield.new()
    assert_problem(shield.send(session), f"/api/sessions/{session}", 401, "Unauthorized", "no-credential",
                   "no credential was given")


def test_a_bad_credential(shield):
    session = shield.new()
    assert_problem(shield.send(session, "nonsense"), f"/api/sessions/{session}", 401, "Unauthorized",
                   "invalid-credential", "the credential is not valid")


def test_another_operators_session(shield):
    session = shield.new()
    assert_problem(shield.send(session, shield.stranger_key), f"/api/sessions/{session}", 403, "Forbidden", "not-owner",
                   "the caller may not do this to this session")


@pytest.mark.parametrize("unknown", [str(uuid.uuid4()), "7", "not-a-uuid", "%22%7D", "a%2Fb"])
def test_an_id_that_is_not_there(shield, unknown):
    assert_problem(shield.end(unknown), f"/api/sessions/{unknown}", 404, "Not Found", "session-not-found",
                   "session not found")


def test_a_session_that_has_ended(shield):
    session = shield.new()
    shield.end(session)
    assert_problem(shield.end(session), f"/api/sessions/{session}", 404, "Not Found", "session-not-found",
                   "session not found")
    assert len(shield.database.audit(session)) == 1


def test_a_path_that_is_no_route(shield, stack):
    response = stack.send("GET", "/api/sessions/a/b/c")
    assert_problem(response, "/api/sessions/a/b/c", 404, "Not Found", "route-not-found", "there is nothing at this path")
