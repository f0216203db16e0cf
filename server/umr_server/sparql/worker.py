"""The process that answers: one store, one query at a time, and it may be killed at any moment.

Requests are frames of JSON, and answers frames. It ends with its input, also in the middle of a query.
"""

from __future__ import annotations

import json
import os
import resource
import select
import threading
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyoxigraph as ox

from umr_ld.errors import Malformed, UmrError
from umr_ld.store.embedded import EmbeddedStore
from umr_ld.vocab import vocabulary
from umr_server.frames import DATA, END, FAULT, HEAD, READY, put_frame, write_frame
from umr_server.sparql.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_server.sparql.forms import Form

_CHUNK = 64 * 1024
_NICE = 5


class _TooMuch(Exception):
    """The answer is longer than it may be."""


class Writer:
    """Where the engine writes an answer: counts bytes and rows, and sends frames.

    Args:
        target: the pipe.
        form: whose marks of rows are counted.
        rows: the most rows.
        size: the most bytes.
    """

    def __init__(self, target: IO[bytes], form: Form, rows: int, size: int) -> None:
        self._target, self._row = target, form.row
        self._rows, self._size = rows, size
        self._held, self._end = bytearray(), b""
        self.rows, self.size = -form.others, 0
        self.broken = ""

    def write(self, data: bytes) -> int:
        """See `io.RawIOBase`."""
        self.size += len(data)
        # A mark may lie across two pieces: the end of the last one is looked at again, less one byte of it.
        self.rows += (self._end + data).count(self._row)
        self._end = (self._end + data)[-(len(self._row) - 1) :] if len(self._row) > 1 else b""
        if self.size > self._size or self.rows > self._rows:
            self.broken = "bytes" if self.size > self._size else "rows"
            raise _TooMuch
        self._held += data
        self.flush()
        return len(data)

    def flush(self) -> None:
        """See `io.RawIOBase`. Nothing is sent before there is much of it: each arrival wakes the one who waits."""
        if len(self._held) >= _CHUNK:
            put_frame(self._target, DATA, bytes(self._held))
            self._held.clear()

    def end(self, form: str) -> None:
        """Send what is left, and in which form all of it is."""
        write_frame(self._target, END, form.encode() + b"\n" + self._held)


def _answer(store: EmbeddedStore, asked: dict[str, Any], target: IO[bytes]) -> None:
    found = store.query(asked["text"], graphs=asked["default"], named=asked["named"])
    is_graph = isinstance(found, ox.QueryTriples)
    form = _form(asked["forms"], is_graph=is_graph)
    if form is None:
        kinds = ", ".join(one.mime for one in FORMS.values() if one.is_graph is is_graph)
        _fault(
            target,
            "form",
            f"the answer is {'a graph' if is_graph else 'no graph'}",
            f"ask for one of {kinds}",
        )
        return
    writer = Writer(target, form, asked["rows"], asked["bytes"])
    try:
        if is_graph:
            prefixes = dict(vocabulary().prefixes) if form.key in {"ttl", "trig"} else None
            ox.serialize(found, writer, form.engine, prefixes=prefixes)  # type: ignore[arg-type]
        else:
            found.serialize(writer, form.engine)  # type: ignore[arg-type]
    except Exception:
        if writer.broken:
            _fault(target, writer.broken, "", "")
            return
        raise
    writer.end(form.key)


def _form(keys: list[str], *, is_graph: bool) -> Form | None:
    return next((FORMS[key] for key in keys if FORMS[key].is_graph is is_graph), None)


def _fault(target: IO[bytes], kind: str, what: str, remedy: str) -> None:
    write_frame(target, FAULT, json.dumps({"kind": kind, "what": what, "remedy": remedy}).encode())


def _requests(source: IO[bytes]) -> Iterator[dict[str, Any]]:
    while len(head := source.read(HEAD.size)) == HEAD.size:
        yield json.loads(source.read(HEAD.unpack(head)[1]))


def _end_with(source: IO[bytes]) -> None:
    """When nobody is there to ask any more, nobody is there to answer: also in the middle of a query."""
    ended = select.poll()
    ended.register(source, 0)  # Only that the other end is gone (poll(2), POLLHUP).
    ended.poll()
    os._exit(0)


def _limit(memory: int) -> None:
    """Allow so much address space beyond what is in use now (setrlimit(2), RLIMIT_AS)."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + memory
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def work(folder: str, memory: int, source: IO[bytes], target: IO[bytes]) -> None:
    """Answer until the input ends.

    Args:
        folder: of the store.
        memory: bytes of address space that a query may need beyond what is in use.
        source: requests.
        target: answers.
    """
    os.nice(_NICE)
    store = EmbeddedStore(Path(folder), read_only=True)
    store.query("ASK {}")
    threading.Thread(target=_end_with, args=(source,), daemon=True).start()
    _limit(memory)
    write_frame(target, READY, b"")
    for asked in _requests(source):
        try:
            _answer(store, asked, target)
        except Malformed as error:
            _fault(target, "query", error.what, error.remedy)
        except UmrError as error:
            _fault(target, "store", error.what, error.remedy)
        except MemoryError:
            _fault(target, "memory", "", "")
