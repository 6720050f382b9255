"""Curfew's own interface: what happened, as the log, as CSV, and as a feed."""
import csv
import io
import json

import pytest

from shapes import MICROTIME, UUID, ordered

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@pytest.fixture
def auditor(stack, database):
    """A tenant of its own with an administrator, a session that was ended, and a member."""
    from database import Tenant
    tenant = Tenant(database, "log")
    admin, member = tenant.principal("ada", role="admin"), tenant.principal("bob")
    keys = {"admin": tenant.key(admin), "member": tenant.key(member)}

    def get(path, who="admin", headers=None, method="GET", members=None):
        headers = {"Authorization": f"Bearer {keys[who]}", "Content-Type": "application/json", **(headers or {})}
        return stack.send(method, path, headers, None if members is None else json.dumps(members))
    get.tenant, get.admin, get.member = tenant, admin, member
    return get


def end_one(auditor, reason="done", headers=None):
    session = auditor.tenant.session(auditor.member, "run")["id"]
    response = auditor(f"/curfew/v1/sessions/{session}/terminate", "member", headers, "POST", {"reason": reason})
    assert response.status_code == 200, response.text
    return str(session)


def test_the_log_is_narrowed_and_paged(auditor):
    sessions = [end_one(auditor) for _ in range(3)]
    everything = auditor("/curfew/v1/audit?event=run.terminate").json()
    assert [event["session_id"] for event in everything["events"]] == sessions and everything["next"] is None
    first = auditor("/curfew/v1/audit?event=run.terminate&limit=2").json()
    second = auditor(f"/curfew/v1/audit?event=run.terminate&limit=2&after={first['next']}").json()
    assert first["events"] + second["events"] == everything["events"] and second["next"] is None
    one = auditor(f"/curfew/v1/audit?session_id={sessions[1]}&actor_id={auditor.member}").json()["events"]
    assert [event["event"] for event in one] == ["run.create", "run.terminate"]
    at = one[1]["at"]
    assert [event["id"] for event in auditor(f"/curfew/v1/audit?since={at}").json()["events"]][0] == one[1]["id"]
    assert one[1]["id"] not in [event["id"] for event in auditor(f"/curfew/v1/audit?until={at}").json()["events"]]


@pytest.mark.parametrize("query", ["session_id=x", "actor_id=x", "since=x", "until=yesterday", "limit=0", "limit=201", "after=x"])
def test_a_query_of_the_log_that_cannot_be(auditor, query):
    response = auditor(f"/curfew/v1/audit?{query}")
    assert (response.status_code, response.json()["argument"]) == (422, query.split("=")[0])


@pytest.mark.parametrize("path", ["/curfew/v1/audit", "/curfew/v1/audit.csv", "/curfew/v1/events"])
def test_the_whole_log_is_for_auditors(auditor, path):
    assert (auditor(path, "member").status_code, auditor(path).status_code) == (403, 200)


def test_the_log_as_csv(auditor):
    session = end_one(auditor, 'said "enough", then\nwent')
    end_one(auditor)
    response = auditor("/curfew/v1/audit.csv?limit=1000")
    assert response.status_code == 422
    response = auditor("/curfew/v1/audit.csv?event=run.terminate&limit=1")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8; header=present"
    (row,) = csv.DictReader(io.StringIO(response.text, newline=""))
    assert (row["session_id"], row["event"], row["reason"], row["to_state"], row["version"], row["on_behalf_of"]) == (
        session, "run.terminate", 'said "enough", then\nwent', "terminated", "2", "")
    assert row["at"] == MICROTIME and response.text.endswith("\r\n")
    link = response.links["next"]["url"]
    rest = auditor("/curfew/v1/audit.csv" + link + "&event=run.terminate")
    (row,) = csv.DictReader(io.StringIO(rest.text, newline=""))
    assert row["session_id"] != session and "Link" not in rest.headers


def test_a_trace_comes_in_goes_out_and_is_kept(auditor):
    session = auditor.tenant.session(auditor.member, "run")["id"]
    path = f"/curfew/v1/sessions/{session}/terminate"
    response = auditor(path, "member", {"traceparent": TRACE, "X-Request-Id": "trace-1"}, "POST", {})
    assert (response.headers["traceparent"], response.headers["X-Request-Id"]) == (TRACE, "trace-1")
    event = auditor(f"/curfew/v1/audit?session_id={session}&event=run.terminate").json()["events"][0]
    assert (event["traceparent"], event["request_id"]) == (TRACE, "trace-1")


@pytest.mark.parametrize("wrong", ["x", TRACE.upper(), TRACE + "0", "00-" + "0" * 32 + TRACE[35:]])
def test_a_trace_that_is_none_is_as_good_as_none(auditor, wrong):
    session = auditor.tenant.session(auditor.member, "run")["id"]
    response = auditor(f"/curfew/v1/sessions/{session}/terminate", "member", {"traceparent": wrong}, "POST", {})
    assert (response.status_code, "traceparent" in response.headers) == (200, False)
    assert auditor(f"/curfew/v1/audit?session_id={session}&event=run.terminate").json()["events"][0]["traceparent"] is None


def test_the_feed_gives_every_event_once(auditor):
    sessions = [end_one(auditor) for _ in range(3)]
    seen, after = [], ""
    while True:
        page = auditor(f"/curfew/v1/events?limit=4{after}").json()
        if not page["events"]:
            break
        seen += page["events"]
        after = f"&after={page['next']}"
    assert len({event["id"] for event in seen}) == len(seen)
    assert [event["number"] for event in seen] == sorted(event["number"] for event in seen)
    assert [event["session_id"] for event in seen if event["event"] == "run.terminate"] == sessions
    later = end_one(auditor)
    page = auditor(f"/curfew/v1/events?{after[1:]}").json()
    assert [event["event"] for event in page["events"] if event["session_id"] == later] == ["run.create", "run.terminate"]
    assert ordered(page["events"][-1])[1][:2] == [("number", page["events"][-1]["number"]), ("id", page["events"][-1]["id"])]
    assert page["events"][-1]["id"] == UUID


def test_the_end_of_the_feed_keeps_its_cursor(auditor):
    page = auditor("/curfew/v1/events?limit=1000").json()
    end = auditor(f"/curfew/v1/events?after={page['next']}").json()
    assert end == {"events": [], "next": page["next"]}


def test_a_feed_of_another_tenant_has_other_cursors(auditor, stack, database):
    from database import Tenant
    cursor = auditor("/curfew/v1/events?limit=1").json()["next"]
    other = Tenant(database, "log-other")
    key = other.key(other.principal("eve", role="admin"))
    response = stack.send("GET", f"/curfew/v1/events?after={cursor}", {"Authorization": f"Bearer {key}"})
    assert (response.status_code, response.json()["reason"]) == (422, "invalid_cursor")
