"""The meter of random histories on a real server, against a computation of integers from the audit rows alone.

Time passes by moving all that happened to a session into the past, which is the same to it; moved the other way, the
server's clock was put back.
"""
import json
import random

import pytest

SECOND = 1_000_000  # microseconds, as all times here are
HISTORIES, STEPS = 300, 16

STINTS = {
    "initial": "ready",
    "forced": ["finish"],
    "states": {"ready": {"live": True}, "fast": {"live": True, "metered": True}, "slow": {"live": True, "metered": True},
               "off": {"live": True}, "over": {"terminal": True}, "gone": {"terminal": True}},
    "actions": {
        "hurry": {"from": ["ready", "slow", "off"], "to": "fast", "by": ["owner"]},
        "dawdle": {"from": ["ready", "fast", "off"], "to": "slow", "by": ["owner"]},
        "stop": {"from": ["fast", "slow"], "to": "off", "by": ["owner"]},
        "finish": {"from": ["ready", "fast", "slow", "off"], "to": "over", "by": ["owner"]},
        "lapse": {"from": ["fast", "slow", "off"], "to": "gone", "by": ["clock"]},
        "flag": {"from": "*", "mark": "flagged", "by": ["owner"]},
        "unflag": {"from": "*", "clear": "flagged", "by": ["owner"]}},
    "timers": {
        "fast": {"after": "stint", "from": "entered", "default": "6 seconds", "do": "lapse"},
        "slow": {"after": "whole", "from": "created", "default": "40 seconds", "do": "lapse"},
        "off": {"after": "rest", "from": "started", "default": "30 seconds", "do": "lapse"}}}


class Rules:
    """What the second computation knows of a lifecycle, and how the test takes its actions."""

    def __init__(self, metered, terminal, timers, timed_out, actions, ends, first=()):
        self.metered, self.terminal, self.timers = metered, terminal, timers  # timers: state to (anchor, seconds)
        self.timed_out, self.actions = timed_out, actions  # actions: action to actor
        self.ends, self.first = ends, first  # what is taken less often, and what is taken first

    def deadline(self, entered):
        """When the clock ends a session that entered these states, (time, state) each; None: never."""
        at, state = entered[-1]
        if state not in self.timers:
            return None
        anchor, seconds = self.timers[state]
        if anchor == "created":
            at = entered[0][0]
        elif anchor == "started":
            at = next((began for began, entered_state in entered if entered_state in self.metered), at)
        return max(entered[-1][0], at + seconds * SECOND)

    def tell(self, rows, now):
        """(state, end, microseconds metered) of a session at a time, by its audit rows (time, state after it)."""
        entered, metered = [], 0
        for at, state in [*rows, (max(now, rows[-1][0]), None)]:
            if entered and state == entered[-1][1]:
                continue  # a mark
            if entered:
                began, current = entered[-1]
                deadline = None if current in self.terminal else self.deadline(entered)
                expired = deadline is not None and deadline <= at
                if current in self.metered:
                    metered += (deadline if expired else at) - began
                if expired:
                    return self.timed_out, deadline, metered
            if state is not None:
                entered.append((at, state))
        at, state = entered[-1]
        return state, at if state in self.terminal else None, metered


RULES = {
    "stints": Rules({"fast", "slow"}, {"over", "gone"},
                    {"fast": ("entered", 6), "slow": ("created", 40), "off": ("started", 30)}, "gone",
                    dict.fromkeys(["hurry", "dawdle", "stop", "flag", "unflag", "finish"], "olga"), {"finish"}),
    "visual": Rules({"LIVE"}, {"ENDED", "EXPIRED", "CANCELLED"},
                    {"REQUESTED": ("created", 20), "ASSIGNED": ("created", 20), "LIVE": ("started", 10),
                     "PAUSED": ("started", 10)}, "EXPIRED",
                    {"accept": "otto", "start": "otto", "pause": "otto", "resume": "otto", "live": "otto",
                     "authorize": "vera", "end": "vera", "cancel": "vera", "cancel_assignment": "otto"},
                    {"end", "cancel", "cancel_assignment"}, ("authorize", "cancel", "accept", "authorize", "start")),
}
TIMERS = {"stints": None, "visual": json.dumps({"wait": 20, "max_duration": 10})}


