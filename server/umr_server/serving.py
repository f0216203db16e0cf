"""Serving on this machine: one process, threads, a graceful end."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

import waitress

from umr_ld.errors import Busy
from umr_server.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from umr_ld.registry import Registry


def serve(
    registry: Registry,
    host: str = "127.0.0.1",
    port: int = 8000,
    *,
    threads: int = 24,
    ready: Callable[[str], None] | None = None,
) -> None:
    """Answer until SIGINT or SIGTERM; requests that have begun are answered first.

    Args:
        registry: what is served; it stays the caller's to close.
        host: address to listen on.
        port: 0 for a free one.
        threads: how many requests are worked on at once.
        ready: called with the address once it is answered.

    Raises:
        Busy: if the port is taken.
    """
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise Busy(
            f"port {port} of {host} cannot be listened on: {error.strerror}",
            remedy="name another with --port",
        ) from error
    app = create_app(registry)
    server = waitress.create_server(app, sockets=[listening], threads=threads, ident="umr")
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        if ready is not None:
            ready(f"http://{host}:{listening.getsockname()[1]}/")
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        signal.signal(signal.SIGTERM, before)
        server.close()
        app.extensions["umr"].close()


def _stop(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt
