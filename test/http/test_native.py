"""Curfew's own interface, /curfew/v1."""
import json
import uuid

import pytest

import front
from database import position_of
from shapes import MICROTIME, REQUEST_ID, TIME, UUID, Like, assert_answer, body, ordered

PROBLEM = "application/problem+json"
SESSIONS = "/curfew/v1/sessions"
TOKEN = Like(r"[0-9a-f]{64}")


@pytest.fixture
def ask(native):
    """Sends a request as the tenant's owner of sessions."""
    def send(method, path, members=None, headers=None, key=native.owner_key):
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", **(headers or {})}
        text = members if isinstance(members, str) else json.dumps(members)
        return native.stack.send(method, path, headers, None if members is None else text)
    return send


def session_members(native, state="active", version=1, ended_at=None):
    return {"id": UUID, "lifecycle": "agent", "state": state, "version": version, "live": state == "active",
            "terminal": state != "active", "owner_id": native.owner, "agent_id": None, "workspace_id": None,
            "operator_workspace_id": None, "parent_id": None, "scopes": [], "marks": {}, "created_at": TIME,
            "updated_at": TIME, "started_at": None, "ended_at": ended_at, "deadline": TIME, "metered_ms": 0}


def without_scopes(response):
    """The members but for the scopes, whose default is the lifecycle's business."""
    return ordered({**json.loads(response.text), "scopes": []})


def test_create_shows_the_tokens_once(native, ask):
    response = ask("POST", SESSIONS, {"lifecycle": "agent", "title": "Named"})
    created = response.json()
    assert response.status_code == 201, response.text
    assert without_scopes(response) == ordered({**session_members(native), "token": TOKEN, "refresh_token": TOKEN})
    assert response.headers["Location"].endswith(f"{SESSIONS}/{created['id']}")
    assert response.headers["ETag"] == '"1"'

    shown = ask("GET", f"{SESSIONS}/{created['id']}")
    assert shown.status_code == 200
    assert without_scopes(shown) == ordered({**session_members(native), "title": "Named", "labels": {}, "metadata": {}})
    assert created["token"] not in shown.text
    native.database.credentials.update((created["token"], created["refresh_token"]))


def test_numbers_take_not_much_more_room_shown_than_sent(native, ask):
    def metadata(count):
        numbers = ",".join(["1e999"] * count)
        return ask("POST", SESSIONS, '{"lifecycle": "run", "metadata": {"a": [' + numbers + "]}}")

    created = metadata(60)
    assert created.status_code == 201, created.text
    shown = ask("GET", f"{SESSIONS}/{created.json()['id']}").text
    assert shown.count("1" + "0" * 999) == 60
    refused = metadata(70)
    assert (refused.status_code, refused.json()["reason"]) == (422, "value_out_of_range")


@pytest.mark.parametrize("member, longest, longer", [
    ("title", "é" * 4096, "é" * 4097), ("labels", {"a": "x" * 16000}, {"a": "x" * 16384}),
    ("metadata", {"a": "x" * 65000}, {"a": "x" * 65536})], ids=["title", "labels", "metadata"])
def test_what_people_read_has_a_longest(native, ask, member, longest, longer):
    assert ask("POST", SESSIONS, {"lifecycle": "run", member: longest}).status_code == 201
    refused = ask("POST", SESSIONS, {"lifecycle": "run", member: longer})
    assert (refused.status_code, refused.json()["reason"], refused.json()["argument"]) == (422, "value_out_of_range", member)


def test_the_location_is_where_the_session_is(native, ask):
    location = ask("POST", SESSIONS, {"lifecycle": "run"}).headers["Location"]
    assert location.startswith(native.stack.url)
    assert ask("GET", location[len(native.stack.url):]).status_code == 200


def test_an_action_with_the_version_that_was_read(native, ask):
    session = native.new()
    tag = ask("GET", f"{SESSIONS}/{session}").headers["ETag"]
    response = ask("POST", f"{SESSIONS}/{session}/terminate", {}, {"If-Match": tag})
    assert response.status_code == 200, response.text
    assert response.headers["ETag"] == '"2"'
    assert without_scopes(response) == ordered(
        {**session_members(native, "terminated", 2, TIME), "replayed": False})


