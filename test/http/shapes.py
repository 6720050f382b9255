"""Bodies compared to the letter: member names, their order, and their values, with patterns where a value varies."""
import json
import re


class Like:
    """Equal to any text that the pattern fits whole."""

    def __init__(self, pattern):
        self.pattern = re.compile(pattern)

    def __eq__(self, other):
        return isinstance(other, str) and self.pattern.fullmatch(other) is not None

    def __repr__(self):
        return f"<text like {self.pattern.pattern}>"


UUID = Like(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
MICROTIME = Like(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TEXT = Like(r"(?s).+")
REQUEST_ID = Like(r"[0-9a-f]{32}")


def ordered(value):
    """A value whose objects are compared in the order of their members too."""
    if isinstance(value, dict):
        return ("object", [(name, ordered(member)) for name, member in value.items()])
    if isinstance(value, list):
        return [ordered(member) for member in value]
    return value


def body(response):
    return ordered(json.loads(response.text))


def assert_answer(response, status, expected, content_type="application/json"):
    """The response is this status with this body, and is marked as it should be."""
    assert (response.status_code, body(response)) == (status, ordered(expected))
    assert response.headers["Content-Type"] == content_type
    assert response.headers["X-Request-Id"]


REASONS = {"database_away": "the database cannot be reached; nothing was changed",
           "read_only": "the database takes no changes here now; nothing was changed"}


def assert_unavailable(subject, response, reason):
    """A 503 in the contract's envelope, for one of those reasons."""
    told = REASONS[reason]
    retry = response.headers["Retry-After"]
    assert retry.isdigit() and int(retry) > 0
    request_id = response.headers["X-Request-Id"]
    problem = {"type": f"urn:problem:{reason.replace('_', '-')}", "title": "Service Unavailable", "status": 503, "detail": told,
               "instance": response.request.path_url}
    status, body = {
        "dhcp-shield": (503, {**problem, "error": told, "details": {}, "request_id": request_id}),
        "native": (503, {**problem, "reason": reason, "request_id": request_id}),
        "dreadnode": (502, {"code": 502, "detail": told, "type": "bad_gateway"}),
        "devin": (503, {"detail": told}),
        "truthlocks": (503, {"code": "INTERNAL_ERROR", "message": told, "http_status": 503, "details": {}}),
        "luxxon": (503, {"statusCode": 503, "code": "AUTHZ_ERROR", "message": "Authorization service unavailable",
                         "timestamp": TIME}),
    }[subject.contract]
    kind = "application/problem+json" if subject.contract in ("dhcp-shield", "native") else "application/json"
    assert_answer(response, status, body, kind)
