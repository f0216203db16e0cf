"""Serving: one process, threads, a graceful end."""

from __future__ import annotations

import contextlib
import errno
import logging
import signal
import socket
import threading
from typing import TYPE_CHECKING

from werkzeug.test import Client

from umr_ld.errors import Busy
from umr_server.app import HEADERS, create_app
from umr_server.running.channels import Server
from umr_server.running.logs import form_of, logging_to
from umr_server.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

    from flask import Flask

    from umr_ld.registry import Registry
    from umr_server.site import Site


def serve(
    registry: Registry,
    host: str | None = None,
    port: int | None = None,
    *,
    settings: Settings | None = None,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Answer until SIGINT or SIGTERM; requests that have begun are answered first, within a limit.

    Args:
        registry: what is served; it stays the caller's to close.
        host: address to listen on; None for that of the settings.
        port: 0 for a free one; None for that of the settings.
        settings: what the deployment decided; None for what is decided for it.
        ready: called with the address once it is listened on.

    Raises:
        Busy: if the port is taken.
    """
    settings = settings or Settings()
    listening = _listening(host or settings.host, settings.port if port is None else port)
    app = create_app(registry, settings)
    site: Site = app.extensions["umr"]
    site.running.log.form = form = form_of(settings.log_format)
    with logging_to(form, app.name), contextlib.closing(site):
        running = site.running
        server = Server(app, listening, settings, list(HEADERS.items()), running)
        with _stopped_by_signals(server):
            site.running.readiness.is_starting = True
            threading.Thread(target=_warm, args=(app,), daemon=True).start()
            if ready is not None:
                ready(_address(listening))
            server.serve()
        site.running.readiness.is_stopping = True
        cut = server.finish(settings.stop_seconds)
        if cut:
            logging.getLogger("waitress").warning("%d requests were cut off", cut)


def _listening(host: str, port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        is_elsewhere = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
        raise Busy(
            f"port {port} of {host} cannot be listened on: {error.strerror}",
            remedy=f"name {'an address of this machine with --host' if is_elsewhere else 'another with --port'}",
        ) from error
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def _warm(app: Flask) -> None:
    """Make pages, so that nobody waits for what is loaded when it is first needed, and for what is counted once."""
    running = app.extensions["umr"].running
    first = Client(running.keeper)
    try:
        first.get("/")
    finally:
        running.readiness.is_starting = False
    # All facets of a million records take seconds, and afterwards only what was published since is counted.
    first.get("/search")


@contextlib.contextmanager
def _stopped_by_signals(server: Server) -> Iterator[None]:
    """The first signal lets what has begun end; the second does not wait for it."""

    def stop(_: int, __: FrameType | None) -> None:
        if server.is_stopping:
            raise KeyboardInterrupt
        server.stop()

    signals = (signal.SIGTERM, signal.SIGINT)
    before = {one: signal.signal(one, stop) for one in signals}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
