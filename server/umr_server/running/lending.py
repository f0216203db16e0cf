"""Connections of clients that ask one quick question after the other are lent to the processes that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from umr_server.running.keeper import MADE, SMALLEST_ZIPPED
from umr_server.running.watch import Told
from umr_server.sparql.answers import Asked
from umr_server.sparql.loan import ALONE, AMONG_OTHERS, Loan, Terms
from umr_server.sparql.plain import parts, text_of
from umr_server.sparql.shortcut import PATH

if TYPE_CHECKING:
    from umr_server.running.echoes import Echoes
    from umr_server.running.errands import Errand

SHORT = 16 * 1024
"""Bytes of an answer that are given at once: nobody is kept waiting for what is made of them."""

_AT_ONCE = 0.01
"""Seconds in which who asks one question after the other asks the next."""

_LAG = 0.1
"""Seconds: where answers may lag less behind what is published, each question is looked at by itself."""

_SHY = 16
"""Questions that are not lent after one that the process could not answer by itself."""


class Lending:
    """Decides what is lent, and tells of what was answered there. For the thread that receives.

    Args:
        echoes: counts answers and writes them down.
        age: seconds that answers may lag behind what is published.
        keeps: whether answers are kept.
    """

    def __init__(self, echoes: Echoes, age: float, *, keeps: bool) -> None:
        self._echoes, self._age, self._keeps = echoes, age, keeps

    def offer(self, errand: Errand) -> Loan | None:
        """What is lent for an errand whose turn has come; None if its question is better looked at by itself.

        Args:
            errand: the one.
        """
        channel, manner = errand.channel, errand.manner
        channel.shy = max(0, channel.shy - 1)
        is_one_of_many = errand.began - channel.answered < _AT_ONCE
        if not is_one_of_many or channel.shy or errand.others or self._age < _LAG:
            return None
        most = longest(zips=manner.zips)
        # More heads may be learned while others go by these terms.
        terms = Terms(*errand.around, dict(manner.heads), most, errand.now.copied)
        return Loan(channel.socket, terms, AMONG_OTHERS if errand.question.is_waited_for else ALONE)

    def tell(self, errand: Errand) -> None:
        """Count what was answered where it was lent, and write it down.

        Args:
            errand: the one.
        """
        manner = errand.manner
        for note in errand.question.notes[errand.told :]:
            told = Told("GET", manner.asked, PATH, "200", note.size, MADE if self._keeps else "")
            began = note.began if errand.told else errand.began
            client = manner.client or errand.channel.addr[0]
            self._echoes.tell(told, client, note.identifier, note.ended - began)
            errand.told += 1

    def resume(self, errand: Errand) -> bool:
        """Go on with the question that is unread on a connection that was taken back.

        Args:
            errand: what becomes that of this question.

        Returns:
            whether there is one.

        Raises:
            OSError: if nobody is there any more who asked.
        """
        sent = errand.channel.unread(*errand.around)
        found = parts(sent)
        text = None if found is None else text_of(found[1].decode("ascii"))
        if found is None or text is None:
            return False
        errand.sent, errand.said = sent, found[1].decode("ascii")
        errand.began = errand.question.notes[-1].ended
        errand.asked = errand.question.asked = Asked(text, errand.manner.forms)
        errand.channel.shy = _SHY
        return True


def longest(*, zips: bool) -> int:
    """Bytes of an answer that may be given at once.

    Args:
        zips: whether longer answers are zipped.
    """
    return SMALLEST_ZIPPED - 1 if zips else SHORT
