"""Row 6: the same operations at many times the sessions, as buffers touched and as time."""
from report import Row
from rounds import median, spread
from server import ask, connect, run_file
from world import FIRST, ID_PREFIX, World

SMALL = 100_000
PIECE = 500_000
CALLS = 40
PAGE = 50
DEEP = 1_000 # pages


def grown(database, count):
    """A database of its own with so many sessions."""
    command = connect(database="postgres")
    ask(command, f"DROP DATABASE IF EXISTS {database}")
    ask(command, f"CREATE DATABASE {database} TEMPLATE template0")
    with connect(database=database) as connection:
        ask(connection, "CREATE EXTENSION curfew")
        ask(connection, "SELECT curfew.create_audit_partition(date_trunc('month', now())::date)")
    world = World(database, copies=False)
    run_file(world.connection, "growth.sql")
    ask(world.connection, "CALL bench.drop_indexes()")
    for begin in range(0, count, PIECE):
        ask(world.connection, "CALL bench.load('curfew', %s, %s)", (FIRST + begin, FIRST + min(begin + PIECE, count) - 1))
    ask(world.connection, "CALL bench.make_indexes()")
    world.loaded["curfew"] = count
    ask(world.connection, "VACUUM (ANALYZE)")
    ask(world.connection, "CHECKPOINT")
    return world


class Caller:
    """One connection of the tenant's service, which counts what each call touches."""

    def __init__(self, world, count):
        self.world, self.count = world, count
        self.connection = connect("bench_owner", world.database)
        self.called = {}
        self.deep = self.page_before(DEEP)

    def page_before(self, pages):
        """The session after which page `pages` + 1 begins; the list is newest first, as the numbers are."""
        return f"{ID_PREFIX}{FIRST + self.count - pages * PAGE}"

    def number(self, operation):
        """Another session each time, spread over all of them."""
        self.called[operation] = self.called.get(operation, 0) + 1
        return FIRST + (self.called[operation] * 7_919 * 104_729) % self.count

    def touch(self, operation, calls):
        """Reads what the next so many calls are about. What is measured is what more sessions cost, not that of many more of
        them nobody has read the pages lately."""
        if operation.startswith("page"):
            return
        before = self.called.get(operation, 0)
        for number in [self.number(operation) for _ in range(calls)]:
            ask(self.connection, f"SELECT FROM curfew.introspect('{self.world.token_prefix}{number}')")
            ask(self.connection, f"SELECT FROM curfew.audit_log('{ID_PREFIX}{number}')")
        self.called[operation] = before

    def statement(self, operation):
        if operation.startswith("page"):
            after = f"'{self.deep}'" if operation.endswith("deep") else "NULL"
            return f"SELECT * FROM curfew.list_sessions(max_rows => {PAGE}, after => {after})"
        number = self.number(operation)
        return {
            "end": f"SELECT * FROM curfew.terminate_session('{ID_PREFIX}{number}', 'no longer needed')",
            "introspect": f"SELECT * FROM curfew.introspect('{self.world.token_prefix}{number}')",
            "audit of a session": f"SELECT * FROM curfew.audit_log('{ID_PREFIX}{number}')",
        }[operation]

    def call(self, operation):
        """(buffers touched, milliseconds) of one call."""
        plan = ask(self.connection, f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {self.statement(operation)}")[0][0][0]
        top = plan["Plan"]
        return top["Shared Hit Blocks"] + top["Shared Read Blocks"], plan["Execution Time"]


OPERATIONS = ["end", "introspect", "page 1", f"page {DEEP:,} deep", "audit of a session"]


def measure(bench):
    large = bench.size(10_000_000, 150_000)
    worlds = {size: grown(f"bench_{size}", size) for size in (SMALL, large)}
    callers = {size: Caller(world, size) for size, world in worlds.items()}
    rows = []
    for operation in OPERATIONS:
        for caller in callers.values():
            for _ in range(2 * CALLS): # kept plans, and the pages that are touched often, are there
                caller.call(operation)
        buffers, times = {size: [] for size in callers}, {size: [] for size in callers}
        for _ in range(bench.rounds):
            for size, caller in callers.items():
                caller.touch(operation, CALLS)
                called = [caller.call(operation) for _ in range(CALLS)]
                buffers[size].append(median([touched for touched, _ in called]))
                times[size].append(median([taken for _, taken in called]))
        for title, found, unit in (("buffers", buffers, ""), ("time", times, "ms")):
            rows.append(Row(f"6 growth, {operation}: {title}", median(found[large]), median(found[SMALL]),
                            f"{SMALL:,} sessions instead of {large:,}", "<= 1.3", unit, max(map(spread, found.values()))))
    for caller in callers.values():
        caller.connection.close()
    for size, world in worlds.items():
        world.connection.close()
        ask(connect(database="postgres"), f"DROP DATABASE bench_{size}")
    return rows
