"""What `import`, `new` and `push` share of hubs: how they are reached, and what is told of a list that was taken."""

from __future__ import annotations

import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from umr_ld.cli.progress import progress
from umr_ld.errors import Missing
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from umr_ld.cli.session import Session
    from umr_ld.harvest.hub import Hub
    from umr_ld.harvest.intake import Intake, Progress, Tally
    from umr_ld.harvest.kaggle import Kaggle
    from umr_ld.harvest.sources import Source
    from umr_ld.net import Door

_ORDER = ("published", "unchanged", "kept", "gone", "refused", "unread")
_WORDS = {
    "published": "published",
    "unchanged": "unchanged",
    "kept": "left alone",
    "gone": "noted as gone",
    "refused": "left out: not valid",
    "unread": "left out: not read",
}
_TOLD = 200
"""Rows of a loss report that are told; all of them go into the file of --loss."""


def endpoint() -> click.Option:
    """`--endpoint`."""
    return click.Option(
        ["--endpoint"],
        default="",
        metavar="URL",
        help="Address of the hub; HF_ENDPOINT or UMR_KAGGLE_ENDPOINT unless given, or else the hub itself.",
    )


class Reach:
    """How a hub is reached; it is opened when it is first asked.

    Args:
        endpoint: address of the hub; empty for that of the environment, or else the hub itself.
        http: whether http will do.
        private: whether addresses that are not public may be asked.
    """

    def __init__(self, endpoint: str, *, http: bool, private: bool) -> None:
        self._endpoint = endpoint
        self._http = http
        self._private = private
        self._stack = ExitStack()
        self._hub: Hub | None = None
        self._kaggle: Kaggle | None = None

    def __enter__(self) -> Reach:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def hub(self) -> Hub:
        """The hub.

        Raises:
            Missing: if its library is not installed.
            Malformed: if the address is none.
        """
        if self._hub is None:
            from umr_ld.harvest.door import client
            from umr_ld.harvest.hub import ENDPOINT, TOKEN, Hub

            place = self._place("HF_ENDPOINT", ENDPOINT)
            library = self._stack.enter_context(client(self._door()))
            self._hub = Hub(library, place, os.environ.get(TOKEN, "").strip())
        return self._hub

    def kaggle(self) -> Kaggle:
        """Kaggle.

        Raises:
            Missing: if its library is not installed.
            Malformed: if the address is none.
        """
        if self._kaggle is None:
            from umr_ld.harvest.door import kaggle
            from umr_ld.harvest.kaggle import ENDPOINT, TOKEN, Kaggle

            place = self._place("UMR_KAGGLE_ENDPOINT", ENDPOINT)
            token = os.environ.get(TOKEN, "").strip()
            self._kaggle = Kaggle(kaggle(self._door(), place, token), place)
        return self._kaggle

    def _place(self, variable: str, otherwise: str) -> str:
        from umr_ld.harvest.patience import endpoint_of

        return endpoint_of(self._endpoint or os.environ.get(variable, "") or otherwise, otherwise)

    def _door(self) -> Door:
        from umr_ld.net import Door, Policy

        return Door(Policy(http=self._http, private=self._private, timeout=60.0, limit=64 * 1024 * 1024))


def take_lists(
    session: Session,
    texts: Sequence[str],
    reach: Reach,
    agent: str,
    tell_losses: Callable[[Sequence[Any]], None],
    jobs: int | None = None,
) -> int:
    """Take lists and parts of hubs into the registry, and tell what became of them; gives the exit code.

    Args:
        session: this run.
        texts: as of `sources.is_source`.
        reach: how a hub is reached.
        agent: who takes.
        tell_losses: is given the loss report.
        jobs: how many processes read long lists; None for as many as there are processors.
    """
    from umr_ld.harvest.intake import Intake
    from umr_ld.harvest.ledger import FILE, Ledger
    from umr_ld.harvest.readers import processors
    from umr_ld.harvest.sources import KAGGLE, parse_source

    sources = [parse_source(text) for text in texts]
    tallies: list[Tally] = []
    with session.open(write=True) as registry:
        folder = registry.folder
        with reach, Ledger(None if folder is None else folder / FILE) as ledger:
            intake = Intake(registry, ledger, agent, jobs=jobs or processors())
            for source in sources:
                with progress(session, "importing") as step:
                    tallies.append(_take(source, intake, reach, step))
        new = any(tally.counts["published"] for tally in tallies)
        spaces = {"kaggle/" if source.hub == KAGGLE else "hf/" for source in sources}
        twins = [one for space in sorted(spaces) for one in registry.case_twins(space)] if new else []
    _give(session, tallies, twins, tell_losses)
    return 0 if all(tally.is_whole for tally in tallies) else 1


def _take(source: Source, intake: Intake, reach: Reach, step: Progress | None) -> Tally:
    from umr_ld.harvest.sources import KAGGLE, take, take_kaggle

    if source.hub == KAGGLE:
        return take_kaggle(source, intake, reach.kaggle(), step)
    return take(source, intake, reach.hub, step)


def _give(
    session: Session,
    tallies: Sequence[Tally],
    twins: Sequence[tuple[str, ...]],
    tell_losses: Callable[[Sequence[Any]], None],
) -> None:
    from umr_ld.cli.findings import human

    counts = {key: sum(tally.counts[key] for tally in tallies) for key in _ORDER}
    losses = [row for tally in tallies for row in tally.losses]
    tell_losses(losses)
    for names in twins:
        session.say(
            f"{session.message_style.warn('warning')}: these differ only in the case of letters, and are kept apart: "
            + one_line(", ".join(names))
        )
    for tally in tallies:
        for member, number in sorted(tally.ignored.items()):
            session.detail(f"{one_line(member)}: not taken over, {number:,} times")
        for checked in tally.refused:
            for finding in checked.report.violations:
                session.say(human(finding, session.message_style))
    session.give(
        human=lambda: "".join(f"{number:>9,}  {_WORDS[key]}\n" for key, number in counts.items() if number),
        json=lambda: as_json(_as_json(counts, tallies, twins)),
        csv=lambda: as_csv(("outcome", "count"), [[key, str(number)] for key, number in counts.items()]),
    )
    session.say(f"{count(len(losses), 'row')} in the loss report")
    if not any(counts.values()):
        raise Missing(
            "there is nothing in it", remedy="look whether the author or the file is the one that is meant"
        )


def _as_json(
    counts: dict[str, int], tallies: Sequence[Tally], twins: Sequence[tuple[str, ...]]
) -> dict[str, Any]:
    return {
        **counts,
        "stated": {key: sum(tally.links[key] for tally in tallies) for key in ("models", "datasets")},
        "ignored": {key: number for tally in tallies for key, number in sorted(tally.ignored.items())},
        "alike": [list(names) for names in twins],
        "invalid": [
            {"source": one.document.source, "findings": [finding.as_dict() for finding in one.report]}
            for tally in tallies
            for one in tally.refused
        ],
        "losses": [row.as_dict() for tally in tallies for row in tally.losses],
    }
