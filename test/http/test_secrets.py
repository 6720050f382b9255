"""No credential is in a log: not of the front, not of nginx, not of PostgreSQL."""
import json


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


def test_every_line_of_the_fronts_log_is_an_object_with_the_request_id(stack, subjects):
    response = subjects["devin"].end(subjects["devin"].new())
    lines = [json.loads(line) for line in (stack.directory / "log" / "front.log").read_text().splitlines()]
    assert any(response.headers["X-Request-Id"] in line.values() for line in lines)
