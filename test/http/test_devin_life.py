"""Devin's runs from prompt through messages and tags to termination; the list with its filters; every refusal."""
import threading

import pytest

from shapes import Like, UUID, assert_answer

JSON = {"Content-Type": "application/json"}
TIME = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
RUN = Like(r"devin-[0-9a-f]{32}")


def id_of(run):
    """The UUID of a run's id."""
    return run.removeprefix("devin-")


class Client:
    """One caller's requests."""

    def __init__(self, subject, key):
        self.subject, self.key = subject, key

    def send(self, method, path="", body=None):
        return self.subject.stack.send(method, "/v1/sessions" + path, {**self.subject.headers(self.key), **JSON}, body)

    def json(self, method, path="", body=None):
        response = self.send(method, path, body)
        assert response.status_code == 200, response.text
        return response.json()

    def new(self, body='{"prompt": "Fix the tests"}'):
        return self.json("POST", "", body)["session_id"]

    def titles(self, query=""):
        return [session["title"] for session in self.json("GET", "?" + query)["sessions"]]


@pytest.fixture
def devin(subjects, stack, database):
    """A tenant of the test's own."""
    return type(subjects["devin"])(stack, database)


@pytest.fixture
def dave(devin):
    return Client(devin, devin.owner_key)


@pytest.fixture
def service(devin):
    return Client(devin, devin.tenant.key(devin.tenant.principal("pipeline", kind="service", email="ci@example.com"),
                                          prefix="apk_"))


@pytest.fixture
def admin(devin):
    return Client(devin, devin.tenant.key(devin.tenant.principal("boss", role="admin"), prefix="apk_user_"))


@pytest.fixture
def stranger(devin):
    return Client(devin, devin.stranger_key)


def invalid(message, kind, *place):
    return {"detail": [{"loc": list(place), "msg": message, "type": kind}]}


EXITED = invalid("The session has already exited", "session_exited", "path", "session_id")


def test_a_whole_life(devin, dave, service):
    created = dave.json("POST", "", '{"prompt": "Fix the tests", "title": "Tests", "tags": ["ci", "urgent"],'
                        ' "playbook_id": "playbook-1", "snapshot_id": "snap-1", "max_acu_limit": 10, "unlisted": true,'
                        ' "knowledge_ids": ["k"], "secret_ids": [], "structured_output_schema": {"type": "object", "x": null}}')
    assert created == {"session_id": RUN, "url": f"{devin.stack.url}/sessions/{created['session_id']}"}
    run = created["session_id"]
    shown = dave.json("GET", "/" + run)
    message = {"type": "initial_user_message", "event_id": UUID, "message": "Fix the tests", "timestamp": TIME,
               "user_id": devin.owner, "username": "dave"}
    assert shown == {
        "session_id": run, "status": "running", "status_enum": "working", "title": "Tests", "created_at": TIME,
        "updated_at": TIME, "snapshot_id": "snap-1", "playbook_id": "playbook-1", "tags": ["ci", "urgent"],
        "pull_request": None, "structured_output": None, "requesting_user_email": None, "messages": [message]}
    stored = devin.database.rows("SELECT fields FROM curfew.session_detail WHERE session_id = %s", (id_of(run),))[0]["fields"]
    assert stored["structured_output_schema"] == {"type": "object", "x": None}
    assert (stored["max_acu_limit"], stored["unlisted"], stored["knowledge_ids"], stored["secret_ids"]) == (10, True, ["k"], [])

    # It is blocked, and what is said to it wakes it.
    worker = devin.tenant.principal("worker", kind="service")
    devin.database.as_principal(devin.tenant.slug, worker, "act", session_id=id_of(run), action="block")
    blocked = dave.json("GET", "/" + run)
    assert (blocked["status"], blocked["status_enum"]) == ("running", "blocked")
    assert_answer(dave.send("POST", f"/{run}/message", '{"message": "Go on"}'), 200, {"detail": "Message sent successfully"})
    assert_answer(dave.send("PUT", f"/{run}/tags", '{"tags": ["done"]}'), 200, {"detail": "Tags updated successfully"})
    devin.database.as_principal(devin.tenant.slug, worker, "update_session", session_id=id_of(run),
                                fields={"pull_request": {"url": "https://git.example/1"}, "structured_output": {"ok": True}})
    shown = dave.json("GET", "/" + run)
    assert (shown["status_enum"], shown["tags"]) == ("working", ["done"])
    assert (shown["pull_request"], shown["structured_output"]) == ({"url": "https://git.example/1"}, {"ok": True})
    assert [(m["type"], m["message"]) for m in shown["messages"]] == [
        ("initial_user_message", "Fix the tests"), ("user_message", "Go on")]

    assert_answer(dave.send("DELETE", "/" + run), 200, {"detail": "Session terminated successfully"})
    ended = dave.json("GET", "/" + run)
    assert (ended["status"], ended["status_enum"]) == ("terminated", "finished")
    assert [row["action"] for row in devin.database.audit(id_of(run))] == [
        "message", "block", "message", "wake", "tag", "update", "terminate"]
    assert_answer(dave.send("DELETE", "/" + run), 422, EXITED)
    assert_answer(dave.send("POST", f"/{run}/message", '{"message": "Are you there?"}'), 422, EXITED)
    assert len(dave.json("GET", "/" + run)["messages"]) == 2
    # Tags are a fact about it that can still change.
    assert dave.send("PUT", f"/{run}/tags", '{"tags": []}').status_code == 200


