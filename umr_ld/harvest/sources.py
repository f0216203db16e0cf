"""What somebody wants to take in: a file that lists, or a part of a hub."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed, Missing
from umr_ld.formats.hub_fields import DATASETS, MODELS, name_of
from umr_ld.harvest.listing import ENDINGS, count_of, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from umr_ld.formats.loss import Loss
    from umr_ld.harvest.hub import Hub
    from umr_ld.harvest.intake import Intake, Progress, Tally
    from umr_ld.harvest.listing import Piece

_FORMS = "write hf:owner/name, hf:datasets/owner/name, hf:author/*, hf:tree/owner/name, or name a file in .jsonl or .jsonl.gz"


@dataclass(frozen=True, slots=True)
class Source:
    """A part of a hub, or a file.

    Args:
        text: as it was written; a list is known by it when it is read again.
        kind: `file`, `one`, `author` or `tree`.
        value: path, repository or author.
        dataset: whether datasets are meant; else models.
    """

    text: str
    kind: str
    value: str
    dataset: bool = False

    @property
    def name(self) -> str:
        """Of the artifact, if it is one thing of a hub."""
        return str(name_of(self.value, DATASETS if self.dataset else MODELS))


def is_source(text: str) -> bool:
    """Whether a text means a list or a part of a hub.

    Args:
        text: what somebody wants to import.
    """
    return text.startswith("hf:") or text.endswith(ENDINGS)


def parse_source(text: str) -> Source:
    """What a text means.

    Args:
        text: as of `is_source`.

    Raises:
        Malformed: if it means nothing.
    """
    if not text.startswith("hf:"):
        return Source(str(Path(text).resolve()), "file", text)
    value = text.removeprefix("hf:")
    dataset = value.startswith("datasets/")
    value = value.removeprefix("datasets/")
    kind = "tree" if value.startswith("tree/") and not dataset else "one"
    value = value.removeprefix("tree/") if kind == "tree" else value
    author, slash, rest = value.partition("/")
    if rest == "*" and kind == "one":
        kind, value = "author", author
    try:
        name_of(value, MODELS)
    except Malformed as error:
        raise Malformed(f"{text!r}: {error.what}", remedy=_FORMS) from None
    if not author or (slash and not rest) or value.count("/") > 1 or (kind == "tree" and not rest):
        raise Malformed(f"{text!r} means nothing of the hub", remedy=_FORMS)
    return Source(text, kind, value, dataset)


def take(source: Source, intake: Intake, hub: Callable[[], Hub], progress: Progress | None) -> Tally:
    """Take in a source.

    Args:
        source: which.
        intake: into what.
        hub: the hub, where it is one's.
        progress: as of `Intake.take`.

    Raises:
        Missing, Denied, Unreachable, Unreadable: if nothing of it is to be had.
        Full: as of `Intake.take`.
    """
    if source.kind == "file":
        path = Path(source.value)
        total = count_of(path) if progress is not None else 0
        return intake.take(source.text, pieces_of(path), progress=progress, total=total)
    asked = hub()
    known = f"{asked.endpoint} {source.text}"
    if source.kind == "author":
        return intake.take(
            known, asked.listed(author=source.value, dataset=source.dataset), progress=progress
        )
    if source.kind == "tree":
        # What is not said to be made from it any more may be there all the same.
        found = asked.descendants(source.value)
        return intake.take(known, found, missing_is_gone=False, progress=progress)
    return _take_one(source, known, intake, asked)


def _take_one(source: Source, known: str, intake: Intake, hub: Hub) -> Tally:
    def pieces() -> Iterator[Piece | Loss]:
        yield hub.one(source.value, dataset=source.dataset)

    try:
        return intake.take(known, pieces(), missing_is_gone=False)
    except Missing:
        # Of what is recorded and not there any more it is known that it is gone.
        noted = intake.gone([source.name], f"not at {hub.endpoint} any more")
        if not noted:
            raise
        from umr_ld.harvest.intake import Tally

        tally = Tally()
        tally.counts["gone"] = noted
        return tally
