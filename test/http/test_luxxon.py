"""Luxxon, to the letter: every route, from both sides."""
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from market import PLACE, SCOPES, Market, unknown
from shapes import TIME, Like, assert_answer


@pytest.fixture
def luxxon(subjects):
    return subjects["luxxon"]


def error(status, code, message, detail):
    return {"statusCode": status, "code": code, "message": message, "detail": detail, "timestamp": TIME}


def test_the_cancelled_session(luxxon):
    session = luxxon.new()
    assert_answer(luxxon.end(session), 200, {
        "statusCode": 200, "message": "Request successful",
        "data": {
            "id": session, "consumerWorkspaceId": luxxon.consumer, "operatorWorkspaceId": None, "state": "CANCELLED",
            "maxDurationSeconds": 600, "waitTimeoutSeconds": 300, "ratePerSecondMicroUsdc": "1000",
            "holdMicroUsdc": "600000", "startedAt": None, "endedAt": TIME, "cleanSeconds": 0,
            "chargedMicroUsdc": "0", "settlementTxHash": None, "videoBackendRef": None, "createdAt": TIME,
            "requestedLat": 4.711234, "requestedLng": -74.072456, "authorized": False, "whepUrl": None,
            "whipUrl": None},
        "timestamp": TIME})


def test_no_credential(luxxon):
    assert_answer(luxxon.send(luxxon.new()), 401,
                  error(401, "NOT_AUTHENTICATED", "Session expired or missing", "auth:noCredential"))


def test_a_key_that_nobody_issued(luxxon):
    assert_answer(luxxon.send(luxxon.new(), "lxxn_test_000000_nonsense"), 401,
                  error(401, "INVALID_API_KEY", "API key is not valid", "auth:invalidCredential"))


def test_a_revoked_key(luxxon):
    key = luxxon.tenant.issue(luxxon.owner, prefix="lxxn_test_{workspace}_", workspace="viewer")
    luxxon.tenant.revoke(key["id"])
    assert_answer(luxxon.send(luxxon.new(), key["key"]), 401,
                  error(401, "REVOKED_API_KEY", "API key has been revoked", "auth:keyRevoked"))


def test_the_operators_side(luxxon):
    assert_answer(luxxon.send(luxxon.new(), luxxon.stranger_key), 403,
                  error(403, "NOT_AUTHORIZED", "Not authorized for this operation", "session:notOwner"))


def test_another_consumers_workspace(luxxon):
    slug = f"consumer-{uuid.uuid4().hex[:8]}"
    luxxon.tenant.workspace(slug)
    other = luxxon.tenant.principal(slug, scopes=["sessions:create", "sessions:read"])
    luxxon.tenant.member(slug, other)
    assert_answer(luxxon.send(luxxon.new(), luxxon.tenant.key(other, workspace=slug)), 403,
                  error(403, "NOT_AUTHORIZED", "Not authorized for this operation", "session:notOwner"))


def test_a_key_without_the_scope(luxxon):
    key = luxxon.tenant.key(luxxon.owner, workspace="viewer", scopes=["sessions:read"])
    assert_answer(luxxon.send(luxxon.new(), key), 403,
                  error(403, "NOT_AUTHORIZED", "Not authorized for this operation", "auth:scopeMissing"))


def test_an_unknown_session(luxxon):
    assert_answer(luxxon.end(uuid.uuid4()), 404,
                  error(404, "SESSION_NOT_FOUND", "Session not found", "session:notFound"))


def test_a_malformed_id(luxxon):
    assert_answer(luxxon.end("nonsense"), 404,
                  error(404, "SESSION_NOT_FOUND", "Session not found", "session:notFound"))


def test_a_session_that_an_operator_has_accepted(luxxon):
    session = luxxon.new()
    accepted = luxxon.stack.send("POST", f"/curfew/v1/sessions/{session}/accept", luxxon.headers(luxxon.stranger_key))
    assert accepted.json()["state"] == "ASSIGNED"
    assert_answer(luxxon.end(session), 409, error(409, "INVALID_STATE", "Operation not allowed in the current state",
                                                  "session:invalidState"))


def test_a_session_that_was_cancelled(luxxon):
    session = luxxon.new()
    luxxon.end(session)
    assert_answer(luxxon.end(session), 409, error(409, "INVALID_STATE", "Operation not allowed in the current state",
                                                  "session:invalidState"))
    assert len(luxxon.database.audit(session)) == 1


