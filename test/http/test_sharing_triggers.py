"""A DBA's own triggers, where acts share a transaction."""
import contextlib

import pytest

import front
from acts import ENDED, TOGETHER, Acts, others_ended
from holding import ending
from triggers import DEFERRED, trigger


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


def test_what_the_deferred_triggers_of_who_came_before_raise_is_told_to_nobody(overheard, native, database):
    """It is raised while the next one is let in."""
    body = """BEGIN
        PERFORM set_config('test.fired', coalesce(current_setting('test.fired', true), '') || '.', true);
        IF current_setting('test.fired') = '.....' THEN
            RAISE 'of %', NEW.id USING ERRCODE = 'SL409', HINT = 'invalid_state';
        END IF;
        RETURN NULL;
    END"""
    own, _ = overheard
    with contextlib.ExitStack() as stack:
        acts = Acts(stack, own, native)
        with trigger(database, body, DEFERRED):
            acts.send_endings()
            assert acts.told() == [ENDED] * TOGETHER
        assert acts.transactions() == {"n": TOGETHER, "ended": TOGETHER}


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
