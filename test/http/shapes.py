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
