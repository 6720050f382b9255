"""A PostgreSQL of the suite's own, made and removed by the scripts of test/stack, and its client programs."""
import contextlib
import os
import pathlib
import signal
import subprocess
import time

import psycopg2
import psycopg2.extras

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = CHECKOUT / "test" / "stack"
STACK = "database"
PATIENCE = 30  # seconds until something that should happen soon counts as not happening
ENVIRONMENT = {**{name: value for name, value in os.environ.items() if not name.startswith("PG") or name == "PG_CONFIG"},
               "CURFEW_PG_FAST": "1", "LC_ALL": "C.UTF-8"}


def output(*command):
    done = subprocess.run([str(word) for word in command], env=ENVIRONMENT, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.stdout}"
    return done.stdout.strip()


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, f"not within {PATIENCE} s"
        time.sleep(0.02)


class Server:
    stack = STACK

    def __init__(self):
        self.binaries = pathlib.Path(output(os.environ.get("PG_CONFIG", "pg_config"), "--bindir"))
        self.sockets = None

    def script(self, command):
        return output(SCRIPTS / "postgres.sh", self.stack, command)

    def up(self):
        self.remove()
        self.script("init")
        self.start()
        with self.connect("postgres") as connection, connection.cursor() as cursor:
            cursor.execute("ALTER SYSTEM SET max_prepared_transactions = 4")
        self.script("stop")
        self.start()

    def start(self):
        self.script("start")
        self.sockets = pathlib.Path(output(SCRIPTS / "stack.sh", self.stack, "directory")) / "run"

    def remove(self):
        output(SCRIPTS / "stack.sh", self.stack, "remove")

    def crash(self):
        """Ends the server at once: nothing that is in hand is finished, nothing is written out."""
        pid = int(self.script("pid"))
        os.kill(pid, signal.SIGQUIT)  # an immediate shutdown
        wait_until(lambda: not alive(pid))

    def kill(self, backend):
        """kill -9 of one backend. The server then ends all others and recovers; this waits until it has."""
        backends = [pid for pid, in self.rows("postgres", "SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL")]
        assert backend in backends
        os.kill(backend, signal.SIGKILL)
        wait_until(lambda: not any(alive(pid) for pid in backends))
        wait_until(self.answers)

    def answers(self):
        try:
            return self.value("postgres", "SELECT true")
        except psycopg2.OperationalError:
            return False

    @contextlib.contextmanager
    def connect(self, database, autocommit=True):
        connection = psycopg2.connect(host=str(self.sockets), port=5432, user="postgres", dbname=database,
                                      cursor_factory=psycopg2.extras.DictCursor)
        connection.autocommit = autocommit
        try:
            yield connection
        finally:
            connection.close()

    def rows(self, database, query, values=None):
        with self.connect(database) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def value(self, database, query, values=None):
        return self.rows(database, query, values)[0][0]

    def create_database(self, name, options="TEMPLATE template0"):
        self.rows("postgres", f'DROP DATABASE IF EXISTS "{name}"')
        self.rows("postgres", f'CREATE DATABASE "{name}" {options}')
        return name

    def drop_database(self, name):
        self.rows("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def program(self, name, *arguments, **environment):
        """Runs a client program and gives (exit code, standard output, standard error)."""
        done = subprocess.run([self.binaries / name, "-h", str(self.sockets), "-p", "5432", "-U", "postgres", *arguments],
                              env={**ENVIRONMENT, **environment}, text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              check=False)
        return done.returncode, done.stdout, done.stderr
