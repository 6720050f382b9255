"""Idempotency-Key: a changing request of Curfew's own interface that is sent twice is done once."""
import http.client
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from stack import client

SESSIONS = "/curfew/v1/sessions"


@pytest.fixture
def ask(native):
    """Sends a change with an idempotency key, by default as the tenant's owner of sessions."""
    def send(path, members, key, credential=native.owner_key, headers=None):
        headers = {"Authorization": f"Bearer {credential}", "Content-Type": "application/json",
                   "Idempotency-Key": key, **(headers or {})}
        return native.stack.send("POST", path, headers, json.dumps(members))
    return send


@pytest.fixture
def key():
    return str(uuid.uuid4())


def begun(native, title):
    """The sessions of that title."""
    return native.database.rows("SELECT d.session_id::text AS id FROM curfew.session_detail d"
                                " WHERE d.tenant_id = %s AND d.title = %s", (native.tenant.id, title))


def same(first, again):
    """The same status, the same body to the letter, the same headers that tell of it."""
    assert (again.status_code, again.text) == (first.status_code, first.text)
    for name in ("ETag", "Location", "Content-Type"):
        assert again.headers.get(name) == first.headers.get(name)


def remember(native, response):
    native.database.credentials.update((response.json()["token"], response.json()["refresh_token"]))


def test_a_session_that_is_begun_twice_is_one_with_the_same_tokens(native, ask, key):
    members = {"lifecycle": "agent", "title": key, "labels": {"a": ["b"]}}
    first, again = ask(SESSIONS, members, key), ask(SESSIONS, members, key)
    assert first.status_code == 201, first.text
    same(first, again)
    assert begun(native, key) == [{"id": first.json()["id"]}]
    introspect = native.stack.send("POST", "/curfew/v1/introspect", native.headers(native.owner_key),
                                   json.dumps({"token": again.json()["token"]}))
    assert introspect.json()["session_id"] == first.json()["id"]
    remember(native, first)


def test_after_its_end_the_first_answer_comes_without_the_tokens(native, ask, key):
    first = ask(SESSIONS, {"lifecycle": "agent", "title": key}, key)
    created = first.json()
    assert ask(f"{SESSIONS}/{created['id']}/terminate", {}, f"{key}-end").status_code == 200
    again = ask(SESSIONS, {"lifecycle": "agent", "title": key}, key)
    assert (again.status_code, again.headers["ETag"]) == (201, '"1"')
    assert again.json() == {name: value for name, value in created.items() if name not in ("token", "refresh_token")}
    remember(native, first)


def test_another_credential_gets_the_session_without_the_tokens(native, ask, key):
    first = ask(SESSIONS, {"lifecycle": "agent", "title": key}, key)
    for credential in (native.tenant.key(native.owner), first.json()["token"]):
        again = ask(SESSIONS, {"lifecycle": "agent", "title": key}, key, credential)
        assert (again.status_code, again.json()["id"]) == (201, first.json()["id"])
        assert not {"token", "refresh_token"} & set(again.json())
    remember(native, first)


def test_an_action_that_is_sent_twice_is_taken_once(native, ask, key):
    session = native.new()
    path = f"{SESSIONS}/{session}/terminate"
    first, again = ask(path, {"reason": "done"}, key), ask(path, {"reason": "done"}, key)
    assert (first.status_code, first.json()["state"], first.json()["replayed"]) == (200, "terminated", False)
    same(first, again)
    assert len(native.database.audit(session)) == 1
    assert ask(path, {"reason": "done"}, f"{key}-2").status_code == 409


