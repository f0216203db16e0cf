"""Exchange with other registries: the verbs `export` and `peer`, and what `import` does with a registry's address or export."""

from __future__ import annotations

import gzip
import sys
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from umr_ld.cli import options
from umr_ld.cli.options import verb
from umr_ld.cli.progress import progress
from umr_ld.errors import Malformed, Unreadable
from umr_ld.render.output import as_csv, as_json, count
from umr_ld.render.peers import HEAD, peer_json
from umr_ld.render.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from umr_ld.cli.session import Session
    from umr_ld.exchange import Line
    from umr_ld.index import Peer
    from umr_ld.net import Door
    from umr_ld.registry import Registry
    from umr_ld.registry.adopting import Adopted
    from umr_ld.remote import RemoteRegistry

_FORMS = ("jsonl", "jsonld", "nq")
_MOST = 512 * 1024 * 1024
"""Bytes of a file that is read whole."""
_LINES = (".jsonl", ".jsonl.gz")
_GRAPHS = (".nq", ".jsonld", ".json")
_PEEK = 64 * 1024
_TOLD = 20
"""Refusals that are told one by one."""


@verb("export", *options.asked(), forms=_FORMS)
@click.argument("references", nargs=-1, metavar="REFERENCE|PREFIX/*…")
@click.option("--all", "everything", is_flag=True, help="Everything that this registry published.")
def export(session: Session, references: tuple[str, ...], everything: bool) -> None:
    """Write records for another registry, or for anybody.

    A REFERENCE is exported with everything upstream of it that is recorded; PREFIX/* is what this registry
    published under names that begin so. The form is jsonl (an entry of the journal a line, with
    withdrawals), nq (a graph a record) or jsonld. `umr import` takes all of them over, and checks the
    digests of jsonl.
    """
    if everything == bool(references):
        raise Malformed(
            "it is not said what is exported" if not everything else "everything is exported, or some of it",
            remedy="name records, or a prefix followed by /*, or say --all",
        )
    form = session.chosen if session.chosen != "human" else "jsonl"
    with session.ask() as registry:
        write_pieces(session, _pieces(registry, references, form))


def _pieces(registry: Registry | RemoteRegistry, references: tuple[str, ...], form: str) -> Iterator[bytes]:
    from umr_ld.exchange import written
    from umr_ld.exchange.graphs import as_document, as_quads

    lines = _lines(registry, references)
    if form == "nq":
        return as_quads(lines, registry.vocabulary)
    return as_document(lines) if form == "jsonld" else map(written, lines)


def _lines(registry: Registry | RemoteRegistry, references: tuple[str, ...]) -> Iterator[Line]:
    if not references:
        yield from registry.lines()
    for reference in references:
        if reference.endswith("/*"):
            yield from registry.lines(prefix=reference[:-1])
    exact = [one for one in references if not one.endswith("/*")]
    if exact:
        yield from registry.closure(exact)


def write_pieces(session: Session, pieces: Iterator[bytes]) -> None:
    """Write an answer as it is made: it may be longer than memory.

    Args:
        session: this run.
        pieces: of the answer, one after the other.
    """
    from umr_ld.cli.session import silence
    from umr_ld.durable import refusal

    if not session.path:
        with suppress(BrokenPipeError):
            for piece in pieces:
                sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
            return
        silence(sys.stdout)
        return
    target = Path(session.path)
    half = target.with_name(f"{target.name}.new")
    try:
        with half.open("wb") as file:
            for piece in pieces:
                file.write(piece)
        half.replace(target)
    except OSError as error:
        raise refusal(error, target) from error
    finally:
        half.unlink(missing_ok=True)


# -- taking over


@dataclass(frozen=True, slots=True)
class Terms:
    """How other registries are asked, and what they are called.

    Args:
        base: base IRI of the other registry; empty for the address, or what its records say.
        label: by which it is known here; empty for the host of its base IRI.
        http: whether http will do.
        private: whether addresses that are not public may be asked.
    """

    base: str
    label: str
    http: bool
    private: bool


