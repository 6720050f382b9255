"""A refused attempt is in the audit log although its transaction was rolled back."""
import json
import uuid

import psycopg2
import pytest

from refusals import HOME, Tenant, refused, row_is, server, short_window, tenant  # noqa: F401 (fixtures)


def test_whoever_may_not_end_a_session_leaves_a_row_although_nothing_was_committed(tenant):
    session = tenant.session()
    refused(tenant.attempt(tenant.bob, "SELECT curfew.end_session(%s, 'mine')", session), "SL403", "not_owner")
    [row] = tenant.refusals()
    row_is(row, session_id=session, event="login.end", action="end", outcome="refused", actor_id=tenant.bob,
           on_behalf_of=None, db_role="postgres", relation=None, via="sql", request_id=None, from_state="active",
           to_state=None, version=None, reason=None,
           details={"reason": "not_owner", "count": 1, "sqlstate": "SL403"})
    assert tenant.value("SELECT state FROM curfew.session WHERE id = %s", session) == "active"


def test_a_row_has_the_time_of_the_refusal(tenant):
    session = tenant.session()
    before = tenant.value("SELECT clock_timestamp()")
    tenant.attempt(tenant.bob, "SELECT curfew.end_session(%s)", session)
    after = tenant.value("SELECT clock_timestamp()")
    assert before < tenant.refusals()[0]["at"] < after


def test_an_action_in_the_wrong_state_is_kept_with_the_relation_that_allowed_it(tenant):
    session = tenant.session()
    assert not isinstance(tenant.attempt(tenant.alice, "SELECT curfew.end_session(%s)", session), psycopg2.Error)
    refused(tenant.attempt(tenant.alice, "SELECT curfew.end_session(%s)", session), "SL409", "invalid_state")
    [row] = tenant.refusals()
    row_is(row, event="login.end", relation="owner", from_state="ended", actor_id=tenant.alice,
           details={"reason": "invalid_state", "count": 1, "sqlstate": "SL409"})


def test_a_version_that_has_changed_is_kept(tenant):
    session = tenant.session()
    refused(tenant.attempt(tenant.alice, "SELECT curfew.end_session(%s, NULL, 7)", session), "SL412", "version_conflict")
    [row] = tenant.refusals()
    row_is(row, event="login.end", details={"reason": "version_conflict", "count": 1, "sqlstate": "SL412"})


def test_a_reader_and_a_lacking_scope_are_kept(tenant):
    name = f"l{uuid.uuid4().hex[:8]}"
    definition = {"initial": "on", "states": {"on": {"live": True}, "off": {"terminal": True}},
                  "actions": {"end": {"from": ["on"], "to": "off", "by": ["owner"], "scope": "x:end"},
                              "stop": {"from": ["on"], "to": "off", "by": ["owner"]}}}
    tenant.value("SELECT curfew.define_lifecycle(%s, %s)", name, json.dumps(definition))
    session = tenant.session(name)
    refused(tenant.attempt(tenant.alice, "SELECT curfew.act(%s, 'end')", session), "SL403", "scope_missing")
    tenant.server.rows(HOME, "UPDATE curfew.principal SET role = 'reader' WHERE id = %s", (tenant.alice,))
    refused(tenant.attempt(tenant.alice, "SELECT curfew.act(%s, 'stop')", session), "SL403", "reader")
    rows = tenant.refusals()
    assert [(row["event"], row["details"]["reason"], row["relation"], row["from_state"]) for row in rows] == [
        (f"{name}.end", "scope_missing", "owner", "on"), (f"{name}.stop", "reader", "owner", "on")]


def test_looking_at_a_session_of_somebody_else_is_kept(tenant):
    session = tenant.session()
    refused(tenant.attempt(tenant.bob, "SELECT curfew.get_session(%s)", session), "SL403", "not_owner")
    [row] = tenant.refusals()
    row_is(row, session_id=session, event="login.read", action="read", actor_id=tenant.bob)


AUTHENTICATE = "SELECT curfew.authenticate(%s, %s, 'http:test', 'r-1')"


