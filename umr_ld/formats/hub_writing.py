"""Writing into a card of the Hugging Face Hub what a record says, and nothing else.

Not a byte of the author's is changed: fields that the card does not have are added at the end of its front matter, and
one block between two comments stands below the text, or where it stood before. What the card states otherwise than the
record is reported, for its author to decide.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from umr_ld.errors import Malformed, Unreadable
from umr_ld.formats.hub_card import fences, front_matter
from umr_ld.formats.hub_fields import MODELS, crosswalk, repository_of
from umr_ld.formats.loss import Loss
from umr_ld.licences import SPDX
from umr_ld.media import Media
from umr_ld.vocab import DCT, UMR
from umr_ld.yamlld import read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from umr_ld.document import Document
    from umr_ld.record import Record

BEGIN, END = "<!-- umr: begin -->", "<!-- umr: end -->"
_BLOCK = re.compile(rb"(?:\r?\n)*" + BEGIN.encode() + rb".*?" + END.encode() + rb"(?:\r?\n)?", re.DOTALL)
_BOM = b"\xef\xbb\xbf"


def fields_of(record: Record) -> tuple[dict[str, str | list[str]], list[Loss]]:
    """The fields of a card that a record has something for.

    Args:
        record: of a model or dataset.

    Returns:
        licence and lineage by field, and what a card has no field for.
    """
    rules = {
        rule.key: (name, rule) for name, several in crosswalk().items() for rule in several if rule.namespace
    }
    found: dict[str, list[str]] = {}
    relations: dict[str, str] = {}
    losses: list[Loss] = []
    for link in record.links:
        name, rule = rules.get(link.relation, ("", None))
        if rule is None or not link.artifact.startswith(rule.namespace):
            losses.append(
                Loss("upstream", f"{link.relation} {link.artifact}", "a card has no field for it", "")
            )
            continue
        found.setdefault(name, []).append(repository_of(link.artifact))
        if rule.namespace == MODELS and relations.setdefault(name, rule.value) != rule.value:
            losses.append(
                Loss("upstream", f"{link.relation} {link.artifact}", "a card says one relation", "")
            )
    said: dict[str, str | list[str]] = dict(_licence(record))
    said |= {
        name: values if len(values) > 1 or name != "base_model" else values[0]
        for name, values in found.items()
    }
    if relations.get("base_model"):
        said["base_model_relation"] = relations["base_model"]
    return said, losses


def _licence(record: Record) -> dict[str, str]:
    stated = record.text(f"{DCT}license", f"{UMR}licenseExpression").removeprefix(SPDX)
    if not stated or " " in stated or "://" in stated:
        return {}
    if stated.startswith("LicenseRef-"):
        return {"license": "other", "license_name": stated.removeprefix("LicenseRef-").lower()}
    return {"license": stated.lower()}


def write_card(card: Document, fields: Mapping[str, str | list[str]], block: str) -> tuple[bytes, list[Loss]]:
    """A card with what a record says.

    Args:
        card: as its author wrote it; empty if there is none.
        fields: to be added where the card does not have them.
        block: Markdown to stand in the block, with `\\n` for line ends.

    Returns:
        the card's bytes, and the fields that the author states otherwise, which are left.

    Raises:
        Unreadable, Malformed, Invalid: if the card has front matter that cannot be read: then nothing can be added.
    """
    end = _end(card.body)
    stated = _stated(card)
    losses = [
        Loss(
            name,
            json.dumps(stated[name], ensure_ascii=False),
            f"left as it is; the record says {_yaml(value)}",
            card.source,
        )
        for name, value in fields.items()
        if name in stated and not _same(stated[name], value)
    ]
    added = [f"{name}: {_yaml(value)}".encode() + end for name, value in fields.items() if name not in stated]
    body = _with_fields(card.body, b"".join(added), end)
    return write_block(body, block), losses


def write_block(body: bytes, block: str) -> bytes:
    """A text with a block below it, or where it stood before.

    Args:
        body: as its author wrote it.
        block: Markdown to stand in the block, with `\\n` for line ends.
    """
    end = _end(body)
    return _with_block(body, block.replace("\n", end.decode()).encode(), end)


def _end(body: bytes) -> bytes:
    """How lines end."""
    return b"\r\n" if b"\r\n" in body else b"\n"


def _stated(card: Document) -> dict[str, object]:
    if not fences(card.body):
        return {}
    tree = read_yaml(replace(card, body=front_matter(card), media=Media.YAML))
    if tree.root is None:
        return {}
    if not isinstance(tree.root, dict):
        raise Malformed(
            "the front matter of the card holds no fields", where=card.source, remedy="mend it, and try again"
        )
    return dict(tree.root)


def _with_fields(body: bytes, added: bytes, end: bytes) -> bytes:
    if not added:
        return body
    found = fences(body)
    if found:
        return body[: found[1][0]] + added + body[found[1][0] :]
    bom = _BOM if body.startswith(_BOM) else b""
    if body.removeprefix(bom).lstrip().startswith(b"---"):
        raise Unreadable(
            "the card begins with --- and has no other such line, so that nothing can be added to its front matter",
            where="README.md",
            remedy="end the front matter with a line ---",
        )
    return bom + b"---" + end + added + b"---" + end + body.removeprefix(bom)


def _with_block(body: bytes, block: bytes, end: bytes) -> bytes:
    whole = BEGIN.encode() + end + block + end + END.encode() + end
    found = _BLOCK.search(body)
    if found is not None:
        lead = found[0][: found[0].index(BEGIN.encode())]
        return body[: found.start()] + lead + whole + body[found.end() :]
    between = b"" if not body else end if body.endswith(b"\n") else end * 2
    return body + between + whole


def _same(stated: object, wanted: str | list[str]) -> bool:
    def several(value: object) -> set[str]:
        return {str(one).lower() for one in value} if isinstance(value, list) else {str(value).lower()}

    return several(stated) == several(wanted)


def _yaml(value: str | list[str]) -> str:
    """In one line: a JSON text is a YAML flow scalar (YAML 1.2.2 §1.2)."""
    if isinstance(value, list):
        return "[" + ", ".join(map(_yaml, value)) + "]"
    return value if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./-]*", value) else json.dumps(value)
