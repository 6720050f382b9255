"""Row 7: sweeping expired sessions while clients end others."""
import glob
import os
import tempfile
import threading
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
    """Sweeps while it is entered, in batches of as many as the background worker takes."""

    def __init__(self):
        self.written, self.seconds = 0, 0.0
        self.connection = connect()
        ask(self.connection, "SET synchronous_commit = off")

    def __enter__(self):
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()

    def work(self):
        began = time.monotonic()
        while not self.over.is_set():
            written = value(self.connection, "SELECT curfew.sweep(500)")
            self.written += written
            if written == 0:
                break
        self.seconds += time.monotonic() - began


def measure(bench):
    world = bench.world()
    count = bench.size(1_000_000, 300_000)
    seconds = bench.size(5, 1)
    rate = 1_000 # so few that the processors have room for a sweeper; at full load its share would be what is measured
    each = rate * seconds // CLIENTS
    sessions = each * CLIENTS * (2 * bench.rounds + 2)
    world.take(sessions)
    world.give_back(sessions)
    expired(world, count)
    sweeper = Sweeper()

    def during():
        if sweeper.written == count:
            raise Failed("all was swept before all was measured")
        with sweeper:
            return end_at(world, rate, each)

    found = interleave({"without": lambda: end_at(world, rate, each), "with": during}, bench.rounds)
    while sweeper.written < count:
        before = sweeper.written
        with sweeper:
            sweeper.thread.join()
        if sweeper.written == before:
            raise Failed(f"{count - before} of {count} sessions were not swept")
    return [Row("7 p99 of clients that end sessions, while a sweeper is at it", median(found["with"]), median(found["without"]),
                "their p99 without one", "<= 2.0", "ms", max(spread(found["with"]), spread(found["without"])),
                f"{rate:,} endings a second"),
            Row(f"7 sweeping {count:,} meanwhile", sweeper.written / sweeper.seconds, rate, "what the clients end", "", "/s",
                note=f"{sweeper.written:,} in {sweeper.seconds:.1f} s")]
