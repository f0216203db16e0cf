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
from umr_server.frames import FAULT, READY, read_frame, write_frame
from umr_server.sparql.borrowing import Borrowing
from umr_server.sparql.forms import FORMS
from umr_server.sparql.loan import LEND
from umr_server.sparql.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_server.sparql.forms import Form
    from umr_server.sparql.line import Line

_NICE = 5


def _written(store: EmbeddedStore, asked: Mapping[str, Any], target: IO[bytes]) -> Writer | None:
    """The answer, of which the end is not sent yet; None if it was told why there is none."""
    found = store.query(asked["text"], graphs=asked["default"], named=asked["named"])
    is_graph = isinstance(found, ox.QueryTriples)
    form = _form(asked["forms"], is_graph=is_graph)
    if form is None:
        kinds = ", ".join(one.mime for one in FORMS.values() if one.is_graph is is_graph)
        what = f"the answer is {'a graph' if is_graph else 'no graph'}"
        _fault(target, "form", what, f"ask for one of {kinds}")
        return None
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
            return None
        raise
    return writer


def _answered(store: EmbeddedStore, asked: Mapping[str, Any], target: IO[bytes]) -> Writer | None:
    """As `_written`; whatever is wrong with the question is told."""
    try:
        return _written(store, asked, target)
    except Malformed as error:
        _fault(target, "query", error.what, error.remedy)
    except UmrError as error:
        _fault(target, "store", error.what, error.remedy)
    except MemoryError:
        _fault(target, "memory", "", "")
    return None


def _form(keys: list[str], *, is_graph: bool) -> Form | None:
    return next((FORMS[key] for key in keys if FORMS[key].is_graph is is_graph), None)


def _fault(target: IO[bytes], kind: str, what: str, remedy: str) -> None:
    write_frame(target, FAULT, json.dumps({"kind": kind, "what": what, "remedy": remedy}).encode())


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


def work(folder: str, memory: int, source: IO[bytes], target: IO[bytes], line: Line) -> None:
    """Answer until the input ends.

    Args:
        folder: of the store.
        memory: bytes of address space that a query may need beyond what is in use.
        source: requests, not buffered.
        target: answers.
        line: to who asks, for connections that are lent.
    """
    os.nice(_NICE)
    store = EmbeddedStore(Path(folder), read_only=True)
    store.query("ASK {}")
    threading.Thread(target=_end_with, args=(source,), daemon=True).start()
    _limit(memory)
    write_frame(target, READY, b"")
    borrowing = Borrowing(line, source, target, lambda asked: _answered(store, asked, target))
    frame = read_frame(source)
    while frame is not None:
        kind, sent = frame
        following = None
        if kind == LEND:
            following = borrowing.serve(sent)
        elif writer := _answered(store, json.loads(sent), target):
            writer.end()
        frame = following or read_frame(source)