def credentials(tenant):
    """By the word of the refusal: a credential, the tenant that is asked for, and whose it is."""
    revoked, expired, suspended, gone, fine = (tenant.key(tenant.principal(name)) for name in
                                               ("revoked", "expired", "suspended", "gone", "fine"))
    actor = dict(tenant.server.rows(HOME, "SELECT name, id FROM curfew.principal WHERE tenant_id = %s", (tenant.id,)))
    tenant.value("SELECT curfew.revoke_api_key(%s, %s, true)", revoked[0], tenant.slug)
    tenant.server.rows(HOME, "UPDATE curfew.api_key SET expires_at = now() - interval '1 s' WHERE id = %s", (expired[0],))
    tenant.value("SELECT curfew.suspend_principal(%s, tenant => %s)", actor["suspended"], tenant.slug)
    tenant.value("SELECT curfew.revoke_principal(%s, tenant => %s)", actor["gone"], tenant.slug)
    other = Tenant(tenant.server)
    return {
        "key_revoked": ("SL401", revoked[1], None, actor["revoked"]),
        "key_expired": ("SL401", expired[1], None, actor["expired"]),
        "principal_suspended": ("SL403", suspended[1], None, actor["suspended"]),
        "principal_revoked": ("SL401", gone[1], None, actor["gone"]),
        "tenant_mismatch": ("SL403", fine[1], other.slug, actor["fine"]),
    }


def test_credentials_that_are_known_and_refused_are_kept(tenant):
    wanted = credentials(tenant)
    for reason, (sqlstate, credential, place, _) in wanted.items():
        refused(tenant.attempt(None, AUTHENTICATE, credential, place), sqlstate, reason)
    rows = {row["details"]["reason"]: row for row in tenant.refusals()}
    assert set(rows) == set(wanted)
    for reason, (sqlstate, _, _, actor) in wanted.items():
        row_is(rows[reason], event="refused", action="authenticate", session_id=None, actor_id=actor, via="http:test",
               request_id="r-1", details={"reason": reason, "count": 1, "sqlstate": sqlstate})


def test_the_token_of_an_ended_session_is_kept_with_its_session(tenant):
    session, token = tenant.token()
    tenant.attempt(tenant.alice, "SELECT curfew.end_session(%s)", session)
    refused(tenant.attempt(None, AUTHENTICATE, token, None), "SL401", "session_not_live")
    [row] = tenant.refusals()
    row_is(row, session_id=session, actor_id=tenant.alice, action="authenticate")


def test_a_suspended_tenant_is_kept(tenant):
    key = tenant.key(tenant.alice)
    tenant.server.rows(HOME, "UPDATE curfew.tenant SET status = 'suspended' WHERE id = %s", (tenant.id,))
    refused(tenant.attempt(None, AUTHENTICATE, key[1], None), "SL403", "tenant_suspended")
    assert tenant.refusals()[0]["details"]["reason"] == "tenant_suspended"


def test_who_is_suspended_between_two_statements_is_kept_with_what_he_tried(tenant):
    session = tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant.slug, tenant.alice))
        tenant.value("SELECT curfew.suspend_principal(%s, tenant => %s)", tenant.alice, tenant.slug)
        with pytest.raises(psycopg2.Error) as raised:
            cursor.execute("SELECT curfew.end_session(%s)", (session,))
        refused(raised.value, "SL403", "principal_suspended")
    [row] = tenant.refusals()
    row_is(row, session_id=session, event="login.end", action="end", from_state="active")


def test_an_agents_token_is_kept_with_the_owner(tenant):
    agent = tenant.principal("agent", "agent")
    starter = tenant.value("SELECT curfew.create_principal('starter', 'service', scopes => '{sessions:create_for}', tenant => %s)",
                           tenant.slug)
    session, token = tenant.attempt(starter, "SELECT id, token FROM curfew.create_session('agent', agent => %s)", agent)[0]
    other = tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.authenticate(%s)", (token,))
        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT curfew.end_session(%s)", (other,))
    [row] = tenant.refusals()
    row_is(row, session_id=other, actor_id=agent, on_behalf_of=starter)


