"""Real receivers on loopback: an HTTP server that does as it is told, and a mail server."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """What the server answers with.

    Args:
        status: of the answer.
        headers: of the answer.
        body: of the answer.
        wait: seconds before it answers.
        drip: seconds between the bytes of the body.
        length: what it says the length is; None for the truth.
    """

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    wait: float = 0
    drip: float = 0
    length: int | None = None


@dataclass(frozen=True)
class Request:
    """What the server was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Web:
    """An HTTP server.

    Args:
        port: where it listens.
        scheme: `http` or `https`.
        replies: what it answers with, one after the other; then always 204.
        requests: what it was asked.
    """

    port: int
    scheme: str = "http"
    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def url(self, path="/", host="127.0.0.1"):
        return f"{self.scheme}://{host}:{self.port}{path}"

    @property
    def posts(self):
        return [request for request in self.requests if request.method == "POST"]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        web = self.server.web
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): text for name, text in self.headers.items()}
        web.requests.append(Request(self.command, self.path, headers, body))
        reply = web.replies.pop(0) if web.replies else Reply()
        time.sleep(reply.wait)
        with contextlib.suppress(OSError):
            self.send_response(reply.status)
            for name, text in reply.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            self.end_headers()
            self.write(reply)
        self.close_connection = True

    def write(self, reply):
        if self.command == "HEAD":
            return
        if not reply.drip:
            self.wfile.write(reply.body)
            return
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            time.sleep(reply.drip)

    do_GET = do_HEAD = do_POST = answer

    def log_message(self, *_):
        """Tell nobody."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Whoever hangs up has a reason."""


@contextlib.contextmanager
def web(*replies, tls=None, host="127.0.0.1"):
    """A server on loopback, as long as this lasts."""
    server = _Server((host, 0), _Handler)
    server.web = Web(server.server_port, "https" if tls else "http", list(replies))
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Post:
    """A mail server.

    Args:
        port: where it listens.
        refusal: what it says to a recipient; empty to take the mail.
        letters: the mail that it took: sender, recipients, bytes.
    """

    port: int = 0
    refusal: str = ""
    letters: list[tuple[str, list[str], bytes]] = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.letters.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return "250 OK"


@contextlib.contextmanager
def post(**options):
    """A mail server on loopback, as long as this lasts; options as of `aiosmtpd.smtp.SMTP`."""
    from aiosmtpd.controller import Controller

    # The controller cannot be asked which port the system chose.
    with socket.create_server(("127.0.0.1", 0)) as free:
        handler = Post(free.getsockname()[1])
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, **options)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()