@pytest.mark.parametrize("path", ["/api/v1/wallet", "/api/v1/auth/login", "/api/v1"])
def test_what_is_not_about_sessions(stack, path):
    assert_answer(stack.send("GET", path), 404,
                  {"statusCode": 404, "code": "NOT_FOUND", "message": "Not found", "timestamp": TIME})


# What follows is the rest of the contract, in a marketplace of each test's own.

MALFORMED = error(404, "SESSION_NOT_FOUND", "Session not found", "session:notFound")
FORBIDDEN = error(403, "NOT_AUTHORIZED", "Not authorized for this operation", "session:notOwner")
SCOPE_MISSING = error(403, "NOT_AUTHORIZED", "Not authorized for this operation", "auth:scopeMissing")
STATE = error(409, "INVALID_STATE", "Operation not allowed in the current state", "session:invalidState")
ELSEWHERE = error(403, "WORKSPACE_MISMATCH", "Workspace does not match", "session:workspaceMismatch")
NO_WORKSPACE = error(404, "WORKSPACE_NOT_FOUND", "Workspace not found", "workspace:notFound")
FIELD = Like(r"[0-9a-f]{32}")


def invalid(field):
    return error(400, "INVALID_INPUT", "Invalid request payload", f"input:{field}")


def success(data, status=200):
    return {"statusCode": status, "message": "Request successful", "data": data, "timestamp": TIME}


@pytest.fixture
def market(stack, database):
    return Market(stack, database)


def requested(market, session, **members):
    """A session nobody has accepted, as its consumer sees it."""
    return {"id": session, "consumerWorkspaceId": market.consumer.workspace, "operatorWorkspaceId": None,
            "state": "REQUESTED", "maxDurationSeconds": 600, "waitTimeoutSeconds": 300,
            "ratePerSecondMicroUsdc": "1000", "holdMicroUsdc": "600000", "startedAt": None, "endedAt": None,
            "cleanSeconds": 0, "chargedMicroUsdc": "0", "settlementTxHash": None, "videoBackendRef": None,
            "createdAt": TIME, "requestedLat": 4.711234, "requestedLng": -74.072456, "authorized": False,
            "whepUrl": None, "whipUrl": None, **members}


def test_a_whole_life_from_both_sides(market):
    consumer, operator = market.consumer, market.operator
    response = consumer.send("POST", body=PLACE)
    session = response.json()["data"]["id"]
    token = response.headers["X-Lx-Consistency-Token"]
    assert_answer(response, 201, success({**requested(market, session), "consistencyToken": token}, 201))
    assert_answer(consumer.send("GET", f"/{session}"), 200, success(requested(market, session)))

    assigned = {"operatorWorkspaceId": operator.workspace, "state": "ASSIGNED"}
    assert_answer(operator.send("POST", f"/{session}/accept"), 200, success(requested(market, session, **assigned)))
    assert_answer(consumer.send("POST", f"/{session}/authorize", {"signature": "0x00"}), 200,
                  success(requested(market, session, **assigned, authorized=True)))

    response = operator.send("POST", f"/{session}/start")
    started = response.json()["data"]
    live = requested(market, session, operatorWorkspaceId=operator.workspace, state="LIVE", startedAt=TIME,
                     videoBackendRef=FIELD, authorized=True, whepUrl=started["whepUrl"])
    assert_answer(response, 200, success({
        "session": {**live, "whipUrl": started["whipUrl"]}, "videoBackendRef": FIELD,
        "whipUrl": Like(r"https://video\.invalid/[0-9a-f]{32}k[0-9a-f]{32}/webRTC/publish"),
        "whepUrl": Like(r"https://video\.invalid/[0-9a-f]{32}/webRTC/play")}))
    assert_answer(consumer.send("GET", f"/{session}"), 200, success(live))
    assert_answer(operator.send("GET", f"/{session}"), 200, success({**live, "whipUrl": started["whipUrl"]}))

    paused = {**live, "state": "PAUSED", "whepUrl": None}
    market.backdate(session, 40)
    assert_answer(operator.send("POST", f"/{session}/pause"), 200, success(paused))
    market.backdate(session, 100)
    assert operator.send("POST", f"/{session}/resume").json()["data"]["state"] == "LIVE"
    market.backdate(session, 20)
    response = consumer.send("POST", f"/{session}/end")
    ended = response.json()["data"]
    assert_answer(response, 200, success({**paused, "state": "ENDED", "endedAt": TIME, "cleanSeconds": 60,
                                          "chargedMicroUsdc": "60000", "videoBackendRef": None}))
    for party in (consumer, operator):
        assert market.get(session, party) == ended
    assert [row["action"] for row in market.database.audit(session) if row["via"] == "http:luxxon"] == \
        ["accept", "authorize", "start", "pause", "resume", "end"]


