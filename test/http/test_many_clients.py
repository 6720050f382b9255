"""Kept-alive and parallel clients: every request is answered."""
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
