"""Acts that share a transaction: each is told of its own, and of nothing that was undone."""
import contextlib
import json

import pytest

import fastcgi
import front
from acts import ENDED, PLACES, TOGETHER, Acts, others_ended
from front import wait_until
from holding import ending, locked, waiting
from overhearing import Listener
from together import Together


def test_acts_that_come_together_share_a_transaction(overheard, native):
    own, listener = overheard
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        before = listener.count
        acts.send_endings()
        assert acts.told() == [ENDED] * TOGETHER
        assert listener.named(*acts.sessions, since=before) == [acts.sessions]
        assert acts.transactions() == {"n": 1, "ended": TOGETHER}


def test_each_may_have_its_own(stack, native):
    with front.serving(stack, "--connections", "1", "--requests-per-transaction", "1") as own, \
            contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        acts.send_endings()
        assert acts.told() == [ENDED] * TOGETHER
        assert acts.transactions() == {"n": TOGETHER, "ended": TOGETHER}


def test_who_has_his_own_waits_in_it(stack, native, database):
    with contextlib.closing(Listener(stack)) as listener, contextlib.ExitStack() as opened, \
            front.serving(stack, "--connections", "1", "--requests-per-transaction", "1", database=listener.database) as own:
        acts = Acts(opened, own, native, 1)
        before = listener.count
        with locked(database, *acts.sessions):
            acts.send_endings()
            wait_until(lambda: database.rows("SELECT 1 FROM pg_stat_activity WHERE usename = 'curfew_front'"
                                             " AND wait_event_type = 'Lock' AND clock_timestamp() > xact_start + '0.2 s'::interval"))
        assert acts.told() == [ENDED]
        assert listener.named(*acts.sessions, since=before) == [acts.sessions]


def test_lookups_and_acts_share_none(overheard, native):
    """Nor does a lookup that has to wait keep others' acts apart."""
    own, listener = overheard
    looked_up = native.new()
    look_up = fastcgi.request("GET", f"/curfew/v1/sessions/{looked_up}",
                              authorization=f"Bearer {native.tenant.key(native.owner)}")
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        acts.alone(look_up)
        before = listener.count
        acts.send_endings(s1=look_up)
        assert [status for status, _ in acts.answers()] == [200] * TOGETHER
        assert listener.named(looked_up, *acts.sessions, since=before) == [acts.sessions[:1] + acts.sessions[2:], [looked_up]]


def test_each_is_written_down_as_its_own(overheard, native):
    own, _ = overheard
    agent = native.tenant.principal("agent", scopes=["sessions:terminate"])
    key = native.tenant.key(agent)
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        acts.send([ending(native, session, key if at % 2 else None, traceparent=f"00-{at + 1:032x}-{1:016x}-01")
                   for at, session in enumerate(acts.sessions)])
        assert acts.told() == [ENDED] * TOGETHER
        assert acts.transactions() == {"n": 1, "ended": TOGETHER}
        events = [native.database.audit(session)[-1] for session in acts.sessions]
        assert [event["actor_id"] for event in events] == [agent if at % 2 else native.owner for at in range(TOGETHER)]
        assert [event["relation"] for event in events] == ["scope" if at % 2 else "owner" for at in range(TOGETHER)]
        assert [f"{at + 1:032x}" in str(event) for at, event in enumerate(events)] == [True] * TOGETHER
        assert len({event["request_id"] for event in events}) == TOGETHER


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("what", ["unknown caller", "not its owner", "other version"])
def test_the_refusal_of_one_is_not_that_of_those_who_share_its_transaction(overheard, native, place, what):
    own, listener = overheard
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        session = acts.sessions[place]
        wrong, told = {
            "unknown caller": (ending(native, session, "crfk_nobody"), (401, "invalid_credential")),
            "not its owner": (ending(native, session, native.stranger_key), (403, "not_owner")),
            "other version": (ending(native, session, if_match='"7"'), (412, "version_conflict")),
        }[what]
        before = listener.count
        acts.send_endings(**{f"s{place}": wrong})
        assert acts.told() == others_ended(place, told)
        assert acts.transactions() == {"n": TOGETHER - 1, "ended": TOGETHER - 1}
        transactions = listener.named(*acts.sessions, since=before)
        assert transactions[0] == acts.sessions
        assert sorted(transactions[1:]) == sorted([each] for each in acts.sessions if each != session)


def test_after_a_refusal_few_share_a_transaction_for_a_while(overheard, native):
    own, listener = overheard
    sizes = []
    for refused in (True, False, False):
        with contextlib.ExitStack() as stack:
            acts = Acts(stack, own, native) if refused else again(acts, stack, own)
            before = listener.count
            acts.send_endings(**({"s0": ending(native, acts.sessions[0], "crfk_nobody")} if refused else {}))
            assert acts.told()[1:] == [ENDED] * (TOGETHER - 1)
            sizes.append(max(map(len, listener.named(*acts.sessions, since=before))))
    assert sizes[0] == TOGETHER
    assert sizes[1] < sizes[2] < TOGETHER


