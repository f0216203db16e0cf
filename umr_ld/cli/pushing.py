"""The verb `push`: what the registry knows, written back into a card at the hub."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING, Any

import click

from umr_ld.cli import options
from umr_ld.cli.delivering import allow_http, allow_private
from umr_ld.cli.harvesting import Reach, endpoint
from umr_ld.cli.options import verb
from umr_ld.errors import Denied, Malformed, Missing
from umr_ld.render.output import as_json
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from umr_ld.cli.session import Session
    from umr_ld.document import Document
    from umr_ld.formats.loss import Loss
    from umr_ld.harvest.hub import Hub
    from umr_ld.record import Record

_CARD = "README.md"


@verb("push", options.store, options.dry_run, endpoint, allow_http, allow_private, forms=("json",))
@click.argument("target", metavar="hf:owner/name")
@click.argument("reference", default="")
def push(
    session: Session,
    target: str,
    reference: str,
    dry_run: bool,
    endpoint: str,
    allow_http: bool,
    allow_private: bool,
) -> int:
    """Write lineage, licence and a badge into a card at the hub.

    A link to the record is written too. REFERENCE is the record; what is recorded of hf:owner/name unless given. Fields that the card does not have
    are added to its front matter, and one block is written below the text, or where it stood before;
    nothing else of the card changes. What the card states otherwise is told, and left. The token stands in
    HF_TOKEN. --dry-run shows the difference.
    """
    from umr_ld.document import Document
    from umr_ld.formats.hub_writing import fields_of, write_card
    from umr_ld.harvest.sources import parse_source

    asked = parse_source(target) if target.startswith("hf:") else None
    if asked is None or asked.kind != "one":
        raise Malformed(f"{target!r} is no repository of the hub", remedy="write hf:owner/name")
    if not dry_run and not os.environ.get("HF_TOKEN", "").strip():
        raise Denied("the hub takes nothing from nobody", where=target, remedy="put a token into HF_TOKEN")
    with session.open() as registry:
        record = registry.show(reference or asked.name).record
        block = _block(record, registry.base.iri, registry.base.artifact(record.ref.name))
    fields, losses = fields_of(record)
    with Reach(endpoint, http=allow_http, private=allow_private) as reach:
        hub = reach.hub()
        card = Document(_card(hub, asked.value, asked.dataset), source=f"{asked.value}/{_CARD}")
        body, left = write_card(card, fields, block)
        for row in (*losses, *left):
            session.say(one_line(str(row)))
        commit = ""
        if body != card.body and not dry_run:
            message = f"Record {record.ref} in the registry of model records"
            commit = hub.put(asked.value, _CARD, body, message, dataset=asked.dataset)
    _give(session, card, body, [*losses, *left], commit, dry_run)
    return 0


def _card(hub: Hub, repository: str, dataset: bool) -> bytes:
    """The card as it is; nothing if the repository has none."""
    try:
        return hub.file(repository, _CARD, dataset=dataset)
    except Missing:
        hub.one(repository, dataset=dataset)
        return b""


def _block(record: Record, base: str, address: str) -> str:
    """What stands in the card: how it stands now, where its record is, what it was made from."""
    from umr_ld.render.markdown import escaped

    name = str(record.ref.name)
    lines = [
        f"[![how it stands]({base}badge/{name}.svg)]({address})",
        "",
        f"Its record, with lineage and advisories: [{escaped(name)}]({address}), version {record.ref.version}.",
    ]
    if record.links:
        lines += ["", "Made from:", ""]
        lines += [f"- {link.relation}: {escaped(link.artifact)}" for link in record.links[:50]]
        if len(record.links) > 50:
            lines.append(f"- and {len(record.links) - 50:,} more")
    return "\n".join(lines)


def _give(
    session: Session, card: Document, body: bytes, losses: list[Loss], commit: str, dry_run: bool
) -> None:
    before, after = (text.decode("utf-8", "replace").splitlines(keepends=True) for text in (card.body, body))
    lines = difflib.unified_diff(before, after, card.source, f"{card.source} as it would be")
    changed = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)

    def said() -> dict[str, Any]:
        return {
            "changed": body != card.body,
            "commit": commit,
            "difference": changed,
            "losses": [row.as_dict() for row in losses],
        }

    session.give(human=lambda: changed if dry_run else "", json=lambda: as_json(said()))
    if body == card.body:
        session.say("the card says all of it already")
    elif dry_run:
        session.say("nothing was changed: this is what would be")
    else:
        session.say(f"written as {commit}")
