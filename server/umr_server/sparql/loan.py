"""Connections that are lent to a process for a while, and on which terms.

Who asks one quick question after the other is answered by the process that makes the answers: the way through the one
that lends costs more than they do. A process answers on several connections, one question after the other, and a
request is read only by who answers it. So whatever becomes of the process, the one that lends can take a connection
back, with the request unread that was not answered, and nothing is answered twice (see `line`).
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

LEND, ASK = b"L", b"Q"
"""Kinds of what is sent to a process: a connection that is lent, or a question."""

_MOST_TERMS = 16
_RETURNED = struct.Struct(">IQ")


class Terms(NamedTuple):
    """On which a connection is lent.

    Args:
        before: of each request what stands before its query.
        after: of each request what stands behind its query.
        heads: of answers by form, and by whether they last; see `heads.completed`.
        most: bytes of an answer that may be given at once.
        seq: number of the journal entry that is asked of.
        question: all of a question but its text, as `worker` reads it.
    """

    before: bytes
    after: bytes
    heads: Mapping[tuple[str, bool], bytes]
    most: int
    seq: int
    question: Mapping[str, Any]

    def written(self) -> dict[str, Any]:
        """As a part of what is sent."""
        heads = [(form, lasts, head.decode("latin-1")) for (form, lasts), head in self.heads.items()]
        sides = {"before": self.before.decode("latin-1"), "after": self.after.decode("latin-1")}
        return {**sides, "heads": heads, "most": self.most, "seq": self.seq, "question": self.question}

    @classmethod
    def read(cls, said: Mapping[str, Any]) -> Terms:
        """What was `written`.

        Args:
            said: part of what was sent.
        """
        heads = {(form, lasts): head.encode("latin-1") for form, lasts, head in said["heads"]}
        before, after = said["before"].encode("latin-1"), said["after"].encode("latin-1")
        return cls(before, after, heads, said["most"], said["seq"], said["question"])


class Lent(NamedTuple):
    """A connection, as its process is told of it.

    Args:
        place: among those of the process.
        serial: number of the loan; no other of the process has it.
        time: number of the time for which the process answers on what is lent.
        terms: on which.
        text: of the first question, whose request is read already.
    """

    place: int
    serial: int
    time: int
    terms: Terms
    text: str


class Lender:
    """How loans are written down for a process: most are on terms that it knows."""

    def __init__(self) -> None:
        self._known: list[Terms] = []

    def written(self, lent: Lent) -> bytes:
        """What is sent of a loan.

        Args:
            lent: the one.
        """
        said = {"place": lent.place, "serial": lent.serial, "time": lent.time, "text": lent.text}
        if lent.terms in self._known:
            return json.dumps({**said, "terms": self._known.index(lent.terms)}).encode()
        if len(self._known) == _MOST_TERMS:
            self._known.clear()
        self._known.append(lent.terms)
        new = lent.terms.written()
        return json.dumps({**said, "terms": len(self._known) - 1, "new": new}).encode()


class Borrower:
    """How loans are read that a `Lender` wrote."""

    def __init__(self) -> None:
        self._known: dict[int, Terms] = {}

    def read(self, sent: bytes) -> Lent:
        """A loan.

        Args:
            sent: what was `written`.
        """
        said = json.loads(sent)
        if "new" in said:
            self._known[said["terms"]] = Terms.read(said["new"])
        return Lent(said["place"], said["serial"], said["time"], self._known[said["terms"]], said["text"])


class Returned(NamedTuple):
    """A connection that the process gave back; nothing that was asked on it waits for an answer.

    Args:
        serial: number of the loan.
        notes: how many there were by then.
        rest: of an answer, that is still to be sent.
    """

    serial: int
    notes: int
    rest: bytes

    def written(self) -> bytes:
        """As a frame."""
        return _RETURNED.pack(self.serial, self.notes) + self.rest

    @classmethod
    def read(cls, sent: bytes) -> Returned:
        """What was `written`.

        Args:
            sent: a frame.
        """
        serial, notes = _RETURNED.unpack_from(sent)
        return cls(serial, notes, sent[_RETURNED.size :])


class Kept(NamedTuple):
    """An answer that was given on a connection that is lent, and took a while.

    Args:
        text: of the question.
        forms: that were wanted.
        form: of the answer.
        body: of the answer.
    """

    text: str
    forms: tuple[str, ...]
    form: str
    body: bytes

    def written(self) -> bytes:
        """As a frame."""
        return json.dumps([self.text, self.forms, self.form]).encode() + b"\n" + self.body

    @classmethod
    def read(cls, sent: bytes) -> Kept:
        """What was `written`.

        Args:
            sent: a frame.
        """
        said, _, body = sent.partition(b"\n")
        text, forms, form = json.loads(said)
        return cls(text, tuple(forms), form, body)
