"""POST /api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/archive, to the letter."""
import uuid

import pytest

from shapes import TIME, assert_answer, body


@pytest.fixture
def dreadnode(subjects):
    return subjects["dreadnode"]


def error(status, kind, message):
    return {"code": status, "detail": message, "type": kind}


def test_the_archived_session(dreadnode):
    session = dreadnode.new()
    response = dreadnode.end(session)
    members = response.json()
    expected = {
        "id": session, "user_id": dreadnode.owner,
        "created_by": {"id": dreadnode.owner, "email": "carol@example.com", "full_name": "Carol Contributor",
                       "username": "carol"},
        "agent": "tester", "name": "A talk", "labels": {"topic": ["tests"]}, "origin": "user",
        "usage": {"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 0,
                  "cache_creation_input_tokens": 0, "total_tokens": 0, "last_generation_input_tokens": None,
                  "cost_usd": 0},
        "created_at": TIME, "updated_at": TIME, "archived_at": TIME,
    }
    # This contract fixes the members, not their order.
    assert response.status_code == 200
    assert members == expected


def test_archiving_again_gives_the_first_answer_and_changes_nothing(dreadnode):
    session = dreadnode.new()
    first = dreadnode.end(session)
    again = dreadnode.end(session)
    assert again.status_code == 200
    assert body(again) == body(first)
    assert len(dreadnode.database.audit(session)) == 1
    assert dreadnode.database.stored(session)["version"] == 2


def test_an_admin_of_the_organization_archives_any(dreadnode):
    admin = dreadnode.tenant.principal("boss", role="admin")
    assert dreadnode.send(dreadnode.new(), dreadnode.tenant.key(admin)).status_code == 200


def test_a_unique_prefix_names_a_session(dreadnode):
    session = dreadnode.new()
    assert dreadnode.end(session.replace("-", "")[:12]).json()["id"] == session


def test_no_credential(dreadnode):
    assert_answer(dreadnode.send(dreadnode.new()), 401, error(401, "authentication_failed", "no credential was given"))


def test_a_bad_credential(dreadnode):
    assert_answer(dreadnode.send(dreadnode.new(), "nonsense"), 401,
                  error(401, "authentication_failed", "the credential is not valid"))


def test_a_reader(dreadnode):
    assert_answer(dreadnode.send(dreadnode.new(), dreadnode.stranger_key), 403,
                  error(403, "access_forbidden", "the caller may not do this to this session"))


def test_an_unknown_session(dreadnode):
    assert_answer(dreadnode.end(uuid.uuid4()), 404, error(404, "not_found", "session not found"))


def test_an_unknown_workspace(dreadnode, stack):
    path = dreadnode.path(dreadnode.new()).replace("/ws/main/", "/ws/nowhere/")
    assert_answer(stack.send("POST", path, dreadnode.headers(dreadnode.owner_key)), 404,
                  error(404, "not_found", "workspace not found"))


def test_a_workspace_that_the_caller_is_no_member_of(dreadnode):
    outsider = dreadnode.tenant.key(dreadnode.tenant.principal("outsider"))
    response = dreadnode.send(dreadnode.new(), outsider)
    assert response.status_code == 404
    assert response.json()["type"] == "not_found"


@pytest.mark.parametrize("organization", ["no-such-org", "dreadnode"])
def test_an_unknown_organization(dreadnode, stack, organization):
    path = dreadnode.path(dreadnode.new()).replace(dreadnode.tenant.slug, organization)
    assert_answer(stack.send("POST", path, dreadnode.headers(dreadnode.owner_key)), 404,
                  error(404, "not_found", "organization not found"))


@pytest.mark.parametrize("malformed", ["abc", "not-an-id", "%C3%A9"])
def test_an_id_that_can_be_none(dreadnode, malformed):
    assert_answer(dreadnode.end(malformed), 422, {
        "code": 422, "detail": "the id is malformed",
        "errors": [{"loc": ["path", "session_id"], "msg": "the id is malformed", "type": "malformed_id"}],
        "type": "validation_error"})


def test_a_body_that_is_not_json(dreadnode):
    response = dreadnode.send(dreadnode.new(), dreadnode.owner_key, {"Content-Type": "application/json"}, "{")
    assert_answer(response, 400, error(400, "invalid_request", response.json()["detail"]))


def test_a_method_of_no_route(dreadnode):
    response = dreadnode.send(dreadnode.new(), dreadnode.owner_key, method="DELETE")
    assert_answer(response, 405, error(405, "method_not_allowed", "this path does not take that method"))
