"""Acts that share a transaction: each is told of its own, and of nothing that was undone."""
import contextlib
import json
import threading

import pytest

import fastcgi
import front
from database import position_of
from front import wait_until
from holding import asks, ending, locked, waiting
from middleman import ASKED, Middleman
from overhearing import Listener, Mute, Spoiler
from stack import PATIENCE
from together import Together

TOGETHER = 16 # in one transaction, after so many alone
PLACES = [0, TOGETHER // 2, TOGETHER - 1]
TOKEN = "X-Curfew-Token"


@pytest.fixture
def native(subjects):
    return subjects["native"]


@pytest.fixture
def overheard(stack):
    """A front with one connection, its process and its socket; and who listens to what it says on that."""
    with contextlib.closing(Listener(stack)) as listener, \
            front.serving(stack, "--connections", "1", database=listener.database) as own:
        yield own, listener


class Acts(Together):
    """On sessions of their own, which are `native`'s. So many were alone before that they share one transaction."""

    def __init__(self, stack, own, native, count=TOGETHER):
        super().__init__(stack, own, count)
        self.native = native
        self.sessions = [native.new() for _ in range(count)]
        for _ in range(TOGETHER):
            assert self.alone(ending(native, native.new()))[0] == 200

    def send_endings(self, **special):
        """`s<place>` is what a request in that place is instead of the ending of its session."""
        self.send([special.get(f"s{place}") or ending(self.native, session) for place, session in enumerate(self.sessions)])

    def told(self):
        """Status and state or reason."""
        return [(status, body["state" if status == 200 else "reason"]) for status, body in self.answers()]

    def transactions(self):
        """In how many of them those of the sessions were ended that were."""
        return self.native.database.rows(
            "SELECT count(DISTINCT xmin::text) AS n, count(*) AS ended FROM curfew.audit_event"
            " WHERE session_id = ANY (%s::uuid[]) AND action = 'terminate' AND outcome = 'done'", (self.sessions,))[0]


ENDED = (200, "terminated")


def others_ended(place, told):
    return [told if at == place else ENDED for at in range(TOGETHER)]


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


class Gate(Middleman):
    """Holds up what is asked that names `one` without `other`, until it is let through, or ends its connection at once."""

    one = other = None

    def __init__(self, stack):
        self.ends = False
        self.reached, self.opened = threading.Event(), threading.Event()
        super().__init__(stack)

    def watcher(self):
        def watch(which, data):
            if which != ASKED or not self.one or self.one not in data or self.other in data:
                return data, True
            if self.ends:
                return b"", False
            self.reached.set()
            self.opened.wait(PATIENCE)
            return data, True

        return watch


@pytest.fixture
def gate(stack):
    with contextlib.closing(Gate(stack)) as gate:
        yield gate


def of_the_same(acts, gate):
    """Two endings of the same session: if both are in one transaction, the gate lets them through."""

    def with_reason(reason):
        return fastcgi.request("POST", f"/curfew/v1/sessions/{acts.sessions[2]}/terminate",
                               json.dumps({"reason": reason}).encode(), authorization=f"Bearer {acts.native.owner_key}")

    gate.one, gate.other = b"the first", b"the second"
    return with_reason("the first"), with_reason("the second")


def test_nobody_is_told_of_what_another_did_not_do_after_all(stack, native, gate):
    """The second would end what the first has ended; then all is undone, and the first does not come to it again."""
    with front.serving(stack, "--connections", "1", database=gate.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        gate.ends = True
        first, second = of_the_same(acts, gate)
        acts.send_endings(s2=first, s5=second)
        assert acts.told() == others_ended(2, (503, "in_doubt"))
        assert [event["reason"] for event in native.database.audit(acts.sessions[2])] == ["the second"]


def test_who_waits_meanwhile_leaves_nobody_waiting(stack, native, gate):
    """What the first does again takes long: the second is asked again too, and is before him."""
    with front.serving(stack, "--connections", "2", database=gate.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        first, second = of_the_same(acts, gate)
        acts.send_endings(s2=first, s5=second)
        assert gate.reached.wait(PATIENCE)
        assert acts.connections[5].answer()[0] == 200
        gate.opened.set()
        assert acts.connections[2].answer()[0] == 409
        assert [event["reason"] for event in native.database.audit(acts.sessions[2])] == ["the second"]


def test_who_goes_meanwhile_leaves_nobody_waiting(stack, native, gate):
    """The one whose act the other was refused for has gone while it is made again."""
    with front.serving(stack, "--connections", "1", database=gate.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        first, second = of_the_same(acts, gate)
        acts.send_endings(s2=first, s5=second)
        assert gate.reached.wait(PATIENCE)
        acts.connections[2].socket.close()
        assert asks(own[1], "GET", "/healthz")[0] == 200 # it is seen by now
        gate.opened.set()
        assert acts.connections[5].answer()[0] == 409
        assert [event["reason"] for event in native.database.audit(acts.sessions[2])] == ["the first"]


def test_acts_whose_connection_is_lost_are_all_in_doubt(stack, native, gate):
    with front.serving(stack, "--connections", "1", database=gate.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        gate.ends, gate.one, gate.other = True, acts.sessions[3].encode(), b"nothing"
        acts.send_endings()
        assert acts.told() == [(503, "in_doubt")] * TOGETHER
        assert acts.transactions() == {"n": 0, "ended": 0}


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


@pytest.mark.parametrize("place", PLACES)
def test_a_statement_that_is_not_there_any_more(stack, native, place):
    with contextlib.closing(Spoiler(stack)) as spoiler, \
            front.serving(stack, "--connections", "1", database=spoiler.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        spoiler.at = acts.sessions[place].encode()
        acts.send_endings()
        assert acts.told() == [ENDED] * TOGETHER
        assert spoiler.at is None
        assert acts.transactions()["ended"] == TOGETHER


@contextlib.contextmanager
def trigger(database, body, when="AFTER UPDATE ON curfew.session"):
    """A trigger of the DBA's own meanwhile."""
    constraint = "CONSTRAINT" if "DEFERRED" in when else ""
    database.rows(f"CREATE FUNCTION public.own() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$;"
                  f"CREATE {constraint} TRIGGER own {when} FOR EACH ROW EXECUTE FUNCTION public.own()")
    try:
        yield
    finally:
        database.rows("DROP TRIGGER own ON curfew.session; DROP FUNCTION public.own()")


DEFERRED = "AFTER UPDATE ON curfew.session DEFERRABLE INITIALLY DEFERRED"


def test_an_error_at_the_commit_is_nobody_elses(overheard, native, database):
    own, _ = overheard
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        for place in (3, TOGETHER - 1):
            acts.sessions = [native.new() for _ in acts.sessions]
            with trigger(database, f"BEGIN IF NEW.id = '{acts.sessions[place]}' THEN RAISE 'no'; END IF; RETURN NULL; END", DEFERRED):
                acts.send_endings()
                assert acts.told() == others_ended(place, (500, "internal_error"))
            assert acts.transactions() == {"n": TOGETHER - 1, "ended": TOGETHER - 1}
            acts = Acts(stack, own, native)


def test_what_a_trigger_leaves_to_the_commit_is_its_callers(overheard, native, subjects, database):
    own, _ = overheard
    other = subjects["truthlocks-terminate"]
    database.rows("CREATE TABLE public.seen (session uuid, caller uuid, tenant uuid)")
    with contextlib.ExitStack() as stack:
        stack.callback(database.rows, "DROP TABLE public.seen")
        acts = Acts(stack, own, native)
        theirs = [other.tenant.session(other.owner, "agent")["id"] for _ in range(2)]
        acts.sessions[1], acts.sessions[4] = theirs
        body = "BEGIN INSERT INTO public.seen VALUES (NEW.id, curfew.current_principal(), curfew.current_tenant()); RETURN NULL; END"
        with trigger(database, body, DEFERRED):
            database.rows("GRANT INSERT ON public.seen TO curfew_front")
            acts.send_endings(s1=ending(other, theirs[0], other.owner_key), s4=ending(other, theirs[1], other.owner_key))
            assert acts.told() == [ENDED] * TOGETHER
            assert acts.transactions() == {"n": 1, "ended": TOGETHER}
            wrong = database.rows("SELECT * FROM public.seen n JOIN curfew.session s ON s.id = n.session"
                                  " WHERE (n.caller, n.tenant) IS DISTINCT FROM (s.owner_id, s.tenant_id)")
            assert wrong == []
            assert database.rows("SELECT count(*) AS n FROM public.seen")[0]["n"] == TOGETHER


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_who_is_in_anothers_way_does_it_again_alone(overheard, native, database, sqlstate):
    own, _ = overheard
    body = f"""BEGIN
        IF (SELECT count(*) FROM curfew.session WHERE xmin = pg_current_xact_id()::xid) > 5 THEN
            RAISE 'no' USING ERRCODE = '{sqlstate}';
        END IF;
        RETURN NULL;
    END"""
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        with trigger(database, body):
            acts.send_endings()
            assert acts.told() == [ENDED] * TOGETHER
        assert acts.transactions() == {"n": TOGETHER, "ended": TOGETHER}


def test_acts_that_take_long_in_all_do_not_share(stack, native, database):
    """Longer than any one of them may."""
    with front.serving(stack, "--connections", "1", "--statement-timeout", "1") as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        with trigger(database, "BEGIN PERFORM pg_sleep(0.45); RETURN NULL; END"):
            acts.send_endings()
            assert acts.told() == [ENDED] * TOGETHER
        assert acts.transactions() == {"n": TOGETHER, "ended": TOGETHER}


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


def tokens(acts):
    return [headers.get(TOKEN) for _, headers, _ in (connection.whole_answer() for connection in acts.connections)]


def test_each_is_answered_with_the_token_of_the_commit(overheard, native, database):
    own, listener = overheard
    database.rows("CREATE TABLE public.seen (at pg_lsn)")
    with contextlib.ExitStack() as stack:
        stack.callback(database.rows, "DROP TABLE public.seen")
        acts = Acts(stack, own, native)
        before = listener.count
        body = "BEGIN INSERT INTO public.seen VALUES (pg_current_wal_insert_lsn()); RETURN NULL; END"
        with trigger(database, body, DEFERRED):
            database.rows("GRANT INSERT ON public.seen TO curfew_front")
            acts.send_endings()
            told = tokens(acts)
        assert acts.transactions() == {"n": 1, "ended": TOGETHER}
        assert len(set(told)) == 1
        assert position_of(told[0]) > database.rows("SELECT max(at) - '0/0' AS at FROM public.seen")[0]["at"]
        assert listener.named("\0consistency\0", since=before) == []


@pytest.mark.parametrize("was_reported", [False, True])
def test_a_token_that_is_not_reported_is_asked_for(stack, native, was_reported):
    """Whether there is one of before or not."""
    with contextlib.closing(Mute(stack)) as mute, \
            front.serving(stack, "--connections", "1", database=mute.database) as own, contextlib.ExitStack() as opened:
        mute.is_mute = not was_reported
        acts = Acts(opened, own, native)
        acts.connections[0].send(ending(native, native.new()))
        _, headers, _ = acts.connections[0].whole_answer()
        mute.is_mute = True
        acts.send_endings()
        told = tokens(acts)
        assert acts.transactions() == {"n": 1, "ended": TOGETHER}
        assert len(set(told)) == 1
        assert position_of(told[0]) > position_of(headers[TOKEN])


def test_a_connection_that_is_lost_over_a_token_costs_no_more_than_that(stack, native):
    with contextlib.closing(Mute(stack)) as mute, \
            front.serving(stack, "--connections", "1", database=mute.database) as own, contextlib.ExitStack() as opened:
        acts = Acts(opened, own, native)
        mute.ends = True
        acts.send_endings()
        assert tokens(acts) == [None] * TOGETHER
        assert acts.transactions() == {"n": 1, "ended": TOGETHER}
        mute.ends = False
        assert acts.alone(ending(native, native.new()))[0] == 200
