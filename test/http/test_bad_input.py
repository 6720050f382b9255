"""Bad input to every route of every contract, each on a host of its own: its status, in its envelope, and nothing changed.

What is tried follows from the front's list of routes and the OpenAPI documents, so that a route or field that is added is
tried too; bad_input.py says what each contract answers. Every answer is held against its document by stack.py."""
import datetime
import json
import pathlib
import re
import socket

import pytest

import bad_input
from bad_input import CONTRACTS, LONG, PROBES, Described, World, text
from stack import Edge

MEGABYTE = 1024 * 1024
JSON = {"Content-Type": "application/json"}
METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "BREW")


@pytest.fixture(scope="module")
def hosts(stack):
    """An nginx with a host name for each contract."""
    edge = Edge(stack)
    edge.remove()
    yield edge.start(site="sites.conf")
    edge.remove()


@pytest.fixture(scope="module")
def world(stack, database):
    return World(stack, database)


class Front:
    """The process that must neither end nor lose a thread."""

    def __init__(self, stack):
        self.process = pathlib.Path("/proc") / stack.script("front.sh", "pid")

    def threads(self):
        return len(list((self.process / "task").iterdir()))


@pytest.fixture(scope="module")
def front(stack):
    return Front(stack)


class Target:
    """One route, asked as somebody who may."""

    def __init__(self, hosts, world, contract, method, pattern):
        self.hosts, self.method, self.pattern = hosts, method, pattern
        self.name, self.contract = contract, CONTRACTS[contract]
        self.place = world.of(contract)
        self.path = self.place.path(pattern)
        self.described = Described(contract, method, pattern)
        self.probe = pattern in PROBES
        self.good = self.place.body(method, pattern)

    def headers(self, more=None):
        return {"Host": self.contract.host, **self.place.credential(self.pattern), **(more or {})}

    def send(self, path=None, body=None, headers=None, method=None):
        headers = self.headers({**(JSON if body is not None else {}), **(headers or {})})
        return self.hosts.send(method or self.method, path or self.path, headers, body)

    def refused(self, response, status, what, field=None):
        """The answer has this status in the contract's envelope, and names the field, where there is one to name."""
        where = f"{self.method} {self.pattern}, {what}: {response.status_code} {response.text[:300]}"
        assert response.status_code == status, f"expected {status} from {where}"
        assert response.headers["X-Request-Id"], where
        body = response.json()
        missing = self.contract.members - set(body)
        assert not missing, f"{missing} is not in {where}"
        told = [body[name] for name in ("code", "status", "http_status", "statusCode") if isinstance(body.get(name), int)]
        assert set(told) <= {status}, where
        if field is not None:
            assert field in self.contract.field(body), f"{field} is not named by {where}"


@pytest.fixture(params=bad_input.routes(), ids=" ".join)
def target(request, hosts, world, database, front):
    """The route; after its test nothing has changed, and nobody has ended."""
    target = Target(hosts, world, *request.param)
    before, backends, threads = bad_input.digest(database), bad_input.backends(database), front.threads()
    yield target
    after = bad_input.digest(database)
    assert [table for table in before if before[table] != after[table]] == []
    assert backends <= bad_input.backends(database)
    assert front.threads() == threads
    assert hosts.send("GET", "/readyz", {"Host": "curfew.example.com"}).status_code == 200


def test_paths_and_methods(target):
    for end in ("/no/such/path", "/no/such/path?x=1", "/", "//no/way", "/%2F/no/way"):
        target.refused(target.send(target.path + end), 404, end)
    takes = bad_input.allowed(target.name, target.path)
    for method in METHODS:
        if method not in takes:
            response = target.send(method=method)
            target.refused(response, 405, method)
            assert set(response.headers["Allow"].split(", ")) == takes


def test_ids(target):
    for name in re.findall(r"\{([^}]*)\}", target.pattern):
        status = target.contract.malformed.get(name, target.contract.missing)
        if target.pattern.startswith("/curfew/v1/lifecycles/"):
            status = 404
        good = target.place.parameter(target.pattern, name)
        for bad in bad_input.bad_ids(good):
            path = target.place.path(target.pattern, **{name: bad})
            is_beginning = target.name == "dreadnode" and name == "session_id" and good.startswith(bad)
            if is_beginning or bad == good or not bad_input.fits(target.pattern, path):
                continue
            response = target.send(path, text(target.good) if target.good else None)
            target.refused(response, status, f"{name} {bad[:60]}", name if status == target.contract.malformed.get(name) else None)
        for nul in ("%00", f"{good}%00"):
            target.refused(target.send(target.place.path(target.pattern, **{name: nul})), 400, f"{name} {nul}")


