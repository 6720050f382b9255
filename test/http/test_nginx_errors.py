"""Errors that nginx answers by itself, each in the envelope of the contract that was asked."""
import socket

import pytest

from shapes import REQUEST_ID, TIME, assert_answer
from stack import raw

PATHS = {"native": "/curfew/v1/sessions", "dhcp-shield": "/api/sessions/1", "dreadnode": "/api/v1/org/a/ws/b/sessions",
         "devin": "/v1/sessions/devin-1", "truthlocks": "/v1/agent-sessions/1", "luxxon": "/api/v1/sessions/1"}
TYPES = {"native": "application/problem+json", "dhcp-shield": "application/problem+json"}
TITLES = {400: "Bad Request", 413: "Content Too Large", 414: "URI Too Long", 429: "Too Many Requests",
          431: "Request Header Fields Too Large", 502: "Bad Gateway", 504: "Gateway Timeout"}
KINDS = {400: "malformed_request", 413: "body_too_large", 414: "uri_too_long", 429: "rate_limited",
         431: "headers_too_large", 502: "bad_gateway", 504: "gateway_timeout"}
DREADNODE = {400: "invalid_request", 413: "invalid_request", 414: "invalid_request", 429: "rate_limited",
             431: "invalid_request", 502: "bad_gateway", 504: "gateway_timeout"}
TRUTHLOCKS = {400: "INVALID_INPUT", 413: "INVALID_INPUT", 414: "INVALID_INPUT", 429: "RATE_LIMITED",
              431: "INVALID_INPUT", 502: "INTERNAL_ERROR", 504: "INTERNAL_ERROR"}
LUXXON = {400: ("INVALID_INPUT", "Invalid request payload"), 413: ("INVALID_INPUT", "Request payload too large"),
          414: ("INVALID_INPUT", "Invalid request payload"), 429: ("RATE_LIMITED", "Rate limit exceeded"),
          431: ("INVALID_INPUT", "Invalid request payload"), 502: ("EXTERNAL_ERROR", "External service error"),
          504: ("EXTERNAL_ERROR", "External service error")}


def envelope(contract, status, message, request_id, details):
    problem = {"type": "urn:problem:" + KINDS[status].replace("_", "-"), "title": TITLES[status], "status": status,
               "detail": message, "instance": f"urn:request:{request_id}"}
    code, luxxon_message = LUXXON[status]
    return {
        "native": {**problem, "reason": KINDS[status], "request_id": request_id},
        "dhcp-shield": {**problem, "error": message, "details": {}, "request_id": request_id},
        "dreadnode": {"code": status, "detail": message, "type": DREADNODE[status]},
        "devin": {"detail": message},
        "truthlocks": {"code": TRUTHLOCKS[status], "message": message, "http_status": status, "details": details},
        "luxxon": {"statusCode": status, "code": code, "message": luxxon_message, "timestamp": TIME},
    }[contract]


def assert_envelope(response, contract, status, message, details=None):
    request_id = response.headers["X-Request-Id"]
    assert_answer(response, status, envelope(contract, status, message, request_id, details or {}),
                  TYPES.get(contract, "application/json"))


@pytest.fixture(params=list(PATHS))
def contract(request):
    return request.param


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit(stack, contract, announced):
    whole = b" " * (1024 * 1024 + 1)
    body = whole if announced else iter([whole])
    response = stack.send("POST", PATHS[contract], {"Content-Type": "application/json", "Connection": "close"}, body)
    assert_envelope(response, contract, 413, "request body is too large")


def test_headers_over_the_limit(stack, contract):
    assert_envelope(stack.send("GET", PATHS[contract], {"X-Large": "a" * 20000}), contract, 431,
                    "request headers are too large")


@pytest.mark.parametrize("end, status, message", [("%00", 400, "request is not well-formed"),
                                                  ("a" * 20000, 414, "request line is too long")],
                         ids=["a NUL", "too long"])
