"""Documents that take their time: typeset and laid out by a process of their own, which may be killed.

The typesetter and Graphviz hold the interpreter while they work, and what a stranger published may keep them
busy for as long as it likes. So they work elsewhere, one document at a time, and only a few may wait.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed, Overloaded, TooLong
from umr_server.child import Child
from umr_server.frames import Died, OutOfTime
from umr_server.press.pickling import pickled
from umr_server.turns import Turns

if TYPE_CHECKING:
    from umr_ld.page import Page
    from umr_ld.page.drawing import Drawing
    from umr_server.settings import Settings

_MOST_REMEMBERED = 1000
_LATER = "ask again in a while"


class Press:
    """Who makes documents. May be asked by any number of threads.

    Args:
        settings: how long one may take, and how many may wait.
    """

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.render_seconds
        self._turns = Turns(1, settings.render_queue)
        self._hopeless: OrderedDict[bytes, None] = OrderedDict()
        self._process: Child | None = None
        self._guard = threading.Lock()

    def render(self, key: str, shown: Page | Drawing, who: str = "") -> bytes:
        """A document.

        Args:
            key: of the target.
            shown: what it shows.
            who: asks; of those who wait each has their turn.

        Raises:
            Overloaded: if too many wait.
            TooLong: if it takes longer than it may, or more memory; it is not tried again.
            Malformed: if something is not installed that the target needs.
        """
        asked = pickled((key, shown))
        digest = hashlib.sha256(asked).digest()
        self._refuse_hopeless(digest)
        if not self._turns.take(who, self._seconds):
            raise Overloaded("too many documents are being made", remedy=_LATER)
        try:
            self._refuse_hopeless(digest)
            return self._made(asked, digest)
        finally:
            self._turns.leave()

    def close(self) -> None:
        """End the process. What is made afterwards begins another."""
        with self._guard:
            if self._process is not None:
                self._process.end()
            self._process = None

    def _made(self, asked: bytes, digest: bytes) -> bytes:
        process = self._running()
        try:
            body, is_made = process.ask(asked, self._seconds)
        except (OutOfTime, Died):
            self.close()
            self._hopeless[digest] = None
            if len(self._hopeless) > _MOST_REMEMBERED:
                self._hopeless.popitem(last=False)
            self._refuse_hopeless(digest)
            raise
        if not is_made:
            raise Malformed(body.decode(), remedy="ask for another format")
        return body

    def _running(self) -> Child:
        with self._guard:
            if self._process is None:
                self._process = Child("umr_server.press.worker")
            return self._process

    def _refuse_hopeless(self, digest: bytes) -> None:
        if digest in self._hopeless:
            raise TooLong(
                f"making this document takes longer than {self._seconds:g} s, or more memory than it may",
                remedy="ask for HTML, Markdown or plain text",
            )