def is_exchanged(source: str) -> bool:
    """Whether a text means another registry, or what one exported.

    Args:
        source: what somebody wants to import.
    """
    if source.startswith(("http://", "https://")):
        return True
    path = Path(source)
    if not source.endswith((*_LINES, *_GRAPHS)) or not path.is_file():
        return False
    with suppress(OSError, EOFError):
        with gzip.open(path) if source.endswith(".gz") else path.open("rb") as file:
            start = file.read(_PEEK)
        if source.endswith(_LINES):
            return b'"act"' in start.partition(b"\n")[0] and b'"reference"' in start.partition(b"\n")[0]
        return source.endswith(".nq") or (b'"@graph"' in start and b"w3id.org/umr-ld/" in start)
    return False


def take_over(session: Session, sources: tuple[str, ...], terms: Terms, agent: str) -> int:
    """Take over what other registries published, and tell what became of it; gives the exit code.

    Args:
        session: this run.
        sources: as of `is_exchanged`.
        terms: how they are asked, and called.
        agent: who takes it over.
    """
    done: list[tuple[Peer, Adopted]] = []
    with session.open(write=True) as registry:
        for source in sources:
            done += _taken(session, registry, source, terms, agent)
    _tell_refused(session, done)
    session.give(
        human=lambda: "".join(map(words, done)),
        json=lambda: as_json([_as_json(peer, adopted) for peer, adopted in done]),
        csv=lambda: as_csv(
            ("label", "outcome", "count"),
            [[peer.label, key, str(n)] for peer, one in done for key, n in sorted(one.counts.items())],
        ),
    )
    return 1 if any(adopted.refused for _, adopted in done) else 0


def _tell_refused(session: Session, done: Iterable[tuple[Peer, Adopted]]) -> None:
    for _, adopted in done:
        for place, why in adopted.refused[:_TOLD]:
            session.say(f"{session.message_style.bad('refused')}: {one_line(place)}: {one_line(why)}")
        if len(adopted.refused) > _TOLD:
            session.say(f"and {len(adopted.refused) - _TOLD:,} more; --json tells them all")


def _taken(
    session: Session, registry: Registry, source: str, terms: Terms, agent: str
) -> Iterator[tuple[Peer, Adopted]]:
    from umr_ld.exchange.fetching import journal_of

    if source.startswith(("http://", "https://")):
        address = source if source.endswith("/") else f"{source}/"
        peer = _peer(registry, terms.base or address, terms.label, address)
        lines = _of_base(journal_of(_door(terms), address, peer.position, peer.chain), peer, address)
        with progress(session, f"taking over {peer.label}") as step:
            yield peer, registry.adopt(peer, lines, agent=agent, progress=step)
        return
    for home, several in groupby(_of_file(source, registry), key=_home):
        peer = _peer(registry, terms.base or home, terms.label, "")
        bare = (_unplaced(line) for line in several)
        yield peer, registry.adopt(peer, bare, agent=agent)


def _of_base(lines: Iterator[Line], peer: Peer, address: str) -> Iterator[Line]:
    """The lines, if the first document is below the base that is expected: else all of them would be refused."""
    from umr_ld.exchange.graphs import home_of

    is_first = True
    for line in lines:
        if is_first and line.record is not None:
            is_first = False
            if (home := home_of(line)) != peer.base:
                raise Malformed(
                    f"it publishes under {home}, which is not its address",
                    where=address,
                    remedy=f"if it is the registry of that base, say so: --base {home}",
                )
        yield line


def _peer(registry: Registry, base: str, label: str, address: str) -> Peer:
    """A registry as it is known, or as it would be called."""
    from umr_ld.index import Peer
    from umr_ld.registry.adopting import label_of

    known = next((one for one in registry.peers() if one.base == base), None)
    if known is not None and label in {"", known.label}:
        return known
    return Peer(label or label_of(base), base, address)


def _door(terms: Terms) -> Door:
    from umr_ld.exchange.fetching import LONGEST
    from umr_ld.net import Door, Policy

    return Door(Policy(http=terms.http, private=terms.private, timeout=60.0, limit=LONGEST))


