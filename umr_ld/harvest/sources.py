"""What somebody wants to take in: a file that lists, or a part of a hub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from umr_ld.document import Document
from umr_ld.errors import Malformed, Missing
from umr_ld.formats.hub_fields import DATASETS, MODELS, name_of
from umr_ld.formats.identity import named
from umr_ld.formats.kaggle_listing import read_file
from umr_ld.harvest.listing import ENDINGS, count_of, pieces_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from umr_ld.formats.hub_listing import Listed
    from umr_ld.formats.loss import Loss
    from umr_ld.harvest.hub import Hub
    from umr_ld.harvest.intake import Intake, Progress, Tally
    from umr_ld.harvest.kaggle import Kaggle
    from umr_ld.harvest.listing import Piece

HF, KAGGLE = "hf:", "kaggle:"
"""What begins what is meant of a hub."""

_FORMS = "write hf:owner/name, hf:datasets/owner/name, hf:author/*, hf:tree/owner/name, or name a file in .jsonl or .jsonl.gz"
_KAGGLE_FORMS = (
    "write kaggle:owner/model, kaggle:datasets/owner/name, kaggle:owner/*, or kaggle:datasets/owner/*"
)
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*\Z")
_VARIATION = 4
"""Parts of what names a variation: owner, model, framework, variation."""


@dataclass(frozen=True, slots=True)
class Source:
    """A part of a hub, or a file.

    Args:
        text: as it was written; a list is known by it when it is read again.
        kind: `file`, `one`, `author` or `tree`; of Kaggle also `variation`.
        value: path, repository or author.
        dataset: whether datasets are meant; else models.
        hub: what begins it.
    """

    text: str
    kind: str
    value: str
    dataset: bool = False
    hub: str = HF

    @property
    def name(self) -> str:
        """Of the artifact, if it is one thing of a hub."""
        if self.hub == KAGGLE:
            return named("kaggle", *(("datasets",) if self.dataset else ()), self.value)
        return str(name_of(self.value, DATASETS if self.dataset else MODELS))


def is_source(text: str) -> bool:
    """Whether a text means a list or a part of a hub.

    Args:
        text: what somebody wants to import.
    """
    return text.startswith((HF, KAGGLE)) or text.endswith(ENDINGS)


def parse_source(text: str) -> Source:
    """What a text means.

    Args:
        text: as of `is_source`.

    Raises:
        Malformed: if it means nothing.
    """
    if text.startswith(KAGGLE):
        return _of_kaggle(text)
    if not text.startswith(HF):
        return Source(str(Path(text).resolve()), "file", text)
    value = text.removeprefix(HF)
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


def _of_kaggle(text: str) -> Source:
    value = text.removeprefix(KAGGLE)
    dataset = value.startswith("datasets/")
    value = value.removeprefix("datasets/")
    *slugs, last = value.split("/")
    kind = {1: "author" if last == "*" else "one", _VARIATION - 1: "variation"}.get(len(slugs), "")
    named_ = slugs if kind == "author" else [*slugs, last]
    if not kind or (kind == "variation" and dataset) or not all(map(_SLUG.match, named_)):
        raise Malformed(f"{text!r} means nothing of Kaggle", remedy=_KAGGLE_FORMS)
    return Source(text, kind, "/".join(named_), dataset, KAGGLE)


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


def take_kaggle(source: Source, intake: Intake, hub: Kaggle, progress: Progress | None) -> Tally:
    """Take in a part of Kaggle.

    Args:
        source: which.
        intake: into what.
        hub: Kaggle.
        progress: as of `Intake.take`.

    Raises:
        Malformed: if it is a variation, which is taken with its model.
        Missing, Denied, Unreachable: if nothing of it is to be had.
        Full: as of `Intake.take`.
    """
    if source.kind == "variation":
        raise Malformed(f"{source.text!r}: a variation is taken with its model", remedy=_KAGGLE_FORMS)
    known = f"{hub.endpoint} {source.text}"
    vocabulary = intake.vocabulary

    def read(item: Any, piece: Piece) -> Listed:
        return read_file(item, Document(piece.body, source=piece.place), vocabulary)

    taken = partial(intake.take, known, read=read, progress=progress)
    if source.kind == "author":
        return taken(hub.datasets(source.value) if source.dataset else hub.models(source.value))
    owner, _, slug = source.value.partition("/")

    def pieces() -> Iterator[Piece]:
        if source.dataset:
            yield hub.dataset(owner, slug)
        else:
            yield from hub.model(owner, slug)

    try:
        return taken(pieces())
    except Missing:
        # Of what is recorded and not there any more it is known that it is gone, with all that came with it.
        tally = taken(())
        tally.counts["gone"] += intake.gone([source.name], f"not at {hub.endpoint} any more")
        if not tally.counts["gone"]:
            raise
        return tally


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
