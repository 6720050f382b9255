"""Row 1: ending one session by SQL."""
from report import Row
from rounds import interleave, median, spread
from server import CLIENTS, Failed, pgbench
from world import ID_PREFIX

# name → script, database role, schema of the tables
CONTENDERS = {
    "curfew": ("end_curfew.sql", "bench_owner", "curfew"),
    "floor": ("end_floor.sql", "postgres", "bench"),
    "plpgsql": ("end_plpgsql.sql", "bench_owner", "bench"),
}


def end_many(world, name, each, settings=()):
    """Every client ends `each` sessions, all of them different."""
    script, user, schema = CONTENDERS[name]
    first = world.take(each * CLIENTS, schema)
    variables = {"first": first, "each": each, "done": 0, "prefix": ID_PREFIX}
    if name == "floor":
        variables |= {"tenant": world.tenant, "owner": world.owner}
    return pgbench(script, user, variables, transactions=each, settings=settings)


def check_ended(world, before, each, contenders, rounds):
    """The statements may succeed and end nothing; the audit log tells."""
    for schema in ("curfew", "bench"):
        runs = sum(CONTENDERS[name][2] == schema for name in contenders) * (rounds + 1)
        found = world.ended(schema) - before[schema]
        if found != runs * each * CLIENTS:
            raise Failed(f"{schema}: {found} sessions were ended, not {runs * each * CLIENTS}")


def measure(bench):
    world, rows = bench.world(), []
    for commit in ("off", "on"):
        each = (bench.size(12_000, 1_600) if commit == "off" else bench.size(3_000, 600))
        before = {schema: world.ended(schema) for schema in ("curfew", "bench")}
        found = interleave({name: lambda name=name: end_many(world, name, each, [f"synchronous_commit={commit}"])
                            for name in CONTENDERS}, bench.rounds)
        check_ended(world, before, each, CONTENDERS, bench.rounds)
        for rival, bar, told in (("floor", ">= 0.90", "one statement, no rules"), ("plpgsql", ">= 1.30", "PL/pgSQL, same rules")):
            rows.append(Row(f"1 end by SQL, synchronous_commit {commit}", median(found["curfew"]), median(found[rival]), told, bar,
                            spread=max(spread(found["curfew"]), spread(found[rival]))))
    return rows