def test_with_the_version_that_was_read_a_repeat_is_no_conflict(native, ask, key):
    path = f"{SESSIONS}/{native.new()}/terminate"
    first, again = (ask(path, {}, key, headers={"If-Match": '"1"'}) for _ in range(2))
    assert first.status_code == 200
    same(first, again)
    other = ask(path, {}, key)
    assert (other.status_code, other.json()["reason"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize("members", [{"lifecycle": "run", "title": "another"}, {"lifecycle": "login", "title": "first"},
                                     {"lifecycle": "run", "title": "first", "labels": {}}])
def test_another_request_under_the_same_key_is_refused(native, ask, key, members):
    assert ask(SESSIONS, {"lifecycle": "run", "title": "first"}, key).status_code == 201
    response = ask(SESSIONS, members, key)
    problem = response.json()
    assert (response.status_code, problem["reason"], problem["argument"]) == (
        422, "idempotency_key_reused", "Idempotency-Key")
    assert problem["type"] == "urn:problem:idempotency-key-reused"


def test_the_same_key_of_somebody_else_is_another(native, ask, key):
    members = {"lifecycle": "run", "title": key}
    ours, theirs = ask(SESSIONS, members, key), ask(SESSIONS, members, key, native.stranger_key)
    assert (ours.status_code, theirs.status_code) == (201, 201)
    assert len(begun(native, key)) == 2


def test_a_refusal_is_not_kept(native, ask, key):
    session = native.new()
    path = f"{SESSIONS}/{session}/terminate"
    assert ask(path, {}, key, headers={"If-Match": '"7"'}).status_code == 412
    assert ask(path, {}, key).status_code == 200


def test_a_revoked_key_gets_no_answer(native, ask, key):
    issued = native.tenant.issue(native.owner)
    first = ask(SESSIONS, {"lifecycle": "run", "title": key}, key, issued["key"])
    assert first.status_code == 201
    native.tenant.revoke(issued["id"])
    again = ask(SESSIONS, {"lifecycle": "run", "title": key}, key, issued["key"])
    assert (again.status_code, again.json()["reason"]) == (401, "key_revoked")


@pytest.mark.parametrize("given", ["", "a" * 256, "a b", "a,b", "a\tb", "é".encode("utf-8").decode("latin-1")])
@pytest.mark.parametrize("path", [SESSIONS, f"{SESSIONS}/{{session}}/terminate"])
def test_a_key_that_cannot_be_is_refused(native, ask, given, path):
    title, session = str(uuid.uuid4()), native.new()
    response = ask(path.format(session=session), {"lifecycle": "run", "title": title}, given)
    assert (response.status_code, response.json().get("argument")) == (422, "Idempotency-Key"), response.text
    assert begun(native, title) == [] and native.database.audit(session) == []


def test_two_keys_in_one_request_are_refused(native, key):
    """requests would send one; nginx passes both on."""
    connection = http.client.HTTPConnection("127.0.0.1", native.stack.port, timeout=30)
    connection.putrequest("POST", SESSIONS)
    body = json.dumps({"lifecycle": "run", "title": key}).encode()
    for name, value in (("Authorization", f"Bearer {native.owner_key}"), ("Content-Type", "application/json"),
                        ("Idempotency-Key", key), ("Idempotency-Key", f"{key}-2"), ("Content-Length", str(len(body)))):
        connection.putheader(name, value)
    connection.endheaders(body)
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["argument"]) == (422, "Idempotency-Key")
    connection.close()
    assert begun(native, key) == []


def test_a_reading_request_takes_no_notice(native, ask, key):
    for _ in range(2):
        response = native.stack.send("GET", SESSIONS, {"Authorization": f"Bearer {native.owner_key}", "Idempotency-Key": "a b"})
        assert response.status_code == 200


def test_of_many_at_once_one_does_it_and_all_get_its_answer(native, key):
    body = json.dumps({"lifecycle": "agent", "title": key})
    headers = {"Authorization": f"Bearer {native.owner_key}", "Content-Type": "application/json", "Idempotency-Key": key}

    def create(_):
        with client() as connection:
            response = connection.post(native.stack.url + SESSIONS, headers=headers, data=body, timeout=60)
            return response.status_code, response.text

    with ThreadPoolExecutor(16) as pool:
        answers = set(pool.map(create, range(16)))
    (answer,) = answers
    assert answer[0] == 201
    created = json.loads(answer[1])
    assert begun(native, key) == [{"id": created["id"]}]
    native.database.credentials.update((created["token"], created["refresh_token"]))
