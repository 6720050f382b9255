"""Row 5: what ending a session writes."""
from report import Row
from rounds import interleave, median, spread
from row_end import CONTENDERS, end_many
from server import CLIENTS, ask, value

# Bytes of WAL records without the page images that come after a checkpoint, and those images.
WAL = "SELECT sum(record_size), sum(fpi_size) FROM pg_get_wal_stats(%s::pg_lsn, %s::pg_lsn, false)"
DIRTY = """SELECT count(*) FILTER (WHERE c.relkind IN ('r', 't')), count(*) FILTER (WHERE c.relkind = 'i')
           FROM pg_buffercache b JOIN pg_class c ON b.relfilenode = pg_relation_filenode(c.oid)
           WHERE b.isdirty AND b.relforknumber = 0 AND b.reldatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
             AND c.relnamespace IN ('curfew'::regnamespace, 'bench'::regnamespace)"""
HOT = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relid = '{}.session'::regclass"


def written(world, name, each):
    """Per ended session: WAL bytes, with page images, heap and index pages, each of them; and the share of HOT updates."""
    connection, schema = world.connection, CONTENDERS[name][2]
    world.take(each * CLIENTS, schema) # loads first, so that loading is not counted
    world.give_back(each * CLIENTS, schema)
    ask(connection, "CHECKPOINT")
    updates, hot = ask(connection, HOT.format(schema))[0]
    begin = value(connection, "SELECT pg_current_wal_insert_lsn()")
    end_many(world, name, each)
    end = value(connection, "SELECT pg_current_wal_flush_lsn() FROM txid_current()")
    heap, index = ask(connection, DIRTY)[0]
    records, images = ask(connection, WAL, (begin, end))[0]
    updates_then, hot_then = ask(connection, HOT.format(schema))[0]
    count = each * CLIENTS
    share = (hot_then - hot) / (updates_then - updates) if updates_then > updates else 0
    return [float(records) / count, float(records + images) / count, (heap + index) / count, heap / count, index / count, share]


def measure(bench):
    world, each = bench.world(), bench.size(10_000, 800)
    found = interleave({name: lambda name=name: written(world, name, each) for name in ("curfew", "floor")},
                       bench.rounds)
    rows = []
    for index, (title, unit) in enumerate([("WAL, without page images", "B"), ("WAL, with page images after a checkpoint", "B"),
                                           ("pages dirtied", "pages"), ("of these heap", "pages"), ("of these index", "pages")]):
        ours, floor = ([numbers[index] for numbers in found[name]] for name in ("curfew", "floor"))
        rows.append(Row(f"5 per ended session: {title}", median(ours), median(floor), "one statement, no rules", "" if title.startswith("of these") else "<= 1.15", unit,
                        max(spread(ours), spread(floor))))
    share = [numbers[5] for numbers in found["curfew"]]
    rows.append(Row("5 share of HOT updates", median(share), 1, "all of them; the floor has "
                    f"{median([numbers[5] for numbers in found['floor']]):.3f}", ">= 0.95", "", spread(share)))
    return rows
