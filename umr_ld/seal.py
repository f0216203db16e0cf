"""The seal: what every file of a registry was when it was closed, so that damage cannot hide.

The journal proves itself. The RDF store and the index do not: a flipped bit there can drop data without an
error. So a clean close writes down the SHA-256 of every file, and opening for writing removes that paper.
A registry without a seal is in use, or was not closed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from umr_ld import durable
from umr_ld.entry import Head
from umr_ld.errors import REBUILD, Damaged, Newer, UmrError
from umr_ld.findings import Finding, Report, Severity
from umr_ld.journal.file import FileJournal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SEAL = "seal.json"
LOCK = "lock"
JOURNAL = "journal"

_FORMAT = 1
_APART = [
    f"{name}.{ending}"
    for name in ("alerts", "access", "inbox", "harvest")
    for ending in ("db", "lock", "sha256")
]
_OWN = frozenset({SEAL, f"{SEAL}.new", LOCK, *_APART, "policy.ttl"})
"""What changes while the registry is closed: the alerts by whoever delivers them, the tokens by whoever gives them, the inbox by whoever serves it,
what was taken from lists by whoever takes, the policy by people."""
PROFILES = "profiles"
"""Folder of the deployment's own profiles, which people write."""
QUERIES = "queries"
"""Folder of copies that are made while the registry is served, and are nobody's truth."""

_PASSING = ("-wal", "-shm")
"""What SQLite keeps beside a database while it is open."""

_CHECKSUM = re.compile(rb'"checksum": "([0-9a-f]{64})"')
_RESTORE = "restore the registry from a backup"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A file as it was when the registry was closed.

    Args:
        size: in bytes.
        modified: when its content was last changed, in nanoseconds since 1970.
        inode: its number in the file system.
        sha256: over its content, hexadecimal.
    """

    size: int
    modified: int
    inode: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Seal:
    """Every file of a registry, and where its journal ended.

    Args:
        head: the journal's.
        files: by path below the registry's folder, with `/` between the parts.
        written: when the seal itself was written, by the file system's clock, in nanoseconds; 0 if it
            was not read from a file.
    """

    head: Head
    files: Mapping[str, Sealed]
    written: int = 0

    def encode(self) -> bytes:
        """The seal's bytes; the checksum in them is the SHA-256 of all others."""
        blank = self._text("")
        return self._text(hashlib.sha256(blank.encode()).hexdigest()).encode()

    def _text(self, checksum: str) -> str:
        tree = {
            "format": _FORMAT,
            "checksum": checksum,
            "head": {"seq": self.head.seq, "chain": self.head.chain},
            "files": {
                path: [file.size, file.modified, file.inode, file.sha256]
                for path, file in sorted(self.files.items())
            },
        }
        return json.dumps(tree, indent=1) + "\n"

    def proves(self, path: str, now: os.stat_result) -> str:
        """The SHA-256 of a file that has not been touched since it was sealed, else the empty text.

        A file changed in the same tick of the clock as the seal was written may look untouched, so one
        that is not older than the seal is never believed.

        Args:
            path: below the registry's folder.
            now: what the system says of the file.
        """
        then = self.files.get(path)
        same = then and (then.size, then.modified, then.inode) == (now.st_size, now.st_mtime_ns, now.st_ino)
        return then.sha256 if then and same and then.modified < self.written else ""

    @staticmethod
    def exists(folder: Path) -> bool:
        """Whether a registry is sealed, whatever the seal says.

        Args:
            folder: the registry's.
        """
        return (folder / SEAL).is_file()

    @staticmethod
    def read(folder: Path) -> Seal | None:
        """The seal of a registry; None if there is none.

        Args:
            folder: the registry's.

        Raises:
            Damaged: if its bytes are not as they were written.
            Newer: if a later layout wrote it.
        """
        path = folder / SEAL
        with durable.readable(path):
            try:
                data = path.read_bytes()
                written = path.stat().st_mtime_ns
            except FileNotFoundError:
                return None
        if not _intact(data):
            raise Damaged("the seal is not as it was written", where=str(path), remedy=REBUILD)
        tree = json.loads(data)
        if tree["format"] != _FORMAT:
            raise Newer("the seal is of a later layout", where=str(path), remedy="use a later release")
        head = Head(tree["head"]["seq"], tree["head"]["chain"])
        return Seal(head, {name: Sealed(*row) for name, row in tree["files"].items()}, written)

    @staticmethod
    def write(folder: Path, head: Head, before: Seal | None = None) -> Seal:
        """Seal a registry. Everything in it is closed, and its lock is held.

        Args:
            folder: the registry's.
            head: where its journal ends.
            before: the seal it was opened under; files untouched since then are not read again.

        Raises:
            Full: if there is no space; the registry stays without a seal.
            Damaged: if a file cannot be read.
        """
        files = {}
        for name, path in sorted(_files(folder)):
            with durable.readable(path):
                status = path.stat()
                known = before.proves(name, status) if before else ""
                files[name] = Sealed(
                    status.st_size, status.st_mtime_ns, status.st_ino, known or _sha256(path)
                )
        seal = Seal(head, files)
        try:
            durable.replace(folder / SEAL, seal.encode())
        except OSError as error:
            raise durable.refusal(error, folder / SEAL) from error
        return seal

    @staticmethod
    def broken(folder: Path) -> Seal | None:
        """Break the seal, durably, before anything is changed.

        Args:
            folder: the registry's; its lock is held.

        Returns:
            the seal, to be handed to `write` at the end; None if there was none.

        Raises:
            Damaged: if the seal is not as it was written; it stays. `remove` takes it away all the same.
            Denied: if the system does not allow it.
        """
        seal = Seal.read(folder)
        if seal is not None:
            Seal.remove(folder)
        return seal

    @staticmethod
    def remove(folder: Path) -> None:
        """Take the seal away, durably, whatever it says; nothing happens if there is none.

        Args:
            folder: the registry's; its lock is held.

        Raises:
            Denied: if the system does not allow it.
        """
        try:
            (folder / SEAL).unlink(missing_ok=True)
            durable.sync_folder(folder)
        except OSError as error:
            raise durable.refusal(error, folder / SEAL) from error

    @staticmethod
    def check(folder: Path, *, deep: bool = False) -> Report:
        """Compare a registry with its seal.

        Args:
            folder: the registry's; nobody writes to it meanwhile.
            deep: read every byte of every file. Else presence, sizes and the journal's end are compared.

        Returns:
            a violation for each file that is missing, too many, or not as it was sealed; an information
            if there is no seal.
        """
        try:
            seal = Seal.read(folder)
        except UmrError as error:
            return Report((_violation("seal-damaged", error.what, SEAL, error.remedy),))
        if seal is None:
            return Report((_unsealed(),))
        return Report((*_journal_findings(folder, seal.head), *_file_findings(folder, seal, deep=deep)))


