"""Requests as they are sent, and one connection on which they are, to the real server on this machine."""

from __future__ import annotations

import time
from contextlib import contextmanager

from loopback import served


def written(path, method="GET", **headers):
    """A request as it is sent."""
    given = {"Host": "a.example", **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in given.items()), "", ""]
    return "\r\n".join(lines).encode()


def until(true, seconds=20):
    """Wait for something to come true."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.001)
    assert true()


class Talking:
    """One connection, and what is said on it."""

    def __init__(self, connection):
        self._connection, self._held = connection, b""

    def send(self, sent):
        self._connection.sendall(sent)

    def hear(self, *, bodiless=False):
        """One answer: status, headers without those that each has anew, body, and identifier."""
        while b"\r\n\r\n" not in self._held:
            self._more()
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        status, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.split(": ", 1) for line in lines]
        headers = {name.lower(): value for name, value in pairs}
        assert len(headers) == len(lines)
        size = 0 if bodiless or status.split()[1] == "304" else int(headers["content-length"])
        while len(self._held) < size:
            self._more()
        body, self._held = self._held[:size], self._held[size:]
        assert headers.pop("date").endswith("GMT")
        return status, headers, body, headers.pop("x-request-id")

    def ask(self, sent, **how):
        self.send(sent)
        return self.hear(**how)

    def _more(self):
        piece = self._connection.recv(1 << 16)
        assert piece
        self._held += piece


@contextmanager
def standing(registry, **decided):
    """The server with a connection to it, and how often its application was called."""
    with served(registry, **{"query_age": 0.0, **decided}) as at, at.connected() as connection:
        at.calls, inner = [], at.app.wsgi_app

        def counted(environ, start_response):
            at.calls.append(environ["PATH_INFO"])
            return inner(environ, start_response)

        at.app.wsgi_app = counted
        at.talking = Talking(connection)
        yield at