@pytest.mark.parametrize("tag", ['"7"', 'W/"1"', '"nonsense"', '"-1"', '"1", "2"'])
def test_an_action_with_another_version(native, ask, tag):
    session = native.new()
    path = f"{SESSIONS}/{session}/terminate"
    response = ask("POST", path, {}, {"If-Match": tag})
    assert response.status_code == 412
    members = response.json()
    assert list(members)[:6] == ["type", "title", "status", "detail", "instance", "reason"]
    assert (members["type"], members["title"], members["reason"]) == (
        "urn:problem:version-conflict", "Precondition Failed", "version_conflict")
    assert (members["instance"], members["argument"]) == (path, "If-Match")
    expected = "Version 7 was expected" if tag == '"7"' else "What was expected is no session's version"
    assert members["explanation"] == f"{expected}; it is at version 1."
    assert native.database.audit(session) == []


def test_an_extension_as_long_as_it_may_be_and_then_none(native, ask):
    session = native.new()
    before = ask("GET", f"{SESSIONS}/{session}").json()["deadline"]
    response = ask("POST", f"{SESSIONS}/{session}/extend", {"reason": "more to do"})
    assert response.status_code == 200, response.text
    assert (response.json()["state"], response.json()["version"]) == ("active", 2)
    assert response.json()["deadline"] > before
    again = ask("POST", f"{SESSIONS}/{session}/extend", {})
    assert (again.status_code, again.json()["reason"]) == (422, "value_out_of_range")


@pytest.mark.parametrize("members, named", [({"seconds": 315_360_000}, "seconds"), ({"until": "2999-01-01T00:00:00Z"}, "until")])
def test_what_is_wrong_is_called_what_the_client_calls_it(native, ask, members, named):
    response = ask("POST", f"{SESSIONS}/{native.new()}/extend", members)
    assert (response.status_code >= 400, response.json()["argument"]) == (True, named), response.text


def test_any_version(native, ask):
    assert ask("POST", f"{SESSIONS}/{native.new()}/terminate", {}, {"If-Match": "*"}).status_code == 200


def test_an_action_again_that_is_refused(native, ask):
    session = native.new()
    path = f"{SESSIONS}/{session}/terminate"
    ask("POST", path, {})
    response = ask("POST", path, {})
    assert (response.status_code, response.json()["reason"]) == (409, "invalid_state")


def test_an_action_again_that_is_a_replay(native, ask):
    native.tenant.workspace("notes")
    native.tenant.member("notes", native.owner)
    session = native.tenant.session(native.owner, "conversation", workspace="notes")["id"]
    first = ask("POST", f"{SESSIONS}/{session}/archive", {}).json()
    again = ask("POST", f"{SESSIONS}/{session}/archive", {}).json()
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert (first["version"], first["marks"]) == (again["version"], again["marks"])


def test_an_action_that_the_lifecycle_has_not(native, ask):
    response = ask("POST", f"{SESSIONS}/{native.new()}/explode", {})
    assert (response.status_code, response.json()["reason"]) == (422, "unknown_action")


def test_a_malformed_id(ask):
    path = f"{SESSIONS}/nonsense"
    response = ask("GET", path)
    members = response.json()
    assert (response.status_code, response.headers["Content-Type"]) == (422, PROBLEM)
    assert (members["reason"], members["instance"], members["request_id"]) == (
        "malformed_id", path, response.headers["X-Request-Id"])


def test_the_list_goes_on_after_the_last_row_seen(native, ask):
    owner = native.tenant.principal(f"lister-{uuid.uuid4().hex}")
    key = native.tenant.key(owner)
    made = [str(native.tenant.session(owner, "run")["id"]) for _ in range(5)]
    seen, path = [], f"{SESSIONS}?lifecycle=run&owner_id={owner}&limit=2"
    answers = []
    after = ""
    while True:
        answer = ask("GET", path + after, key=key)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert list(page) == ["sessions", "next"]
        answers.append(len(page["sessions"]))
        seen += [session["id"] for session in page["sessions"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert answers == [2, 2, 1]
    assert seen == made[::-1]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "owner_id=x", "after=x"])
def test_a_query_that_cannot_be(ask, query):
    response = ask("GET", f"{SESSIONS}?{query}")
    assert (response.status_code, response.json()["argument"]) == (422, query.split("=")[0])


def test_a_cursor_is_of_its_list_and_tenant(native, ask, stack, database):
    """A forged cursor, one of another tenant and one of another list are refused alike."""
    for _ in range(2):
        native.new()
    cursor = ask("GET", f"{SESSIONS}?limit=1").json()["next"]
    assert ask("GET", f"{SESSIONS}?limit=1&after={cursor}").status_code == 200
    changed = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    other = type(native)(stack, database)
    answers = [ask("GET", f"{SESSIONS}?after={changed}"), ask("GET", f"{SESSIONS}?after={cursor}", key=other.owner_key),
               ask("GET", f"{SESSIONS}/{native.new()}/events?after={cursor}"), ask("GET", f"{SESSIONS}?after={native.new()}"),
               ask("GET", f"{SESSIONS}?after={cursor}x"), ask("GET", f"{SESSIONS}?after={cursor}%3D")]
    assert [(answer.status_code, answer.json()["reason"]) for answer in answers] == [(422, "invalid_cursor")] * 6


