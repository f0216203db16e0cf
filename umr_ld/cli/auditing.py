"""The verb `audit`: what a record says to the items of a profile, what is missing, and the export of both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from umr_ld.audit import Obligation, audit, redacted
from umr_ld.audit.profile import profile_named, profiles
from umr_ld.cli import options
from umr_ld.cli.options import group, policy_of, verb
from umr_ld.cli.rendering import require_place, tell_losses
from umr_ld.cli.verbs import VERBS
from umr_ld.page.audit import audit_page
from umr_ld.registry.auditing import dossier
from umr_ld.render import audit as written
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.targets import TARGETS, Rendered
from umr_ld.render.text import table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from umr_ld.audit import Audit, Profile
    from umr_ld.cli.session import Session
    from umr_ld.registry import Registry
    from umr_ld.remote import RemoteRegistry

_PAGES = tuple(key for key, target in TARGETS.items() if target.shows == "page")
_LEVELS = tuple(one.label for one in Obligation)


def _folder() -> click.Option:
    """`--profiles`."""
    return click.Option(
        ["--profiles", "more"],
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        envvar="UMR_PROFILES",
        metavar="DIR",
        help="A folder of further profiles, a folder each.",
    )


def _profile(*, required: bool) -> Callable[[], click.Option]:
    """`--profile`."""
    words = "Which profile; `umr audit profiles` lists them." + ("" if required else " All unless given.")
    return lambda: click.Option(["--profile", "key"], metavar="ID", required=required, help=words)


@verb(
    "export",
    *options.asked(),
    options.at,
    options.policy,
    _folder,
    _profile(required=True),
    forms=(*_PAGES, "jsonld", "csv"),
)
@click.argument("reference")
@click.option("--audience", default="", metavar="WHO", help="Only what is for them: public, authority, …")
def export(
    session: Session,
    reference: str,
    key: str,
    audience: str,
    more: Path | None,
    policy: Path | None,
    at: datetime | None,
) -> None:
    """Fill in a profile with what a record says, inherits and was made from.

    Every item comes to one of EARL's outcomes, with the values found and the records that state them. Open
    advisories are told at the items that ask for them, and in the annex.
    """
    target = TARGETS.get(session.chosen, TARGETS["txt"])
    require_place(session, target)
    with session.ask() as registry:
        profile = profile_named(key, _known(registry, more))
        looked_at = dossier(registry, reference, policy=policy_of(policy, registry), at=at)
        filled_in = redacted(audit(profile, looked_at, registry.base, registry.vocabulary), audience)
        data = written.audit_jsonld(filled_in, registry.base)
        page = audit_page(filled_in, registry.vocabulary, registry.base, data)
    made = target.render(page) if session.chosen in {"human", *_PAGES} else Rendered(b"")
    session.give(
        **dict.fromkeys(("human", *_PAGES), lambda: made.body),
        jsonld=lambda: data,
        json=lambda: data,
        csv=lambda: written.audit_csv(filled_in),
    )
    tell_losses(session, made)
    session.say(_completeness(filled_in))


@verb(
    "gaps",
    *options.asked(),
    options.at,
    options.policy,
    _folder,
    _profile(required=False),
    forms=("tree", "csv", "json"),
)
@click.argument("reference")
@click.option(
    "--level",
    type=click.Choice(_LEVELS),
    default="expected",
    show_default=True,
    help="The least binding items that are told.",
)
def gaps(
    session: Session,
    reference: str,
    key: str | None,
    level: str,
    more: Path | None,
    policy: Path | None,
    at: datetime | None,
) -> int:
    """Tell what a record does not say that a profile asks for, and what to do about it.

    The exit code is 1 if a mandatory item is left open.
    """
    least = next(one for one in Obligation if one.label == level)
    with session.ask() as registry:
        known = _known(registry, more)
        wanted = list(known.values()) if key is None else [profile_named(key, known)]
        looked_at = dossier(registry, reference, policy=policy_of(policy, registry), at=at)
        audits = [audit(one, looked_at, registry.base, registry.vocabulary) for one in wanted]
    told = [(one, one.gaps(least)) for one in audits]
    style = session.style
    session.give(
        **dict.fromkeys(
            ("human", "tree"),
            lambda: "\n".join(
                written.gaps_tree(one, found, style) for one, found in told if one.overall.asked
            ),
        ),
        json=lambda: as_json([written.gaps_json(one, found) for one, found in told]),
        csv=lambda: as_csv(
            written.GAP, [written.gap_row(gap, one.profile) for one, found in told for gap in found]
        ),
    )
    open_ = sum(len(one.gaps(Obligation.MANDATORY)) for one in audits)
    session.say(f"{count(open_, 'mandatory item')} left open, {count(len(audits), 'profile')} asked")
    return 1 if open_ else 0


@verb("profiles", *options.asked(), _folder, forms=("table", "json", "csv"))
def list_profiles(session: Session, more: Path | None) -> None:
    """List the profiles: what they are, how binding in law, from when on, and how many items."""
    if session.is_elsewhere or not _has_registry(session):
        known = profiles(*_folders(None, more))
    else:
        with session.open() as registry:
            known = _known(registry, more)
    rows = [written.profile_row(one) for one in known.values()]
    session.give(
        human=lambda: table(written.PROFILE, rows, width=session.width, style=session.style),
        table=lambda: table(written.PROFILE, rows, width=session.width, style=session.style),
        json=lambda: as_json([written.profile_json(one) for one in known.values()]),
        csv=lambda: as_csv(written.PROFILE, rows),
    )


def _has_registry(session: Session) -> bool:
    from umr_ld.errors import Missing

    try:
        session.folder()
    except Missing:
        return False
    return True


def _known(registry: Registry | RemoteRegistry, more: Path | None) -> Mapping[str, Profile]:
    return profiles(*_folders(getattr(registry, "folder", None), more))


def _folders(folder: Path | None, more: Path | None) -> Sequence[Path]:
    """Where further profiles are: in the registry's folder, and where the option says."""
    own = [] if folder is None else [folder / "profiles"]
    return own if more is None else [*own, more]


def _completeness(filled_in: Audit) -> str:
    each = [
        f"{one.label} {one.passed} of {one.asked}" for one in (*filled_in.by_obligation, filled_in.overall)
    ]
    return f"{filled_in.profile.key}: {', '.join(each)} answered"


audit_verbs = group("audit", VERBS["audit"].summary)
audit_verbs.add_command(export, "export")
audit_verbs.add_command(gaps, "gaps")
audit_verbs.add_command(list_profiles, "profiles")
