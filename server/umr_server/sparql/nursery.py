"""Where answering processes are born: a process that has loaded everything, and forks.

It has one thread and no store open, for a store that was opened before a fork is damaged by it. It alone ends its
children and waits for them, so that a number of a process never means another one. Run as a program with one end of
a pair of sockets as standard input; it ends with the other end.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from ctypes.util import find_library
from typing import IO, Any, NamedTuple

from umr_ld.errors import Busy
from umr_ld.garbage import collect_seldom
from umr_ld.sparql import functions
from umr_ld.vocab import vocabulary
from umr_server.sparql import worker
from umr_server.sparql.line import Line

_MESSAGE = 1 << 16
_YIELDING = 15
_DESCRIPTORS = 6


class Born(NamedTuple):
    """A process that answers.

    Args:
        pid: its number, as long as nobody has ended it.
        source: its answers.
        target: its requests; it ends when this is closed.
        line: for connections that are lent to it.
    """

    pid: int
    source: IO[bytes]
    target: IO[bytes]
    line: Line


class Nursery:
    """The forking process, as the one sees it that wants children. Started with the first one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._child: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._is_closed = False

    def bear(self, folder: str, memory: int) -> Born:
        """A process over one store.

        Args:
            folder: of the store.
            memory: bytes that a query may need.

        Raises:
            Busy: if the system gives no process, or this is closed.
        """
        given, wanted = os.pipe(), os.pipe()
        line, its = Line.laid()
        source, target = os.fdopen(wanted[0], "rb", 0), os.fdopen(given[1], "wb")
        descriptors = [given[0], wanted[1], *its]
        told: dict[str, Any] = {}
        try:
            asked = {"act": "bear", "folder": folder, "memory": memory}
            told = self._tell(asked, descriptors) or self._tell(asked, descriptors)
        finally:
            for one in descriptors:
                os.close(one)
            if "pid" not in told:
                for ours in (source, target, line):
                    ours.close()
        if "pid" not in told:
            raise Busy("no process could be started for the query", remedy="ask again in a while")
        return Born(told["pid"], source, target, line)

    def end(self, born: Born) -> None:
        """Kill a process, if it still runs, and wait until it is gone.

        Args:
            born: one of its children.
        """
        born.source.close()
        with suppress(BrokenPipeError):
            born.target.close()
        born.line.close()
        self._tell({"act": "end", "pid": born.pid}, [])

    def slow_down(self, born: Born) -> None:
        """Let a process work only when nothing else wants to.

        Args:
            born: one of its children.
        """
        self._tell({"act": "yield", "pid": born.pid}, [])

    def close(self) -> None:
        """End it for good; its children end when their requests do."""
        with self._lock:
            self._is_closed = True
            self._stop()

    def _tell(self, message: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
        """What it answers; nothing if it is not there (any more). A child is wanted of whichever is there."""
        with self._lock:
            if self._socket is None:
                # A query that was let in while the server ended must not begin it anew: nobody would end it.
                if message["act"] != "bear" or self._is_closed:
                    return {}
                self._start()
            assert self._socket is not None
            try:
                socket.send_fds(self._socket, [json.dumps(message).encode()], descriptors)
                told = self._socket.recv(_MESSAGE)
            except OSError:
                told = b""
            if not told:
                self._stop()
                return {}
            answer: dict[str, Any] = json.loads(told)
            return answer

    def _start(self) -> None:
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its:
            self._child = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", __name__],
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                # An interruption that a person types is for the server, which ends its processes in order.
                start_new_session=True,
            )
        self._socket = ours

    def _stop(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None


def _environment() -> dict[str, str]:
    """In which it runs.

    An engine asks for memory and gives it back all the time. Where the machine has an allocator that is better at that,
    a query takes a twelfth less. What it is given back it gives back to the system, for a process has limits.
    """
    known = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    if (allocator := find_library("jemalloc")) is None:
        return known
    preloaded = " ".join(filter(None, (os.environ.get("LD_PRELOAD"), allocator)))
    return {"MALLOC_CONF": "retain:false", **known, "LD_PRELOAD": preloaded}


def _bear(asked: dict[str, Any], descriptors: list[int]) -> dict[str, Any]:
    try:
        pid = os.fork()
    except OSError:
        pid = -1
    if pid == 0:
        _live(asked, descriptors)
    for one in descriptors:
        os.close(one)
    return {"pid": pid} if pid > 0 else {}


def _live(asked: dict[str, Any], descriptors: list[int]) -> None:
    """The life of a child. It never comes back."""
    try:
        # The first takes the place of the socket, so that no child keeps what the nursery is spoken to by.
        for standard, one in enumerate(descriptors[:2]):
            os.dup2(one, standard)
            os.close(one)
        line = Line.at(descriptors[2:])
        worker.work(asked["folder"], asked["memory"], os.fdopen(0, "rb", 0), os.fdopen(1, "wb"), line)
    finally:
        os._exit(1)


def _end(pid: int) -> dict[str, Any]:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)
    return {}


def _yield(pid: int) -> dict[str, Any]:
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _YIELDING)
    return {}


def main() -> None:
    """Bear, and end, until nobody asks for it any more."""
    spoken = socket.socket(fileno=sys.stdin.fileno())
    vocabulary()
    functions()
    # None of all this is ever garbage: children need not look, nor have pages of their own for having looked.
    collect_seldom()
    gc.freeze()
    while True:
        message, descriptors, _, _ = socket.recv_fds(spoken, _MESSAGE, _DESCRIPTORS)
        if not message:
            return
        asked = json.loads(message)
        match asked["act"]:
            case "bear":
                told = _bear(asked, descriptors)
            case "end":
                told = _end(asked["pid"])
            case _:
                told = _yield(asked["pid"])
        spoken.send(json.dumps(told).encode())


if __name__ == "__main__":
    main()
