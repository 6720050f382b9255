"""What each contract says to bad input: its statuses, its envelope, and a caller who may act on each route."""
import base64
import json
import re
import subprocess
from urllib.parse import quote

import openapi
from database import Tenant
from market import PLACE, Market
from stack import CHECKOUT

LONG = 5000


class Contract:
    """A host of its own, and how what is wrong is told. `invalid`: of a value. `malformed`: of an id in a path."""

    def __init__(self, host, members, invalid, not_json, field, malformed=None, missing=404):
        self.host = host
        self.members = members  # of the envelope of an error that is no validation error
        self.invalid = invalid
        self.not_json = not_json
        self.field = field  # of the envelope of a validation error: where the field is named
        self.malformed = malformed or {}  # by path parameter
        self.missing = missing


PROBLEM = {"type", "title", "status", "detail", "instance", "request_id"}
CONTRACTS = {
    "dhcp-shield": Contract("shield.example.com", PROBLEM | {"error", "details"}, 422, 400,
                            lambda body: list(body["details"])),
    "dreadnode": Contract("dreadnode.example.com", {"code", "detail", "type"}, 422, 400,
                          lambda body: [error["loc"][-1] for error in body["errors"]], {"session_id": 422}),
    "devin": Contract("devin.example.com", {"detail"}, 422, 422,
                      lambda body: [error["loc"][-1] for error in body["detail"]], {"session_id": 422}),
    "truthlocks": Contract("truthlocks.example.com", {"code", "message", "http_status", "details"}, 400, 400,
                           lambda body: [body["details"]["field"]],
                           {"sessionId": 400, "sessionID": 400, "agentId": 400}),
    "luxxon": Contract("luxxon.example.com", {"statusCode", "code", "message", "timestamp"}, 400, 400,
                       lambda body: [body["detail"].removeprefix("input:")]),
    "native": Contract("curfew.example.com", PROBLEM | {"reason"}, 422, 400, lambda body: [body["argument"]],
                       {"id": 422, "action": 422}),
}

# The front answers these by itself or as nobody: no body is looked at, and no caller.
PROBES = {"/healthz", "/readyz"}


def routes():
    """(contract, method, pattern) of every route that there is."""
    listed = subprocess.run([CHECKOUT / "build" / "curfew-fcgi", "--routes"], text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    return [tuple(line.split("\t")) for line in listed.splitlines()]


def fits(pattern, path):
    return re.fullmatch(re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(pattern)), path) is not None


def allowed(contract, path):
    """The methods of a path, by all the routes that fit it."""
    methods = {method for other, method, pattern in routes() if other == contract and fits(pattern, path)}
    return methods | ({"HEAD"} if "GET" in methods else set()) | ({"OPTIONS"} if contract == "native" else set())


class Described:
    """What the OpenAPI document says of an operation's input."""

    def __init__(self, contract, method, pattern):
        document = next(document for document in openapi.documents() if document.name == contract)
        item = document.tree["paths"][pattern]
        operation = item[method.lower()]
        given = [document.follow(each) for each in item.get("parameters", []) + operation.get("parameters", [])]
        self.query = {each["name"]: document.follow(each["schema"]) for each in given if each["in"] == "query"}
        self.fields, self.required = {}, []
        if "requestBody" in operation:
            schema = document.follow(document.follow(operation["requestBody"])["content"]["application/json"]["schema"])
            self.fields = {name: document.follow(field) for name, field in schema.get("properties", {}).items()}
            self.required = schema.get("required", [])


EXAMPLES = {"string": "x", "integer": 7, "number": 0.5, "boolean": True, "array": ["x"], "object": {"x": ["y"]}}


def types(schema):
    """The JSON types that a schema takes; none for one that takes any."""
    kinds = schema.get("type", ["string"] if "enum" in schema else [])
    return [kinds] if isinstance(kinds, str) else list(kinds)


def wrong_values(schema):
    """A value of every type that the schema does not take, and what is in a list or out of a range."""
    kinds = types(schema)
    if not kinds:
        return
    for kind, value in EXAMPLES.items():
        if kind not in kinds and not (kind == "integer" and "number" in kinds):
            yield value
    if "integer" in kinds:
        yield from (1.5, 2**63, -2**63 - 1, 10**400)
    if "array" in kinds:
        yield from ([1], [["x"]], [None])


def wrong_texts(schema):
    """Texts of a query that the schema does not take."""
    kinds = types(schema)
    if "integer" in kinds:
        yield from ("1e400", str(2**63), "-1", "1.5", "x", "%00", "%FF", "0x10", "+1", " 1", "٣")
    if "boolean" in kinds:
        yield from ("2", "TRUE", "%00")
    if "enum" in schema:
        yield from ("none", "%00", "x" * LONG)
    if schema.get("format") in ("date-time", "uuid"):
        yield from ("x", "%00", "2026-13-01T00:00:00Z", "infinity", "x" * LONG)
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)