def _of_file(source: str, registry: Registry) -> Iterable[Line]:
    """What a file carries, by the registries that published it; withdrawals behind what is withdrawn."""
    from umr_ld.exchange import read_lines
    from umr_ld.exchange.graphs import home_of, read_graphs

    path = Path(source)
    with gzip.open(path) if source.endswith(".gz") else path.open("rb") as file:
        if not source.endswith(_LINES):
            data = file.read(_MOST + 1)
            if len(data) > _MOST:
                raise Unreadable(f"the file is longer than {_MOST:,} bytes", where=source, remedy="use jsonl")
            lines = read_graphs(data, not source.endswith(".nq"), registry.vocabulary, source)
        else:
            lines = list(read_lines(file, source))
    homes = {line.reference: home_of(line) for line in lines if line.record is not None}
    unknown = [line for line in lines if line.reference not in homes]
    if unknown:
        raise Unreadable(
            f"it says what became of {unknown[0].reference}, and not what that is", where=unknown[0].place
        )
    return sorted(lines, key=lambda line: homes[line.reference])


def _home(line: Line) -> str:
    from umr_ld.exchange.graphs import home_of

    return home_of(line)


def _unplaced(line: Line) -> Line:
    """A file may be a part of a journal: it does not say how far that was read."""
    from dataclasses import replace

    return replace(line, sequence=0, chain="")


def words(one: tuple[Peer, Adopted]) -> str:
    """What became of taking over, in a line.

    Args:
        one: from which registry, and what.
    """
    peer, adopted = one
    told = ", ".join(f"{number:,} {key}" for key, number in sorted(adopted.counts.items()) if number)
    return f"{peer.label:<24} {told or 'nothing new'}\n"


def _as_json(peer: Peer, adopted: Adopted) -> dict[str, Any]:
    return {
        "label": peer.label,
        "base": peer.base,
        **{key: adopted.counts[key] for key in ("adopted", "unchanged", "withdrawn", "gone", "refused")},
        "reasons": [{"place": place, "why": why} for place, why in adopted.refused],
    }


# -- the registries that are known


@verb("list", *options.asked(), forms=("json", "csv"))
def list_peers(session: Session) -> None:
    """List the registries whose records were taken over."""
    with session.ask() as registry:
        peers = registry.peers()
        held = {one.label: registry.listing(prefix=f"{one.label}/", limit=1).total for one in peers}
    session.give(
        human=lambda: "".join(
            f"{one.label:<24} {count(held[one.label], 'artifact'):>16}  {one.base}\n" for one in peers
        ),
        json=lambda: as_json([peer_json(one, held[one.label]) for one in peers]),
        csv=lambda: as_csv(
            (*HEAD, "artifacts"),
            [list(map(str, peer_json(one, held[one.label]).values())) for one in peers],
        ),
    )


@verb("sync", options.store, options.agent, forms=("json", "csv"))
@click.argument("labels", nargs=-1, metavar="[LABEL]…")
@click.option("--allow-http", is_flag=True, help="Ask over http too.")
@click.option("--allow-private", is_flag=True, help="Ask addresses too that are not public.")
def sync(session: Session, labels: tuple[str, ...], agent: str, allow_http: bool, allow_private: bool) -> int:
    """Take over what is new at the registries that have an address."""
    done = synced(session, labels, agent, http=allow_http, private=allow_private)
    session.give(
        human=lambda: "".join(map(words, done)),
        json=lambda: as_json([_as_json(peer, adopted) for peer, adopted in done]),
        csv=lambda: as_csv(("label", "adopted"), [[p.label, str(a.counts["adopted"])] for p, a in done]),
    )
    return 1 if any(adopted.refused for _, adopted in done) else 0


def synced(
    session: Session, labels: Iterable[str], agent: str, *, http: bool, private: bool
) -> list[tuple[Peer, Adopted]]:
    """Take over what is new at registries that are known, and tell what was refused.

    Args:
        session: this run.
        labels: of them; none for all.
        agent: who takes it over.
        http: as of `Terms`.
        private: as of `Terms`.

    Raises:
        Malformed: if a label is of no registry that has an address.
    """
    with session.open() as registry:
        known = {one.label: one for one in registry.peers() if one.address}
    unknown = [one for one in labels if one not in known]
    if unknown:
        raise Malformed(
            f"no registry with an address is known as {unknown[0]}", remedy="`umr peer list` lists them"
        )
    done: list[tuple[Peer, Adopted]] = []
    with session.open(write=True) as registry:
        for label in labels or known:
            peer = known[label]
            terms = Terms(peer.base, label, http, private)
            done += _taken(session, registry, peer.address, terms, agent)
    _tell_refused(session, done)
    return done


peer = options.group("peer", "Registries whose records were taken over: list, sync.")
peer.add_command(list_peers, "list")
peer.add_command(sync, "sync")