@pytest.mark.parametrize("action, status", [("finish", "finished"), ("terminate", "terminated")])
def test_how_an_exit_is_shown(devin, dave, action, status):
    run = dave.new()
    worker = devin.tenant.principal("worker", kind="service")
    devin.database.as_principal(devin.tenant.slug, worker, "act", session_id=id_of(run), action=action)
    shown = dave.json("GET", "/" + run)
    assert (shown["status"], shown["status_enum"]) == (status, "finished")


def test_an_expired_run(devin, dave):
    run = dave.new()
    devin.database.rows("UPDATE curfew.session SET deadline = now() WHERE id = %s", (id_of(run),))
    shown = dave.json("GET", "/" + run)
    assert (shown["status"], shown["status_enum"]) == ("expired", "expired")
    assert_answer(dave.send("POST", f"/{run}/message", '{"message": "hello"}'), 422, EXITED)


def test_the_text_of_a_message_is_not_in_the_audit_log(devin, dave):
    run = dave.new('{"prompt": "a prompt that nobody else writes"}')
    dave.json("POST", f"/{run}/message", '{"message": "a message that nobody else writes"}')
    assert devin.database.rows("SELECT 1 FROM curfew.audit_event e WHERE e::text LIKE '%%nobody else writes%%'") == []


def test_idempotent_the_same_prompt_is_the_same_session(devin, dave, service):
    body = '{"prompt": "Fix it", "idempotent": true, "title": "First"}'
    first = dave.json("POST", "", body)
    assert first == {"session_id": RUN, "url": Like(".*"), "is_new_session": True}
    again = dave.json("POST", "", body.replace("First", "Second"))
    assert again == {**first, "is_new_session": False}
    assert dave.titles() == ["First"]
    assert len(dave.json("GET", "/" + first["session_id"])["messages"]) == 1
    for client, other in ((dave, body.replace("Fix", "Mend")), (dave, body.replace("true", "false")), (service, body)):
        assert client.json("POST", "", other)["session_id"] != first["session_id"]
    dave.send("DELETE", "/" + first["session_id"])
    assert dave.json("POST", "", body)["session_id"] == first["session_id"]


