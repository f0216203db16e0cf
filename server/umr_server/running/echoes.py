"""Requests that are, byte for byte, ones that were answered from what is kept: they are answered where they arrive.

A client that asks the same again sends the same bytes. So what they mean need not be found out again, and no thread be
woken for it: as long as nothing was published, the answer is that of before. All that an answer can depend on is in
those bytes, or in the state it was made from; behind a proxy also in who sent them, so that this counts there too.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from umr_ld.entry import Head
from umr_server.heads import EACH, finished, new_identifier, without
from umr_server.running.keeper import GIVEN, KEPT, ROUTE
from umr_server.running.watch import ASKED, Told

if TYPE_CHECKING:
    from collections.abc import Hashable
    from wsgiref.types import WSGIEnvironment

    from umr_server.running.keeper import Given, Keeper
    from umr_server.running.watch import Watch

LONGEST = 4096
"""Bytes of a request that is remembered."""

_SHARE = 16
"""Of what may be kept an answer is at most one part in so many."""
_OVERHEAD = 1024
_UNSEEN = Head(-1)


class Echo(NamedTuple):
    """An answer, as it goes over the wire, and what has to be known to count it.

    Args:
        given: what it is, and what it was made from.
        head: status line and headers, without those that each answer has anew.
        client: who asked, where a proxy says so; else nothing.
        told: what is told of it each time.
    """

    given: Given
    head: bytes
    client: str
    told: Told


class Echoes:
    """Remembers requests and their answers. Any thread may let it learn; all else is for the one that receives.

    Args:
        keeper: whose answers they are.
        watch: counts answers and writes them down.
        most: bytes that may be kept; 0 to keep none.
        believes: whether a proxy says who asks.
    """

    def __init__(self, keeper: Keeper, watch: Watch, most: int, *, believes: bool) -> None:
        self._keeper, self._watch, self._most, self._believes = keeper, watch, most, believes
        self._guard = threading.Lock()
        self._echoes: OrderedDict[tuple[str, bytes], Echo] = OrderedDict()
        self._size = 0
        self._reached: Head | None = _UNSEEN

    def __len__(self) -> int:
        return len(self._echoes)

    @property
    def size(self) -> int:
        """Bytes that are kept."""
        return self._size

    def answer(self, sent: bytes, address: str) -> tuple[bytes, bytes] | None:
        """Head and body; None if this has to be looked at like any other request. It waits for nobody.

        Args:
            sent: all of a request.
            address: who sent it.
        """
        key = self._key(sent, address)
        echo = self._echoes.get(key)
        if echo is None:
            return None
        began = time.perf_counter()
        now = self._now(echo.given)
        if now != echo.given.state:
            if now is not None:
                self._forget(key)
            return None
        client = echo.client or address
        if not self._keeper.admits(client):
            return None
        with self._guard:
            if key in self._echoes:
                self._echoes.move_to_end(key)
        return self.finish(echo.head, echo.told, client, began), echo.given.body

    def finish(self, head: bytes, told: Told, client: str, began: float) -> bytes:
        """The head of an answer with what each has anew; the answer is counted and written down.

        Args:
            head: status line and headers, without those.
            told: of the request and its answer.
            client: address of who asked.
            began: when the request arrived, as of `time.perf_counter`.
        """
        identifier = new_identifier()
        self.tell(told, client, identifier, time.perf_counter() - began)
        return finished(head, identifier)

    def tell(self, told: Told, client: str, identifier: str, took: float) -> None:
        """Count an answer that was given already, and write it down.

        Args:
            told: of the request and its answer.
            client: address of who asked.
            identifier: of the request.
            took: seconds.
        """
        if told.outcome:
            self._keeper.note(told.outcome)
        self._watch.told(told, client, identifier, took)

    def look_again(self) -> None:
        """Requests that are answered from now on may have been sent after something was published."""
        self._reached = _UNSEEN

    def reached(self) -> Head | None:
        """The journal entry that answers are made from; looked for once in each turn, and None if that might mean to wait."""
        reached = self._reached
        if reached is _UNSEEN:
            reached = self._reached = self._keeper.state.reached()
        return reached

    def _now(self, given: Given) -> Hashable | None:
        reached = self.reached()
        return None if reached is None else self._keeper.state.glimpse(reached, given.path, given.query)

    def learn(self, sent: bytes, address: str, environ: WSGIEnvironment, head: bytes) -> None:
        """Remember an answer, if it came from what is kept.

        Args:
            sent: all of the request.
            address: who sent it.
            environ: of the request, when it was answered.
            head: of the answer, with its last empty line.
        """
        given = environ.get(GIVEN)
        # One to whom the proxy gave an identifier does not come a second time.
        if given is None or len(sent) > LONGEST or (self._believes and "HTTP_X_REQUEST_ID" in environ):
            return
        client = environ.get("REMOTE_ADDR", "") if self._believes else ""
        method, route, asked = environ["REQUEST_METHOD"], environ.get(ROUTE, ""), environ.get(ASKED, "")
        told = Told(method, asked, route, head[9:12].decode(), len(given.body), KEPT)
        self.remember(sent, address, Echo(given, without(head, *EACH), client, told))

    def remember(self, sent: bytes, address: str, echo: Echo) -> None:
        """Give an answer again to who sends the same.

        Args:
            sent: all of the request.
            address: who sent it.
            echo: the answer.
        """
        size = _size(sent, echo)
        if size > self._most // _SHARE:
            return
        key = self._key(sent, address)
        with self._guard:
            self._drop(key)
            self._echoes[key] = echo
            self._size += size
            while self._size > self._most:
                self._drop(next(iter(self._echoes)))

    def _key(self, sent: bytes, address: str) -> tuple[str, bytes]:
        return (address if self._believes else "", sent)

    def _forget(self, key: tuple[str, bytes]) -> None:
        with self._guard:
            self._drop(key)

    def _drop(self, key: tuple[str, bytes]) -> None:
        gone = self._echoes.pop(key, None)
        if gone is not None:
            self._size -= _size(key[1], gone)


def _size(sent: bytes, echo: Echo) -> int:
    return len(sent) + len(echo.head) + len(echo.given.body) + _OVERHEAD
