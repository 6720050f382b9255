"""PostgreSQL goes away and comes back; the front stays."""
import time

from shapes import assert_unavailable
from stack import PATIENCE


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
            assert_unavailable(subject, subject.end(sessions[name]), "database_away")
    finally:
        stack.script("postgres.sh", "start")
    wait_until_ready(stack)
    for name, subject in subjects.items():
        response = subject.end(sessions[name])
        assert response.status_code == 200, (name, response.text)
        assert len(subject.database.audit(sessions[name])) == 1
    assert stack.script("front.sh", "pid") == front
