"""A server on loopback that comes and goes within a test."""

from __future__ import annotations

import threading
from contextlib import contextmanager

import waitress


@contextmanager
def served(app):
    """The application behind the server that serves it; gives its address."""
    server = waitress.create_server(app, host="127.0.0.1", port=0, threads=4)
    over = threading.Event()

    def run():
        while not over.is_set():
            server.asyncore.loop(timeout=0.05, map=server._map, count=1)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        over.set()
        thread.join(10)
        server.task_dispatcher.shutdown()
        for channel in list(server.active_channels.values()):
            channel.close()
        server.close()
        if "umr" in app.extensions:
            app.extensions["umr"].close()