def test_an_end_before_anything_was_seen_costs_nothing(market):
    for party in (market.consumer, market.operator):
        ended = market.take("end", market.assigned(), party)
        assert (ended["state"], ended["startedAt"], ended["cleanSeconds"], ended["chargedMicroUsdc"]) == \
            ("ENDED", None, 0, "0")
        assert ended["endedAt"] == TIME


def test_amounts_beyond_what_a_double_holds(market):
    market.set(rate_per_second_micro_usdc="900719925474099300")
    session = market.live()
    market.backdate(session, 10)
    ended = market.take("end", session)
    assert (ended["ratePerSecondMicroUsdc"], ended["holdMicroUsdc"], ended["chargedMicroUsdc"]) == \
        ("900719925474099300", "540431955284459580000", "9007199254740993000")


def test_the_rate_is_the_tenants(market):
    market.set(rate_per_second_micro_usdc="25")
    data = market.get(market.request(maxDurationSeconds=100))
    assert (data["ratePerSecondMicroUsdc"], data["holdMicroUsdc"]) == ("25", "2500")


@pytest.mark.parametrize("wanted, given", [(None, 300), (1, 5), (-7, 5), (5, 5), (600, 600), (3600, 3600), (99999, 3600)])
def test_the_wait_is_clamped(market, wanted, given):
    session = market.request(**({} if wanted is None else {"waitTimeoutSeconds": wanted}))
    assert market.get(session)["waitTimeoutSeconds"] == given
    market.backdate(session, given - 2)
    assert market.get(session)["state"] == "REQUESTED"
    market.backdate(session, 2)
    assert market.get(session)["state"] == "EXPIRED"


@pytest.mark.parametrize("field, values", [
    ("lat", [None, "4.7", 90.0001, -91, True, [1], {}]), ("lng", [None, "x", 181, -180.5]),
    ("maxDurationSeconds", [None, 0, -1, 86401, 1.5, "600", 10 ** 30]), ("waitTimeoutSeconds", ["300", 1.5, True, 10 ** 30]),
    ("quoteId", [7, {}]), ("workspaceId", [7, []])])
def test_bad_input_names_its_field(market, field, values):
    for value in values:
        assert_answer(market.consumer.send("POST", body={**PLACE, field: value}), 400, invalid(field))
    assert market.consumer.send("GET").json()["data"] == []


@pytest.mark.parametrize("field", ["lat", "lng", "maxDurationSeconds"])
def test_a_field_that_is_missing(market, field):
    body = {name: value for name, value in PLACE.items() if name != field}
    assert_answer(market.consumer.send("POST", body=body), 400, invalid(field))


def test_a_quote_that_nobody_gave(market):
    assert_answer(market.consumer.send("POST", body={**PLACE, "quoteId": "q-1"}), 404,
                  error(404, "QUOTE_NOT_FOUND", "Quote not found", "quote:notFound"))
    assert market.consumer.send("GET").json()["data"] == []


def test_who_may_request(market):
    consumer = market.consumer
    assert consumer.send("POST", body={**PLACE, "workspaceId": consumer.workspace}).status_code == 201
    assert_answer(consumer.send("POST", body={**PLACE, "workspaceId": market.operator.workspace}), 403, ELSEWHERE)
    assert_answer(consumer.send("POST", body={**PLACE, "workspaceId": unknown()}), 404, NO_WORKSPACE)
    assert_answer(consumer.send("POST", body=PLACE, key=consumer.limited("sessions:read")), 403, SCOPE_MISSING)
    assert consumer.send("POST", body={**PLACE, "workspaceId": consumer.workspace},
                         key=consumer.unbound()).status_code == 201
    assert_answer(consumer.send("POST", body=PLACE, key=consumer.unbound()), 400, invalid("workspaceId"))
    assert_answer(market.send("POST", body=PLACE), 401,
                  error(401, "NOT_AUTHENTICATED", "Session expired or missing", "auth:noCredential"))


