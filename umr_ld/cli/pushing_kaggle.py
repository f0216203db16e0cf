"""What `push` does with Kaggle, where a card is a text and some members, and no file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from umr_ld.cli.writing_back import block_of, difference, give
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.cli.harvesting import Reach
    from umr_ld.cli.session import Session
    from umr_ld.harvest.sources import Source
    from umr_ld.record import Record


def push_to_kaggle(
    session: Session, asked: Source, record: Record, base: Base, reach: Reach, *, dry_run: bool
) -> int:
    """Write what a record says into what Kaggle has; gives the exit code.

    Args:
        session: this run.
        asked: a model, a variation or a dataset.
        record: what is recorded of it.
        base: of the registry.
        reach: how Kaggle is reached.
        dry_run: whether the difference is only shown.
    """
    from umr_ld.formats.kaggle_writing import changes_of

    kind = "dataset" if asked.dataset else "variation" if asked.kind == "variation" else "model"
    slugs = asked.value.split("/")
    with reach:
        hub = reach.kaggle()
        stated = hub.stated(slugs, dataset=asked.dataset)
        changed, losses = changes_of(kind, stated, record, block_of(record, base), base, asked.value)
        for row in losses:
            session.say(one_line(str(row)))
        if changed and not dry_run:
            hub.put(slugs, stated, changed, dataset=asked.dataset)
    told = "".join(
        difference(_text(stated.get(member)), _text(value), f"{asked.value}/{member}")
        for member, value in changed.items()
    )
    commit = ", ".join(changed) if changed and not dry_run else ""
    give(session, told, losses, commit, is_changed=bool(changed), dry_run=dry_run)
    return 0


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    return "" if value in (None, []) else json.dumps(value, ensure_ascii=False)