def test_query(target):
    known = target.described.query
    invalid = target.contract.invalid
    if target.probe:
        pytest.skip("a probe looks at nothing")
    for query in ("unheard_of=1", "unheard_of", "%00=1", "%FF=%FF", "a" * LONG + "=1", "unheard_of=1&unheard_of=2"):
        if target.name == "native":
            target.refused(target.send(f"{target.path}?{query}"), invalid, query[:60])
        else:  # what nobody knows is ignored: the body is what is refused
            target.refused(target.send(f"{target.path}?{query}", b"nope"), target.contract.not_json, query[:60])
    for name, schema in known.items():
        if "array" in bad_input.types(schema):
            continue
        target.refused(target.send(f"{target.path}?{name}=1&{name}=1"), invalid, f"{name} twice", name)
        for value in bad_input.wrong_texts(schema):
            target.refused(target.send(f"{target.path}?{name}={value}"), invalid, f"{name}={value[:60]}", name)


def test_bodies(target):
    if target.probe:
        pytest.skip("a probe looks at nothing")
    for what, (body, is_json) in bad_input.bodies().items():
        target.refused(target.send(body=body), target.contract.invalid if is_json else target.contract.not_json, what)
    target.refused(target.send(body=b"x=1", headers={"Content-Type": "application/x-www-form-urlencoded"}), 415, "a form")
    for empty in (None, b"", b"{}"):
        for name in target.described.required[:1]:
            target.refused(target.send(body=empty), target.contract.invalid, "an empty body", name)


def test_fields(target):
    fields = target.described.fields
    for name, schema in fields.items():
        for value in bad_input.wrong_values(schema):
            what = f"{name}: {str(value)[:40]}"
            target.refused(target.send(body=text({**target.good, name: value})), target.contract.invalid, what, name)
        wrong = next(bad_input.wrong_values(schema), None)
        if wrong is None:
            continue
        # Of two members of one name the last counts.
        twice = text(target.good)[:-1] + (b"," if target.good else b"") + text({name: None})[1:-1] + b"," + text({name: wrong})[1:]
        target.refused(target.send(body=twice), target.contract.invalid, f"{name} twice", name)
        if "string" in bad_input.types(schema):
            for escaped in (rb"\u0000", rb"\ud800"):
                body = text({**target.good, name: "@"}).replace(b"@", escaped)
                target.refused(target.send(body=body), target.contract.not_json, f"{name} {escaped}")


def test_who_is_unknown_is_told_that_first(target):
    """Whatever else is wrong, and however the server plans a statement, which it does anew the first times."""
    if target.probe or target.pattern.endswith("/v1/refresh"):
        pytest.skip("asked by nobody")
    unknown = {name: f"{value.split()[0]} nobody" if " " in value else "nobody"
               for name, value in target.headers().items() if name.lower() in ("authorization", "x-api-key")}
    assert unknown
    wrong = {"field": text({**target.good, **{name: next(bad_input.wrong_values(schema), None)
                                              for name, schema in target.described.fields.items()}}), "body": b"{", "list": b"[]"}
    malformed = target.place.path(target.pattern, **{name: "no-id" for name in re.findall(r"\{([^}]*)\}", target.pattern)})
    for what, body in 3 * list(wrong.items()):
        target.refused(target.send(body=body, headers=unknown), 401, what)
        target.refused(target.send(malformed, body, unknown), 401, f"malformed id, {what}")
    target.refused(target.send(malformed, headers=unknown), 401, "malformed id")


def test_headers(target):
    target.refused(target.send(headers={"X-Large": "a" * 65536}), 431, "a header of 64 KB")
    header = {"luxxon": "X-Lx-Consistency-Token", "native": "X-Curfew-Token"}.get(target.name)
    if header is None or target.probe:
        return
    for token in ("x", "x" * LONG, bad_input.forged_token()):
        target.refused(target.send(headers={header: token}, body=text(target.good)), target.contract.invalid, token[:40])


def raw(target, announced, sent):
    """What is answered to a body that is announced longer than it is; b"" where nothing is. The sending side is closed."""
    head = {**target.headers(), **JSON, "Content-Length": str(announced), "Connection": "close"}
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    with socket.create_connection(("127.0.0.1", target.hosts.port), timeout=30) as connection:
        connection.sendall(f"{target.method} {target.path} HTTP/1.1\r\n{lines}\r\n".encode() + sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while b"}" not in answer and (part := connection.recv(65536)):
            answer += part
    return answer


def test_bodies_that_do_not_come(target):
    answer = raw(target, MEGABYTE + 1, b"")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413 "), answer
    assert target.contract.members <= set(json.loads(body))
    whole = text(target.good)
    for sent in (b"", whole[:1], whole):
        answer = raw(target, len(whole) + 10, sent)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 "), answer


def test_a_read_on_the_contracts_own_host(target):
    """So that what is refused above is refused for what is wrong with it."""
    if target.method != "GET" or target.pattern.endswith("/frame"):
        pytest.skip("a change, or what is never there")
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    needed = f"?at={now}" if target.pattern.endswith("/as-of") else ""
    response = target.send(target.path + needed)
    assert response.status_code == 200, response.text
