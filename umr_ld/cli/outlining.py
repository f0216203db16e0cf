"""`umr new --from`: a draft from a card, a folder, or what the hub has."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from umr_ld.document import Document
from umr_ld.errors import Malformed, Missing
from umr_ld.names import Name
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from umr_ld.cli.harvesting import Reach
    from umr_ld.cli.session import Session
    from umr_ld.formats.hub_draft import Outline
    from umr_ld.formats.hub_listing import Listed
    from umr_ld.harvest.sources import Source

_PREFACE = """\
# A draft of a record, made from {source} - links that say `evidence: inferred` were concluded from what
# evidenceMethod says: look at each, and write `declared` or delete it. `umr validate` checks the draft,
# `umr publish` publishes it.

"""


def outlined(session: Session, name: str, source: str, reach: Reach, *, title: str = "") -> str:
    """The draft, and on standard error what a person should look at and fill in.

    Args:
        session: is told.
        name: of the artifact; empty for one after what it is from.
        source: path of a card or folder, `hf:owner/name` or `kaggle:owner/name`.
        reach: how a hub is reached.
        title: of the artifact; empty for what the card says.

    Raises:
        Missing: if there is nothing.
        Malformed: if the source means several things, or no name can be made of it.
    """
    from umr_ld.formats.hub_draft import outline
    from umr_ld.render.yaml import as_yaml

    own: str
    files: dict[str, Document]
    listed: Listed | None
    if source.startswith(("hf:", "kaggle:")):
        own, files, listed = _of_hub(source, reach)
    else:
        own, files, listed = _of_path(Path(source))
    made = outline(str(Name.parse(name or own)), files, listed)
    if title:
        made.root["title"] = title
    for row in made.losses:
        session.say(one_line(str(row)))
    _tell(session, made)
    return _PREFACE.format(source=one_line(source)) + as_yaml(made.root)


def _of_hub(source: str, reach: Reach) -> tuple[str, dict[str, Document], Listed]:
    from umr_ld.harvest.sources import KAGGLE, parse_source

    asked = parse_source(source)
    if asked.kind not in {"one", "variation"}:
        raise Malformed(f"{source!r} means several things", remedy=f"name one: {asked.hub}owner/name")
    return _of_kaggle(asked, reach) if asked.hub == KAGGLE else _of_hugging_face(asked, reach)


def _of_kaggle(asked: Source, reach: Reach) -> tuple[str, dict[str, Document], Listed]:
    from umr_ld.formats.hub_draft import CARD
    from umr_ld.formats.kaggle_listing import read_file, texts_of
    from umr_ld.vocab import vocabulary

    with reach:
        piece = reach.kaggle().one(asked.value, dataset=asked.dataset)
    document, item = Document(piece.body, source=piece.place), json.loads(piece.body)
    listed = read_file(item, document, vocabulary())
    return listed.name, {CARD: Document(texts_of(item).encode(), source=piece.place)}, listed


def _of_hugging_face(asked: Source, reach: Reach) -> tuple[str, dict[str, Document], Listed]:
    from umr_ld.formats.hub_draft import looked_at
    from umr_ld.formats.hub_listing import read_listed

    with reach:
        hub = reach.hub()
        piece = hub.one(asked.value, dataset=asked.dataset)
        files = {}
        for file in looked_at():
            with suppress(Missing):
                body = hub.file(asked.value, file, dataset=asked.dataset)
                files[file] = Document(body, source=f"{asked.value}/{file}")
    listed = read_listed(
        json.loads(piece.body), Document(piece.body, source=piece.place), dataset=asked.dataset
    )
    return asked.name, files, listed


def _of_path(path: Path) -> tuple[str, dict[str, Document], None]:
    from umr_ld.files import part
    from umr_ld.formats.hub_draft import CARD, looked_at

    if not path.exists():
        raise Missing(
            "there is no such file or folder",
            where=str(path),
            remedy="name a card, a folder, hf:owner/name, or kaggle:owner/name",
        )
    places = {file: path / file for file in looked_at()} if path.is_dir() else {CARD: path}
    files = {file: part(place) for file, place in places.items() if place.is_file()}
    if not files:
        raise Missing("the folder holds neither a card nor a configuration", where=str(path))
    whole = path.resolve()
    stem = whole.name if path.is_dir() else whole.parent.name if whole.name == CARD else whole.stem
    return re.sub(r"[^A-Za-z0-9._-]+", "-", stem).strip("._-") or "model", files, None


def _tell(session: Session, made: Outline) -> None:
    """What was concluded, and what the shapes recommend and the draft does not say itself."""
    from umr_ld.registry import Registry

    for words in made.inferred:
        session.say(f"look at: {one_line(words)}")
    own = [{**link, "inherit": None} for link in made.links]
    body = json.dumps({**made.root, "upstream": own}).encode()
    with Registry.in_memory() as registry:
        (checked,) = registry.validate([Document(body, source="draft")])
    for finding in checked.report:
        session.say(f"fill in: {one_line(finding.message)} ({one_line(finding.remedy)})")
