"""The HTTP server: waitress, stricter in what it takes, and with an eye on those who keep others waiting.

Requests are received by one thread that waits for nobody, and answered by others: so a client that is slow holds
a connection, and never a thread. What is added here bounds for how long, says no in one shape, and ends in order.
"""

from __future__ import annotations

import json
import logging
import resource
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask, WSGITask

from umr_server.running.keeper import QUESTION, REACHED
from umr_server.running.watch import ARRIVED
from umr_server.sparql.plain import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIApplication

    from umr_ld.entry import Head
    from umr_server.running.operation import Operation
    from umr_server.settings import Settings
    from umr_server.sparql.question import Question

HEADER_BYTES = 32 * 1024
"""The most bytes of a request's first line and headers."""

_SHORT = 16 * 1024
"""Bytes of an answer that are sent together with its headers."""

_OTHER_FILES = 256
"""File descriptors for everything but connections."""

_ROOM = 0.9
"""Share of the connections from which on those that wait for their clients are closed."""

_LOG = logging.getLogger("waitress")


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """Reads a request, and refuses what two servers might read differently (RFC 9112 §6.1, §6.3, §3.2)."""

    sent = b""
    """The whole request, if it came at once and has no body."""
    reached: Head | None = None
    """The journal entry that answers were made from when it had arrived."""
    question: Question | None = None
    """What it asks, if that was asked before it was read."""
    arrived: float | None = None
    """When, as of `time.perf_counter`, if that was long before it was read."""

    def received(self, data: bytes) -> int:
        """See `HTTPRequestParser`. Nobody is asked to send on what is refused already."""
        is_first = not self.header_bytes_received
        taken: int = super().received(data)
        if self.error is not None:
            self.expect_continue = False
        elif is_first and self.completed and self.body_rcv is None and not self.expect_continue:
            self.sent = data[:taken]
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """See `HTTPRequestParser`."""
        try:
            super().parse_header(header_plus)
        except ValueError:
            raise ParsingError("the request cannot be read") from None
        if self.chunked and "CONTENT_LENGTH" in self.headers:
            raise ParsingError("a body has a length or is chunked, and not both")
        if self.version != "1.1" and "TRANSFER_ENCODING" in self.headers:
            raise ParsingError("HTTP/1.0 knows no transfer codings")
        if self.version == "1.1" and "HOST" not in self.headers:
            raise ParsingError("a request names its host")


class Refusal(ErrorTask):  # type: ignore[misc]
    """Says no to what never became a request, in the shape of all errors (RFC 9457)."""

    def execute(self) -> None:
        """See `Task`."""
        error = self.request.error
        self.status = f"{error.code} {error.reason}"
        members = {
            "type": "about:blank",
            "title": error.reason.lower(),
            "status": error.code,
            "detail": error.body,
        }
        body = json.dumps(members).encode()
        self.response_headers += [("Content-Type", "application/problem+json"), *self.channel.server.headers]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)
        self.channel.server.refused(error.code)


