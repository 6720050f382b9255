"""Measures the rows that are named, or all, and writes run/bench.md and run/bench.json. Started by bench.sh."""
import argparse
import os
import sys
import time

import facts
import report
import row_end
import row_growth
import row_http
import row_introspect
import row_memory
import row_sweep
import row_write
from server import connect, keep_log_segments
from world import World

ROWS = {
    "end": row_end.measure,
    "introspect": row_introspect.measure,
    "http-end": row_http.measure_end,
    "http-introspect": row_http.measure_introspect,
    "write": row_write.measure,
    "growth": row_growth.measure,
    "sweep": row_sweep.measure,
    "memory": row_memory.measure,
}


class Bench:
    """What the rows share: how much to measure, and the tenant in the stack's own database."""

    def __init__(self, quick):
        self.quick = quick
        self.rounds = self.size(5, 3)
        self._world = None

    def size(self, full, quick):
        return quick if self.quick else full

    def world(self):
        if self._world is None:
            keep_log_segments(connect(), self.size(512, 64))
            self._world = World()
        return self._world


def main():
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    arguments = parser.parse_args()
    unknown = set(arguments.rows) - set(ROWS)
    if unknown:
        parser.error(f"there is no row '{min(unknown)}'; there are {', '.join(ROWS)}")
    bench = Bench(arguments.quick)
    rows, began = [], time.monotonic()
    for name in arguments.rows or ROWS:
        print(f"curfew: measuring {name} ({time.monotonic() - began:.0f} s)", flush=True)
        found = ROWS[name](bench)
        print(report.table(found), flush=True)
        rows += found
        report.write("run", rows, facts.collect(connect(), bench.quick, time.monotonic() - began))
    print(f"curfew: {os.path.abspath('run/bench.md')}")
    return 0


sys.exit(main())
