"""Clients of a front whose requests come at the same time."""
import json
import os
import signal

import fastcgi


class Together:
    """`own` is the front's process and its socket."""

    def __init__(self, stack, own, count):
        self.process, path = own
        self.connections = [stack.enter_context(fastcgi.Connection(path)) for _ in range(count)]

    def send(self, requests):
        """All of them are there when the front looks, the first one first."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitpid(self.process.pid, os.WUNTRACED)
        for connection, request in zip(self.connections, requests):
            connection.send(request)
        self.process.send_signal(signal.SIGCONT)

    def answers(self):
        """Status and body of each."""
        return [(status, json.loads(body)) for status, body in (connection.answer() for connection in self.connections)]

    def alone(self, request):
        """The answer to a request when there is no other."""
        self.connections[0].send(request)
        return self.connections[0].answer()
