"""Ending many sessions by one request, POST /curfew/v1/sessions:end."""
import json
import uuid

import pytest

PATH = "/curfew/v1/sessions:end"
MEMBERS = ["matched", "ended", "already", "forbidden", "invalid_state", "remaining", "next", "preview", "outcomes"]


@pytest.fixture
def ended(native):
    """Asks as one who owns the sessions that it is about, and no others."""
    owner = native.tenant.principal(f"owner-{uuid.uuid4().hex}")
    key = native.tenant.key(owner)

    def send(members, key=key):
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        return native.stack.send("POST", PATH, headers, json.dumps(members))
    send.sessions = lambda count: [str(native.tenant.session(owner, "login")["id"]) for _ in range(count)]
    return send


def versions(native, sessions):
    return [native.database.stored(session)["version"] for session in sessions]


def test_many_are_ended_by_one_request(native, ended):
    sessions = ended.sessions(3)
    response = ended({"filter": {"live": True}, "reason": "moving out"})
    answer = response.json()
    assert (response.status_code, list(answer)) == (200, MEMBERS), response.text
    assert [answer[name] for name in MEMBERS[:-1]] == [3, 3, 0, 0, 0, 0, None, None]
    assert {(row["id"], row["outcome"], row["state"]) for row in answer["outcomes"]} == {
        (session, "ended", "ended") for session in sessions}
    for session in sessions:
        rows = native.database.audit(session)
        assert [(row["action"], row["reason"], row["via"]) for row in rows] == [("end", "moving out", "http:native")]


def test_it_goes_on_behind_the_last_one_that_was_looked_at(ended):
    ended.sessions(5)
    after, counts = {}, []
    while True:
        answer = ended({"filter": {"lifecycle": "login"}, "max_rows": 2, **after}).json()
        counts.append((answer["ended"], answer["remaining"]))
        if answer["next"] is None:
            break
        after = {"after": answer["next"]}
    assert counts == [(2, 3), (2, 1), (1, 0)]


def test_a_dry_run_and_then_that_very_set(native, ended):
    sessions = ended.sessions(2)
    tried = ended({"filter": {"live": True}, "dry_run": True}).json()
    assert (tried["matched"], tried["ended"], versions(native, sessions)) == (2, 2, [1, 1])
    ended.sessions(1)
    response = ended({"preview": tried["preview"]})
    problem = response.json()
    assert (response.status_code, problem["reason"], problem["argument"]) == (409, "preview_changed", "preview")
    assert problem["explanation"].startswith("1 came")
    tried = ended({"filter": {"live": True}, "dry_run": True}).json()
    assert ended({"preview": tried["preview"]}).json()["ended"] == 3
    response = ended({"preview": tried["preview"]})
    assert (response.status_code, response.json()["reason"]) == (404, "preview_not_found")


@pytest.mark.parametrize("members, reason, argument", [
    ({}, "missing_field", "filter"),
    ({"filter": {}}, "missing_field", "filter"),
    ({"filter": []}, "wrong_type", "filter"),
    ({"filter": {"nosuch": 1}}, "unknown_value", "filter"),
    ({"filter": {"live": True}, "action": "explode"}, "unknown_action", "action"),
    ({"filter": {"live": True}, "dry_run": "yes"}, "wrong_type", "dry_run"),
    ({"filter": {"live": True}, "max_rows": 0}, "value_out_of_range", "max_rows"),
    ({"filter": {"live": True}, "max_rows": 10001}, "value_out_of_range", "max_rows"),
    ({"filter": {"live": True}, "reason": "x" * 1025}, "reason_too_long", "reason"),
    ({"filter": {"live": True}, "after": "x"}, "wrong_type", "after"),
])
def test_a_request_that_cannot_be_ends_nothing(native, ended, members, reason, argument):
    sessions = ended.sessions(1)
    response = ended(members)
    problem = response.json()
    assert (response.status_code, problem["reason"], problem["argument"]) == (422, reason, argument), response.text
    assert versions(native, sessions) == [1]


@pytest.mark.parametrize("member", ["label", "fields"])
def test_a_filter_compares_with_a_thousand_values_at_most(ended, member):
    def status(wanted):
        return ended({"filter": {member: wanted}, "dry_run": True}).status_code

    values = [f"x{i}" for i in range(1001)]
    assert [status({"a": values[:1000]}), status({"a": values})] == [200, 422]
    assert [status({value: [] for value in values[:1000]}), status({value: [] for value in values})] == [200, 422]


def test_nobody_ends_nothing(native, ended):
    sessions = ended.sessions(1)
    assert ended({"filter": {"live": True}}, key="nobody").status_code == 401
    assert ended({"filter": {"live": True}}, key=native.stranger_key).json()["matched"] == 0
    assert versions(native, sessions) == [1]
