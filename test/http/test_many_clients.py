"""Kept-alive and parallel clients: every request is answered, and written down as its caller's."""
import random
from concurrent.futures import ThreadPoolExecutor

from stack import client

CLIENTS = 64
ROUNDS = 5


def test_parallel_clients_with_kept_connections_are_all_answered(subjects):
    devin = subjects["devin"]
    sessions = [[devin.new() for _ in range(ROUNDS)] for _ in range(CLIENTS)]

    def work(own):
        with client() as connection:
            answers = []
            for session in own:
                answers.append(connection.get(devin.stack.url + "/readyz", timeout=60).status_code)
                answers.append(connection.delete(devin.stack.url + devin.path(session),
                                                 headers=devin.headers(devin.owner_key), timeout=60).status_code)
            return answers

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = [status for statuses in pool.map(work, sessions) for status in statuses]
    assert answers == [200] * (2 * CLIENTS * ROUNDS)
    ended = devin.database.rows("SELECT count(*) AS n FROM curfew.audit_event WHERE session_id = ANY (%s::uuid[])"
                                " AND to_state = 'terminated'", ([id for own in sessions for id in own],))
    assert ended == [{"n": CLIENTS * ROUNDS}]


def test_one_connection_serves_many_requests(stack):
    with client() as connection:
        answers = [connection.get(stack.url + "/healthz", timeout=60) for _ in range(50)]
        assert {answer.status_code for answer in answers} == {200}
        assert not any(answer.headers.get("Connection") == "close" for answer in answers)


def test_of_clients_that_end_one_session_at_once_exactly_one_does(subjects):
    for name in ("devin", "luxxon", "truthlocks-agent-sessions", "dhcp-shield"):
        subject = subjects[name]
        session = subject.new()

        def end(_, subject=subject, session=session):
            with client() as connection:
                return connection.request(subject.method, subject.stack.url + subject.path(session),
                                          headers=subject.headers(subject.owner_key), data=subject.body,
                                          timeout=60).status_code

        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(end, range(16)))
        assert answers.count(200) == 1, (name, answers)
        assert len(subject.database.audit(session)) == 1


def test_in_a_crowd_each_is_written_down_as_himself(subjects, database):
    """Of eight tenants at once: who may, who may not, who is of another tenant and whom nobody knows."""
    known = {key: database.call("authenticate", credential=key)
             for subject in subjects.values() for key in (subject.owner_key, subject.stranger_key)}
    crowd = []
    for place, (subject, foreigner) in enumerate(zip(subjects.values(), list(subjects.values())[1:] + [subjects["devin"]])):
        keys = [subject.owner_key] * 6 + [subject.stranger_key, foreigner.owner_key, "nobody"]
        crowd += [(f"crowd-{place}-{number}", subject, key, subject.new())
                  for number, key in enumerate(key for key in keys for _ in range(4))]
    random.Random(1).shuffle(crowd)

    def work(part):
        with client() as connection:
            return {name: connection.request(subject.method, subject.stack.url + subject.path(session), data=subject.body,
                                             headers={**subject.headers(key), "X-Request-Id": name}, timeout=60).status_code
                    for name, subject, key, session in part}

    with ThreadPoolExecutor(CLIENTS) as pool:
        parts = pool.map(work, [crowd[start::CLIENTS] for start in range(CLIENTS)])
        statuses = {name: status for part in parts for name, status in part.items()}
    for name, subject, key, _ in crowd:
        expected = {subject.owner_key: {200}, "nobody": {401}}.get(key, {401, 403, 404})
        assert statuses[name] in expected, (name, subject.contract, key == subject.stranger_key)

    rows = database.rows("SELECT request_id, session_id, tenant_id, actor_id, to_state FROM curfew.audit_event"
                         " WHERE request_id LIKE 'crowd-%' AND outcome <> 'refused'")
    written = {row.pop("request_id"): row for row in rows}
    assert len(written) == len(rows)
    assert written == {name: {"session_id": session, "tenant_id": known[key]["tenant_id"],
                              "actor_id": known[key]["principal_id"], "to_state": subject.state[1]}
                       for name, subject, key, session in crowd if statuses[name] == 200}
    refused = database.rows("SELECT request_id, tenant_id, actor_id FROM curfew.audit_event"
                            " WHERE request_id LIKE 'crowd-%' AND outcome = 'refused'")
    caller = {name: known.get(key) for name, _, key, _ in crowd}
    for row in refused:
        who = caller[row["request_id"]]
        assert who is not None and (row["tenant_id"], row["actor_id"]) == (who["tenant_id"], who["principal_id"]), row
