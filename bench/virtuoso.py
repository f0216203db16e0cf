"""A Virtuoso server of a measurement's own: on loopback, with its files in a folder, gone afterwards.

It is what Debian packages as `virtuoso-opensource-7-bin`. Where that is not installed, nobody is measured
against it.
"""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from urllib.request import urlopen

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = ("virtuoso-t", "isql-vt")
_PATIENCE = 120
"""Seconds for starting."""
_BUFFERS = 100_000
"""Pages of 8 KiB that it may keep in memory: more than what is loaded has."""
_SETTINGS = """\
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/virtuoso-temp.db
TransactionFile = {folder}/virtuoso-temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
NumberOfBuffers = {buffers}
MaxDirtyBuffers = {dirty}
DirsAllowed = {source}
CheckpointInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = {folder}
ServerThreads = 4
[SPARQL]
ResultSetMaxRows = 10000000
"""


def is_installed() -> bool:
    """Whether it can be measured against."""
    return all(map(shutil.which, PROGRAMS))


class Virtuoso:
    """A running server.

    Args:
        http: port of its SPARQL endpoint.
    """

    def __init__(self, http: int) -> None:
        self._endpoint = f"http://127.0.0.1:{http}/sparql"

    def query(self, text: str) -> list[str]:
        """The first column of a query's solutions.

        Args:
            text: a SELECT of IRIs.
        """
        asked = urlencode({"query": text, "format": "text/csv"}).encode()
        with urlopen(self._endpoint, asked, timeout=600) as answer:
            return [line.strip('"') for line in answer.read().decode().splitlines()[1:]]


@contextlib.contextmanager
def serving(folder: Path, quads: Path) -> Iterator[Virtuoso]:
    """A server that holds some quads; they are loaded once.

    Args:
        folder: where it keeps its files.
        quads: N-Quads.

    Raises:
        RuntimeError: if it does not start.
    """
    folder.mkdir(exist_ok=True)
    sql, http = _free_port(), _free_port()
    settings = folder / "virtuoso.ini"
    settings.write_text(
        _SETTINGS.format(
            folder=folder, source=quads.parent, sql=sql, http=http, buffers=_BUFFERS, dirty=_BUFFERS * 3 // 4
        )
    )
    # Whoever was killed left its lock behind.
    (folder / "virtuoso.lck").unlink(missing_ok=True)
    server = subprocess.Popen(
        ["virtuoso-t", "+foreground", "+configfile", str(settings)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(server, http)
        if not (folder / "loaded").is_file():
            _tell(
                sql, f"ld_dir('{quads.parent}', '{quads.name}', 'urn:x-none'); rdf_loader_run(); checkpoint;"
            )
            (folder / "loaded").touch()
        yield Virtuoso(http)
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.2)
    raise RuntimeError("Virtuoso does not start; its log is virtuoso.log in its folder")


def _tell(port: int, statements: str) -> None:
    words = ["isql-vt", f"127.0.0.1:{port}", "dba", "dba", "ERRORS=STDOUT", f"exec={statements}"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
