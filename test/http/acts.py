"""Requests that act on a session each, and come at the same time."""
from holding import ending
from together import Together

TOGETHER = 16 # in one transaction, after so many alone
PLACES = [0, TOGETHER // 2, TOGETHER - 1]


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
