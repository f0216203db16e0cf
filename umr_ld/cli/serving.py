"""Verbs that serve: `serve`, `demo`."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from umr_ld.cli import options
from umr_ld.cli.options import verb
from umr_ld.cli.progress import progress
from umr_ld.errors import Missing
from umr_ld.render.output import as_json, count
from umr_ld.render.text import table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from umr_ld.cli.session import Session
    from umr_ld.registry import Registry
    from umr_server.settings import Settings

DEMO_AGENT = "umr demo"
DEMO_NAMESPACE = "demo"

_HOST = click.option(
    "--host",
    envvar="UMR_SERVER_HOST",
    help="Address to listen on; 127.0.0.1 unless given: others than this machine's own need 0.0.0.0.",
)
_PORT = click.option(
    "--port",
    envvar="UMR_SERVER_PORT",
    type=click.IntRange(0, 65535),
    help="Port to listen on; 8000 unless given, 0 for a free one.",
)
_SETTINGS = click.option(
    "--settings",
    envvar="UMR_SERVER_SETTINGS",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Read the server's settings from a TOML file.",
)
_LOG = click.option(
    "--log-format",
    envvar="UMR_SERVER_LOG_FORMAT",
    type=click.Choice(["auto", "json", "text", "off"]),
    help="How requests are written to standard error; auto: text on a terminal, else JSON.",
)

ASKED = "laion/laion-5b"
"""The dataset of the question that the demo answers, and who has to be in the answer."""
AFFECTED = frozenset({"vinid/plip", "dearcaat/rrt-mil"})


_TRIES = f"""
try:
  {{0}}r/dearcaat/rrt-mil         a record, and what it inherits from where
  {{0}}lineage/dearcaat/rrt-mil   what it was made from, down to LAION-5B
  {{0}}impact/{ASKED}    who is downstream of LAION-5B
  {{0}}publish                    a form that publishes, with the token above"""


@verb("serve", options.store)
@_HOST
@_PORT
@click.option("--write", is_flag=True, help="Let those who have a token publish.")
@_SETTINGS
@_LOG
def serve(
    session: Session,
    host: str | None,
    port: int | None,
    write: bool,
    settings: Path | None,
    log_format: str | None,
) -> None:
    """Serve the pages and the API.

    Runs until it is interrupted, and finishes what it has begun. Publishing goes on beside it; with --write it
    goes through the server, which then holds the registry.
    """
    decided = _settings(settings, host=host, port=port, log_format=log_format)
    with session.open(write=write) as registry:
        _serve(session, registry, decided)


def _kept_store() -> click.Option:
    """`--store` of the demo: neither the environment nor the settings may send it into a real registry."""
    option = options.store()
    option.envvar = None
    option.help = "Keep the registry in PATH, instead of in a folder that is removed at the end."
    return option


@verb("demo", _kept_store, forms=("json",))
@_PORT
@click.option("--check", is_flag=True, help="Do not serve: look whether everything works, and say so.")
def demo(session: Session, port: int | None, check: bool) -> int | None:
    """Serve a registry filled with the shipped records.

    Nothing is fetched, and nothing is left behind unless --store says where.
    """
    if check:
        return _check(session)
    decided = _settings(None, host="127.0.0.1", port=port, log_format="off")
    with _registry(session) as registry:
        _fill(session, registry)
        counts = registry.counts()
        session.say(
            f"{count(counts['records'], 'record')} of {count(counts['artifacts'], 'artifact')} published"
        )
        session.say(f"a token for the names below {DEMO_NAMESPACE}/: {_token(registry)}")
        _serve(session, registry, decided, _TRIES)
    return None


def _token(registry: Registry) -> str:
    """A token with which the forms of the demo can be tried, for a day."""
    from datetime import UTC, datetime, timedelta

    from umr_ld.access import Grant

    now = datetime.now(UTC)
    grant = Grant(DEMO_AGENT, namespaces=(DEMO_NAMESPACE,))
    return registry.access.create(grant, now=now, expires=now + timedelta(days=1))[1]


@contextmanager
def _registry(session: Session) -> Iterator[Registry]:
    from tempfile import TemporaryDirectory

    from umr_ld.registry import Registry

    if session.store:
        folder = Path(session.store)
        exists = (folder / "journal").is_dir()
        with (
            Registry.open(folder, write=True)
            if exists
            else Registry.create(folder, agent=DEMO_AGENT) as registry
        ):
            yield registry
        return
    with (
        TemporaryDirectory(prefix="umr-demo-") as place,
        Registry.create(Path(place) / "umr", agent=DEMO_AGENT) as registry,
    ):
        yield registry


def _fill(session: Session, registry: Registry) -> None:
    from umr_ld.files import documents
    from umr_ld.resources import resource

    with progress(session, "publishing") as step:
        registry.publish(documents([str(resource("records"))]), agent=DEMO_AGENT, progress=step)


def _settings(file: Path | None, **said: object) -> Settings:
    import os

    found: Settings = server_part("running.configuration").settings_from(file, os.environ, said)
    return found


def _serve(session: Session, registry: Registry, settings: Settings, tries: str = "") -> None:
    def ready(address: str) -> None:
        session.say(f"serving on {address} (Ctrl-C ends it){tries.format(address)}")

    server_part("serving").serve(registry, settings=settings, ready=ready)


def server_part(module: str) -> ModuleType:
    """A module of the server, which is a part of the wheel and not of this package.

    Args:
        module: below `umr_server`.

    Raises:
        Missing: if it is not there.
    """
    from importlib import import_module

    try:
        return import_module(f"umr_server.{module}")
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.partition(".")[0] == "umr_server":
            raise Missing(
                "the server is not part of this installation", remedy="install umr-ld from its wheel"
            ) from None
        raise


def _check(session: Session) -> int:
    """What the demo would show, without a disk and without a network."""
    from umr_ld.registry import Registry

    with Registry.in_memory() as registry:
        _fill(session, registry)
        outcomes = [_records(registry), _lineage(registry), _impact(registry), _pages(registry)]
    rows = [(name, "ok" if good else "FAILED", told) for name, good, told in outcomes]
    session.give(
        human=lambda: table(
            ("part", "outcome", "what was seen"), rows, width=session.width, style=session.style
        ),
        json=lambda: as_json({name: {"ok": good, "seen": told} for name, good, told in outcomes}),
    )
    return 0 if all(good for _, good, _ in outcomes) else 1


def _records(registry: Registry) -> tuple[str, bool, str]:
    from umr_ld.files import documents
    from umr_ld.resources import resource

    counts = registry.counts()
    shipped = sum(1 for _ in documents([str(resource("records"))]))
    told = f"{counts['records']} records, {counts['artifacts']} artifacts, {counts['links']} links"
    return "records", counts["records"] == shipped > 0, told


def _lineage(registry: Registry) -> tuple[str, bool, str]:
    found = registry.lineage("dearcaat/rrt-mil")
    reached = {node.artifact for node in found.nodes}
    told = f"dearcaat/rrt-mil was made from {len(reached) - 1} others, {ASKED} among them"
    return "lineage", ASKED in reached, told


def _impact(registry: Registry) -> tuple[str, bool, str]:
    hits = {str(hit.ref.name) for hit in registry.impact(ASKED)}
    return "impact", hits >= AFFECTED, f"downstream of {ASKED}: {', '.join(sorted(hits))}"


def _pages(registry: Registry) -> tuple[str, bool, str]:
    client = server_part("app").create_app(registry).test_client()
    paths = ("/", "/r/vinid/plip", "/r/dearcaat/rrt-mil")
    answers = {path: client.get(path, follow_redirects=True) for path in paths}
    bad = [path for path, answer in answers.items() if answer.status_code != 200 or not answer.data]
    return (
        "pages",
        not bad,
        f"{len(paths) - len(bad)} of {len(paths)} answered" + (f", not {' '.join(bad)}" if bad else ""),
    )