class Task(WSGITask):  # type: ignore[misc]
    """Answers a request."""

    def get_environment(self) -> dict[str, Any]:
        """See `WSGITask`."""
        environ: dict[str, Any] = super().get_environment()
        request = self.request
        known = {REACHED: request.reached, QUESTION: request.question, ARRIVED: request.arrived}
        environ.update((key, value) for key, value in known.items() if value is not None)
        return environ

    def set_close_on_finish(self) -> None:
        """Not for answers that have no body: where they end is plain (RFC 9112 §6.3), and the next may follow."""
        is_plain = self.version == "1.1" and not self.has_body and not self.wrote_header
        if not is_plain or self.request.connection_close or self.channel.server.is_stopping:
            super().set_close_on_finish()

    def build_response_header(self) -> bytes:
        """See `Task`."""
        if self.channel.server.is_stopping:
            self.set_close_on_finish()
        self.head = head = super().build_response_header()
        return bytes(head)

    def write(self, data: bytes) -> None:
        """See `Task`. Headers go with what follows them, where that is short: sending costs more than copying."""
        if self.wrote_header or len(data) > _SHORT:
            super().write(data)
            return
        held: list[bytes] = []
        self.channel.held = held
        try:
            super().write(data)
        finally:
            self.channel.held = None
        self.channel.write_soon(b"".join(held))

    def finish(self) -> None:
        """See `Task`. Who sends the same again need not be heard out."""
        super().finish()
        if self.request.sent and self.version == "1.1" and not self.close_on_finish:
            told = self.request.sent, self.channel.addr[0], self.environ, self.head
            self.channel.server.echoes.learn(*told)
            self.channel.server.errands.learn(*told)


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection."""

    parser_class = Parser
    task_class = Task
    error_task_class = Refusal
    began: float | None = None
    """When the request began to arrive that has not arrived whole."""
    held: list[bytes] | None = None
    """What is to be sent together."""
    answered = float("-inf")
    """When a question was answered last, as of `time.perf_counter`."""
    shy = 0
    """For how many questions the connection is not to be lent."""

    def write_soon(self, data: bytes) -> int:
        """See `HTTPChannel`."""
        if self.held is not None:
            self.held.append(data)
            return len(data)
        return int(super().write_soon(data))

    def received(self, data: bytes) -> bool:
        """See `HTTPChannel`. Who asks what was answered before is answered at once."""
        if self._is_idle():
            if answer := self.server.echoes.answer(data, self.addr[0]):
                self._say(*answer)
                return True
            if self.server.errands.send(self, data):
                return True
        done: bool = super().received(data)
        if self.request is None:
            self.began = None
        elif self.began is None:
            self.began = time.time()
        return done

    # -- a question that is on its way before it is read

    def hold(self) -> None:
        """Take nothing more until what came is answered."""
        self.requests.append(self.parser_class(self.adj))

    def release(self) -> None:
        """Take more again."""
        self.requests.clear()

    def give(self, head: bytes, body: bytes) -> None:
        """Answer what was held.

        Args:
            head: of the answer.
            body: of the answer.
        """
        self.take_again(b"")
        if self.connected:
            self._say(head, body)

    def take_again(self, rest: bytes) -> None:
        """Take more again, now that what came is answered.

        Args:
            rest: of the answer, that is still to be sent.
        """
        self.release()
        self.last_activity, self.answered = time.time(), time.perf_counter()
        if rest:
            self._owe(rest)

    def unread(self, before: bytes, after: bytes) -> bytes:
        """Read the one request that has come and that begins and ends in a certain way.

        Args:
            before: how it begins.
            after: how it ends.

        Returns:
            all of it; nothing if none has come.

        Raises:
            OSError: if nobody is there any more.
        """
        try:
            sent = self.socket.recv(len(before) + LONGEST + len(after), socket.MSG_PEEK)
        except BlockingIOError:
            return b""
        end = sent.find(after, len(before)) if sent.startswith(before) else -1
        return self.socket.recv(end + len(after)) if end >= 0 else b""

    def read(self, sent: bytes, question: Question | None = None, arrived: float | None = None) -> None:
        """Let a thread answer what was held.

        Args:
            sent: the whole request.
            question: what it asks, if that is on its way.
            arrived: when, as of `time.perf_counter`.
        """
        self.release()
        request = self.parser_class(self.adj)
        request.received(sent)
        request.question, request.arrived = question, arrived
        self.requests.append(request)
        self.server.add_task(self)

    def listen(self, source: int, listener: object) -> None:
        """Have somebody told when there is something to be read.

        Args:
            source: file descriptor.
            listener: as `wasyncore` wants it; None for nobody any more.
        """
        if listener is None:
            del self._map[source]
        else:
            self._map[source] = listener

    def service(self) -> None:
        """See `HTTPChannel`. A question that nobody wants the answer of is given up."""
        question = self.requests[0].question
        try:
            super().service()
        finally:
            if question is not None:
                question.leave()

    def _is_idle(self) -> bool:
        """Whether nothing is on its way here or there, and more may come."""
        is_ending = self.will_close or self.close_when_flushed or self.server.is_stopping
        return not (is_ending or self.is_working)

    def _say(self, head: bytes, body: bytes) -> None:
        """Send what the connection takes now, and the rest as soon as it takes more."""
        try:
            sent = self.socket.sendmsg([head, body])
        except BlockingIOError:
            sent = 0
        except OSError:
            self.handle_close()
            return
        if sent < len(head) + len(body):
            self._owe((head + body)[sent:])

    def _owe(self, rest: bytes) -> None:
        with self.outbuf_lock:
            self.outbufs[-1].append(rest)
            self.current_outbuf_count += len(rest)
            self.total_outbufs_len += len(rest)

    @property
    def is_working(self) -> bool:
        """Whether something that has begun is not at its end."""
        return bool(self.requests) or self.total_outbufs_len > 0 or self.request is not None


class Server(TcpWSGIServer):  # type: ignore[misc]
    """Listens, and answers until it is told to stop.

    Args:
        app: what answers.
        listening: bound already.
        settings: limits.
        headers: that every answer has, also those of no application.
        running: counts, and knows what was answered before and what is being asked.
    """

    channel_class = Channel

    def __init__(
        self,
        app: WSGIApplication,
        listening: socket.socket,
        settings: Settings,
        headers: list[tuple[str, str]],
        running: Operation,
    ) -> None:
        self.headers, self.refused = headers, running.refused
        self.echoes, self.errands = running.echoes, running.errands
        self.is_stopping = self._is_closed = False
        self._looping = 0
        self._request_seconds = settings.request_seconds
        proxy: dict[str, Any] = {}
        if settings.proxy:
            believed = {"x-forwarded-for", "x-forwarded-proto"}
            proxy = {"trusted_proxy": settings.proxy, "trusted_proxy_headers": believed}
        adjustments = Adjustments(
            sockets=[listening],
            threads=settings.threads,
            ident=None,
            channel_timeout=settings.idle_seconds,
            cleanup_interval=min(settings.idle_seconds, settings.request_seconds, 5.0) or 1.0,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=settings.body_bytes + 1,
            # An answer is written to its end, into a file if need be: no thread waits for who reads slowly.
            outbuf_high_watermark=max(16 << 20, 2 * settings.query_bytes),
            asyncore_use_poll=True,
            log_socket_errors=False,
            clear_untrusted_proxy_headers=True,
            expose_tracebacks=False,
            **proxy,
        )
        adjustments.connection_limit = _affordable(settings.connections)
        where = (listening.family, listening.type, listening.proto, listening.getsockname())
        super().__init__(app, {}, True, listening, adj=adjustments, bind_socket=False, sockinfo=where)

    # -- while it runs

    def add_task(self, task: Channel) -> None:
        """See `BaseWSGIServer`. What is known on arrival need not be asked by a thread that others wait for."""
        if threading.get_ident() == self._looping:
            task.requests[0].reached = self.echoes.reached()
        super().add_task(task)

    def serve(self) -> None:
        """Answer until `stop` is called."""
        while not self.is_stopping:
            self._turn(1.0)

    def stop(self) -> None:
        """Let `serve` return; may be called from a signal's handler, and from any thread."""
        self.is_stopping = True
        self._wake()

    def pull_trigger(self) -> None:
        """See `BaseWSGIServer`. The thread that receives need not wake itself."""
        if threading.get_ident() != self._looping:
            self._wake()

    def _wake(self) -> None:
        # A thread that was cut off may come back when nobody listens any more.
        if not self._is_closed:
            super().pull_trigger()

    def readable(self) -> bool:
        """See `BaseWSGIServer`. Before it would take no more connections, those that only wait make room."""
        if len(self._map) >= _ROOM * self.adj.connection_limit:
            self._make_room()
        wanted: bool = super().readable()
        return wanted

    def maintenance(self, now: float) -> None:
        """See `BaseWSGIServer`. A request that trickles in counts as activity, and ends all the same."""
        super().maintenance(now)
        for channel in list(self.active_channels.values()):
            if channel.began is not None and channel.began < now - self._request_seconds:
                channel.will_close = True

    def _make_room(self) -> None:
        """Close those that wait for their clients, the longest waiting first, until a fifth is free."""
        waiting = [one for one in self.active_channels.values() if not one.requests and not one.will_close]
        waiting.sort(key=lambda one: one.began or one.last_activity)
        excess = len(self._map) - int(0.8 * self.adj.connection_limit)
        for channel in waiting[: max(0, excess)]:
            channel.will_close = True

    # -- the end

    def finish(self, seconds: float) -> int:
        """Accept nothing more, give what has begun its time, and close.

        Args:
            seconds: that it may take.

        Returns:
            how many requests were cut off.
        """
        self.accepting = False
        self.del_channel()
        self.socket.close()
        until = time.monotonic() + seconds
        while (working := list(self._working())) and time.monotonic() < until:
            self._turn(0.1)
        self.task_dispatcher.shutdown(cancel_pending=True, timeout=0.5)
        for channel in list(self.active_channels.values()):
            channel.handle_close()
        self._is_closed = True
        self.trigger.close()
        return len(working)

    def _working(self) -> Iterator[Channel]:
        for channel in list(self.active_channels.values()):
            if channel.is_working:
                yield channel
            else:
                channel.will_close = True

    def _turn(self, seconds: float) -> None:
        self._looping = threading.get_ident()
        self.errands.turn()
        self.echoes.look_again()
        seconds = min(seconds, self.errands.patience)
        self.asyncore.loop(timeout=seconds, use_poll=True, map=self._map, count=1)


def _affordable(wanted: int) -> int:
    """As many connections as the system lets this process have, after asking it for more (setrlimit(2))."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = wanted + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < need:
        more = need if hard == resource.RLIM_INFINITY else min(need, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (more, hard))
        soft = more
    return wanted if soft == resource.RLIM_INFINITY else max(16, min(wanted, soft - _OTHER_FILES))