class Histories:
    """Sessions of a database, driven through one connection."""

    def __init__(self, server, name, connection):
        self.server, self.name, self.connection = server, name, connection
        self.cursor = connection.cursor()
        self.cursor.execute("SELECT curfew.create_tenant('acme')")
        self.cursor.execute("SELECT curfew.define_lifecycle('stints', %s)", (json.dumps(STINTS),))
        self.cursor.execute("SELECT curfew.create_workspace('viewer', tenant => 'acme'),"
                            " curfew.create_workspace('drones', operator => true, tenant => 'acme')")
        scopes = "'{sessions:*,sessions:create_for,agents:kill}'"
        self.principals = {name: self.value(f"SELECT curfew.create_principal(%s, %s, %s, scopes => {scopes}, tenant => 'acme')",
                                            name, kind, role)
                           for name, kind, role in [("ada", "user", "admin"), ("olga", "user", "member"),
                                                    ("vera", "user", "member"), ("otto", "user", "member"),
                                                    ("bot", "agent", "member")]}
        self.keys = {who: self.value("SELECT key FROM curfew.issue_api_key(%s, workspace => %s, tenant => 'acme')",
                                     self.principals[who], workspace)
                     for who, workspace in [("olga", None), ("vera", "viewer"), ("otto", "drones"), ("ada", None)]}
        # What moves time is no change that anybody made.
        self.cursor.execute("""
            ALTER TABLE curfew.session DISABLE TRIGGER outside_update;
            ALTER TABLE curfew.audit_event DISABLE TRIGGER refuse_change;
            CREATE FUNCTION attempt(id uuid, action text) RETURNS boolean LANGUAGE plpgsql AS $$
            BEGIN
                PERFORM curfew.act(id, action);
                RETURN true;
            EXCEPTION WHEN SQLSTATE 'SL409' OR SQLSTATE 'SL403' THEN -- otto is a stranger until he accepts
                RETURN false;
            END $$;
            CREATE PROCEDURE pass(moved uuid, span interval) LANGUAGE plpgsql AS $$
            BEGIN
                UPDATE curfew.audit_event SET at = at - span WHERE session_id = moved;
                UPDATE curfew.session SET created_at = created_at - span, updated_at = updated_at - span,
                    entered_at = entered_at - span, started_at = started_at - span, ended_at = ended_at - span,
                    deadline = deadline - span WHERE id = moved;
            END $$""")

    def value(self, query, *values):
        self.cursor.execute(query, values)
        return self.cursor.fetchone()[0]

    def call_as(self, who):
        self.cursor.execute("SELECT curfew.authenticate(%s)", (self.keys[who],))

    def begin(self, lifecycle, agent):
        self.call_as("vera" if lifecycle == "visual" else "olga")
        return self.value("SELECT id FROM curfew.create_session(%s, agent => %s, timers => %s)", lifecycle,
                          self.principals["bot"] if agent else None, TIMERS[lifecycle])

    def live_through(self, chance, lifecycle, agent):
        """Begins a session and takes random actions at random times; its id."""
        rules = RULES[lifecycle]
        self.cursor.execute("BEGIN")
        session = self.begin(lifecycle, agent)
        steps = chance.randrange(STEPS)
        for step in range(steps):
            span = chance.choice([0, 0, 1, 999, 1_000, chance.randrange(10 * SECOND), -chance.randrange(SECOND)])
            self.cursor.execute("CALL pass(%s, %s * interval '1 microsecond')", (session, span))
            action = rules.first[step] if step < len(rules.first) else chance.choice(sorted(rules.actions))
            if action in rules.ends and chance.random() < 0.5:
                continue
            self.call_as(rules.actions[action])
            self.cursor.execute("SELECT attempt(%s, %s)", (session, action))
        self.cursor.execute("COMMIT")
        return session

    def rows(self, session):
        self.cursor.execute("SELECT (extract(epoch FROM at) * 1000000)::bigint, to_state FROM curfew.audit_event"
                            " WHERE session_id = %s AND version IS NOT NULL AND outcome = 'done' ORDER BY at, version",
                            (session,))
        return [tuple(row) for row in self.cursor.fetchall()]

    def check(self, lifecycle, session, seed):
        """What get_session says is what the audit rows say; gives the state. A session that goes on is metered by a
        clock that two looks at it enclose."""
        clock = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"
        self.cursor.execute("BEGIN")
        self.call_as("vera" if lifecycle == "visual" else "olga")
        before = self.value(clock)
        self.cursor.execute("SELECT state, (extract(epoch FROM ended_at) * 1000000)::bigint, metered_ms"
                            " FROM curfew.get_session(%s)", (session,))
        state, ended, metered = self.cursor.fetchone()
        after = self.value(clock)
        self.cursor.execute("COMMIT")
        rows = self.rows(session)
        first, last = RULES[lifecycle].tell(rows, before), RULES[lifecycle].tell(rows, after)
        about = f"seed {seed}, {lifecycle} {session}: {rows}"
        assert (state, ended) in (first[:2], last[:2]), about
        if first == last:
            assert metered == first[2] // 1000, about
        else:
            assert first[2] // 1000 <= metered <= last[2] // 1000, about
        return state, metered

    def past(self, lifecycle, sessions, bound):
        """What the sessions were around and after their changes, up to a time: (session, time) to state and marks."""
        told = {}
        self.cursor.execute("BEGIN")
        self.call_as("vera" if lifecycle == "visual" else "olga")
        for session in sessions:
            self.cursor.execute("""
                SELECT moment.at, was.state, was.live, was.terminal, was.marks
                FROM (SELECT DISTINCT e.at + more * interval '1 microsecond' FROM curfew.audit_event e,
                          unnest('{-1,0,1,500000,10000000}'::integer[]) more
                      WHERE e.session_id = %s AND e.relation IS DISTINCT FROM 'clock') moment (at),
                    LATERAL curfew.session_as_of(%s, moment.at) was
                WHERE moment.at BETWEEN (SELECT min(at) FROM curfew.audit_event WHERE session_id = %s) AND %s""",
                                (session, session, session, bound))
            told.update({(session, at): tuple(rest) for at, *rest in self.cursor.fetchall()})
        self.cursor.execute("COMMIT")
        return told


