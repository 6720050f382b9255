"""What is measured on: a tenant, its people, and sessions that are numbered, so that a client can name one by counting."""
from server import ask, connect, run_file, value

FIRST = 8_000_000_000_000_000 # 16 digits, the second half of a session's id and the last quarter of its token
ID_PREFIX = "019aaaaa00007000"
BATCH = 50_000


class World:
    """A tenant in one database. `curfew.session` and its copy `bench.session`, without the extension's triggers, hold the
    same sessions."""

    def __init__(self, database="curfew", copies=True):
        self.database = database
        self.copies = copies
        self.connection = connect(database=database)
        run_file(self.connection, "world.sql")
        if copies:
            run_file(self.connection, "copies.sql")
            run_file(self.connection, "plpgsql.sql")
        self.tenant, self.owner, self.key, self.token_prefix = ask(
            self.connection, "SELECT tenant, owner, key, token_prefix FROM bench.world")[0]
        self.loaded = {"curfew": 0, "bench": 0}
        self.taken = {"curfew": 0, "bench": 0}

    def take(self, count, schema="curfew"):
        """Loads where there are too few, and gives the number of the first of `count` sessions that nobody has ended."""
        missing = self.taken[schema] + count - self.loaded[schema]
        while missing > 0:
            more = max(BATCH, missing)
            first = FIRST + self.loaded[schema]
            ask(self.connection, "CALL bench.load(%s, %s, %s)", (schema, first, first + more - 1))
            ask(self.connection, f"VACUUM (ANALYZE) {schema}.session, {schema}.session_token, {schema}.audit_event")
            self.loaded[schema] += more
            missing -= more
        first = FIRST + self.taken[schema]
        self.taken[schema] += count
        return first

    def give_back(self, count, schema="curfew"):
        """The last so many of those taken were not used."""
        self.taken[schema] -= count

    def ended(self, schema="curfew"):
        return value(self.connection, f"SELECT count(*) FROM {schema}.audit_event WHERE to_state = 'terminated'")
