"""Row 2: introspecting a token by SQL."""
from report import Row
from rounds import interleave, median, spread
from server import pgbench


def measure(bench):
    world = bench.world()
    first = world.take(50_000)
    variables = {"first": first, "last": first + 49_999, "prefix": world.token_prefix}
    seconds = bench.size(4, 1)
    found = interleave({
        "curfew": lambda: pgbench("introspect_curfew.sql", "bench_owner", variables, seconds=seconds),
        "join": lambda: pgbench("introspect_join.sql", "postgres", variables | {"tenant": world.tenant}, seconds=seconds),
    }, bench.rounds)
    world.give_back(50_000)
    return [Row("2 introspect by SQL", median(found["curfew"]), median(found["join"]), "one join by keys, nobody authenticated",
                ">= 0.95", spread=max(map(spread, found.values())))]
