"""Row 7: sweeping expired sessions while clients end others."""
import glob
import os
import tempfile
import threading
import time

from report import Row
from row_end import CONTENDERS
from rounds import median, spread
from server import CLIENTS, ask, connect, pgbench, value
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


def measure(bench):
    world = bench.world()
    count = bench.size(1_000_000, 100_000)
    seconds = bench.size(5, 2)
    rate = 1_000 # so few that the processors have room for a sweeper; at full load its share would be what is measured
    each = rate * seconds // CLIENTS
    world.take(each * CLIENTS * 40)
    world.give_back(each * CLIENTS * 40)
    expired(world, count)
    before = [end_at(world, rate, each) for _ in range(bench.rounds)]

    done, taken = [0], [0.0]
    over = threading.Event()

    def sweep():
        connection = connect()
        ask(connection, "SET synchronous_commit = off")
        began = time.monotonic()
        while not over.is_set():
            written = value(connection, "SELECT curfew.sweep(500)")
            done[0] += written
            if written == 0:
                break
        taken[0] = time.monotonic() - began

    sweeper = threading.Thread(target=sweep)
    sweeper.start()
    during = []
    while sweeper.is_alive():
        during.append(end_at(world, rate, each))
    sweeper.join()
    over.set()
    during = during[:-1] or during # the last one was partly after it
    return [Row("7 p99 of clients that end sessions, while a sweeper is at it", median(during), median(before), "their p99 before",
                "<= 2.0", "ms", max(spread(before), spread(during)), f"{rate:,} endings a second"),
            Row(f"7 sweeping {count:,} meanwhile", done[0] / taken[0], rate, "what the clients end", "", "/s",
                note=f"{done[0]:,} in {taken[0]:.1f} s")]
