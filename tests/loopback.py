"""A registry behind the real server, on a free port of this machine."""

from __future__ import annotations

import json
import socket
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

from umr_server.app import HEADERS, create_app
from umr_server.running.channels import Server
from umr_server.settings import Settings


class Served:
    """What is served, and how it is asked.

    Args:
        app: the application.
        server: in front of it.
    """

    def __init__(self, app, server):
        self.app, self.server, self.site = app, server, app.extensions["umr"]
        self.port = int(server.effective_port)
        self.address = f"http://127.0.0.1:{self.port}"

    def get(self, path, **headers):
        """Status, headers and body; an error is an answer too."""
        asked = urllib.request.Request(self.address + path, headers=headers)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.headers, answer.read()

    def raw(self, *pieces, seconds=10):
        """What the server says to bytes, until it closes the connection or is silent."""
        with self.connected(seconds) as talking:
            for piece in pieces:
                talking.sendall(piece)
            return heard(talking)

    def connected(self, seconds=10):
        """A connection."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=seconds)

    def figures(self):
        """All figures by name and labels, as text has them."""
        lines = self.get("/metrics")[2].decode().splitlines()
        return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


def heard(talking):
    """All that comes until the end, or a silence."""
    said = b""
    try:
        while piece := talking.recv(65536):
            said += piece
    except (TimeoutError, ConnectionError):
        pass
    return said


@contextmanager
def served(registry, **decided):
    """The registry, answered for as the settings say."""
    settings = Settings(**{"threads": 4, **decided})
    app = create_app(registry, settings)
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    site = app.extensions["umr"]
    server = Server(app, listening, settings, list(HEADERS.items()), site.running)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield Served(app, server)
    finally:
        server.stop()
        thread.join(20)
        server.finish(settings.stop_seconds)
        site.close()


def problem(said):
    """Status and problem document of a raw answer."""
    head, _, body = said.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)