def ids(response):
    assert response.status_code == 200, response.text
    return [session["id"] for session in response.json()["data"]]


def test_lists_of_either_party_newest_first(market):
    consumer, operator, rival = market.consumer, market.operator, market.rival
    first, second, third = market.request(), market.assigned(), market.request()
    response = consumer.send("GET", f"?workspaceId={consumer.workspace}")
    assert_answer(response, 200, success([
        requested(market, third),
        requested(market, second, operatorWorkspaceId=operator.workspace, state="ASSIGNED"),
        requested(market, first)]))
    assert ids(consumer.send("GET")) == [third, second, first]
    assert ids(operator.send("GET", f"?workspaceId={operator.workspace}")) == [second]
    assert ids(operator.send("GET")) == [third, second, first]
    assert ids(rival.send("GET")) == [third, first]
    assert ids(rival.send("GET", key=rival.unbound())) == [third, first]
    assert ids(consumer.send("GET", f"?workspaceId={consumer.workspace}", key=consumer.unbound())) == \
        [third, second, first]


def test_a_list_of_anothers_workspace(market):
    consumer, elsewhere = market.consumer, f"?workspaceId={market.operator.workspace}"
    assert_answer(consumer.send("GET", elsewhere), 403, ELSEWHERE)
    assert_answer(consumer.send("GET", elsewhere, key=consumer.unbound()), 403, ELSEWHERE)
    assert_answer(consumer.send("GET", f"?workspaceId={unknown()}"), 404, NO_WORKSPACE)
    assert_answer(consumer.send("GET", key=consumer.limited("sessions:create")), 403, SCOPE_MISSING)


def test_who_may_read_one(market):
    session = market.request()
    assert market.get(session, market.rival)["state"] == "REQUESTED"
    market.take("accept", session)
    assert_answer(market.rival.send("GET", f"/{session}"), 403, FORBIDDEN)
    assert_answer(market.send("GET", f"/{session}", market.tenant.key(market.tenant.principal("x", scopes=SCOPES))),
                  403, FORBIDDEN)
    assert_answer(market.consumer.send("GET", f"/{unknown()}"), 404, MALFORMED)
    assert_answer(market.consumer.send("GET", "/nonsense"), 404, MALFORMED)


def test_accepting_for_a_workspace(market):
    operator, session = market.operator, market.request()
    key = operator.unbound()
    body = {"operatorWorkspaceId": market.rival.workspace}
    assert_answer(operator.send("POST", f"/{session}/accept", body), 403, ELSEWHERE)
    assert_answer(operator.send("POST", f"/{session}/accept", body, key), 403, ELSEWHERE)
    assert_answer(operator.send("POST", f"/{session}/accept", {"operatorWorkspaceId": unknown()}, key), 404, NO_WORKSPACE)
    assert_answer(operator.send("POST", f"/{session}/accept", {"operatorWorkspaceId": 7}), 400,
                  invalid("operatorWorkspaceId"))
    assert market.get(session)["state"] == "REQUESTED"
    accepted = operator.send("POST", f"/{session}/accept", {"operatorWorkspaceId": operator.workspace}, key)
    assert accepted.json()["data"]["operatorWorkspaceId"] == operator.workspace


def test_one_who_belongs_to_one_operator_need_not_name_it(market):
    operator = market.operator
    key = operator.unbound()
    accepted = operator.send("POST", f"/{market.request()}/accept", key=key)
    assert accepted.json()["data"]["operatorWorkspaceId"] == operator.workspace
    market.tenant.member("kites", operator.person)
    assert_answer(operator.send("POST", f"/{market.request()}/accept", key=key), 400, invalid("operatorWorkspaceId"))


def test_who_may_not_accept(market):
    session = market.request()
    assert_answer(market.consumer.send("POST", f"/{session}/accept"), 403, FORBIDDEN)
    assert_answer(market.operator.send("POST", f"/{session}/accept", key=market.operator.limited("sessions:read")), 403,
                  SCOPE_MISSING)
    market.take("accept", session)
    assert_answer(market.rival.send("POST", f"/{session}/accept"), 409, STATE)


