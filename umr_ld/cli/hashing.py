"""Verbs about files of weights and data: `digest`, `verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from umr_ld.cli import options
from umr_ld.cli.options import verb
from umr_ld.cli.progress import progress
from umr_ld.cli.session import write_file
from umr_ld.errors import Malformed, Missing
from umr_ld.render.answers import carried_json
from umr_ld.render.output import as_csv, as_json, count, filled
from umr_ld.render.text import one_line, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from umr_ld.cli.session import Session
    from umr_ld.record import Record
    from umr_ld.registry import Registry
    from umr_ld.registry.views import Carried
    from umr_ld.remote import RemoteRegistry
    from umr_ld.weights import Fit, Hashed
    from umr_ld.weights.signing import Signed

_HASHED = ("fileName", "byteSize", "sha256")
_CARRIED = ("reference", "file", "kind", "title", "digest")
_FIT = ("file", "state", "stated", "found")


@verb("digest", *options.asked(), options.at, forms=("json", "csv"))
@click.argument("paths", nargs=-1, required=True, metavar="PATH…")
@click.option(
    "--into",
    type=click.Path(path_type=Path),
    metavar="DRAFT",
    help="Write the files into this draft of a record.",
)
@click.option(
    "--find",
    is_flag=True,
    help="Say which records name these files: paths, digests (sha256:…) or references.",
)
def digest(
    session: Session, paths: tuple[str, ...], into: Path | None, find: bool, at: datetime | None
) -> int:
    """Say what stands for the bytes of files: their SHA-256.

    A PATH is a file, or a folder: every file below it that is not hidden. What is written stands in a record
    as it is, below the other keys. --into writes it into a draft instead: files of the same name are
    replaced, and nothing else of it changes. With --find a PATH may also be a digest, sha256:…, or a
    reference; told are the records that name the same file, whatever they call it, and of a reference those
    of other artifacts. If there is none, the exit code is 3.
    """
    if find and into is not None:
        raise Malformed("--find and --into do not go together", remedy="leave one of them out")
    if find:
        return _find(session, paths, at)
    files = _hashed(session, [Path(one) for one in paths])
    if into is not None:
        _write_into(session, into, files)
        return 0
    rows = [(one.name, str(one.size), one.sha256) for one in files]
    session.give(
        human=lambda: _as_yaml(files),
        json=lambda: as_json([_stated(one) for one in files]),
        csv=lambda: as_csv(_HASHED, rows),
    )
    return 0


def _hashed(session: Session, paths: Iterable[Path]) -> list[Hashed]:
    from umr_ld.weights import files_below, hashed

    files = [file for path in paths for file in files_below(path)]
    with progress(session, "reading") as step:
        return list(hashed(files, step))


def _stated(one: Hashed) -> dict[str, str | int]:
    return dict(zip(_HASHED, (one.name, one.size, one.sha256), strict=True))


def _as_yaml(files: Sequence[Hashed]) -> str:
    from umr_ld.render.yaml import as_yaml

    return as_yaml({"distribution": [_stated(one) for one in files]})


def _write_into(session: Session, path: Path, files: Sequence[Hashed]) -> None:
    from umr_ld.files import documents
    from umr_ld.render.amending import with_files

    given = list(documents([str(path)]))
    if len(given) != 1:
        raise Malformed(f"there are {len(given)} drafts", where=str(path), remedy="name one of them")
    body = with_files(given[0], [_stated(one) for one in files])
    write_file(path, body)
    session.say(f"wrote {count(len(files), 'file')} into {path}; `umr validate {path}` checks it")


# -- the same file elsewhere


def _find(session: Session, asked: Sequence[str], at: datetime | None) -> int:
    with session.ask() as registry:
        found = [pair for one in asked for pair in _elsewhere(session, registry, one, at)]
    rows = [
        (f"{one.ref}{' (withdrawn)' if one.withdrawn else ''}", one.file, one.kind, one.title, one.digest)
        for _, one in found
    ]
    session.give(
        human=lambda: table(_CARRIED, rows, width=session.width, style=session.style) if rows else "",
        json=lambda: as_json([carried_json(one, here) for here, one in found]),
        csv=lambda: as_csv(_CARRIED, rows),
    )
    artifacts = {str(one.ref.name) for _, one in found}
    session.say(f"found {count(len(found), 'time')}, in {count(len(artifacts), 'artifact')}")
    return 0 if found else 3


def _elsewhere(
    session: Session, registry: Registry | RemoteRegistry, asked: str, at: datetime | None
) -> Sequence[tuple[str, Carried]]:
    """What names the same file as what somebody wrote, which is a path, a digest or a reference."""
    from umr_ld.registry.carriers import digests_of

    if digests_of(asked, registry.vocabulary):
        return [("", one) for one in registry.carrying(asked, at=at)]
    if not Path(asked).exists():
        return registry.same_files(registry.get(asked, at=at), most=_MOST, at=at)
    files = _hashed(session, [Path(asked)])
    return [(file.name, one) for file in files for one in registry.carrying(file.digest, at=at)]


_MOST = 1_000_000
"""Records that are told; all of them."""


# -- whether files are what somebody says


@verb("verify", *options.asked(), options.at, forms=("json", "csv"))
@click.argument("reference")
@click.argument("files", metavar="PATH", type=click.Path(path_type=Path))
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A signature of OpenSSF Model Signing: a Sigstore bundle. PATH/model.sig, where --key or --certificate is given.",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The public key of who should have signed, in PEM.",
)
@click.option(
    "--certificate",
    "certificates",
    type=click.Path(path_type=Path),
    multiple=True,
    metavar="FILE",
    help="Instead of a key: a certificate in PEM from which that of who signed must follow. May be given several times.",
)
def verify(
    session: Session,
    reference: str,
    files: Path,
    bundle: Path | None,
    key: Path | None,
    certificates: tuple[Path, ...],
    at: datetime | None,
) -> int:
    """Say whether files are those that a record names, or that somebody signed.

    PATH is a folder or a file. Each file is held against the digest that the record states. With a key or
    certificates the signature is checked too: who signed, and that no file is another one, missing, or new.
    Nothing is fetched: where a signature can be had is told, for who wants to download it. If something
    does not fit, the exit code is 5; if the record states no digest and no signature is checked, 3.
    """
    from umr_ld.record import files_of
    from umr_ld.weights import fit

    _require_one(bundle, key, certificates)
    with session.ask() as registry:
        record = registry.get(reference, at=at)
        stated = list(files_of(record, registry.vocabulary))
    signed = _signature(files, bundle, key, certificates) if key or certificates else None
    found = fit(stated, _hashed(session, [files]), is_whole=files.is_dir()) if stated else ()
    _tell(session, record, found, signed)
    if any(one.is_wrong for one in found):
        return 5
    return 0 if signed or any(one.state == "same" for one in found) else 3


def _require_one(bundle: Path | None, key: Path | None, certificates: Sequence[Path]) -> None:
    if key is not None and certificates:
        raise Malformed("--key and --certificate do not go together", remedy="leave one of them out")
    if bundle is not None and key is None and not certificates:
        raise Malformed(
            "a signature says nothing without who signed",
            where="--bundle",
            remedy="name the signer's public key with --key, or certificates with --certificate",
        )


def _signature(path: Path, bundle: Path | None, key: Path | None, certificates: Sequence[Path]) -> Signed:
    from umr_ld.weights.signing import NAME, verify

    if not path.exists():
        raise Missing("there is no such file", where=str(path))
    return verify(bundle or path / NAME, path, key=key, certificates=certificates)


def _tell(session: Session, record: Record, found: Sequence[Fit], signed: Signed | None) -> None:
    rows = [(one.name, one.state, one.stated, one.found) for one in found]
    told = [row for row, one in zip(rows, found, strict=True) if one.state != "same"]

    session.give(
        human=lambda: "".join(f"{one_line(name)}: {_STATES[state]}\n" for name, state, *_ in told),
        json=lambda: as_json(
            filled(
                reference=str(record.ref),
                files=[dict(zip(_FIT, row, strict=True)) for row in rows],
                signature=None
                if signed is None
                else {"name": signed.name, "files": signed.files, "leftOut": list(signed.left_out)},
            )
        ),
        csv=lambda: as_csv(_FIT, rows),
    )
    same = sum(one.state == "same" for one in found)
    wrong = sum(one.is_wrong for one in found)
    if any(one.stated for one in found):
        session.say(f"{count(same, 'file')} as {record.ref} says, {wrong:,} otherwise")
    else:
        session.say(f"{record.ref} states no digest of a file, so there is nothing to compare")
    _tell_signature(session, record, signed)


_STATES = {
    "changed": "another file than the record names",
    "missing": "is missing",
    "unnamed": "the record does not name it",
}


def _tell_signature(session: Session, record: Record, signed: Signed | None) -> None:
    from umr_ld.record import shown
    from umr_ld.vocab import UMR

    if signed is not None:
        session.say(f"the signature fits: {count(signed.files, 'file')} of {one_line(signed.name)}")
        for one in signed.left_out:
            session.say(f"the signature says nothing about {one_line(one)}")
        return
    for value in record.values(f"{UMR}signature"):
        session.say(
            f"a signature is said to be at {one_line(shown(value))}; --bundle and --key check one that you have"
        )
