"""CPU time of the stack's processes."""
import os

TICKS = os.sysconf("SC_CLK_TCK")
STATE = os.environ["CURFEW_BENCH_STATE"]


def _read(pid, name):
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:
            return file.read()
    except OSError:
        return b""


def kind_of(pid):
    """nginx, front, postgres or node of this stack; none of anybody else's."""
    try:
        program = os.path.basename(os.readlink(f"/proc/{pid}/exe")).split(" ")[0]
        home = os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None
    if program not in ("nginx", "curfew-fcgi", "postgres", "node") or not home.startswith(STATE):
        return None
    return "front" if program == "curfew-fcgi" else program


def by_kind():
    found = {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        if kind := kind_of(pid):
            found.setdefault(kind, []).append(int(pid))
    return found


def cpu_seconds():
    """kind → user and system seconds so far."""
    totals = {}
    for kind, pids in by_kind().items():
        for pid in pids:
            fields = _read(pid, "stat").rpartition(b")")[2].split()
            if len(fields) > 12:
                totals[kind] = totals.get(kind, 0) + (int(fields[11]) + int(fields[12])) / TICKS
    return totals


def own_memory(pid):
    """Kilobytes that are the process's own: neither shared nor of a file."""
    for line in _read(pid, "status").split(b"\n"):
        if line.startswith(b"RssAnon"):
            return int(line.split()[1])
    return 0


def is_front_backend(pid):
    """Whether it serves the front; PostgreSQL writes that into its process title."""
    return b"curfew_front" in _read(pid, "cmdline")
