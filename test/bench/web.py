"""wrk against the front's nginx, or the rival's."""
import dataclasses
import os
import re
import subprocess

import processes
from server import Failed, HERE

PORT = int(os.environ["CURFEW_PORT"])
RIVAL_PORT = PORT + 1
CONNECTIONS = int(os.environ["CURFEW_CONNECTIONS"])


@dataclasses.dataclass
class Load:
    """One run of wrk."""
    rate: float
    p50: float      # milliseconds
    p99: float
    used: int       # numbers
    cpu: dict       # kind of process → microseconds a request


def wrk(script, port, clients, seconds, first=0, prefix="-", key="-"):
    """Requests for so many seconds; anything but a 200 fails the run."""
    directory = os.path.join(HERE, "http")
    path = os.path.join("build", f"bench-{script}")
    with open(path, "w", encoding="utf-8") as whole:
        for part in ("common.lua", script):
            with open(os.path.join(directory, part), encoding="utf-8") as file:
                whole.write(file.read())
    before = processes.cpu_seconds()
    result = subprocess.run(["wrk", "-t2", f"-c{clients}", f"-d{seconds}s", "--timeout", "10s", "-s", path,
                             f"http://127.0.0.1:{port}", "--", str(first), prefix, key], capture_output=True, text=True, check=False)
    after = processes.cpu_seconds()
    told = re.search(r"^RESULT (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", result.stdout, re.MULTILINE)
    if not told:
        raise Failed(f"wrk: {result.stdout}{result.stderr}")
    requests, micros, p50, p99, not_ok, broken, used = map(int, told.groups())
    if not_ok or broken or not requests:
        raise Failed(f"{script} on {port}: {not_ok} answers were errors, {broken} requests broke, of {requests}")
    cpu = {kind: (after[kind] - before.get(kind, 0)) / requests * 1e6 for kind in after}
    return Load(requests / micros * 1e6, p50 / 1000, p99 / 1000, used, cpu)
