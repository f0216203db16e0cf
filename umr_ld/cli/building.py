"""The verb `site`: the registry as files, for any host of files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from umr_ld.cli import options
from umr_ld.cli.options import group, verb
from umr_ld.cli.progress import progress
from umr_ld.cli.serving import server_part
from umr_ld.cli.verbs import VERBS
from umr_ld.render.output import as_json, count
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from umr_ld.cli.session import Session

_PLACE = click.argument("folder", type=click.Path(path_type=Path))
_BASE = click.option(
    "--base",
    metavar="URL",
    default="",
    help="Where the site will be reached: feeds and data then have whole addresses, and robots get a map.",
)


@verb("build", options.store, forms=("json",))
@_PLACE
@_BASE
@click.option("--pdf", is_flag=True, help="Write every record as PDF too, which takes longer.")
def build(session: Session, folder: Path, base: str, pdf: bool) -> None:
    """Write the registry as pages and data, or bring a site up to date.

    FOLDER is new, empty, or one that was built before; in it only what differs is written. Links lead from
    file to file, so that the site works anywhere, also from a disk.
    """
    part = server_part("mirror")
    with session.open() as registry, progress(session, "writing") as step:
        done = part.build(registry, folder, public=base, pdf=pdf, progress=step)
    session.give(
        human=lambda: (
            f"{count(done.files, 'file')}: {done.changed:,} written, {done.removed:,} removed, "
            f"{count(done.made, 'answer')} made\n"
        ),
        json=lambda: as_json(
            {
                "folder": str(folder),
                "files": done.files,
                "made": done.made,
                "written": done.changed,
                "removed": done.removed,
                "missing": done.missing,
            }
        ),
    )
    for address, why in sorted(done.missing.items()):
        session.say(f"left out: {one_line(address)}, {one_line(why)}")


@verb("check", forms=("json",))
@_PLACE
@_BASE
def check(session: Session, folder: Path, base: str) -> int:
    """Look whether a site is whole: its files as they were written, and every link leading somewhere.

    FOLDER is what `umr site build` made, with --base as it was given there. Nothing is asked of the network.
    """
    found = list(server_part("mirror.checking").faults(folder, base))
    session.give(
        human=lambda: "".join(f"{one_line(fault)}\n" for fault in found),
        json=lambda: as_json({"whole": not found, "faults": found}),
    )
    if not found:
        session.say(f"{one_line(str(folder))} is whole")
    return 1 if found else 0


site = group("site", VERBS["site"].summary)
site.add_command(build, "build")
site.add_command(check, "check")
