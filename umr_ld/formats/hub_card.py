"""Model and dataset cards of the Hugging Face Hub: Markdown with YAML front matter.

What its fields say is `hub_fields`'s to know. The text below the front matter is for people, and is not read. A
card does not say what it is the card of: whoever reads it does.

Source: https://huggingface.co/docs/hub/model-cards#model-card-metadata and
https://huggingface.co/docs/hub/datasets-cards.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed, Unreadable
from umr_ld.formats.draft import Draft
from umr_ld.formats.hub_fields import Fields
from umr_ld.formats.loss import LossReport
from umr_ld.media import Media
from umr_ld.tree import Tree
from umr_ld.vocab import CONTEXT_IRI
from umr_ld.yamlld import read_yaml

if TYPE_CHECKING:
    from umr_ld.document import Document
    from umr_ld.tree import Path, Value

VERSION = "0.0.0"
"""Of a card's draft: cards have revisions, not versions."""

_FENCE = re.compile(rb"^---[ \t]*\r?$", re.MULTILINE)
_OF_DATASETS = frozenset(
    ("pretty_name", "source_datasets", "task_categories", "size_categories", "dataset_info")
)


def read_card(document: Document, name: str) -> tuple[Draft, LossReport]:
    """Read a card.

    Args:
        document: the card, in UTF-8, with any line ends; places in messages are lines of it.
        name: of what it is the card of.

    Returns:
        a draft, and what did not come through as it was.

    Raises:
        Unreadable: if it has no front matter, or it is no YAML.
        Malformed: if the front matter is no mapping.
        Invalid: as `yamlld.read_yaml`.
    """
    tree = read_yaml(replace(document, body=front_matter(document), media=Media.YAML))
    if not isinstance(tree.root, dict):
        raise Malformed(
            "the front matter of the card holds no fields",
            where=document.source,
            remedy="write lines like `license: apache-2.0` between the lines of ---",
        )
    card = Fields(tree.root, lambda path: _place(tree, path))
    card.read()

    def line_of(path: Path) -> int | None:
        return tree.line_of(card.places.get(path[:2], card.places.get(path[:1], path)))

    kind = "Model" if _OF_DATASETS.isdisjoint(tree.root) else "Dataset"
    head: dict[str, Value] = {"@context": CONTEXT_IRI, "type": kind, "name": name, "version": VERSION}
    root = {**head, "title": name, **card.facts}
    return Draft(Tree(root, tree.source, line_of), document), LossReport(tuple(card.losses))


def _place(tree: Tree, path: Path) -> str:
    line = tree.line_of(path)
    return tree.source if line is None else f"{tree.source}:{line}"


def front_matter(document: Document) -> bytes:
    """What stands between the two fences, each line where it stands in the card.

    Args:
        document: the card.

    Raises:
        Unreadable: if there is none.
    """
    body = document.body
    found = fences(body)
    if not found:
        raise Unreadable(
            "the card has no front matter, so it says nothing that a program can read",
            where=document.source,
            remedy="begin it with a line ---, fields like `base_model: owner/name`, and another line ---",
        )
    (_, start), (end, _) = found
    return b"\n" * body.count(b"\n", 0, start) + body[start:end]


def fences(body: bytes) -> tuple[tuple[int, int], ...]:
    """Where the two lines --- of a card's front matter stand, from which byte to which; none if there are not both.

    Args:
        body: of the card.
    """
    text = body.removeprefix(b"\xef\xbb\xbf")
    mark = len(body) - len(text)
    found = [(mark + match.start(), mark + match.end()) for match in islice(_FENCE.finditer(text), 2)]
    return () if len(found) < 2 or body[mark : found[0][0]].strip() else tuple(found)
