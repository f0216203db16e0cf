"""The verb `push`: what the registry knows, written back into a card at the hub."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from umr_ld.cli import options
from umr_ld.cli.delivering import allow_http, allow_private
from umr_ld.cli.harvesting import Reach, endpoint
from umr_ld.cli.options import verb
from umr_ld.cli.pushing_kaggle import push_to_kaggle
from umr_ld.cli.writing_back import block_of, difference, give
from umr_ld.errors import Denied, Malformed, Missing
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.cli.session import Session
    from umr_ld.document import Document
    from umr_ld.formats.loss import Loss
    from umr_ld.harvest.hub import Hub
    from umr_ld.harvest.sources import Source
    from umr_ld.record import Record

_CARD = "README.md"


@verb("push", options.store, options.dry_run, endpoint, allow_http, allow_private, forms=("json",))
@click.argument("target", metavar="hf:owner/name|kaggle:owner/model")
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

    A link to the record is written too. TARGET is hf:owner/name, hf:datasets/owner/name, kaggle:owner/model,
    kaggle:owner/model/framework/variation or kaggle:datasets/owner/name; REFERENCE is the record, or else
    what is recorded of it. Fields that the card does not have are added to its front matter, and one block is
    written below the text, or where it stood before; nothing else of the card changes. What the card states
    otherwise is told, and left. The token stands in HF_TOKEN or KAGGLE_API_TOKEN. --dry-run shows the
    difference.
    """
    from umr_ld.harvest.sources import HF, KAGGLE, parse_source

    asked = parse_source(target) if target.startswith((HF, KAGGLE)) else None
    if asked is None or asked.kind not in {"one", "variation"}:
        raise Malformed(
            f"{target!r} is no repository of the hub", remedy="write hf:owner/name or kaggle:owner/model"
        )
    variable = "KAGGLE_API_TOKEN" if asked.hub == KAGGLE else "HF_TOKEN"
    if not dry_run and not os.environ.get(variable, "").strip():
        raise Denied("the hub takes nothing from nobody", where=target, remedy=f"put a token into {variable}")
    with session.open() as registry:
        record = registry.show(reference or asked.name).record
        base = registry.base
    reach = Reach(endpoint, http=allow_http, private=allow_private)
    if asked.hub == KAGGLE:
        return push_to_kaggle(session, asked, record, base, reach, dry_run=dry_run)
    return _push_to_hub(session, asked, record, base, reach, dry_run=dry_run)


def _push_to_hub(
    session: Session, asked: Source, record: Record, base: Base, reach: Reach, *, dry_run: bool
) -> int:
    from umr_ld.document import Document
    from umr_ld.formats.hub_writing import fields_of, write_card

    fields, losses = fields_of(record)
    with reach:
        hub = reach.hub()
        card = Document(_card(hub, asked.value, asked.dataset), source=f"{asked.value}/{_CARD}")
        body, left = write_card(card, fields, block_of(record, base))
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


def _give(
    session: Session, card: Document, body: bytes, losses: list[Loss], commit: str, dry_run: bool
) -> None:
    before, after = (text.decode("utf-8", "replace") for text in (card.body, body))
    changed = difference(before, after, card.source)
    give(session, changed, losses, commit, is_changed=body != card.body, dry_run=dry_run)
