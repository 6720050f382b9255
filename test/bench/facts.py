"""What the figures were taken on."""
import os
import platform
import subprocess

from server import ask

SETTINGS = ["server_version", "fsync", "synchronous_commit", "full_page_writes", "wal_compression", "shared_buffers",
            "max_wal_size", "min_wal_size", "checkpoint_timeout", "autovacuum", "max_connections", "jit", "plan_cache_mode"]


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        models = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    return f"{len(models)} × {models[0]}" if models else platform.machine()


def first_line(*command):
    try:
        result = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "not there"
    return (result.stdout or result.stderr).strip().split("\n")[0]


def collect(connection, quick, seconds):
    told = {"measured": f"{'quick' if quick else 'full'}, {seconds:.0f} s", "processors": processor(),
            "system": platform.platform(), "load at the end": " ".join(f"{load:.2f}" for load in os.getloadavg()),
            "commit": first_line("git", "describe", "--always", "--dirty")}
    for name in SETTINGS:
        told[name] = ask(connection, "SELECT current_setting(%s)", (name,))[0][0]
    for command in (("pgbench", "--version"), ("nginx", "-v"), ("node", "--version"), ("wrk", "-v")):
        told[command[0]] = first_line(*command)
    told["front"] = f"{os.environ.get('CURFEW_CONNECTIONS', '?')} connections"
    return told
