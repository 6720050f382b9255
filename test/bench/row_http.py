"""Rows 3 and 4: ending a session and introspecting a token by HTTP."""
import subprocess

from report import Row
from rounds import interleave, median, spread
from server import HERE, pgbench
from web import PORT, RIVAL_PORT, CONNECTIONS, wrk
from world import ID_PREFIX

MOST_PER_SECOND = 20_000 # more than anybody does: so many sessions are there for each second of a run


def rival(command):
    subprocess.run([f"{HERE}/rival.sh", command], check=True)


# Node.js compiles what it has run for a while; with short rounds the one that is thrown away is not enough.
WARM_UP = 3 # seconds


def end_by_http(world, port, clients, seconds):
    """Ends sessions one after the other."""
    count = MOST_PER_SECOND * seconds + 2 * clients
    first = world.take(count)
    load = wrk("terminate.lua", port, clients, seconds, first, ID_PREFIX, world.key)
    world.give_back(count - load.used - 2)
    return load


def end_by_pgbench(world, each):
    """What the front asks, asked by pgbench, by as many connections as the front has."""
    variables = {"first": world.take(each * CONNECTIONS), "each": each, "done": 0, "prefix": ID_PREFIX, "key": world.key,
                 "via": "http:pgbench", "body": '{"reason":"no longer needed"}'}
    return pgbench("request_end.sql", "curfew_front", variables, transactions=each, clients=CONNECTIONS)


class Rate(float):
    """A rate that knows the run it is of."""
    load = None


def rated(load):
    rate = Rate(load.rate)
    rate.load = load
    return rate


def cpu_note(loads):
    """Microseconds of CPU a request, by kind of process."""
    kinds = sorted({kind for rate in loads for kind in rate.load.cpu})
    return ", ".join(f"{kind} {median([rate.load.cpu.get(kind, 0) for rate in loads]):.0f}" for kind in kinds
                     if median([rate.load.cpu.get(kind, 0) for rate in loads]) >= 1)


def rows_of(title, found, bars):
    ours = found["front"]
    rows = []
    for name, told, bar in bars:
        note = f"CPU µs a request: {cpu_note(ours)}"
        if hasattr(found[name][0], "load"):
            note += f"; theirs: {cpu_note(found[name])}"
        rows.append(Row(title, median(ours), median(found[name]), told, bar,
                        spread=max(spread(ours), spread(found[name])), note=note))
    return rows


def latency_row(title, ours, bar):
    p50, p99 = (median([getattr(rate.load, name) for rate in ours]) for name in ("p50", "p99"))
    return Row(f"{title}: p99", p99, p50, "its own p50", bar, "ms", spread([rate.load.p99 for rate in ours]))


def measure_end(bench):
    world, rows = bench.world(), []
    seconds, each = bench.size(5, 1), bench.size(4_000, 200)
    rival("start")
    try:
        end_by_http(world, RIVAL_PORT, 32, WARM_UP)
        for clients in bench.size((32, 256), (32,)):
            title = f"3 end by HTTP, {clients} clients"
            found = interleave({
                "front": lambda: rated(end_by_http(world, PORT, clients, seconds)),
                "fastify": lambda: rated(end_by_http(world, RIVAL_PORT, clients, seconds)),
                "pgbench": lambda: end_by_pgbench(world, each),
                "healthz": lambda: rated(wrk("healthz.lua", PORT, clients, seconds)),
            }, bench.rounds)
            rows += rows_of(title, found, [("fastify", "nginx, Fastify, pg", ">= 2.0"),
                                           ("pgbench", "pgbench, the same SQL", ">= 0.55"),
                                           ("healthz", "nginx and the front, no database", "")])
            rows.append(latency_row(title, found["front"], "<= 4.0" if clients == 256 else ""))
    finally:
        rival("stop")
    return rows


def measure_introspect(bench):
    world, rows = bench.world(), []
    first, seconds = world.take(50_000), bench.size(5, 1)
    rival("start")
    try:
        wrk("introspect.lua", RIVAL_PORT, 32, WARM_UP, first, world.token_prefix, world.key)
        for clients in bench.size((32, 256), (32,)):
            title = f"4 introspect by HTTP, {clients} clients"
            contenders = {
                "front": lambda: rated(wrk("introspect.lua", PORT, clients, seconds, first, world.token_prefix, world.key)),
                "fastify": lambda: rated(wrk("introspect.lua", RIVAL_PORT, clients, seconds, first, world.token_prefix, world.key)),
                "healthz": lambda: rated(wrk("healthz.lua", PORT, clients, seconds)),
            }
            if not bench.quick:
                contenders["trip"] = lambda: rated(wrk("introspect.lua", PORT, clients, seconds, first, "malformed", world.key))
            found = interleave(contenders, bench.rounds)
            rows += rows_of(title, found, [("healthz", "nginx and the front, no database", ">= 0.6"),
                                           ("fastify", "nginx, Fastify, pg", "")])
            rows.append(latency_row(title, found["front"], ""))
            if "trip" in found:
                rows += rows_of(f"{title}: of a malformed token, for which nothing is read",
                                {"front": found["trip"], "healthz": found["healthz"]},
                                [("healthz", "nginx and the front, no database", "")])
    finally:
        rival("stop")
        world.give_back(50_000)
    return rows
