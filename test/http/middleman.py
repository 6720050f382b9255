"""Who stands between a front and PostgreSQL, and passes on what they say."""
import contextlib
import os
import select
import shutil
import socket
import threading

ASKED, ANSWERED = "asked", "answered"


class Middleman:
    """`database` is the connection string by which a front comes to it."""

    most = 65536 # bytes of a piece

    def __init__(self, stack):
        self.directory = stack.directory / "between"
        self.server = str(stack.directory / "run" / ".s.PGSQL.5432")
        self.database = f"host={self.directory} dbname=curfew user=curfew_front"
        self.directory.mkdir(exist_ok=True)
        self.directory.chmod(0o755)
        if os.geteuid() == 0: # who removes the stack, after a run that was killed too
            os.chown(self.directory, stack.owner.pw_uid, stack.owner.pw_gid)
        path = self.directory / ".s.PGSQL.5432"
        path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        os.chmod(path, 0o777)
        self.listener.listen(64)
        threading.Thread(target=self._let_in, daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        shutil.rmtree(self.directory)

    def watcher(self):
        """What is called for a connection with each piece that one of the two said: which, and the bytes. It gives those to
        pass on, and whether the connection lives."""
        raise NotImplementedError

    def _let_in(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._pass_on, args=(client, self.watcher()), daemon=True).start()

    def _pass_on(self, client, watch):
        with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
            server.connect(self.server)
            sides = {client: (server, ASKED), server: (client, ANSWERED)}
            while True:
                for said in select.select(list(sides), [], [])[0]:
                    heard, which = sides[said]
                    data, lives = watch(which, said.recv(self.most))
                    heard.sendall(data)
                    if not data or not lives:
                        return