def test_dispatch_takes_the_operator_that_has_been_idle_longest(market):
    operator, rival = market.operator, market.rival
    none = error(503, "NO_COVERAGE", "No operator available", "session:noCoverage")
    session = market.request()
    response = market.consumer.send("POST", f"/{session}/dispatch")
    assert_answer(response, 503, none)
    assert response.headers["Retry-After"]
    assert market.get(session)["state"] == "REQUESTED"

    operator.online()
    rival.online()
    first = market.take("dispatch", session, market.consumer)
    assert (first["state"], first["operatorWorkspaceId"]) == ("ASSIGNED", operator.workspace)
    second = market.request()
    assert market.take("dispatch", second, market.consumer)["operatorWorkspaceId"] == rival.workspace
    assert_answer(market.consumer.send("POST", f"/{market.request()}/dispatch"), 503, none)
    market.take("end", second, rival)
    market.take("end", session)
    assert market.take("dispatch", market.request(), market.consumer)["operatorWorkspaceId"] == rival.workspace
    operator.online(False)
    assert_answer(market.consumer.send("POST", f"/{market.request()}/dispatch"), 503, none)


def test_who_may_not_dispatch(market):
    market.operator.online()
    session = market.request()
    assert_answer(market.operator.send("POST", f"/{session}/dispatch"), 403, FORBIDDEN)
    assert_answer(market.consumer.send("POST", f"/{session}/dispatch", key=market.consumer.limited("sessions:read")),
                  403, SCOPE_MISSING)
    market.take("dispatch", session, market.consumer)
    assert_answer(market.consumer.send("POST", f"/{session}/dispatch"), 409, STATE)


def test_with_events_the_first_frame_makes_it_live(market):
    market.set(video="events", video_url="https://video.example/a")
    session = market.assigned()
    started = market.take("start", session)
    assert started["session"]["state"] == "ASSIGNED"
    assert started["session"]["startedAt"] is None
    assert started["whepUrl"] == f"https://video.example/a/{started['videoBackendRef']}/webRTC/play"
    assert_answer(market.operator.send("POST", f"/{session}/start"), 409, STATE)
    assert_answer(market.operator.send("GET", f"/{session}/producer-token"), 200, success(
        {"videoBackendRef": started["videoBackendRef"], "whipUrl": started["whipUrl"]}))
    assert_answer(market.consumer.send("GET", f"/{session}/viewer-token"), 409, STATE)
    live = market.take("live", session)
    assert (live["state"], live["startedAt"]) == ("LIVE", TIME)
    assert market.take("live", session) == live
    assert len([row for row in market.database.audit(session) if row["action"] == "live"]) == 1


def test_the_tokens(market):
    session = market.assigned()
    for token in ("viewer-token", "producer-token"):
        assert_answer(market.operator.send("GET", f"/{session}/{token}"), 409, STATE)
    started = market.take("start", session)
    ref, whep, whip = started["videoBackendRef"], started["whepUrl"], started["whipUrl"]
    for party in (market.consumer, market.operator):
        assert_answer(party.send("GET", f"/{session}/viewer-token"), 200, success({"videoBackendRef": ref, "whepUrl": whep}))
    assert_answer(market.operator.send("GET", f"/{session}/producer-token"), 200,
                  success({"videoBackendRef": ref, "whipUrl": whip}))
    assert_answer(market.consumer.send("GET", f"/{session}/producer-token"), 403, FORBIDDEN)
    assert_answer(market.rival.send("GET", f"/{session}/viewer-token"), 403, FORBIDDEN)
    market.take("end", session)
    for token in ("viewer-token", "producer-token"):
        assert_answer(market.operator.send("GET", f"/{session}/{token}"), 409, STATE)


def test_the_consumer_finds_the_publishing_url_nowhere(market):
    session = market.live()
    detail = {party: market.database.as_principal(market.tenant.slug, party.person, "get_session_detail",
                                                  session_id=session)["fields"]
              for party in (market.consumer, market.operator)}
    assert "operator" not in detail[market.consumer]
    assert detail[market.operator]["operator"]["whipUrl"] == market.get(session, market.operator)["whipUrl"]


def test_there_is_no_frame(market):
    none = error(404, "FRAME_NOT_AVAILABLE", "Frame not available", "frame:notAvailable")
    session = market.live()
    for party in (market.consumer, market.operator):
        assert_answer(party.send("GET", f"/{session}/frame"), 404, none)
    assert_answer(market.rival.send("GET", f"/{session}/frame"), 403, FORBIDDEN)
    assert_answer(market.consumer.send("GET", f"/{unknown()}/frame"), 404, MALFORMED)


