"""A registry's folder of any size, with the proportions of `bench.generate`, and advisories on what is most used.

Every entry is what publishing would have written: of each thousandth document it is looked whether reading it as
a draft gives the same bytes and the same digest. Shapes are not asked again: nothing here is anybody's input.
The journal and the index are made in batches. The RDF store, which only SPARQL asks, is made from the journal as
after any crash, if it is wanted: that takes a few milliseconds a record.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import re
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from bench.generate import changes
from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.entry import Entry
from umr_ld.errors import Malformed
from umr_ld.index import Publication
from umr_ld.index.sqlite import SqliteIndex
from umr_ld.journal.file import FileJournal
from umr_ld.jsonld import serialize
from umr_ld.lock import WriterLock
from umr_ld.names import Name
from umr_ld.reading import read
from umr_ld.registry import Registry
from umr_ld.registry.found import publication, told
from umr_ld.registry.home import Home
from umr_ld.seal import Seal
from umr_ld.vocab import CONTEXT_IRI, DCAT, DCT, RDF, UMR, vocabulary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from umr_ld.index import Change, Withdrawal
    from umr_ld.record import Link

_FORM = 2
"""Raised when what is kept from run to run changes."""
_BATCH = 5_000
_LOOKED_AT = 1_000
_SPDX = frozenset({"Apache-2.0", "MIT", "CC-BY-4.0", "BSD-3-Clause"})
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_ADVISORIES = 60


def prepared(records: int, *, store: bool = False) -> Path:
    """The folder, made once and kept with other temporary files.

    Args:
        records: how many, beside the advisories.
        store: whether SPARQL is going to be asked.

    Returns:
        a folder with `registry/`, and `roots.json`: the names on which most stand directly, the most used first.
    """
    folder = Path(tempfile.gettempdir()) / f"umr-registry-{records}-{_FORM}{'-store' if store else ''}"
    if not (folder / "roots.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        used = filled(folder / "registry", records)
        if store:
            Registry.open(folder / "registry", write=True).close()
        (folder / "roots.json").write_text(json.dumps([name for name, _ in used.most_common(_ADVISORIES)]))
    return folder


def filled(folder: Path, records: int) -> Counter[str]:
    """Make a registry.

    Args:
        folder: where it will live.
        records: how many.

    Returns:
        how many records name each artifact.
    """
    home, base, used = Home(folder), Base(), Counter[str]()
    home.start(base, "bench")
    journal, index = FileJournal(home.journal), SqliteIndex(home.index)
    made = (_made(change, base, used) for change in changes(records))
    with WriterLock(home.lock):
        while batch := list(itertools.islice(made, _BATCH)):
            _append(journal, index, batch)
        _append(journal, index, list(_advisories(used, base)))
        index.close()
        Seal.write(folder, journal.head())
        journal.close()
    return used


def _append(journal: FileJournal, index: SqliteIndex, batch: list[tuple[Entry, Change]]) -> None:
    stored = journal.append([entry for entry, _ in batch], after=journal.head().seq)
    placed = []
    for at, (_, change) in zip(stored, batch, strict=True):
        where = {"location": at.location} if isinstance(change, Publication) else {}
        placed.append(replace(change, seq=at.seq, **where))
    index.apply(placed, stored[-1].seq, stored[-1].chain)


def _made(change: Change, base: Base, used: Counter[str]) -> tuple[Entry, Change]:
    if not isinstance(change, Publication):
        return _withdrawn(change), change  # type: ignore[arg-type]
    links = [link for link in change.links if _is_name(link.artifact)]
    links = [replace(link, number=at, iri=_step(change, base, at)) for at, link in enumerate(links, 1)]
    used.update(link.artifact for link in links)
    known = replace(
        change,
        links=tuple(replace(link, evidence="") for link in links),
        publisher=change.publisher if _PLAIN.fullmatch(change.publisher) else "",
        license=f"https://spdx.org/licenses/{change.license}" if change.license in _SPDX else "",
    )
    body, digest = serialize(_document(known, base)), _digest(known, base)
    if change.seq % _LOOKED_AT == 0:
        _require_as_published(body, digest, base)
    ref = f"{known.name}@{known.version}"
    return Entry("publish", ref, known.agent, known.time, body, digest), replace(known, digest=digest)


def _withdrawn(change: Withdrawal) -> Entry:
    ref = f"{change.name}@{change.version}"
    return Entry("withdraw", ref, change.agent, change.time, json.dumps({"reason": change.reason}).encode())


def _is_name(artifact: str) -> bool:
    try:
        return bool(Name(artifact))
    except Malformed:
        return False


def _step(change: Publication, base: Base, number: int) -> str:
    return f"{base.record(f'{change.name}@{change.version}')}#upstream-{number}"


def _document(known: Publication, base: Base) -> dict[str, object]:
    steps = [_upstream(link, base) for link in known.links]
    members = {
        "@context": CONTEXT_IRI,
        "id": base.record(f"{known.name}@{known.version}"),
        "type": known.kind,
        "name": str(known.name),
        "version": str(known.version),
        "title": known.title,
        "publisher": base.expand("agent/", known.publisher) if known.publisher else "",
        "license": known.license,
        "upstream": steps[0] if len(steps) == 1 else steps,
    }
    return {key: value for key, value in members.items() if value}


def _upstream(link: Link, base: Base) -> dict[str, str]:
    versions = {} if link.versions.is_everything else {"version": str(link.versions)}
    artifact = base.expand("r/", link.artifact)
    return {"id": link.iri, **versions, "relation": link.relation, "artifact": artifact}


def _digest(known: Publication, base: Base) -> str:
    """SHA-256 over the canonical lines, written down without building the graph."""
    me = f"<{base.record(f'{known.name}@{known.version}')}>"
    lines = [
        f"{me} <{RDF}type> <{UMR}{known.kind}> .\n",
        f'{me} <{UMR}name> "{known.name}" .\n',
        f'{me} <{DCAT}version> "{known.version}" .\n',
        f'{me} <{DCT}title> "{known.title}" .\n',
    ]
    if known.publisher:
        lines.append(f"{me} <{UMR}publisher> <{base.expand('agent/', known.publisher)}> .\n")
    if known.license:
        lines.append(f"{me} <{DCT}license> <{known.license}> .\n")
    for link in known.links:
        lines.append(f"{me} <{UMR}upstream> <{link.iri}> .\n")
        lines.append(f"<{link.iri}> <{UMR}relation> <{UMR}{link.relation}> .\n")
        lines.append(f"<{link.iri}> <{UMR}artifact> <{base.expand('r/', link.artifact)}> .\n")
        if not link.versions.is_everything:
            lines.append(f'<{link.iri}> <{UMR}versions> "{link.versions}" .\n')
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _require_as_published(body: bytes, digest: str, base: Base) -> None:
    reading = read(Document(body), base, vocabulary())
    assert (reading.body, reading.record.digest) == (body, digest), body.decode()


def _advisories(used: Counter[str], base: Base) -> Iterator[tuple[Entry, Change]]:
    from datetime import UTC, datetime

    from umr_ld.entry import Stored

    now = datetime(2026, 6, 1, tzinfo=UTC)
    for number, (name, _) in enumerate(used.most_common(_ADVISORIES)):
        draft = {
            "type": "Advisory",
            "name": f"advisory/n{number:03}-x",
            "version": "1.0.0",
            "title": f"Something was found in {name}",
            "severity": ("critical", "high", "moderate", "low")[number % 4],
            "risk": "backdoor",
            "affects": [{"artifact": name, **({"version": "<1.1.0"} if number % 3 else {})}],
        }
        reading = read(Document(json.dumps(draft).encode(), source=draft["name"]), base, vocabulary())
        record = reading.record
        entry = Entry("publish", str(record.ref), "bench", now, reading.body, record.digest)
        yield entry, publication(Stored(1, "", 0, entry), record, told(record, base, vocabulary()))


def main(arguments: list[str]) -> None:
    """Make a folder, and say where it is.

    Args:
        arguments: of the command line.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.registry", description=main.__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--store", action="store_true", help="for SPARQL too")
    asked = parser.parse_args(arguments)
    print(prepared(asked.records, store=asked.store))


if __name__ == "__main__":
    main(sys.argv[1:])
