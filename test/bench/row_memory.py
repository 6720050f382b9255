"""Row 8: memory of the front and of the backends after many requests."""
import processes
from report import Row
from row_http import end_by_http
from server import Failed
from web import PORT, wrk


def introspections(world, first, count):
    """At least so many requests, in pieces."""
    done = 0
    while done < count:
        load = wrk("introspect.lua", PORT, 32, 2, first, world.token_prefix, world.key)
        done += int(load.rate * 2)
    return done


def memory():
    """Kilobytes: the front's, and the largest of its backends."""
    found = processes.by_kind()
    backends = [pid for pid in found["postgres"] if processes.is_front_backend(pid)]
    if not backends:
        raise Failed("the front has no backend")
    return processes.own_memory(found["front"][0]), max(map(processes.own_memory, backends))


def measure(bench):
    world = bench.world()
    first = world.take(50_000)
    early, late = 10_000, bench.size(1_000_000, 25_000)
    end_by_http(world, PORT, 32, 2) # both kinds of request
    done = introspections(world, first, early)
    before = memory()
    end_by_http(world, PORT, 32, 2)
    done += introspections(world, first, late - done)
    after = memory()
    world.give_back(50_000)
    return [Row(f"8 memory of {who} after {done:,} requests", ours, rival, f"after {early:,}", "<= 1.05", "kB")
            for who, ours, rival in zip(("the front", "a backend, the largest"), after, before)]