@pytest.mark.parametrize("query, reason, argument", [
    ("limit=1&limit=2", "doubled_parameter", "limit"), ("limt=1", "unknown_parameter", "limt"),
    ("limit=1&lim%69t=1", "doubled_parameter", "limit"), ("=1", "unknown_parameter", ""),
])
def test_query_parameters_are_known_and_given_once(ask, query, reason, argument):
    response = ask("GET", f"{SESSIONS}?{query}")
    assert (response.status_code, response.json()["reason"], response.json().get("argument", "")) == (422, reason, argument)


def test_who_is_not_known_is_told_that_before_his_parameters_are_looked_at(ask):
    assert ask("GET", f"{SESSIONS}?limt=1", key="nonsense").status_code == 401


def test_a_change_is_answered_with_a_consistency_token_and_a_read_repeats_it(native, ask):
    session = native.new()
    changed = ask("POST", f"{SESSIONS}/{session}/terminate", {})
    token = changed.headers["X-Curfew-Token"]
    read = ask("GET", f"{SESSIONS}/{session}", headers={"X-Curfew-Token": token})
    assert (read.status_code, read.json()["state"], read.headers["X-Curfew-Token"]) == (200, "terminated", token)
    assert "X-Curfew-Token" not in ask("GET", f"{SESSIONS}/{session}").headers
    refused = ask("POST", f"{SESSIONS}/{session}/terminate", {})
    assert (refused.status_code, "X-Curfew-Token" in refused.headers) == (409, False)


def test_a_change_without_a_caller_has_a_token_of_its_own(native, stack, edge):
    with front.serving(stack, "--connections", "1") as (_, path):
        nginx = edge(front=path)

        def change(path, members):
            headers = {"Authorization": f"Bearer {native.owner_key}", "Content-Type": "application/json"}
            answer = nginx.send("POST", path, headers, json.dumps(members))
            assert answer.status_code < 300
            return answer.json(), position_of(answer.headers["X-Curfew-Token"])

        begun, _ = change(SESSIONS, {"lifecycle": "agent"})
        _, at = change(f"{SESSIONS}/{native.new()}/terminate", {}) # told with the commit, and the connection keeps it
        assert change("/curfew/v1/refresh", {"refresh_token": begun["refresh_token"]})[1] > at