@pytest.mark.parametrize("action", ["start", "live", "pause", "resume"])
def test_what_the_operator_alone_may(market, action):
    session = market.live() if action == "pause" else market.assigned()
    assert_answer(market.consumer.send("POST", f"/{session}/{action}"), 403, FORBIDDEN)
    assert_answer(market.rival.send("POST", f"/{session}/{action}"), 403, FORBIDDEN)
    assert_answer(market.operator.send("POST", f"/{session}/{action}", key=market.operator.limited("sessions:read")), 403,
                  SCOPE_MISSING)
    assert_answer(market.operator.send("POST", f"/{unknown()}/{action}"), 404, MALFORMED)


@pytest.mark.parametrize("action, made", [
    ("start", "live"), ("pause", "assigned"), ("resume", "live"), ("end", "request"), ("authorize", "ended")])
def test_what_the_state_does_not_allow(market, action, made):
    if made == "ended":
        session = market.live()
        market.take("end", session)
    else:
        session = getattr(market, made)()
    party = market.consumer if action in ("end", "authorize") else market.operator
    assert_answer(party.send("POST", f"/{session}/{action}"), 409, STATE)


def test_an_expiry_before_anything_was_seen(market):
    session = market.assigned(waitTimeoutSeconds=5)
    market.backdate(session, 5)
    expired = market.get(session)
    assert (expired["state"], expired["cleanSeconds"], expired["chargedMicroUsdc"]) == ("EXPIRED", 0, "0")
    assert expired["endedAt"] == TIME
    assert_answer(market.operator.send("POST", f"/{session}/start"), 409, STATE)
    assert_answer(market.consumer.send("POST", f"/{session}/end"), 409, STATE)


def test_an_expiry_while_live_is_metered_like_an_end(market):
    session = market.assigned(maxDurationSeconds=30)
    market.take("start", session)
    market.backdate(session, 31)
    expired = market.get(session)
    assert (expired["state"], expired["cleanSeconds"], expired["chargedMicroUsdc"]) == ("EXPIRED", 30, "30000")
    assert (expired["videoBackendRef"], expired["whepUrl"]) == (None, None)


def test_cancel_against_accept_one_wins(market):
    with ThreadPoolExecutor(2) as pool:
        for _ in range(10):
            session = market.request()
            calls = [pool.submit(market.send, "DELETE", f"/{session}", market.consumer.key),
                     pool.submit(market.send, "POST", f"/{session}/accept", market.operator.key)]
            cancelled, accepted = [call.result() for call in calls]
            assert sorted([cancelled.status_code, accepted.status_code]) == [200, 409]
            assert_answer(cancelled if accepted.status_code == 200 else accepted, 409, STATE)
            assert market.get(session)["state"] == ("ASSIGNED" if accepted.status_code == 200 else "CANCELLED")


def test_cancelling_all_assignments(market):
    path = "/cancel-all-assignments"
    assert_answer(market.operator.send("POST", path), 200, success({"count": 0, "cancelled": []}))
    first, live, second, open_request = market.assigned(), market.live(), market.assigned(), market.request()
    other = market.request()
    market.take("accept", other, market.rival)
    assert_answer(market.operator.send("POST", path), 200, success({"count": 2, "cancelled": [first, second]}))
    assert [market.get(session)["state"] for session in (first, live, second, open_request, other)] == \
        ["CANCELLED", "LIVE", "CANCELLED", "REQUESTED", "ASSIGNED"]
    assert_answer(market.rival.send("POST", path, key=market.rival.unbound()), 200,
                  success({"count": 1, "cancelled": [other]}))
    third = market.assigned()
    assert_answer(market.operator.send("POST", path, key=market.operator.limited("sessions:operate")), 200,
                  success({"count": 1, "cancelled": [third]}))


def test_who_may_not_cancel_all_assignments(market):
    path = "/cancel-all-assignments"
    assert_answer(market.consumer.send("POST", path), 403, FORBIDDEN)
    assert_answer(market.operator.send("POST", path, key=market.operator.limited("sessions:read")), 403, SCOPE_MISSING)
    assert_answer(market.operator.send("POST", path, {"operatorWorkspaceId": market.rival.workspace}), 403, ELSEWHERE)
    assert_answer(market.send("POST", path), 401,
                  error(401, "NOT_AUTHENTICATED", "Session expired or missing", "auth:noCredential"))