SHAPELESS = [quote(text, safe="") for text in
             ("x", "nothex-nothex-nothex", "🙂🙂🙂🙂", "'; DROP TABLE curfew.session; --", "../../x", "a/b/c", " ", "%00")]


def bad_ids(good):
    """Ids of every wrong form, as they stand in a path."""
    yield from SHAPELESS
    yield from ("%FF%FE", "0", "f" * LONG, "%2F" * 40, "%2e%2e", f"{good}0", f"{good}%2F", f"%20{good}", good[:-1] + "g",
                f"{good}%0A", good[:-1], good[:8])


class World:
    """For each contract a tenant with one of everything, and who may act on it."""

    def __init__(self, stack, database):
        self.stack = stack
        self.database = database
        self.made = {}

    def of(self, contract):
        if contract not in self.made:
            self.made[contract] = getattr(self, contract.replace("-", "_"))()
        return self.made[contract]

    def tenant(self, name):
        tenant = Tenant(self.database, name)
        tenant.workspace("main")
        return tenant

    def dhcp_shield(self):
        tenant = self.tenant("shield")
        owner = tenant.principal("ada", role="admin")
        session = tenant.session(owner, "login")["id"]
        return Place({"Authorization": f"Bearer {tenant.key(owner)}"}, {"session_id": session, "user_id": owner})

    def dreadnode(self):
        tenant = self.tenant("dread")
        owner = tenant.principal("carol")
        tenant.member("main", owner)
        session = tenant.session(owner, "conversation", workspace="main")["id"]
        return Place({"Authorization": f"Bearer {tenant.key(owner)}"},
                     {"session_id": session, "org": tenant.slug, "workspace": "main"},
                     {"POST /api/v1/org/{org}/ws/{workspace}/sessions/bulk-freeze": {"session_ids": [session]},
                      "PUT /api/v1/org/{org}/ws/{workspace}/sessions/{session_id}/labels": {"labels": {"a": ["b"]}}})

    def devin(self):
        tenant = self.tenant("devin")
        owner = tenant.principal("dave")
        session = tenant.session(owner, "run")["id"].replace("-", "")
        return Place({"Authorization": f"Bearer {tenant.key(owner)}"}, {"session_id": f"devin-{session}"},
                     {"POST /v1/sessions": {"prompt": "go"},
                      "POST /v1/sessions/{session_id}/message": {"message": "go"},
                      "PUT /v1/sessions/{session_id}/tags": {"tags": ["a"]}})

    def truthlocks(self):
        tenant = self.tenant("truth")
        agent = tenant.principal("crawler", kind="agent", scopes=["read"])
        owner = tenant.principal("backend", kind="service", role="admin")
        row = tenant.session(owner, "agent", agent=agent, scopes=["read"])
        create, reason = {"agent_id": agent}, {"reason": "done"}
        return Place({"X-API-Key": tenant.key(owner)}, {"sessionId": row["id"], "sessionID": row["id"], "agentId": agent},
                     {"POST /v1/sessions": create, "POST /v1/agent-sessions": create,
                      "POST /v1/sessions/{sessionId}/terminate": reason,
                      "POST /v1/agent-sessions/{sessionID}/refresh": {"refresh_token": row["refresh_token"]},
                      "POST /v1/agent-sessions/{sessionID}/handoff": create,
                      "PATCH /v1/agents/{agentId}": {"status": "active"},
                      "POST /v1/agents/{agentId}/suspend": reason, "POST /v1/agents/{agentId}/revoke": reason})

    def luxxon(self):
        market = Market(self.stack, self.database)
        market.operator.online()
        sessions = {"requested": market.request(), "live": market.live(), "assigned": market.assigned()}
        return Video(market, sessions)

    def native(self):
        tenant = self.tenant("native")
        owner = tenant.principal("ada", role="admin")
        other = tenant.principal("ben", scopes=["read"])
        agent = tenant.principal("crawler", kind="agent", scopes=["read"])
        row = tenant.session(owner, "agent", agent=agent)
        key = tenant.issue(other)
        place = Own({"Authorization": f"Bearer {tenant.key(owner)}"}, {"action": "terminate"}, {
            "POST /curfew/v1/sessions": {"lifecycle": "agent", "agent_id": agent},
            "POST /curfew/v1/sessions:end": {"filter": {"ids": [row["id"]]}},
            "POST /curfew/v1/sessions/{id}/extend": {"seconds": 60},
            "POST /curfew/v1/principals": {"name": "eve"},
            "POST /curfew/v1/refresh": {"refresh_token": row["refresh_token"]},
            "POST /curfew/v1/introspect": {"token": row["token"]}})
        place.ids = {"sessions": row["id"], "principals": other, "keys": key["id"], "lifecycles": "agent"}
        return place