def test_idempotent_of_many_at_the_same_moment(dave):
    answers = []

    def create():
        answers.append(Client(dave.subject, dave.key).json("POST", "", '{"prompt": "At once", "idempotent": true}'))

    threads = [threading.Thread(target=create) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({answer["session_id"] for answer in answers}) == 1
    assert sorted(answer["is_new_session"] for answer in answers) == [False] * 5 + [True]


@pytest.fixture
def listed(devin, dave, service):
    for title, tags in (("one", '["a", "b"]'), ("two", '["b"]'), ("three", "[]")):
        dave.new(f'{{"prompt": "x", "title": "{title}", "tags": {tags}}}')
    service.new('{"prompt": "x", "title": "four", "tags": ["a"]}')
    devin.tenant.session(devin.owner, "login", title="no run")


@pytest.mark.parametrize("query, titles", [
    ("", ["four", "three", "two", "one"]), ("limit=2", ["four", "three"]), ("limit=2&offset=1", ["three", "two"]),
    ("limit=2&skip=3", ["one"]), ("offset=1&skip=3", ["three", "two", "one"]), ("offset=4", []), ("limit=1000", ["four", "three", "two", "one"]),
    ("tags=a", ["four", "one"]), ("tags=a&tags=b", ["four", "two", "one"]), ("tags=c", []), ("tags=a&limit=1", ["four"]),
    ("user_email=ci@example.com", ["four"]), ("user_email=nobody@example.com", []), ("unheard_of=1", ["four", "three", "two", "one"]),
])
def test_the_list(service, listed, query, titles):
    assert service.titles(query) == titles


def test_a_list_has_what_the_caller_may_read(dave, stranger, listed):
    assert dave.titles() == ["three", "two", "one"]
    assert stranger.titles() == []
    assert stranger.titles("user_email=ci@example.com") == []


def test_a_listed_run_is_the_run_without_its_messages(dave, listed):
    for session in dave.json("GET")["sessions"]:
        shown = dave.json("GET", "/" + session["session_id"])
        shown.pop("messages")
        assert session == shown
        assert session["status_enum"] == "working"


def test_the_email_of_who_asked(service, listed):
    assert service.json("GET", "?tags=a&limit=1")["sessions"][0]["requesting_user_email"] == "ci@example.com"


@pytest.mark.parametrize("query, name, kind", [
    ("limit=0", "limit", "value_out_of_range"), ("limit=1001", "limit", "value_out_of_range"), ("limit=x", "limit", "wrong_type"),
    ("offset=-1", "offset", "value_out_of_range"), ("skip=-1", "skip", "value_out_of_range"), ("offset=1.5", "offset", "wrong_type")])
def test_a_query_that_cannot_be(dave, query, name, kind):
    response = dave.send("GET", "?" + query)
    assert response.status_code == 422
    (problem,) = response.json()["detail"]
    assert (problem["loc"], problem["type"]) == (["query", name], kind)


@pytest.mark.parametrize("body, name, kind", [
    ("{}", "prompt", "missing"), ('{"prompt": null}', "prompt", "missing"), ('{"prompt": ""}', "prompt", "missing"),
    ('{"prompt": 1}', "prompt", "wrong_type"), ('{"prompt": "x", "idempotent": "yes"}', "idempotent", "wrong_type"),
    ('{"prompt": "x", "title": 1}', "title", "wrong_type"), ('{"prompt": "x", "tags": "a"}', "tags", "wrong_type"),
    ('{"prompt": "x", "tags": [1]}', "tags", "wrong_type"),
    ('{"prompt": "x", "tags": [%s]}' % ", ".join(['"t"'] * 51), "tags", "value_out_of_range"),
    ('{"prompt": "x", "playbook_id": 1}', "playbook_id", "wrong_type"),
    ('{"prompt": "x", "knowledge_ids": {}}', "knowledge_ids", "wrong_type"),
    ('{"prompt": "x", "secret_ids": [null]}', "secret_ids", "wrong_type"),
    ('{"prompt": "x", "snapshot_id": []}', "snapshot_id", "wrong_type"),
    ('{"prompt": "x", "max_acu_limit": 0}', "max_acu_limit", "value_out_of_range"),
    ('{"prompt": "x", "max_acu_limit": 1.5}', "max_acu_limit", "wrong_type"),
    ('{"prompt": "x", "unlisted": 1}', "unlisted", "wrong_type"),
    ('{"prompt": "x", "structured_output_schema": []}', "structured_output_schema", "wrong_type"),
    ('{"prompt": "x", "structured_output_schema": {"a": "%s"}}' % ("b" * 65536), "structured_output_schema", "value_out_of_range"),
])
def test_a_prompt_that_cannot_be(dave, body, name, kind):
    response = dave.send("POST", "", body)
    assert response.status_code == 422, response.text
    (problem,) = response.json()["detail"]
    assert (problem["loc"], problem["type"]) == (["body", name], kind)
    assert dave.titles() == []


def test_fifty_tags_and_a_schema_of_64_kilobytes(dave):
    schema = '{"a": "%s"}' % ("b" * (65536 - len('{"a": ""}')))
    assert len(schema) == 65536
    tags = ", ".join(['"t"'] * 50)
    run = dave.new(f'{{"prompt": "x", "tags": [{tags}], "structured_output_schema": {schema}}}')
    assert dave.send("PUT", f"/{run}/tags", f'{{"tags": [{tags}]}}').status_code == 200


@pytest.mark.parametrize("method, path, body, name, kind", [
    ("POST", "/message", "{}", "message", "missing"), ("POST", "/message", '{"message": ""}', "message", "missing"),
    ("POST", "/message", '{"message": 1}', "message", "wrong_type"), ("PUT", "/tags", "{}", "tags", "missing"),
    ("PUT", "/tags", '{"tags": "a"}', "tags", "wrong_type"), ("PUT", "/tags", '{"tags": [%s]}' % ", ".join(['"t"'] * 51), "tags", "value_out_of_range"),
])
def test_a_body_that_cannot_be(dave, method, path, body, name, kind):
    run = dave.new()
    response = dave.send(method, f"/{run}{path}", body)
    assert response.status_code == 422
    (problem,) = response.json()["detail"]
    assert (problem["loc"], problem["type"]) == (["body", name], kind)
    assert dave.json("GET", "/" + run)["tags"] == []


@pytest.mark.parametrize("method, path, body", [
    ("GET", "", None), ("POST", "/message", '{"message": "hello"}'), ("PUT", "/tags", '{"tags": []}')])
def test_who_may(devin, dave, service, admin, stranger, method, path, body):
    run = "/" + dave.new()
    for client in (dave, service, admin):
        assert client.send(method, run + path, body).status_code == 200
    assert_answer(stranger.send(method, run + path, body), 403, {"detail": "the caller may not do this to this session"})
    assert_answer(Client(devin, None).send(method, run + path, body), 401, {"detail": "no credential was given"})
    unknown = "/devin-" + "0" * 32
    assert_answer(dave.send(method, unknown + path, "{}" if body else None), 404, {"detail": "session not found"})
    assert_answer(dave.send(method, "/devin-7" + path, body), 422,
                  invalid("the id is malformed", "malformed_id", "path", "session_id"))
    login = devin.tenant.session(devin.owner, "login")["id"].replace("-", "")
    assert_answer(dave.send(method, f"/devin-{login}" + path, body), 404, {"detail": "session not found"})


@pytest.mark.parametrize("method, path", [("POST", ""), ("GET", "")])
def test_nobody_begins_or_lists(devin, method, path):
    assert_answer(Client(devin, None).send(method, path, None), 401, {"detail": "no credential was given"})


@pytest.mark.parametrize("body, kind", [("{", "json_invalid"), ("[]", "not_object")])
def test_a_body_that_is_no_object(dave, body, kind):
    run = dave.new()
    for method, path in (("POST", ""), ("POST", f"/{run}/message"), ("PUT", f"/{run}/tags")):
        response = dave.send(method, path, body)
        assert response.status_code == 422
        assert response.json()["detail"][0]["type"] == kind
        assert response.json()["detail"][0]["loc"] == ["body"]


def test_methods_of_no_route(dave):
    response = dave.send("DELETE", "")
    assert_answer(response, 405, {"detail": "this path does not take that method"})
    assert sorted(response.headers["Allow"].split(", ")) == ["GET", "HEAD", "POST"]
