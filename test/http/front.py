"""A front of a test's own, beside the stack's."""
import contextlib
import os
import subprocess
import time

from stack import PATIENCE

# What systemd does with a socket unit: descriptor 3, and two variables.
HAND_OVER = 'exec 3<&"$0"; LISTEN_PID=$$ LISTEN_FDS=$COUNT exec "$@"'


def start(stack, *arguments, database=None, handed_over=None, count=1, output=subprocess.DEVNULL):
    """Starts curfew-fcgi on the stack's database, or on another one. `handed_over` is a socket that it gets as systemd would
    give it, who says that there are `count` of them."""
    directory = stack.directory
    command = [directory / "bin" / "curfew-fcgi", "--database",
               database or f"host={directory / 'run'} dbname=curfew user=curfew_front", *arguments]
    passed = ()
    if handed_over is not None:
        passed = (handed_over.fileno(),)
        command = ["bash", "-c", HAND_OVER, str(handed_over.fileno()), *command]
    as_owner = {}
    if os.geteuid() == 0:
        as_owner = {"user": stack.owner.pw_uid, "group": stack.owner.pw_gid, "extra_groups": []}
    return subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                            pass_fds=passed, env={**os.environ, "COUNT": str(count)}, text=True, **as_owner)


def stop(process):
    process.kill()
    process.wait()


@contextlib.contextmanager
def serving(stack, *arguments, **more):
    """A front on a socket of its own: its process and the socket."""
    path = stack.directory / "run" / "own.sock"
    path.unlink(missing_ok=True)
    process = start(stack, "--listen", path, *arguments, **more)
    try:
        wait_until(path.exists)
        yield process, path
    finally:
        stop(process)


def wait_until(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.05)
