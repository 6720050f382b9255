"""No credential is in a log: not of the front, not of nginx, not of PostgreSQL."""
import json

from stack import raw


def test_no_log_bears_a_credential(stack, database, subjects):
    for subject in subjects.values():
        session = subject.new()
        for credential in (subject.stranger_key, subject.owner_key, subject.owner_key + "x"):
            subject.send(session, credential)
        subject.send(session, subject.owner_key, {"Content-Type": "application/json"},
                     json.dumps({"token": subject.owner_key, "reason": ["x"]}))
        subject.send(session, subject.owner_key + "\\", {"X-Large": "a" * 20000})
    native = subjects["native"]
    token = native.tenant.session(native.owner, "agent")["token"]
    introspect = native.stack.send("POST", "/curfew/v1/introspect", native.headers(native.owner_key),
                                   json.dumps({"token": token}))
    assert introspect.json()["active"] is True

    logs = {file.name: file.read_text(errors="replace") for file in (stack.directory / "log").iterdir()}
    assert {"front.log", "nginx-access.log", "nginx-error.log", "postgres.log"} <= set(logs)
    assert logs["front.log"] and logs["nginx-access.log"]
    # Half of a secret is one too; its beginning says only what it is for.
    halves = {credential: credential[len(credential) // 2:] for credential in database.credentials}
    leaks = [(name, half) for name, text in logs.items() for half in halves.values() if half in text]
    assert leaks == []


def test_every_line_of_nginxs_log_is_an_object_without_the_query(stack, subjects):
    subject = subjects["devin"]
    targets = [f"/v1/sessions?token={subject.owner_key}".encode(), b"/v1/sessions/%ff\xff", b'/v1/sessions/a"b\\c']
    for number, target in enumerate(targets):
        raw(stack, b"GET %s HTTP/1.1\r\nHost: a\r\nX-Request-Id: log-%d\r\nConnection: close\r\n\r\n" % (target, number))
    log = (stack.directory / "log" / "nginx-access.log").read_text()
    lines = {line["request_id"]: line for line in map(json.loads, log.splitlines())}
    assert lines["log-0"]["path"] == "/v1/sessions"
    assert lines["log-1"]["path"] == "(not ASCII)"
    assert lines["log-2"]["path"] == '/v1/sessions/a"b\\c'
    assert subject.owner_key not in log


def test_every_line_of_the_fronts_log_is_an_object_with_the_request_id(stack, subjects):
    response = subjects["devin"].end(subjects["devin"].new())
    lines = [json.loads(line) for line in (stack.directory / "log" / "front.log").read_text().splitlines()]
    assert any(response.headers["X-Request-Id"] in line.values() for line in lines)