def test_a_path_that_nginx_does_not_take(stack, contract, end, status, message):
    assert_envelope(stack.send("GET", f"{PATHS[contract]}/no/route/{end}"), contract, status, message)


def test_a_front_that_is_away(stack, edge, contract):
    nginx = edge(front=stack.directory / "run" / "nobody.sock")
    response = nginx.send("GET", PATHS[contract], {"X-Request-Id": "away-1"})
    assert_envelope(response, contract, 502, "the service did not answer")
    assert response.headers["X-Request-Id"] == "away-1"


def test_a_front_that_does_not_answer(stack, edge, contract):
    path = stack.directory / "run" / "silent.sock"
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        path.chmod(0o666)
        silent.listen(16)
        nginx = edge(front=path, timeout=1)
        assert_envelope(nginx.send("GET", PATHS[contract]), contract, 504, "the service did not answer in time")
    path.unlink()


def test_more_requests_than_the_rate_allows(edge, contract):
    nginx = edge(rate=2)
    answers = [nginx.send("GET", PATHS[contract]) for _ in range(8)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused and answers[0].status_code != 429
    for answer in refused:
        assert_envelope(answer, contract, 429, "Rate limit exceeded. Retry after 30 seconds.",
                        {"limit": 2, "window_seconds": 60, "retry_after_seconds": 30})
        assert answer.headers["Retry-After"] == "30"
        limits = {name: value for name, value in answer.headers.items() if name.startswith("X-RateLimit-")}
        assert limits == ({"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "30"}
                          if contract == "truthlocks" else {})


def test_health_is_not_counted_against_the_rate(edge):
    nginx = edge(rate=1)
    assert {nginx.send("GET", "/healthz").status_code for _ in range(8)} == {200}


def test_readiness_is_counted_apart(edge):
    nginx = edge(rate=2)
    assert 429 in [nginx.send("GET", "/curfew/v1/lifecycles").status_code for _ in range(8)]
    assert nginx.send("GET", "/readyz").status_code == 200
    assert 429 in [nginx.send("GET", "/readyz").status_code for _ in range(8)]


@pytest.mark.parametrize("path", ["/v1/sessions/..%2f..%2fhealthz", "/curfew/v1/lifecycles/..%2F..%2F..%2Freadyz"])
def test_a_path_that_only_decoded_is_a_probe_is_counted(edge, path):
    nginx = edge(rate=2)
    statuses = [nginx.send("GET", path).status_code for _ in range(8)]
    assert statuses[0] == 401 and 429 in statuses


@pytest.mark.parametrize("request_line, status", [
    (b"nonsense", 400), (b"GET / HTTP/1.1", 400), (b"GET /%zz HTTP/1.1\r\nHost: a", 400),
    (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\nHost: a", 414), (b"TRACE / HTTP/1.1\r\nHost: a", 405),
    (b"GET / HTTP/2.0\r\nHost: a", 505),
])
def test_what_is_no_request_has_an_envelope_too(stack, request_line, status):
    line, head, body = raw(stack, request_line + b"\r\nConnection: close\r\n\r\n" if b"Host" in request_line
                           else request_line + b"\r\n\r\n")
    assert line.startswith(f"HTTP/1.1 {status}")
    assert "content-type: application/problem+json" in head
    assert "x-request-id: " in head
    assert body.startswith('{"type":"urn:problem:')


@pytest.mark.parametrize("path", ["/openapi/", "/openapi/nothing.json", "/docs/nothing"])
def test_where_there_is_nothing_to_show(stack, path):
    response = stack.send("GET", path, {})
    assert (response.status_code, response.headers["Content-Type"]) == (404, "application/problem+json"), response.text
    assert response.json()["reason"] == "route_not_found"


def test_nginx_names_no_version(stack):
    assert stack.send("GET", "/").headers["Server"] == "nginx"
    assert REQUEST_ID == stack.send("GET", "/").headers["X-Request-Id"]
