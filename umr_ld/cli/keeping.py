"""Verbs that keep a registry: `init`, `withdraw`, `doctor`, `rebuild`, `backup`, `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from umr_ld.addresses import DEFAULT_BASE
from umr_ld.cli import options
from umr_ld.cli.options import verb
from umr_ld.cli.progress import progress
from umr_ld.cli.session import FOLDER, INTERRUPTED
from umr_ld.errors import Damaged
from umr_ld.render.output import as_json, count, filled
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from umr_ld.cli.session import Session
    from umr_ld.registry import Registry


@verb("init", options.store, options.agent, forms=("json",))
@click.option(
    "--base", default=DEFAULT_BASE, show_default=True, metavar="IRI", help="What its addresses begin with."
)
def init(session: Session, base: str, agent: str) -> None:
    """Start a registry in a folder.

    It is made in .umr here, or where --store says, and found from every folder below. Its base IRI never
    changes: choose one of your own if other people will link to your records.
    """
    from umr_ld.registry import Registry

    folder = Path(session.store or FOLDER)
    with Registry.create(folder, base=base, agent=agent) as registry:
        _give(session, registry, f"started a registry in {folder}")
    session.say("next: `umr new NAME -o FILE` writes a draft, `umr publish FILE` publishes it")


def _give(session: Session, registry: Registry, words: str) -> None:
    """Tell what was done to a whole registry."""
    counts, head = registry.counts(), registry.position()
    session.give(
        human=lambda: f"{one_line(words)}\n",
        json=lambda: as_json(
            {
                "folder": str(registry.folder),
                "base": registry.base.iri,
                "entries": head.seq,
                "chain": head.chain,
                "counts": counts,
            }
        ),
    )


@verb("withdraw", *options.asked(), options.agent, options.yes, forms=("json",))
@click.argument("ref")
@click.option("--reason", required=True, metavar="TEXT", help="Why, for those downstream.")
def withdraw(session: Session, ref: str, reason: str, agent: str) -> int | None:
    """Withdraw a record; it stays readable, marked with the reason.

    REF is NAME@VERSION. Names and versions are never used again. Asks first, unless --yes is given.
    """
    from umr_ld.names import Ref

    target = Ref.parse(ref)
    with session.ask(write=True) as registry:
        registry.get(str(target))
        hits = count(len(registry.impact(str(target))), "record")
        if not session.confirm(f"{hits} downstream. Withdraw {target} for good?"):
            session.tell("nothing was changed")
            return INTERRUPTED
        done = registry.withdraw(target, reason=reason, agent=agent)
    session.give(
        human=lambda: f"{done.status:<11} {done.ref}\n",
        json=lambda: as_json(filled(reference=str(done.ref), status=done.status, sequence=done.seq)),
    )
    return None


@verb("vanish", *options.asked(), options.agent, forms=("json",))
@click.argument("ref")
@click.option("--reason", required=True, metavar="TEXT", help="Where it is gone from, for those downstream.")
def vanish(session: Session, ref: str, reason: str, agent: str) -> None:
    """Note that an artifact is gone from where it was published.

    REF is NAME@VERSION of its newest record. What is recorded stays; those who follow what stands on it are
    told. A later version says that it is back.
    """
    from umr_ld.names import Ref

    with session.ask(write=True) as registry:
        done = registry.vanish(Ref.parse(ref), reason=reason, agent=agent)
    session.give(
        human=lambda: f"{done.status:<11} {done.ref}\n",
        json=lambda: as_json(filled(reference=str(done.ref), status=done.status, sequence=done.seq)),
    )


@verb("doctor", options.store, forms=("json",))
@click.option("--deep", is_flag=True, help="Read every byte, and compare what is derived with the journal.")
def doctor(session: Session, deep: bool) -> int:
    """Look whether everything is as it was written.

    Nobody may be writing meanwhile. What is derived from the journal can be mended with `umr rebuild`; a
    damaged journal needs a backup.
    """
    from umr_ld.cli.findings import human
    from umr_ld.registry import Registry

    folder = session.folder()
    report = Registry.examine(folder, deep=deep)
    style = session.style
    session.give(
        human=lambda: "".join(f"{human(finding, style)}\n" for finding in report),
        json=lambda: as_json(
            {"healthy": bool(report), "findings": [finding.as_dict() for finding in report]}
        ),
    )
    if report:
        session.say(f"{folder} is healthy" + ("" if deep else "; --deep reads every byte"))
        return 0
    return Damaged.exit_code


@verb("rebuild", options.store, forms=("json",))
def rebuild(session: Session) -> None:
    """Make everything that is derived again from the journal.

    Works also where the derived files cannot be opened any more. Published records do not change.
    """
    from umr_ld.registry import Registry

    folder = session.folder()
    with progress(session, "rebuilding") as step:
        Registry.rebuild_folder(folder, step)
    with Registry.open(folder) as registry:
        _give(
            session, registry, f"rebuilt {folder} from {count(registry.position().seq, 'entry', 'entries')}"
        )


@verb("backup", options.store, forms=("json",))
@click.argument("folder", type=click.Path(path_type=Path))
def backup(session: Session, folder: Path) -> None:
    """Copy the registry, while publishing goes on.

    FOLDER is made, and must not be there yet. `umr restore FOLDER` makes a registry of it again.
    """
    with session.open() as registry:
        registry.backup(folder)
        _give(session, registry, f"copied {registry.folder} to {folder}")


@verb("restore", options.store, forms=("json",))
@click.argument("folder", type=click.Path(path_type=Path))
def restore(session: Session, folder: Path) -> None:
    """Make a registry from a backup.

    FOLDER is what `umr backup` made. The registry is made in .umr here, or where --store says.
    """
    from umr_ld.registry import Registry

    target = Path(session.store or FOLDER)
    with Registry.restore(folder, target) as registry:
        _give(session, registry, f"restored {folder} to {target}")
