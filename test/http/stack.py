"""The system under test, started and stopped by the scripts of test/stack."""
import os
import pathlib
import pwd
import socket
import subprocess

import requests

import openapi

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = CHECKOUT / "test" / "stack"
PATIENCE = 30  # seconds until a test that waits for an answer fails


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def client():
    """An HTTP client that keeps its connection, and takes no proxy or password from its environment."""
    session = requests.Session()
    session.trust_env = False
    return session


def raw(stack, text):
    """What nginx answers to bytes that are no request: status line, headers and body."""
    with socket.create_connection(("127.0.0.1", stack.port), timeout=PATIENCE) as connection:
        connection.sendall(text)
        answer = b""
        while part := connection.recv(65536):
            answer += part
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.decode().split("\r\n")[0], head.decode().lower(), body.decode()


class Stack:
    def __init__(self, name, **settings):
        self.name = name
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            "CURFEW_PORT": str(self.port),
            "CURFEW_PG_FAST": "1",
            "CURFEW_RATE_LIMIT": "6000000",
            **settings,
        }
        self.client = client()

    def script(self, script, command):
        """Runs a script of test/stack for this stack, and gives what it printed."""
        done = subprocess.run([SCRIPTS / script, self.name, command], env=self.environment, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        assert done.returncode == 0, f"{script} {self.name} {command}: {done.stdout}"
        return done.stdout.strip()

    def up(self):
        self.script("stack.sh", "up")

    def remove(self):
        self.script("stack.sh", "remove")

    @property
    def directory(self):
        return pathlib.Path(self.script("stack.sh", "directory"))

    @property
    def owner(self):
        """The unprivileged user that runs it."""
        return pwd.getpwuid(self.directory.stat().st_uid)

    def send(self, method, path, headers=None, body=None, to=None):
        """One request, its path as written. `body`: bytes or text."""
        prepared = requests.Request(method, self.url, headers=headers or {}, data=body).prepare()
        prepared.url = (to or self.url) + path
        response = self.client.send(prepared, timeout=PATIENCE, allow_redirects=False)
        openapi.check(method, path, response)
        return response


class Edge:
    """An nginx of the same configuration, with other numbers or another front behind it."""

    def __init__(self, stack):
        self.stack = stack
        self.nginx = Stack("edge")

    def start(self, front=None, rate=None, timeout=None, site=None):
        settings = {"CURFEW_FRONT_SOCKET": str(front or self.stack.directory / "run" / "front.sock")}
        if rate:
            settings["CURFEW_RATE_LIMIT"] = str(rate)
        if timeout:
            settings["CURFEW_FRONT_TIMEOUT"] = str(timeout)
        if site:
            settings["CURFEW_SITE"] = site
        self.nginx = Stack("edge", **settings)
        self.nginx.script("nginx.sh", "start")
        return self.nginx

    def remove(self):
        self.nginx.remove()
