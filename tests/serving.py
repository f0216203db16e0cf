"""A server on loopback that comes and goes within a test."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

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


@contextmanager
def answering(handler):
    """A server that answers as a handler of `http.server` does; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