@pytest.fixture
def histories(server):
    name = server.create_database("meter")
    server.rows(name, "CREATE EXTENSION curfew")
    with server.connect(name) as connection:
        yield Histories(server, name, connection)
    server.drop_database(name)


@pytest.mark.parametrize("lifecycle", RULES)
def test_the_meter_is_the_sum_of_the_metered_stretches(histories, lifecycle):
    states, totals = set(), set()
    for seed in range(HISTORIES):
        session = histories.live_through(random.Random(seed), lifecycle, agent=False)
        state, metered = histories.check(lifecycle, session, seed)
        states.add(state)
        totals.add(metered)
    # The histories are worth something: they ended in every way, and cost all kinds of amounts.
    assert states >= RULES[lifecycle].terminal, states
    assert len(totals) > 30


def test_killing_ends_the_meter_of_all_at_the_time_of_its_audit_rows(histories):
    sessions = [histories.live_through(random.Random(seed), "stints", agent=True) for seed in range(HISTORIES)]
    before = {session: histories.check("stints", session, seed)[0] for seed, session in enumerate(sessions)}
    histories.cursor.execute("BEGIN")
    histories.call_as("ada")
    ended = histories.value("SELECT curfew.kill_principal(%s)", histories.principals["bot"])
    histories.cursor.execute("COMMIT")
    assert ended >= 20
    after = {session: histories.check("stints", session, seed)[0] for seed, session in enumerate(sessions)}
    assert set(after.values()) == {"over", "gone"}
    assert all(after[session] == state for session, state in before.items() if state in ("over", "gone"))
    assert sum(before[session] not in ("over", "gone") and state == "over" for session, state in after.items()) == ended


def test_a_list_shows_the_same_amounts(histories):
    sessions = {histories.live_through(random.Random(seed), "stints", agent=False) for seed in range(50)}
    histories.cursor.execute("BEGIN")
    histories.call_as("olga")
    histories.cursor.execute("SELECT id, metered_ms, pg_typeof(metered_ms)::text FROM curfew.list_sessions('stints', max_rows => 1000)"
                             " WHERE terminal")
    listed = {row[0]: row[1:] for row in histories.cursor.fetchall()}
    histories.cursor.execute("COMMIT")
    assert len(listed) >= 20 and set(listed) <= sessions
    for session, (metered, kind) in listed.items():
        _, end, expected = RULES["stints"].tell(histories.rows(session), 1 << 62)
        assert (metered, kind) == (expected // 1000, "bigint"), (session, end)


def test_what_is_metered_stays_metered(histories):
    """Amounts that were told do not change because a lifecycle is defined anew."""
    for state, metered in (("fast", False), ("off", True)):
        changed = json.loads(json.dumps(STINTS))
        changed["states"][state]["metered"] = metered
        histories.cursor.execute("DO $do$ BEGIN PERFORM curfew.define_lifecycle('stints', '%s'); RAISE 'was allowed';"
                                 " EXCEPTION WHEN SQLSTATE 'SL422' THEN NULL; END $do$" % json.dumps(changed))


@pytest.mark.parametrize("lifecycle", RULES)
def test_sweeping_changes_neither_an_amount_nor_the_past(histories, lifecycle):
    """Expiries are written down at their deadline; what sessions are, were and cost stays the same, but for the version."""
    sessions = [histories.live_through(random.Random(seed), lifecycle, agent=False) for seed in range(HISTORIES // 2)]
    for session in sessions:
        histories.cursor.execute("CALL pass(%s, interval '31 seconds')", (session,))
    seen = [histories.check(lifecycle, session, seed) for seed, session in enumerate(sessions)]
    bound = histories.value("SELECT clock_timestamp() - interval '20 seconds'")
    before = histories.past(lifecycle, sessions, bound)
    swept = histories.value("SELECT curfew.sweep()")
    assert swept > 10
    assert histories.value("SELECT count(*) FROM curfew.audit_event WHERE relation = 'clock'") == swept
    assert histories.past(lifecycle, sessions, bound) == before and len(before) > 500
    for seed, session in enumerate(sessions):
        told = histories.check(lifecycle, session, seed)
        if seen[seed][0] in RULES[lifecycle].terminal:
            assert told == seen[seed], f"seed {seed}"
