"""A request as a web server sends it over FastCGI, byte for byte, for tests that send it in pieces or not to its end."""
import socket
import struct

from stack import PATIENCE

BEGIN, END, PARAMETERS, BODY = 1, 3, 4, 5
KEEP = 1 # a flag of BEGIN


def record(kind, content=b"", padding=b""):
    return struct.pack(">BBHHBB", 1, kind, 1, len(content), len(padding), 0) + content + padding


def begin(role=1, keep=True):
    return record(BEGIN, struct.pack(">HB5x", role, KEEP if keep else 0))


def text(value):
    return value.encode()


def parameter(name, value):
    """Lengths from 128 on have four bytes."""
    lengths = b"".join(struct.pack(">B", len(part)) if len(part) < 128 else struct.pack(">I", len(part) | 1 << 31)
                       for part in (text(name), text(value)))
    return lengths + text(name) + text(value)


def request(method, target, body=b"", keep=True, **headers):
    parameters = {"REQUEST_METHOD": method, "REQUEST_URI": target, "CURFEW_CONTRACT": "native",
                  "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json",
                  **{f"HTTP_{name.upper()}": value for name, value in headers.items()}}
    sent = begin(keep=keep) + record(PARAMETERS, b"".join(parameter(*pair) for pair in parameters.items())) + record(PARAMETERS)
    for at in range(0, len(body), 32768):
        sent += record(BODY, body[at:at + 32768])
    return sent + record(BODY)


class Connection:
    """A connection to the front."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(str(path))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def _exactly(self, count):
        read = b""
        while len(read) < count:
            more = self.socket.recv(count - len(read))
            if not more:
                raise EOFError("the front closed the connection")
            read += more
        return read

    def answer(self):
        """Status and body."""
        status, _, body = self.whole_answer()
        return status, body

    def whole_answer(self):
        """Status, headers and body."""
        said = b""
        while True:
            _, kind, _, length, padding, _ = struct.unpack(">BBHHBB", self._exactly(8))
            content = self._exactly(length + padding)[:length]
            if kind == END:
                break
            said += content
        head, _, body = said.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return int(headers["Status"].split()[0]), headers, body

    def is_answered(self):
        """Whether anything has come."""
        self.socket.setblocking(False)
        try:
            return bool(self.socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        finally:
            self.socket.settimeout(PATIENCE)