def again(acts, stack, own):
    """Sessions anew, and connections."""
    Together.__init__(acts, stack, own, TOGETHER)
    acts.sessions = [acts.native.new() for _ in range(TOGETHER)]
    return acts


def test_of_two_that_end_the_same_session_one_wins_and_the_other_is_told_why(overheard, native):
    own, _ = overheard
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        acts.send_endings(s5=ending(native, acts.sessions[2]))
        assert acts.told() == others_ended(5, (409, "invalid_state"))
        assert len(native.database.audit(acts.sessions[2])) == 1


def test_one_may_build_on_another(overheard, native):
    own, _ = overheard
    native.tenant.workspace("together")
    native.tenant.member("together", native.owner)
    session = native.tenant.session(native.owner, "conversation", workspace="together")["id"]

    def act(action):
        return fastcgi.request("POST", f"/curfew/v1/sessions/{session}/{action}", b"{}",
                               authorization=f"Bearer {native.owner_key}")

    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native, 4)
        acts.send([act(action) for action in ("archive", "unarchive", "pin", "archive")])
        assert [(status, body["version"], sorted(body["marks"])) for status, body in acts.answers()] == [
            (200, 2, ["archived"]), (200, 3, []), (200, 4, ["pinned"]), (200, 5, ["archived", "pinned"])]
        events = native.database.rows("SELECT action, version, xmin::text FROM curfew.audit_event WHERE session_id = %s"
                                      " AND action <> 'create' ORDER BY version", (session,))
        assert [(event["action"], event["version"]) for event in events] == [
            ("archive", 2), ("unarchive", 3), ("pin", 4), ("archive", 5)]
        assert len({event["xmin"] for event in events}) == 1


def test_sessions_that_begin_together(overheard, native):
    own, listener = overheard

    def begin(key):
        return fastcgi.request("POST", "/curfew/v1/sessions", json.dumps({"lifecycle": "agent", "title": key}).encode(),
                               authorization=f"Bearer {native.owner_key}", idempotency_key=f"{run}-{key}")

    run = native.new()
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native, 4)
        acts.alone(begin("first"))
        before = listener.count
        acts.send([begin("one"), begin("two"), begin("one"), begin("first")])
        answers = acts.answers()
        assert [status for status, _ in answers] == [201] * 4
        ids = [body["id"] for _, body in answers]
        assert ids[0] == ids[2]
        assert len(set(ids)) == 3
        assert listener.named(run, since=before) == [[run]]
        begun = native.database.rows("SELECT session_id::text AS id, xmin::text FROM curfew.audit_event"
                                     " WHERE session_id = ANY (%s::uuid[]) AND action = 'create'", (ids,))
        assert sorted(row["id"] for row in begun) == sorted(set(ids))
        assert len({row["xmin"] for row in begun}) == 2
        tokens = [body["token"] for _, body in answers]
        assert [session_of(acts, token) for token in tokens] == ids


def session_of(acts, token):
    """The session that a token is introspected as."""
    status, body = acts.alone(fastcgi.request("POST", "/curfew/v1/introspect", json.dumps({"token": token}).encode(),
                                              authorization=f"Bearer {acts.native.owner_key}"))
    return json.loads(body).get("session_id")


def test_who_calls_with_what_another_ends_is_a_stranger(overheard, native):
    own, _ = overheard
    login = native.tenant.session(native.owner, "login")
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        acts.send_endings(s0=fastcgi.request("POST", f"/curfew/v1/sessions/{login['id']}/end", b"{}",
                                             authorization=f"Bearer {native.owner_key}"),
                          s1=ending(native, acts.sessions[1], login["token"]))
        assert acts.told() == [(200, "ended"), (401, "session_not_live")] + [ENDED] * (TOGETHER - 2)


@pytest.mark.parametrize("place", PLACES)
def test_who_waits_for_another_transaction_does_so_alone(stack, native, database, place):
    with front.serving(stack, "--connections", "2") as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        Acts(opened, own, native, 2).send_endings() # the other connection
        with locked(database, acts.sessions[place]):
            acts.send_endings()
            others = acts.connections[:place] + acts.connections[place + 1:]
            assert [other.answer()[0] for other in others] == [200] * (TOGETHER - 1)
            wait_until(lambda: waiting(database, 1))
            assert not acts.connections[place].is_answered()
        assert acts.connections[place].answer()[0] == 200


def test_acts_that_are_undone_are_done_again_in_their_order(overheard, native):
    own, _ = overheard
    native.tenant.workspace("undone")
    native.tenant.member("undone", native.owner)
    session = native.tenant.session(native.owner, "conversation", workspace="undone")["id"]

    def act(action, key=native.owner_key):
        return fastcgi.request("POST", f"/curfew/v1/sessions/{session}/{action}", b"{}", authorization=f"Bearer {key}")

    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native, 4)
        acts.send([act("archive"), act("unarchive"), act("pin"), act("pin", "crfk_nobody")])
        assert [body.get("version") for _, body in acts.answers()] == [2, 3, 4, None]
