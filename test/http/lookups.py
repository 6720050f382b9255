"""Lookups of sessions that come to a front at the same time."""
import fastcgi
from together import Together

ROOM = 32 # for lookups on one connection, while there is another one


class Lookups(Together):
    """Lookups of a session each; that many were looked up before, so that the front knows their statement."""

    def __init__(self, stack, own, native, count):
        super().__init__(stack, own, count)
        self.key = native.owner_key
        self.sessions = [native.new() for _ in range(count)]
        for _ in range(2):
            self.send()
            assert self.answers() == self.expected()
        for session in self.sessions:
            assert self.alone(self._request(session))[0] == 200

    def _request(self, session, key=None):
        return fastcgi.request("GET", f"/curfew/v1/sessions/{session}", authorization=f"Bearer {key or self.key}")

    def send(self, wrong=()):
        """Who are wrong have no credential."""
        super().send([self._request(session, "crfk_nobody" if session in wrong else None) for session in self.sessions])

    def answers(self):
        """Status and id or reason."""
        return [(status, body["id" if status == 200 else "reason"]) for status, body in super().answers()]

    def named(self, listener, since):
        """How many of them have been asked after so many transactions."""
        return sum(map(len, listener.named(*self.sessions, since=since)))

    def expected(self, wrong=()):
        return [(401, "invalid_credential") if session in wrong else (200, session) for session in self.sessions]
