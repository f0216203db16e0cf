"""Where an answer is written by the engine, and how it goes to the one who asked."""

from __future__ import annotations

import re
from typing import IO, TYPE_CHECKING

from umr_server.frames import DATA, END, put_frame, write_frame

if TYPE_CHECKING:
    from umr_server.sparql.forms import Form

_CHUNK = 64 * 1024

_NOT_IN_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""Characters that no XML document may have, not even escaped (XML 1.0 §2.2), in UTF-8."""
_REPLACEMENT = "\ufffd".encode()


class TooMuch(Exception):
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
        self._target, self.form, self._row = target, form, form.row
        self._is_xml = form.mime.endswith("+xml")
        self._rows, self._size = rows, size
        self._held, self._end = bytearray(), b""
        self.rows, self.size = -form.others, 0
        self.broken, self._is_begun = "", False

    def write(self, data: bytes) -> int:
        """See `io.RawIOBase`."""
        self.size += len(data)
        # A mark may lie across two pieces: the end of the last one is looked at again, less one byte of it.
        self.rows += (self._end + data).count(self._row)
        self._end = (self._end + data)[-(len(self._row) - 1) :] if len(self._row) > 1 else b""
        if self.size > self._size or self.rows > self._rows:
            self.broken = "bytes" if self.size > self._size else "rows"
            raise TooMuch
        self._held += _NOT_IN_XML.sub(_REPLACEMENT, data) if self._is_xml else data
        self.flush()
        return len(data)

    def flush(self) -> None:
        """See `io.RawIOBase`. Nothing is sent before there is much of it: each arrival wakes the one who waits."""
        if len(self._held) >= _CHUNK:
            put_frame(self._target, DATA, bytes(self._held))
            self._held.clear()
            self._is_begun = True

    @property
    def whole(self) -> bytes | None:
        """All of the answer; None if some of it was sent already."""
        return None if self._is_begun else bytes(self._held)

    def end(self) -> None:
        """Send what is left, and in which form all of it is."""
        write_frame(self._target, END, self.form.key.encode() + b"\n" + self._held)