def test_who_is_no_administrator_and_who_changes_the_audit_log_are_kept(tenant):
    refused(tenant.attempt(tenant.bob, "SELECT curfew.create_workspace('w')"), "SL403", "not_admin")
    refused(tenant.attempt(tenant.bob, "DELETE FROM curfew.audit_event WHERE tenant_id = %s", tenant.id), "SL403",
            "append_only")
    assert [(row["event"], row["actor_id"], row["details"]["reason"]) for row in tenant.refusals()] == [
        ("refused", tenant.bob, "not_admin"), ("refused", tenant.bob, "append_only")]


def test_bad_input_strangers_and_what_is_not_there_are_not_kept(server, tenant):
    session = tenant.session()
    before = server.status()
    for who, query, values, sqlstate in (
            (tenant.bob, "SELECT curfew.end_session(%s)", (str(uuid.uuid4()),), "SL404"),
            (tenant.alice, "SELECT curfew.act(%s, 'fly')", (session,), "SL422"),
            (tenant.alice, "SELECT curfew.end_session(%s, repeat('x', 1025))", (session,), "SL422"),
            (tenant.alice, "SELECT curfew.end_session(NULL)", (), "SL422"),
            (None, "SELECT curfew.json_body('{')", (), "SL400"),
            (None, "SELECT curfew.authenticate('cf_nobody')", (), "SL401"),
            (None, "SELECT curfew.authenticate('')", (), "SL401"),
            (None, "SELECT curfew.end_session(%s)", (session,), "SL401")):
        assert tenant.attempt(who, query, *values).pgcode == sqlstate
    assert tenant.refusals() == []
    assert server.status() == before


def test_what_succeeds_leaves_its_own_row_only(server, tenant):
    before = server.status()
    session = tenant.session()
    for query in ("SELECT curfew.get_session(%s)", "SELECT curfew.end_session(%s)", "SELECT curfew.get_session(%s)"):
        assert not isinstance(tenant.attempt(tenant.alice, query, session), psycopg2.Error)
    assert tenant.refusals() == []
    assert tenant.value("SELECT count(*) FROM curfew.audit_event WHERE session_id = %s", session) == 2
    assert server.status() == before


def test_an_action_that_nobody_knows_makes_no_two_refusals_differ(tenant, short_window):
    session = tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant.slug, tenant.bob))
        tenant.value("SELECT curfew.suspend_principal(%s, tenant => %s)", tenant.bob, tenant.slug)
        for word in ("one", "two", "three"):
            cursor.execute("SAVEPOINT s")
            with pytest.raises(psycopg2.Error):
                cursor.execute("SELECT curfew.act(%s, %s)", (session, word))
            cursor.execute("ROLLBACK TO s")
    rows = tenant.refusals()
    assert {row["action"] for row in rows} == {None}
    assert sum(row["details"]["count"] for row in rows) == 3
    assert len(rows) <= 2


def test_refused_inside_a_savepoint_and_then_committed_is_one_row_beside_the_others(tenant):
    mine, other = tenant.session(owner=tenant.bob), tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant.slug, tenant.bob))
        cursor.execute("SAVEPOINT s")
        with pytest.raises(psycopg2.Error):
            cursor.execute("SELECT curfew.end_session(%s)", (other,))
        cursor.execute("ROLLBACK TO s")
        cursor.execute("SELECT curfew.end_session(%s)", (mine,))
        connection.commit()
    assert [row["session_id"] for row in tenant.refusals()] == [other]
    assert tenant.value("SELECT count(*) FROM curfew.audit_event WHERE session_id = %s AND outcome = 'done'", mine) == 2


def test_a_refusal_after_a_caught_one_does_not_borrow_its_session(tenant):
    session = tenant.session()
    with tenant.server.connect(HOME, autocommit=False) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT curfew.act_as(%s, %s)", (tenant.slug, tenant.bob))
        for query in ("SELECT curfew.end_session(%s)", "DELETE FROM curfew.audit_event WHERE session_id = %s"):
            cursor.execute("SAVEPOINT s")
            with pytest.raises(psycopg2.Error):
                cursor.execute(query, (session,))
            cursor.execute("ROLLBACK TO s")
    assert [(row["session_id"], row["action"]) for row in tenant.refusals()] == [(session, "end"), (None, None)]
