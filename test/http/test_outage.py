"""PostgreSQL goes away and comes back; the front stays."""
import time

from shapes import TIME, assert_answer
from stack import PATIENCE

AWAY = "the database cannot be reached; nothing was changed"


def assert_away(subject, response):
    retry = response.headers["Retry-After"]
    assert retry.isdigit() and int(retry) > 0
    request_id = response.headers["X-Request-Id"]
    problem = {"type": "urn:problem:database-away", "title": "Service Unavailable", "status": 503, "detail": AWAY,
               "instance": response.request.path_url}
    status, body = {
        "dhcp-shield": (503, {**problem, "error": AWAY, "details": {}, "request_id": request_id}),
        "native": (503, {**problem, "reason": "database_away", "request_id": request_id}),
        "dreadnode": (502, {"code": 502, "detail": AWAY, "type": "bad_gateway"}),
        "devin": (503, {"detail": AWAY}),
        "truthlocks": (503, {"code": "INTERNAL_ERROR", "message": AWAY, "http_status": 503, "details": {}}),
        "luxxon": (503, {"statusCode": 503, "code": "AUTHZ_ERROR", "message": "Authorization service unavailable",
                         "timestamp": TIME}),
    }[subject.contract]
    kind = "application/problem+json" if subject.contract in ("dhcp-shield", "native") else "application/json"
    assert_answer(response, status, body, kind)


def wait_until_ready(stack):
    until = time.monotonic() + PATIENCE
    while stack.send("GET", "/readyz").status_code != 200:
        assert time.monotonic() < until, "the front does not find its database again"
        time.sleep(0.1)


def test_service_stops_and_starts_with_the_database(stack, subjects):
    sessions = {name: subject.new() for name, subject in subjects.items()}
    front = stack.script("front.sh", "pid")
    stack.script("postgres.sh", "stop")
    try:
        assert stack.send("GET", "/healthz").status_code == 200
        assert stack.send("GET", "/readyz").status_code == 503
        for name, subject in subjects.items():
            assert_away(subject, subject.end(sessions[name]))
    finally:
        stack.script("postgres.sh", "start")
    wait_until_ready(stack)
    for name, subject in subjects.items():
        response = subject.end(sessions[name])
        assert response.status_code == 200, (name, response.text)
        assert len(subject.database.audit(sessions[name])) == 1
    assert stack.script("front.sh", "pid") == front