def test_what_was_committed_is_before_the_position_that_a_token_tells(native, ask):
    rows = native.tenant.database.rows
    rows("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
    # Before 16 an end that is still to come is an error; from then on it is how one reads to the end.
    old = rows("SELECT current_setting('server_version_num')::int < 160000 AS before_16")[0]["before_16"]
    records = "pg_get_wal_records_info_till_end_of_wal(%s)" if old else "pg_get_wal_records_info(%s, 'FFFFFFFF/FFFFFFFF')"
    for _ in range(5):  # the first of a connection is asked for, the others come with the commit
        session, before = native.new(), rows("SELECT pg_current_wal_insert_lsn() AS at")[0]["at"]
        token = ask("POST", f"{SESSIONS}/{session}/terminate", {}).headers["X-Curfew-Token"]
        position = position_of(token)
        assert rows(f"""
            SELECT count(*) AS committed FROM {records} r, curfew.session s
            WHERE s.id = %s AND r.resource_manager = 'Transaction' AND r.record_type = 'COMMIT' AND r.xid = s.xmin
                AND r.end_lsn - '0/0' <= %s""", (before, session, position))[0]["committed"] == 1


def test_a_consistency_token_that_was_not_given_here(native, ask):
    token = ask("POST", f"{SESSIONS}/{native.new()}/terminate", {}).headers["X-Curfew-Token"]
    session = native.new()
    changed = ("B" if token[0] == "A" else "A") + token[1:]
    for wrong in (changed, token[:-1], token + "A", "x", "é".encode().decode("latin-1"), "A" * 48):
        for response in (ask("GET", f"{SESSIONS}/{session}", headers={"X-Curfew-Token": wrong}),
                         ask("POST", f"{SESSIONS}/{session}/terminate", {}, {"X-Curfew-Token": wrong})):
            assert (response.status_code, response.json()["reason"]) == (422, "invalid_consistency_token")
    assert ask("GET", f"{SESSIONS}/{session}").json()["state"] == "active"


def test_an_extension_by_seconds_until_a_time_or_as_long_as_it_may(native, ask):
    session = native.tenant.session(native.owner, "agent")["id"]
    read = ask("GET", f"{SESSIONS}/{session}").json()
    by = ask("POST", f"{SESSIONS}/{session}/extend", {"seconds": 600, "reason": "more to do"})
    assert (by.status_code, by.json()["version"], by.headers["ETag"]) == (200, 2, '"2"')
    assert by.json()["deadline"] > read["deadline"]
    beyond = ask("POST", f"{SESSIONS}/{session}/extend", {"until": "2999-01-01T00:00:00Z"})
    assert (beyond.status_code, beyond.json()["reason"], beyond.json()["argument"]) == (422, "value_out_of_range", "until")
    both = ask("POST", f"{SESSIONS}/{session}/extend", {"seconds": 1, "until": "2999-01-01T00:00:00Z"})
    assert (both.status_code, both.json()["reason"]) == (422, "value_out_of_range")
    stale = ask("POST", f"{SESSIONS}/{session}/extend", {}, {"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["reason"]) == (412, "version_conflict")
    most = ask("POST", f"{SESSIONS}/{session}/extend")
    assert (most.status_code, most.json()["version"]) == (200, 3)
    assert ask("POST", f"{SESSIONS}/{session}/extend").json()["reason"] == "value_out_of_range"


def test_what_people_read_is_changed_by_patch(native, ask):
    native.tenant.workspace("drafts")
    native.tenant.member("drafts", native.owner)
    session = ask("POST", SESSIONS, {"lifecycle": "conversation", "workspace": "drafts", "title": "old",
                                     "labels": {"a": ["b"]}}).json()["id"]
    response = ask("PATCH", f"{SESSIONS}/{session}", {"title": "a title", "metadata": {"n": 1}}, {"If-Match": '"1"'})
    members = response.json()
    assert (response.status_code, members["title"], members["labels"], members["metadata"], members["version"]) == (
        200, "a title", {"a": ["b"]}, {"n": 1}, 2)
    assert ask("PATCH", f"{SESSIONS}/{session}", {"title": "another"}, {"If-Match": '"1"'}).status_code == 412
    assert ask("PATCH", f"{SESSIONS}/{session}", {"title": 1}).json()["argument"] == "title"


def test_tokens_are_refreshed_without_another_credential_and_a_stolen_one_ends_the_session(native, ask, stack):
    created = native.tenant.session(native.owner, "agent")

    def refresh(token, **more):
        return stack.send("POST", "/curfew/v1/refresh", {"Content-Type": "application/json", **more},
                          json.dumps({"refresh_token": token}))
    response = refresh(created["refresh_token"])
    assert_answer(response, 200, {"id": created["id"], "token": TOKEN, "refresh_token": TOKEN, "expires_at": TIME})
    assert refresh(created["refresh_token"]).json() == response.json()  # within the grace
    assert refresh(response.json()["refresh_token"]).status_code == 200
    trace = f"00-{'1' * 32}-{'2' * 16}-01"
    stolen = refresh(created["refresh_token"], **{"X-Request-Id": "stolen", "traceparent": trace})
    assert (stolen.status_code, stolen.json()["reason"]) == (401, "refresh_token_reused")
    assert ask("GET", f"{SESSIONS}/{created['id']}").json()["state"] == "terminated"
    *refreshed, ended = native.database.rows("SELECT via, request_id, traceparent, event FROM curfew.audit_event"
                                             " WHERE session_id = %s AND action <> 'create' ORDER BY at, id", (created["id"],))
    assert {(row["via"], len(row["request_id"])) for row in refreshed} == {("http:native", 32)}
    assert (ended["via"], ended["request_id"], ended["traceparent"]) == ("http:native", "stolen", trace)
    assert refresh("0" * 64).status_code == 401


def test_the_events_of_a_session(native, ask):
    session = native.new()
    ended = ask("POST", f"{SESSIONS}/{session}/terminate", {"reason": "done"}, {"X-Request-Id": "events-test"})
    assert ended.status_code == 200
    response = ask("GET", f"{SESSIONS}/{session}/events")
    page = response.json()
    assert (response.status_code, list(page), page["next"]) == (200, ["events", "next"], None)
    assert ordered(page["events"][-1]) == ordered({
        "id": UUID, "at": MICROTIME, "session_id": session, "event": "AGENT_SESSION_TERMINATED", "action": "terminate",
        "outcome": page["events"][-1]["outcome"], "actor_id": native.owner, "on_behalf_of": None, "relation": "owner",
        "via": "http:native", "request_id": "events-test", "from_state": "active", "to_state": "terminated",
        "version": 2, "reason": "done", "details": page["events"][-1]["details"], "traceparent": None})


def test_what_a_session_was_at_the_time_of_each_event(native, ask):
    session = native.new()
    assert ask("POST", f"{SESSIONS}/{session}/terminate", {}).status_code == 200
    events = ask("GET", f"{SESSIONS}/{session}/events").json()["events"]
    for event, state in zip(events, ("active", "terminated")):
        assert_answer(ask("GET", f"{SESSIONS}/{session}/as-of?at={event['at']}"), 200, {
            "id": session, "at": event["at"], "lifecycle": "agent", "state": state, "version": event["version"],
            "live": state == "active", "terminal": state != "active", "marks": {}})
    east = events[1]["at"].replace("Z", "%2B00:00")
    assert ask("GET", f"{SESSIONS}/{session}/as-of?at={east}").json()["state"] == "terminated"


@pytest.mark.parametrize("query, reason", [
    ("", "missing_field"), ("?at=", "missing_field"), ("?at=yesterday", "wrong_type"), ("?at=infinity", "wrong_type"),
    ("?at=2026-02-30T12:00:00Z", "wrong_type"), ("?at=2026-11-21T12:00:00+01:00", "wrong_type"),
    ("?at=2001-01-01T00:00:00Z", "value_out_of_range"), ("?at=9999-12-31T23:59:59Z", "value_out_of_range")])
def test_a_time_at_which_no_session_was(native, ask, query, reason):
    response = ask("GET", f"{SESSIONS}/{native.new()}/as-of{query}")
    assert (response.status_code, response.json()["reason"], response.json()["argument"]) == (422, reason, "at")


def test_another_tenants_session_is_not_there(native, ask, stack, database):
    session = type(native)(stack, database).new()
    for path in (f"{SESSIONS}/{session}", f"{SESSIONS}/{session}/events",
                 f"{SESSIONS}/{session}/as-of?at=2001-01-01T00:00:00Z"):
        response = ask("GET", path)
        assert (response.status_code, response.json()["reason"]) == (404, "session_not_found")


def test_a_token_is_active_until_its_session_ends(native, ask):
    created = native.tenant.session(native.owner, "agent")
    response = ask("POST", "/curfew/v1/introspect", {"token": created["token"]})
    assert_answer(response, 200, {
        "active": True, "session_id": created["id"], "tenant_id": native.tenant.id, "lifecycle": "agent",
        "state": "active", "principal_id": response.json()["principal_id"], "scopes": response.json()["scopes"],
        "expires_at": TIME})
    ask("POST", f"{SESSIONS}/{created['id']}/terminate", {})
    assert_answer(ask("POST", "/curfew/v1/introspect", {"token": created["token"]}), 200, {"active": False})


@pytest.mark.parametrize("token", ["nonsense", "0" * 64, "", "a" * 5000])
def test_a_token_of_nobody_is_not_active(ask, token):
    assert_answer(ask("POST", "/curfew/v1/introspect", {"token": token}), 200, {"active": False})


def test_what_a_path_can_take(stack):
    response = stack.send("OPTIONS", SESSIONS)
    assert response.status_code == 204
    assert {"GET", "POST"} <= set(response.headers["Allow"].split(", "))


def test_a_path_of_no_contract(stack):
    response = stack.send("GET", "/nothing/here?x=1")
    assert_answer(response, 404, {
        "type": "urn:problem:route-not-found", "title": "Not Found", "status": 404,
        "detail": "there is nothing at this path", "instance": "/nothing/here", "reason": "route_not_found",
        "request_id": REQUEST_ID}, PROBLEM)


def test_how_the_front_is(stack):
    assert_answer(stack.send("GET", "/healthz"), 200, {"status": "ok"})
    assert "X-Curfew-Token" not in stack.send("GET", "/healthz", {"X-Curfew-Token": "nobody's"}).headers
    assert_answer(stack.send("GET", "/readyz"), 200, {"status": "ready", "version": Like(r"[0-9.]+")})


def test_head_is_get_without_the_body(stack):
    response = stack.send("HEAD", "/healthz")
    assert (response.status_code, response.text) == (200, "")
    assert body(stack.send("GET", "/healthz")) == ordered({"status": "ok"})
