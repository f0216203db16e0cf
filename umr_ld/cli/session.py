"""One run of the program: what it was told, and how it talks.

Data goes to standard output or into the file of `-o`, messages to standard error. Colours and progress
bars are for terminals; a pipe gets neither.
"""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

from umr_ld.errors import Malformed, Missing
from umr_ld.render.text import Style, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from umr_ld.registry import Registry
    from umr_ld.remote import RemoteRegistry

    Form = Callable[[], str | bytes]

INTERRUPTED = 130
"""Exit code after an interruption, as shells report it (POSIX.1-2017 XCU §2.8.2)."""

FOLDER = ".umr"
"""Name of a registry's folder where none is given."""

TOKEN = "UMR_TOKEN"  # noqa: S105 - where it is, not what it is
"""Variable with the token for a registry elsewhere."""

_LONGEST_TOKEN = 4096
_DIRECT = ("COMMANDLINE", "ENVIRONMENT", "DEFAULT_MAP", "")
"""How something may be said, the most direct way first."""


@dataclass(slots=True)
class Session:
    """What the options said; they are written here as they are read, so that an error among them is told
    in the form that was asked for.

    Args:
        words: the command line, as it was typed.
        verb: which verb runs; empty before it is known.
        forms: formats that the verb knows.
        form: format that was asked for; `auto` where none was.
        path: file of `-o`; empty for standard output.
        color: `auto`, `always` or `never`.
        store: folder of the registry; empty to look for it.
        registry: address of a registry elsewhere; empty for one in a folder.
        token_file: file with the token for it; empty for what the environment says.
        sources: for options that went in here, how they were said: `COMMANDLINE`, `ENVIRONMENT`, `DEFAULT_MAP`.
        verbose: tell more.
        quiet: tell nothing but errors.
        yes: do not ask.
    """

    words: Sequence[str] = ()
    verb: str = ""
    forms: Sequence[str] = ()
    form: str = "auto"
    path: str = ""
    color: str = "auto"
    store: str = ""
    registry: str = ""
    token_file: str = ""
    sources: dict[str, str] = field(default_factory=dict)
    verbose: bool = False
    quiet: bool = False
    yes: bool = False
    _written: bool = field(default=False, repr=False)

    # -- the form of answers

    @property
    def asks_json(self) -> bool:
        """Whether errors are wanted as JSON too; asked also when the options could not be read."""
        if self.form != "auto":
            return self.form == "json"
        pairs = zip(self.words, self.words[1:], strict=False)
        return (
            "--json" in self.words
            or any(word in {"--format=json", "--as=json"} for word in self.words)
            or any(flag in {"--format", "--as"} and value == "json" for flag, value in pairs)
        )

    @property
    def chosen(self) -> str:
        """The format of the answer: what was asked for, else what the file's ending says, else `human`."""
        if self.form != "auto":
            return self.form
        ending = Path(self.path).suffix.removeprefix(".").lower()
        return ending if ending in self.forms else "human"

    @property
    def style(self) -> Style:
        """Emphasis for standard output."""
        return Style(not self.path and self._colored(sys.stdout))

    @property
    def width(self) -> int:
        """Columns of the terminal that standard output is; 0 if it is none."""
        return _columns() if not self.path and is_terminal(sys.stdout) else 0

    @property
    def to_terminal(self) -> bool:
        """Whether the answer goes to a terminal."""
        return not self.path and is_terminal(sys.stdout)

    def _colored(self, stream: IO[str]) -> bool:
        if self.color != "auto":
            return self.color == "always"
        return is_terminal(stream) and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"

    # -- answers

    def give(self, **forms: Form) -> None:
        """Write the answer in the format that was asked for.

        Args:
            forms: for each format what makes the answer in it.
        """
        answer = forms[self.chosen]()
        if isinstance(answer, str) and self.chosen == "human" and not self.path:
            self._write(answer.encode(sys.stdout.encoding or "utf-8", "replace"))
        else:
            self._write(answer.encode("utf-8", "surrogatepass") if isinstance(answer, str) else answer)

    def _write(self, data: bytes) -> None:
        if self.path:
            write_file(Path(self.path), data)
            return
        try:
            sys.stdout.flush()
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            # Who reads has seen enough. The verb goes on to its exit code, which is still true.
            _to_nowhere(sys.stdout)

    # -- messages

    @property
    def message_style(self) -> Style:
        """Emphasis for standard error."""
        return Style(self._colored(sys.stderr))

    def say(self, message: str) -> None:
        """Tell something, unless only errors or only data are wanted.

        Args:
            message: one or more lines, without the last newline.
        """
        if not self.quiet and not self.asks_json:
            self.tell(message)

    def detail(self, message: str) -> None:
        """Tell something to those who asked for more.

        Args:
            message: as in `say`.
        """
        if self.verbose:
            self.tell(message)

    def tell(self, message: str) -> None:
        """Tell something in any case.

        Args:
            message: as in `say`.
        """
        with suppress(BrokenPipeError):
            print(message, file=sys.stderr, flush=True)

    def confirm(self, question: str) -> bool:
        """Ask before something that cannot be undone; `--yes` answers.

        Args:
            question: ends with a question mark.

        Raises:
            Malformed: if there is nobody to ask.
        """
        if self.yes:
            return True
        if not is_terminal(sys.stdin):
            raise Malformed(
                f"nobody is there to answer: {question}", remedy="give --yes if that is what you want"
            )
        with suppress(BrokenPipeError):
            sys.stderr.write(f"{visible(question)} [y/N] ")
            sys.stderr.flush()
        return sys.stdin.readline().strip().lower() in {"y", "yes"}

    # -- the registry

    def folder(self) -> Path:
        """Where the registry is: what `--store` says, else `.umr` here or in a folder above.

        Raises:
            Missing: if there is none.
        """
        if self.store:
            return Path(self.store)
        here = Path.cwd()
        for place in (here, *here.parents):
            if (place / FOLDER / "journal").is_dir():
                return place / FOLDER
        raise Missing(
            "there is no registry in this folder or one above it",
            where=str(here),
            remedy="`umr init` starts one here; --store PATH names one elsewhere",
        )

    @property
    def is_elsewhere(self) -> bool:
        """Whether a registry elsewhere is meant: one is named, and no folder is named more directly.

        Raises:
            Malformed: if both are named equally.
        """
        if not self.registry or not self.store:
            return bool(self.registry)
        here, elsewhere = (_DIRECT.index(self.sources.get(name, "")) for name in ("store", "registry"))
        if here == elsewhere:
            raise Malformed(
                "a folder and a registry elsewhere are named", where="--registry", remedy="name one of them"
            )
        return elsewhere < here

    def ask(self, *, write: bool = False, seconds: float = 0) -> Registry | RemoteRegistry:
        """The registry, in a folder or elsewhere; use it in a `with` statement.

        Args:
            write: whether to change it.
            seconds: how long an answer from elsewhere may take; 0 for what it takes at the most by itself.

        Raises:
            Missing, Busy, Damaged, Newer: see `Registry.open`.
            Malformed, Unreachable: if the address is none, or may not be asked.
        """
        if not self.is_elsewhere:
            return self.open(write=write)
        from umr_ld.remote import Client, RemoteRegistry

        self.detail(f"registry: {self.registry}")
        return RemoteRegistry(Client(self.registry, self._token(), seconds=seconds))

    def _token(self) -> str:
        """The token for a registry elsewhere. What stands in a settings file of some folder must not have it sent
        to wherever that file says."""
        if self.token_file:
            return _first_line(Path(self.token_file))
        if self.sources.get("registry") == "DEFAULT_MAP":
            return ""
        return os.environ.get(TOKEN, "").strip()

    def open(self, *, write: bool = False) -> Registry:
        """Open the registry; use it in a `with` statement.

        Args:
            write: whether to change it.

        Raises:
            Missing, Busy, Damaged, Newer: see `Registry.open`.
        """
        from umr_ld.registry import Registry

        folder = self.folder()
        self.detail(f"registry: {folder}")
        return Registry.open(folder, write=write)


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            return file.readline(_LONGEST_TOKEN).strip()
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Malformed(f"the token cannot be read: {said}", where=str(path)) from None