class Place:
    """Where a contract's routes lead to: a credential, what stands in a path, and bodies that would be taken."""

    def __init__(self, headers, parameters, bodies=None):
        self.headers = headers
        self.parameters = parameters
        self.bodies = bodies or {}

    def credential(self, _pattern):
        return self.headers

    def parameter(self, _pattern, name):
        return self.parameters[name]

    def body(self, method, pattern):
        return self.bodies.get(f"{method} {pattern}", {})

    def path(self, pattern, **instead):
        """The pattern's path with what is there, or with something else in the place of a parameter."""
        return re.sub(r"\{([^}]*)\}", lambda found: instead.get(found[1]) or self.parameter(pattern, found[1]), pattern)


class Video(Place):
    """A marketplace, where either party acts on a session in the state that the route is for."""

    REQUESTED = ("dispatch", "accept", "{id}")
    ASSIGNED = ("start", "live")

    def __init__(self, market, sessions):
        super().__init__({}, {}, {"POST /api/v1/sessions": PLACE})
        self.market = market
        self.sessions = sessions

    def credential(self, pattern):
        of_operator = pattern.split("/")[-1] in ("accept", "start", "live", "pause", "resume", "producer-token",
                                                 "cancel-all-assignments")
        party = self.market.operator if of_operator else self.market.consumer
        return {"Authorization": f"Bearer {party.key}"}

    def parameter(self, pattern, _name):
        end = pattern.split("/")[-1]
        return self.sessions["requested" if end in self.REQUESTED else "assigned" if end in self.ASSIGNED else "live"]


class Own(Place):
    """Curfew's own, where {id} and {name} are of what stands before them."""

    def parameter(self, pattern, name):
        if name not in ("id", "name"):
            return self.parameters[name]
        return self.ids[pattern.split("/")[3]]


# Bodies that are no JSON object of what a route can take, whatever the route: as it is sent, and whether it is JSON.
def bodies():
    deep = 10000
    return {
        "words": (b"nope", False), "open": (b"{", False), "no value": (b'{"a":}', False), "trailing": (b'{"a":1}}', False),
        "a NUL": (b"\x00", False), "single quotes": (b"{'a':1}", False), "NaN": (b'{"a":NaN}', False),
        "a comma": (b'{"a":1,}', False), "a byte order mark": (b'\xef\xbb\xbf{}', False),
        "not UTF-8": (b'{"a":"\xff"}', False), "Latin-1": ('{"a":"é"}'.encode("latin-1"), False),
        "UTF-16": ('{"a":1}'.encode("utf-16"), False), "a raw surrogate": (b'{"a":"\xed\xa0\x80"}', False),
        "cut off": (b'{"a":"b', False), "a raw newline": (b'{"a":"\n"}', False),
        "deep lists": (b'{"a":' + b"[" * deep + b"]" * deep + b"}", False),
        "deep objects": (b'{"a":' * deep + b"1" + b"}" * deep, False), "only opened": (b"[" * deep, False),
        "a list": (b"[]", True), "a number": (b"1", True), "a string": (b'"x"', True), "null": (b"null", True),
        "a boolean": (b"true", True), "a list of objects": (b"[{}]", True),
        "an escaped NUL": (rb'{"a":"\u0000"}', False), "a lone surrogate": (rb'{"a":"\ud800"}', False),
        "surrogates in the wrong order": (rb'{"a":"\udc00\ud800"}', False),
        "a number beyond all": (b'{"a":1e999999}', True),
    }


def digest(database):
    """A digest of every table but those that a mere look, a refusal or the clock may write. By table."""
    looks = {"api_key_use", "sweep_progress", "sweep_again", "event_number", "event_sequencer", "signing_key"}
    tables = [row["relname"] for row in database.rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'curfew'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition ORDER BY relname")]
    parts = []
    for table in tables:
        if table not in looks:
            of_refusal = " WHERE outcome <> 'refused'" if table == "audit_event" else ""
            parts.append(f"SELECT '{table}' AS name, count(*)::text || ' ' || md5(coalesce(string_agg(row, '' ORDER BY row), ''))"
                         f" AS digest FROM (SELECT (to_jsonb(t) - 'used_at')::text AS row FROM curfew.{table} AS t{of_refusal}) AS r")
    return {row["name"]: row["digest"] for row in database.rows(" UNION ALL ".join(parts))}


def backends(database):
    return {row["pid"] for row in database.rows("SELECT pid FROM pg_stat_activity WHERE usename = 'curfew_front'")}


def forged_token():
    return base64.urlsafe_b64encode(b"x" * 48).decode()


def text(members):
    return json.dumps(members).encode()
