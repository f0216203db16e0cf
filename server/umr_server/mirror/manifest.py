"""What was written into a folder, and from what: by it the next build knows what it need not make again."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from umr_ld.durable import refusal
from umr_ld.errors import Conflict, Malformed, Newer

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FILE = ".umr-site.json"
LOG = ".umr-site.log"
"""What was begun to be written since the manifest was; it is there only while a build goes on, or after one that died."""
LOCK = ".umr-site.lock"
LAYOUT = 1


@dataclass(slots=True)
class Written:
    """A file.

    Args:
        file: its name below the folder.
        digest: SHA-256 of its bytes.
        size: in bytes.
        links: addresses that it leads to.
    """

    file: str
    digest: str
    size: int
    links: tuple[str, ...] = ()


@dataclass(slots=True)
class Manifest:
    """A finished build.

    Args:
        made_by: digest of all that pages depend on beside what is published.
        base: of the registry.
        seq: journal entry up to which it was built.
        last: what that entry says, by which another journal is told from this one.
        files: address to what was written.
        missing: address to why the server gave no answer.
    """

    made_by: str = ""
    base: str = ""
    seq: int = 0
    last: str = ""
    files: dict[str, Written] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def read(folder: Path) -> Manifest | None:
        """The manifest of a folder; None if there is none.

        Args:
            folder: of a site.

        Raises:
            Newer: if a later program wrote it.
            Malformed: if it is none.
        """
        path = folder / FILE
        try:
            told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            layout = told.pop("layout")
            if layout > LAYOUT:
                raise Newer(
                    "a later program built this site",
                    where=str(path),
                    remedy="update umr, or build into another folder",
                )
            files = {
                url: Written(row[0], row[1], row[2], tuple(row[3])) for url, row in told.pop("files").items()
            }
            return Manifest(**told, files=files)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            raise Malformed(
                "what was built here cannot be read",
                where=str(path),
                remedy="empty the folder, or build into another",
            ) from None

    def write(self, folder: Path) -> None:
        """Write it, whole or not at all.

        Args:
            folder: of a site.

        Raises:
            OSError: if the disk refuses.
        """
        told = {"layout": LAYOUT, **asdict(self)}
        told["files"] = {
            url: [one.file, one.digest, one.size, list(one.links)] for url, one in self.files.items()
        }
        new = folder / f"{FILE}.new"
        new.write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        new.replace(folder / FILE)


class Folder:
    """Where a site is written: only what differs, each file whole or not at all.

    Args:
        path: of the folder; made if it is not there.
        before: the last finished build; or None.

    Raises:
        Conflict: if there is something in it that no build has written.
        Denied, Full: if the disk refuses.
    """

    def __init__(self, path: Path, before: Manifest | None) -> None:
        self.path = path
        self._ours = {one.file: one for one in before.files.values()} if before is not None else {}
        self._begun = self._logged()
        self.is_torn = bool(self._begun)
        self._is_begun = False
        self.changed = 0
        self.removed = 0

    def holds(self, one: Written) -> bool:
        """Whether a file is there as it was written, as far as its size tells.

        Args:
            one: of the last build.
        """
        try:
            status = (self.path / one.file).lstat()
        except OSError:
            return False
        return status.st_size == one.size

    def write(self, file: str, pieces: Iterable[bytes]) -> Written:
        """Write a file, if it is not there with these bytes.

        Args:
            file: its name below the folder.
            pieces: its bytes.

        Raises:
            Conflict: if something stands in its place that no build has written.
            Denied, Full: if the disk refuses.
        """
        target = self.path / file
        try:
            if not isinstance(pieces, (list, tuple)):
                return self._streamed(file, target, pieces)
            body = b"".join(pieces)
            made = Written(file, hashlib.sha256(body).hexdigest(), len(body))
            if self._is_there(made):
                return made
            self._begin(file, target)
            new = _new(target)
            new.write_bytes(body)
            new.replace(target)
        except OSError as error:
            raise refusal(error, target) from error
        self.changed += 1
        return made

    def finish(self, manifest: Manifest) -> None:
        """Remove what is not part of the site any more, and note what is.

        Args:
            manifest: of this build.

        Raises:
            Denied, Full: if the disk refuses.
        """
        kept = {one.file for one in manifest.files.values()}
        try:
            for file in sorted((self._ours.keys() | self._begun) - kept):
                self._remove(file)
            for file in self._begun if self.is_torn else ():
                _new(self.path / file).unlink(missing_ok=True)
            if self.changed or self.removed or self.is_torn or manifest != Manifest.read(self.path):
                manifest.write(self.path)
            with suppress(FileNotFoundError):
                (self.path / LOG).unlink()
        except OSError as error:
            raise refusal(error, self.path) from error

    def _streamed(self, file: str, target: Path, pieces: Iterable[bytes]) -> Written:
        """What may be too large to be held: it is written beside, and put in its place if it differs."""
        self._begin(f"{file}.new", target, is_new=True)
        digest, size, new = hashlib.sha256(), 0, _new(target)
        with new.open("wb") as opened:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                opened.write(piece)
        made = Written(file, digest.hexdigest(), size)
        if self._is_there(made):
            new.unlink()
            return made
        self._begin(file, target)
        new.replace(target)
        self.changed += 1
        return made

    def _is_there(self, made: Written) -> bool:
        known = self._ours.get(made.file)
        if not self.holds(made):
            return False
        if self.is_torn or known is None:
            return digest_of(self.path / made.file) == made.digest and self._is_ours(made.file)
        return known.digest == made.digest

    def _is_ours(self, file: str) -> bool:
        return file in self._ours or file in self._begun

    def _begin(self, file: str, target: Path, *, is_new: bool = False) -> None:
        """Note that a file is being written, before it is: who dies in between leaves word of it."""
        for parent in target.relative_to(self.path).parents:
            if (self.path / parent).is_symlink():
                raise _in_the_way(self.path / parent)
        if not is_new and os.path.lexists(target) and not self._is_ours(file):
            raise _in_the_way(target)
        with (self.path / LOG).open("a", encoding="utf-8") as log:
            log.write(f"{file}\n")
        self._begun.add(file)
        target.parent.mkdir(parents=True, exist_ok=True)

    def _remove(self, file: str) -> None:
        target = self.path / file
        if not os.path.lexists(target):
            return
        self._begin(file, target)
        target.unlink()
        self.removed += 1
        for parent in target.relative_to(self.path).parents:
            with suppress(OSError):
                if parent.name:
                    (self.path / parent).rmdir()

    def _logged(self) -> set[str]:
        try:
            lines = (self.path / LOG).read_text(encoding="utf-8", errors="replace").split("\n")
        except FileNotFoundError:
            return set()
        # The last line of who died while writing it is none.
        return {line for line in lines[:-1] if line and ".." not in line.split("/") and line[0] != "/"}


def opened(path: Path) -> tuple[Manifest | None, Folder]:
    """A folder to build into, and what was built there before.

    Args:
        path: of the folder; made if it is not there.

    Raises:
        Conflict: if there is something in it, and no build has written any of it.
        Malformed, Newer: as `Manifest.read`.
        Denied, Full: if the disk refuses.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        before = Manifest.read(path)
        is_begun = (path / LOG).exists() or (path / LOCK).exists()
        if before is None and not is_begun and any(path.iterdir()):
            raise Conflict(
                "the folder is not empty, and no site was built there",
                where=str(path),
                remedy="name an empty folder, or one that does not exist yet",
            )
    except FileExistsError:
        raise Conflict("this is no folder", where=str(path), remedy="name a folder") from None
    except OSError as error:
        raise refusal(error, path) from error
    return before, Folder(path, before)


def digest_of(path: Path) -> str:
    """SHA-256 of a file; nothing if it cannot be read.

    Args:
        path: of the file.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def _new(target: Path) -> Path:
    return target.with_name(f"{target.name}.new")


def _in_the_way(path: Path) -> Conflict:
    return Conflict(
        "something stands where a page belongs, and no build has written it",
        where=str(path),
        remedy="move it away, and build again",
    )