def is_terminal(stream: IO[str] | None) -> bool:
    """Whether a person sits at the other end; a closed stream has none.

    Args:
        stream: one of the three of the process.
    """
    try:
        return stream is not None and stream.isatty()
    except ValueError:
        return False


def _columns() -> int:
    """Columns of the terminal, as `COLUMNS` or the system says; `shutil` would load every archiver first."""
    told = os.environ.get("COLUMNS", "")
    with suppress(OSError, ValueError):
        return (
            int(told) if told.isdecimal() and int(told) else os.get_terminal_size(sys.stdout.fileno()).columns
        )
    return 80


def silence(stream: IO[str]) -> None:
    """Flush for the last time; if nobody reads any more, that is no error.

    Args:
        stream: standard output.
    """
    try:
        stream.flush()
    except BrokenPipeError:
        _to_nowhere(stream)
    except ValueError:
        return


def _to_nowhere(stream: IO[str]) -> None:
    """Without this, the interpreter complains about the broken pipe once more when it ends."""
    with suppress(OSError, io.UnsupportedOperation):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def write_file(path: Path, data: bytes) -> None:
    """Write all of it or nothing; into what is no file (a device, a named pipe) it is written as it goes.

    Args:
        path: where.
        data: what.

    Raises:
        Malformed: if there is no such folder, or the path is one.
        Full, Denied: if the disk refuses.
    """
    from umr_ld.durable import refusal, replace

    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
        else:
            replace(path, data)
    except IsADirectoryError:
        raise Malformed("this is a folder", where=str(path), remedy="name a file for -o") from None
    except FileNotFoundError:
        raise Malformed("there is no such folder", where=str(path.parent), remedy="make it first") from None
    except OSError as error:
        raise refusal(error, path) from error
