"""What is asked, what is answered, and the answers that are kept for who asks the same again."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, OrderedDict
from typing import IO, TYPE_CHECKING, NamedTuple

from umr_ld.sparql import is_lasting
from umr_server.sparql.forms import FORMS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from umr_server.sparql.process import Answered

_KEPT = 64 << 20
"""Bytes of answers that are kept."""
_PIECE = 1 << 16


class Asked(NamedTuple):
    """A query, and how its answer is wanted.

    Args:
        text: SPARQL 1.1.
        forms: keys of forms, the most wanted first.
        default: graphs that make up the default graph; None for what the query says, else all.
        named: graphs that may be named; None for what the query says, else all.
    """

    text: str
    forms: tuple[str, ...]
    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None


class Answer:
    """An answer, to be read once.

    Args:
        form: key of its form.
        seq: number of the journal entry that it was made from.
        etag: changes with the query and with what is published; empty if the same query may be answered otherwise.
        size: in bytes.
        body: all of it, or a file.
    """

    def __init__(self, form: str, seq: int, etag: str, size: int, body: bytes | IO[bytes]) -> None:
        self.form, self.seq, self.etag, self.size = form, seq, etag, size
        self._body = body

    @property
    def mime(self) -> str:
        """Its media type."""
        return FORMS[self.form].mime

    def read(self) -> bytes:
        """All of it."""
        return self._body if isinstance(self._body, bytes) else b"".join(self)

    def pieces(self) -> Iterable[bytes]:
        """All of it, in one piece or in several."""
        return [self._body] if isinstance(self._body, bytes) else self

    def __iter__(self) -> Iterator[bytes]:
        if isinstance(self._body, bytes):
            yield self._body
            return
        with self._body as file:
            while piece := file.read(_PIECE):
                yield piece


class Answers:
    """Those that are kept, and how many there were."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: OrderedDict[tuple[int, Asked], tuple[str, bytes]] = OrderedDict()
        self._size = 0
        self._counts: Counter[str] = Counter()

    def count(self, outcome: str, number: int = 1) -> None:
        """Count what became of questions.

        Args:
            outcome: as figures name it.
            number: of questions.
        """
        with self._guard:
            self._counts[outcome] += number

    def counts(self) -> dict[str, int]:
        """How many questions came to which end."""
        with self._guard:
            return dict(self._counts)

    def recall(self, seq: int, asked: Asked) -> Answer | None:
        """What was answered before.

        Args:
            seq: number of the journal entry that is asked of.
            asked: what, and in which form.
        """
        with self._guard:
            found = self._kept.get((seq, asked))
            if found is None:
                return None
            self._kept.move_to_end((seq, asked))
        form, body = found
        return Answer(form, seq, etag(seq, asked.text, form, asked.default, asked.named), len(body), body)

    def knows(self, seq: int, asked: Asked) -> bool:
        """Whether it was answered before.

        Args:
            seq: number of the journal entry that is asked of.
            asked: what, and in which form.
        """
        return (seq, asked) in self._kept

    def take(self, seq: int, asked: Asked, answered: Answered) -> Answer:
        """What a process answered; kept, if the same question has the same answer again.

        Args:
            seq: number of the journal entry that was asked of.
            asked: what, and in which form.
            answered: by the process.
        """
        form, body, size = answered
        lasting = is_lasting(asked.text)
        with self._guard:
            self._counts["answered"] += 1
            if lasting and isinstance(body, bytes):
                self._keep((seq, asked), form, body)
        return Answer(
            form, seq, etag(seq, asked.text, form, asked.default, asked.named) if lasting else "", size, body
        )

    def keep(self, seq: int, asked: Asked, form: str, body: bytes) -> None:
        """Keep what was answered elsewhere, if it may be.

        Args:
            seq: number of the journal entry that was asked of.
            asked: what, and in which form.
            form: key of the answer's form.
            body: of the answer, which lasts.
        """
        with self._guard:
            self._keep((seq, asked), form, body)

    def _keep(self, key: tuple[int, Asked], form: str, body: bytes) -> None:
        _, old = self._kept.pop(key, ("", b""))
        self._kept[key] = form, body
        self._size += len(body) - len(old)
        while self._size > _KEPT:
            _, (_, old) = self._kept.popitem(last=False)
            self._size -= len(old)


def etag(
    seq: int,
    text: str,
    form: str,
    default: Sequence[str] | None = None,
    named: Sequence[str] | None = None,
) -> str:
    """Entity tag of an answer that lasts.

    Args:
        seq: number of the journal entry that was asked of.
        text: SPARQL 1.1.
        form: key of the answer's form.
        default: as of `Asked`.
        named: as of `Asked`.
    """
    return hashlib.sha256(repr((seq, text, default, named, form)).encode()).hexdigest()[:32]
