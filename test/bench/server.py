"""The measured PostgreSQL: connections, and pgbench against it."""
import os
import re
import statistics
import subprocess

import psycopg2

SOCKETS = os.environ["CURFEW_BENCH_SOCKETS"]
HERE = os.path.dirname(os.path.abspath(__file__))
CLIENTS = 4


def connect(user="postgres", database="curfew"):
    connection = psycopg2.connect(host=SOCKETS, port=5432, user=user, dbname=database)
    connection.autocommit = True
    return connection


def ask(connection, sql, values=None):
    """The rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall() if cursor.description else []


def value(connection, sql, values=None):
    return ask(connection, sql, values)[0][0]


def keep_log_segments(connection, count):
    """Has so many segments of the write-ahead log ready to be used again, as a server has that has been running."""
    ask(connection, "DO $$ BEGIN FOR i IN 1..%s LOOP PERFORM pg_logical_emit_message(false, 'bench', '');"
                    " PERFORM pg_switch_wal(); END LOOP; END $$", (count,))
    ask(connection, "CHECKPOINT")


def run_file(connection, name):
    with open(os.path.join(HERE, "sql", name), encoding="utf-8") as file, connection.cursor() as cursor:
        cursor.execute(file.read())


class Failed(Exception):
    """A contender did not do what it was to do, so that its speed means nothing."""


def pgbench(script, user, variables, transactions=None, seconds=None, clients=CLIENTS, options=(), settings=(),
            database="curfew"):
    """Runs a script of sql/ and gives its transactions per second. Each client does `transactions` of them, or as many as
    it can in `seconds`."""
    command = ["pgbench", "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-f", os.path.join(HERE, "sql", script)]
    command += ["-t", str(transactions)] if transactions else ["-T", str(seconds)]
    for name, content in variables.items():
        command += ["-D", f"{name}={content}"]
    environment = dict(os.environ, PGHOST=SOCKETS, PGPORT="5432", PGUSER=user, PGDATABASE=database,
                       PGOPTIONS=" ".join(f"-c {setting}" for setting in settings))
    result = subprocess.run(command + list(options), env=environment, capture_output=True, text=True, check=False)
    rate = re.search(r"^tps = ([0-9.]+)", result.stdout, re.MULTILINE)
    if result.returncode != 0 or not rate or not re.search(r"failed transactions: 0 ", result.stdout):
        raise Failed(f"{script}: {result.stderr[-2000:]}{result.stdout[-500:]}")
    return float(rate.group(1))


def middle(numbers):
    return statistics.median(numbers)
