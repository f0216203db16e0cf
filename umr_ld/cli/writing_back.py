"""What is written into a card at any hub, and what is told of it."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from umr_ld.render.output import as_json

if TYPE_CHECKING:
    from umr_ld.addresses import Base
    from umr_ld.cli.session import Session
    from umr_ld.formats.loss import Loss
    from umr_ld.record import Record


def block_of(record: Record, base: Base) -> str:
    """What stands in the card: how it stands now, where its record is, what it was made from.

    Args:
        record: of what the card is.
        base: of the registry.
    """
    from umr_ld.render.markdown import escaped

    name, address = str(record.ref.name), base.artifact(record.ref.name)
    lines = [
        f"[![how it stands]({base.iri}badge/{name}.svg)]({address})",
        "",
        f"Its record, with lineage and advisories: [{escaped(name)}]({address}), version {record.ref.version}.",
    ]
    if record.links:
        lines += ["", "Made from:", ""]
        lines += [f"- {link.relation}: {escaped(link.artifact)}" for link in record.links[:50]]
        if len(record.links) > 50:
            lines.append(f"- and {len(record.links) - 50:,} more")
    return "\n".join(lines)


def difference(before: str, after: str, source: str) -> str:
    """How two texts differ, line by line.

    Args:
        before: as it is.
        after: as it would be.
        source: what it is called.
    """
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        source,
        f"{source} as it would be",
    )
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def give(
    session: Session, changed: str, losses: list[Loss], commit: str, *, is_changed: bool, dry_run: bool
) -> None:
    """Tell what was written, or would be.

    Args:
        session: this run.
        changed: the difference, in lines.
        losses: what is not said, or left as it was.
        commit: as the hub names it.
        is_changed: whether there is a difference.
        dry_run: whether nothing was written.
    """

    def said() -> dict[str, Any]:
        return {
            "changed": is_changed,
            "commit": commit,
            "difference": changed,
            "losses": [row.as_dict() for row in losses],
        }

    session.give(human=lambda: changed if dry_run else "", json=lambda: as_json(said()))
    if not is_changed:
        session.say("the card says all of it already")
    elif dry_run:
        session.say("nothing was changed: this is what would be")
    else:
        session.say(f"written as {commit}")