def _intact(data: bytes) -> bool:
    """Whether the checksum in a seal is that of all its other bytes."""
    found = _CHECKSUM.search(data)
    if not found:
        return False
    others = data[: found.start(1)] + data[found.end(1) :]
    return found[1].decode() == hashlib.sha256(others).hexdigest()


def _unsealed() -> Finding:
    return Finding(
        Severity.INFO,
        "the registry is not sealed: it is in use, or was not closed",
        "seal-missing",
        source=SEAL,
        remedy="opening it for writing and closing it seals it",
    )


def _journal_findings(folder: Path, sealed: Head) -> Iterator[Finding]:
    try:
        found = FileJournal(folder / JOURNAL).head()
    except UmrError as error:
        yield _violation("journal-damaged", error.what, error.where or JOURNAL, error.remedy)
        return
    if found.seq < sealed.seq:
        lost = f"entries {found.seq + 1} to {sealed.seq} were acknowledged and are not in the journal"
        yield _violation("journal-lost", lost, JOURNAL, _RESTORE)
    elif found != sealed:
        other = f"the journal was sealed at entry {sealed.seq} and now ends otherwise, at {found.seq}"
        yield _violation("journal-changed", other, JOURNAL, "find out who wrote to it")


def _file_findings(folder: Path, seal: Seal, *, deep: bool) -> Iterator[Finding]:
    present = dict(_files(folder))
    for name in sorted(present.keys() - seal.files.keys()):
        yield _violation(
            "file-extra", "the file was not there when the registry was sealed", name, _remedy(name)
        )
    for name, sealed in sorted(seal.files.items()):
        fault = _fault(present.get(name), sealed, deep=deep)
        if fault:
            yield _violation(*fault, name, _remedy(name))


def _fault(path: Path | None, sealed: Sealed, *, deep: bool) -> tuple[str, str] | None:
    """Rule and message of what is wrong with a file."""
    if path is None:
        return "file-missing", "the file is gone"
    try:
        size = path.stat().st_size
        if size != sealed.size:
            return "file-size", f"the file has {size} bytes and was sealed with {sealed.size}"
        if deep and _sha256(path) != sealed.sha256:
            return "file-changed", "the file's content is not what was sealed"
    except OSError as error:
        return "file-unreadable", f"the file cannot be read: {error.strerror}"
    return None


def _remedy(name: str) -> str:
    return _RESTORE if name.startswith(f"{JOURNAL}/") else REBUILD


def _violation(rule: str, message: str, source: str, remedy: str) -> Finding:
    return Finding(Severity.VIOLATION, message, rule, source=source, remedy=remedy)


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    """The files that a seal is about: all but `_OWN`, and what passes with an open database."""
    for parent, inner, names in os.walk(folder):
        if Path(parent) == folder:
            inner[:] = [name for name in inner if name not in {QUERIES, PROFILES}]
        for name in names:
            path = Path(parent, name)
            below = path.relative_to(folder).as_posix()
            if below not in _OWN and not name.endswith(_PASSING) and path.is_file() and not path.is_symlink():
                yield below, path


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
