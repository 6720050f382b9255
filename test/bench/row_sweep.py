"""Row 7: sweeping expired sessions while clients end others."""
import glob
import os
import tempfile
import time

from report import Row
from row_end import CONTENDERS
from rounds import interleave, median, spread
from server import CLIENTS, Failed, ask, connect, pgbench, value
from world import ID_PREFIX

EXPIRE = """UPDATE curfew.session SET deadline = now() - interval '1 minute' - (%s - n) * interval '1 ms'
            FROM generate_series(%s::bigint, %s::bigint) n
            WHERE tenant_id = %s AND id = ('019aaaaa00007000' || n)::uuid"""


def expired(world, count):
    """So many sessions that are past their deadline and not written down, as the loader leaves them but for that."""
    first = world.take(count)
    connection = world.connection
    ask(connection, "ALTER TABLE curfew.session DISABLE TRIGGER outside_update")
    ask(connection, EXPIRE, (first + count, first, first + count - 1, world.tenant))
    ask(connection, "ALTER TABLE curfew.session ENABLE ALWAYS TRIGGER outside_update")
    ask(connection, "VACUUM (ANALYZE) curfew.session")
    return first


def percentiles(folder):
    """Milliseconds (p50, p99) of the transactions that pgbench logged."""
    times = []
    for name in glob.glob(os.path.join(folder, "*")):
        with open(name, encoding="utf-8") as file:
            times += [int(line.split()[2]) for line in file]
    times.sort()
    return times[len(times) // 2] / 1000, times[len(times) * 99 // 100] / 1000


def end_at(world, rate, each):
    """Clients that end `rate` sessions a second between them; their p99."""
    variables = {"first": world.take(each * CLIENTS), "each": each, "done": 0, "prefix": ID_PREFIX}
    with tempfile.TemporaryDirectory() as folder:
        pgbench(CONTENDERS["curfew"][0], "bench_owner", variables, transactions=each, settings=["synchronous_commit=off"],
                options=["-l", "--log-prefix", os.path.join(folder, "log"), "--rate", str(rate)])
        return percentiles(folder)[1]


class Sweeper:
    """The database's own background worker: while this is entered with its own rate, else with next to none."""

    def __init__(self):
        self.connection = connect()
        self.rate = value(self.connection, "SHOW curfew.sweep_rate")
        self.seconds = 0.0
        self.first = self.written()
        self.set(sweep_rate=1, sweep_interval="100ms")
        self.wait_for(self.running)

    def written(self):
        return value(self.connection, "SELECT coalesce(sum(written), 0)::bigint FROM curfew.sweeper_status")

    def swept(self):
        return self.written() - self.first

    def running(self):
        return value(self.connection, "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'curfew sweeper'")

    def set(self, **settings):
        for name, setting in settings.items():
            ask(self.connection, f"ALTER SYSTEM SET curfew.{name} = '{setting}'")
        ask(self.connection, "SELECT pg_reload_conf()")

    def __enter__(self):
        self.set(sweep_rate=self.rate)
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds += time.monotonic() - self.began
        self.set(sweep_rate=1)

    def wait_for(self, condition):
        until = time.monotonic() + 600
        while not condition():
            if time.monotonic() > until:
                raise Failed("the sweeper did not do what it was to do in ten minutes")
            time.sleep(0.02)


def measure(bench):
    world = bench.world()
    count = bench.size(1_000_000, 60_000)
    seconds = bench.size(10, 1)
    rate = 1_000 # so few that the processors have room for a sweeper; at full load its share would be what is measured
    each = rate * seconds // CLIENTS
    sessions = each * CLIENTS * (2 * bench.rounds + 2)
    world.take(sessions)
    world.give_back(sessions)
    expired(world, count)
    sweeper = Sweeper()

    def during():
        with sweeper:
            p99 = end_at(world, rate, each)
            if sweeper.swept() >= count:
                raise Failed("all was swept before all was measured")
            return p99

    found = interleave({"without": lambda: end_at(world, rate, each), "with": during}, bench.rounds)
    meanwhile, paced = sweeper.swept(), sweeper.seconds
    sweeper.rate = 0
    with sweeper:
        sweeper.wait_for(lambda: sweeper.swept() >= count)
    sweeper.set(sweep_interval=0)
    alone = (count - meanwhile) / (sweeper.seconds - paced)
    return [Row("7 p99 of clients that end sessions, while a sweeper is at it", median(found["with"]), median(found["without"]),
                "their p99 without one", "<= 2.0", "ms", max(spread(found["with"]), spread(found["without"])),
                f"{rate:,} endings a second"),
            Row(f"7 sweeping {count:,}", alone, meanwhile / paced, "what it does meanwhile, within curfew.sweep_rate", "", "/s",
                note=f"{meanwhile:,} in {paced:.1f} s, the others in {sweeper.seconds - paced:.1f} s with curfew.sweep_rate = 0")]
