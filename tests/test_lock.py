"""One writer at a time, whatever becomes of it."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from umr_ld.errors import Busy, Denied, UmrError
from umr_ld.lock import WriterLock

if TYPE_CHECKING:
    from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[1]

HOLDER = """
import os, sys, time
from pathlib import Path
from umr_ld.lock import WriterLock

with WriterLock(Path(sys.argv[1]), shared=sys.argv[2] == "shared"):
    if sys.argv[2] == "forking" and os.fork() == 0:
        os.write(1, b"%d\\n" % os.getpid())
        time.sleep(60)
        os._exit(0)
    os.write(1, b"held\\n")
    time.sleep(60)
"""


@contextmanager
def held_elsewhere(path: Path, how: str = "exclusive") -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock."""
    command = [sys.executable, "-c", HOLDER, str(path), how]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


def test_a_lock_is_held_from_its_making_to_its_release(path: Path) -> None:
    lock = WriterLock(path)
    assert lock.held
    with pytest.raises(Busy):
        WriterLock(path)
    lock.release()
    lock.release()
    assert not lock.held
    with WriterLock(path) as again:
        assert again.held
    assert not again.held


def test_a_lock_of_another_process_keeps_writers_out_and_names_it(path: Path) -> None:
    with held_elsewhere(path) as process:
        with pytest.raises(Busy) as caught:
            WriterLock(path)
        assert str(process.pid) in caught.value.what
        assert caught.value.where == str(path)
        assert caught.value.remedy


def test_a_holder_that_the_system_does_not_name_is_another_process(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("umr_ld.lock._LOCKS", path.with_name("nothing"))
    with WriterLock(path), pytest.raises(Busy, match="another process holds the registry"):
        WriterLock(path)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
    ids=["two readers", "reader and writer", "writer and reader", "two writers"],
)
def test_readers_share_and_writers_do_not(path: Path, *, one: bool, other: bool, together: bool) -> None:
    with WriterLock(path, shared=one):
        if together:
            WriterLock(path, shared=other).release()
        else:
            with pytest.raises(Busy):
                WriterLock(path, shared=other)


def test_a_killed_process_holds_nothing(path: Path) -> None:
    with held_elsewhere(path) as process:
        process.kill()
        process.wait()
        WriterLock(path).release()


def test_a_child_does_not_keep_the_lock_of_a_parent_that_was_killed(path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(path), "forking"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as process:
        assert process.stdout
        lines = {process.stdout.readline().strip(), process.stdout.readline().strip()}
        child = int(next(line for line in lines if line != b"held"))
        try:
            with pytest.raises(Busy):
                WriterLock(path)
            process.kill()
            process.wait()
            os.kill(child, 0)
            WriterLock(path).release()
        finally:
            os.kill(child, signal.SIGKILL)


def test_who_waits_gets_the_lock_when_it_is_released(path: Path) -> None:
    holder = WriterLock(path)
    timer = threading.Timer(0.1, holder.release)
    timer.start()
    began = time.monotonic()
    WriterLock(path, wait=10).release()
    assert 0.05 < time.monotonic() - began < 5
    timer.join()


def test_who_waits_gives_up_after_that_time(path: Path) -> None:
    with WriterLock(path):
        began = time.monotonic()
        with pytest.raises(Busy):
            WriterLock(path, wait=0.1)
        assert 0.1 <= time.monotonic() - began < 5


def test_a_refused_lock_leaves_no_open_file(path: Path) -> None:
    with WriterLock(path):
        before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
        for _ in range(5):
            with pytest.raises(Busy):
                WriterLock(path)
        assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


def test_nothing_is_written_to_the_file(path: Path) -> None:
    path.write_bytes(b"as it was")
    with WriterLock(path):
        pass
    with WriterLock(path, shared=True):
        pass
    assert path.read_bytes() == b"as it was"


def test_the_lock_is_one_that_other_programs_see(path: Path) -> None:
    with WriterLock(path), path.open() as file, pytest.raises(BlockingIOError):
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(UmrError, match="No such file"):
        WriterLock(tmp_path / "nowhere" / "lock")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_lock_that_may_not_be_opened_is_denied(path: Path) -> None:
    path.touch(mode=0o000)
    with pytest.raises(Denied):
        WriterLock(path)
