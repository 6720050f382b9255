"""DHCP Shield's logins from the list with its filters to "End All"."""
import uuid

import pytest

from shapes import TIME, UUID, assert_answer

PROBLEM = "application/problem+json"


@pytest.fixture
def shield(subjects, stack, database):
    """A tenant of the test's own."""
    return type(subjects["dhcp-shield"])(stack, database)


@pytest.fixture
def admin(shield):
    return shield.tenant.key(shield.tenant.principal("admin", role="admin"))


def login(shield, owner=None, **fields):
    return shield.tenant.session(owner or shield.owner, "login", fields=fields)


def get(shield, credential, query=""):
    return shield.stack.send("GET", "/api/sessions" + query, shield.headers(credential))


def end_all(shield, credential, user):
    return shield.stack.send("DELETE", f"/api/users/{user}/sessions", shield.headers(credential))


def assert_problem(response, status, title, kind, message, path, details=None):
    assert_answer(response, status, {
        "type": f"urn:problem:{kind}", "title": title, "status": status, "detail": message, "instance": path,
        "error": message, "details": details or {}, "request_id": response.headers["X-Request-Id"]}, PROBLEM)


def test_a_whole_life(shield, admin):
    first = login(shield, ip_address="10.0.0.1", auth_method="Local")
    second = login(shield, ip_address="10.0.0.2", auth_method="Local + MFA")
    other = login(shield, shield.tenant.principal("bob"))
    assert_answer(get(shield, first["token"]), 200, {"sessions": [
        {"id": second["id"], "username": "owner", "ip_address": "10.0.0.2", "auth_method": "Local + MFA",
         "created_at": TIME, "last_activity": TIME, "active": True, "current": False},
        {"id": first["id"], "username": "owner", "ip_address": "10.0.0.1", "auth_method": "Local",
         "created_at": TIME, "last_activity": TIME, "active": True, "current": True}], "total": 2})
    assert shield.send(second["id"], first["token"]).status_code == 200
    assert [(s["id"], s["active"]) for s in get(shield, first["token"]).json()["sessions"]] == [
        (second["id"], False), (first["id"], True)]
    assert_answer(end_all(shield, admin, shield.owner), 200, {"message": "Sessions terminated", "count": 1})
    assert get(shield, first["token"]).status_code == 401
    assert [(row["action"], row["relation"]) for row in shield.database.audit(first["id"])] == [("end", "admin")]
    assert shield.database.stored(other["id"])["state"] == "active"
    assert get(shield, admin).json()["total"] == 3


def test_with_a_key_no_login_is_the_current_one(shield):
    login(shield)
    (session,) = get(shield, shield.owner_key).json()["sessions"]
    assert (session["current"], session["ip_address"], session["auth_method"]) == (False, None, None)
    assert session["id"] == UUID


@pytest.mark.parametrize("query, found", [
    ("", "abcd"), ("?username=bob", "cd"), ("?username=nobody", ""), ("?auth_method=Local", "ac"),
    ("?auth_method=Local%20%2B%20MFA", "b"), ("?auth_method=Keycloak", ""), ("?active=true", "abd"), ("?active=false", "c"),
    ("?active=true&username=bob", "d"), ("?username=bob&auth_method=Local", "c"), ("?unheard_of=1", "abcd")])
def test_an_admin_sees_all_and_filters(shield, admin, query, found):
    bob = shield.tenant.principal("bob")
    sessions = {"a": login(shield, auth_method="Local"), "b": login(shield, auth_method="Local + MFA"),
                "c": login(shield, bob, auth_method="Local"), "d": login(shield, bob, auth_method="Google OAuth")}
    shield.send(sessions["c"]["id"], sessions["c"]["token"])
    names = {session["id"]: name for name, session in sessions.items()}
    answer = get(shield, admin, query).json()
    assert ("".join(sorted(names[s["id"]] for s in answer["sessions"])), answer["total"]) == (found, len(found))


def test_others_see_their_own(shield):
    login(shield)
    assert_answer(get(shield, shield.stranger_key), 200, {"sessions": [], "total": 0})
    assert get(shield, shield.stranger_key, "?username=owner").json()["total"] == 0


@pytest.mark.parametrize("query, name, kind", [("active=yes", "active", "wrong-type"), ("auth_method=Magic", "auth_method", "unknown-value")])
def test_a_query_that_cannot_be(shield, query, name, kind):
    response = get(shield, shield.owner_key, "?" + query)
    message = response.json()["detail"]
    assert_problem(response, 422, "Unprocessable Content", kind, message, "/api/sessions", {name: message})


def test_one_ends_all_of_ones_own(shield):
    one, two = login(shield), login(shield)
    assert_answer(end_all(shield, one["token"], shield.owner), 200, {"message": "Sessions terminated", "count": 2})
    assert shield.database.stored(two["id"])["state"] == "ended"
    assert_answer(end_all(shield, shield.owner_key, shield.owner), 200, {"message": "Sessions terminated", "count": 0})


def test_nobody_ends_all_of_another(shield):
    session = login(shield)
    path = f"/api/users/{shield.owner}/sessions"
    assert_problem(end_all(shield, shield.stranger_key, shield.owner), 403, "Forbidden", "not-admin",
                   "only an administrator may do this", path)
    assert_problem(end_all(shield, None, shield.owner), 401, "Unauthorized", "no-credential", "no credential was given", path)
    assert shield.database.stored(session["id"])["state"] == "active"


@pytest.mark.parametrize("user", [str(uuid.uuid4()), "7", "owner", "%22"])
def test_a_user_that_is_not_there(shield, admin, user):
    assert_problem(end_all(shield, admin, user), 404, "Not Found", "user-not-found", "user not found", f"/api/users/{user}/sessions")


def test_a_user_of_another_tenant_is_not_there(shield, admin, stack, database):
    other = type(shield)(stack, database)
    session = login(other)
    assert end_all(shield, admin, other.owner).status_code == 404
    assert database.stored(session["id"])["state"] == "active"


def test_nobody_lists(shield):
    assert_problem(get(shield, None), 401, "Unauthorized", "no-credential", "no credential was given", "/api/sessions")


def test_methods_of_no_route(shield):
    response = shield.stack.send("POST", "/api/sessions", shield.headers(shield.owner_key))
    assert response.status_code == 405
    assert sorted(response.headers["Allow"].split(", ")) == ["GET", "HEAD"]
