"""The file journal and what befalls it: killed writers, lost power, torn ends, full and failing disks."""

from __future__ import annotations

import contextlib
import errno
import os
import random
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from journals import entry, fill, segments, seqs

from umr_ld.entry import Head
from umr_ld.errors import Conflict, Damaged, Full, UmrError
from umr_ld.findings import Severity
from umr_ld.journal.file import FileJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

REPOSITORY = Path(__file__).resolve().parents[1]


def copy_of(folder: Path, target: Path) -> Path:
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(folder, target))


def ends(folder: Path) -> dict[int, int]:
    """For each length of the last segment that holds whole batches: how many entries the journal then has."""
    last = segments(folder)[-1]
    data = last.read_bytes()
    first = int(last.name[:16])
    marks = [(m.start(), m[1]) for m in re.finditer(rb"UMRJ1 \d{16} \d{8} \d{10} ([.+])", data)]
    starts = [*(start for start, _ in marks[1:]), len(data)]
    found = {0: first - 1}
    found.update(
        {end: first + n for n, (end, (_, mark)) in enumerate(zip(starts, marks, strict=True)) if mark == b"."}
    )
    return found


# Killed

WRITER = """
import os, random, sys
from datetime import UTC, datetime
from pathlib import Path
from umr_ld.entry import Entry
from umr_ld.journal.file import FileJournal

journal = FileJournal(Path(sys.argv[1]), segment_size=60_000)
while True:
    after, count = journal.head().seq, random.choice((1, 1, 2, 5, 30))
    batch = [
        Entry("publish", f"{after}:{n}/{count}", "", datetime.now(UTC), os.urandom(random.randrange(3000)))
        for n in range(count)
    ]
    stored = journal.append(batch, after)
    os.write(1, f"{stored[-1].seq} {stored[-1].chain}\\n".encode())
"""


def killed_writer(folder: Path, chance: random.Random) -> list[tuple[int, str]]:
    """What a writer acknowledged before it was killed, at any moment."""
    with subprocess.Popen(
        [sys.executable, "-S", "-c", WRITER, str(folder)], cwd=REPOSITORY, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout
        first = child.stdout.readline()
        time.sleep(chance.uniform(0, 0.02))
        child.kill()
        lines = (first + child.stdout.read()).decode().splitlines()
    return [(int(seq), chain) for seq, chain in (line.split() for line in lines)]


def whole_batches(subjects: list[str]) -> bool:
    while subjects:
        after, _, place = subjects[0].partition(":")
        count = int(place.partition("/")[2])
        if subjects[:count] != [f"{after}:{n}/{count}" for n in range(count)]:
            return False
        subjects = subjects[count:]
    return True


@pytest.mark.parametrize("kills", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_a_killed_writer_loses_nothing_acknowledged_and_leaves_no_half(tmp_path: Path, kills: int) -> None:
    folder, chance, known = tmp_path / "journal", random.Random(kills), 0
    for _ in range(kills):
        acknowledged = killed_writer(folder, chance)
        journal = FileJournal(folder)
        found = {s.seq: s for s in journal.read(known)}
        assert acknowledged
        assert [found[seq].chain for seq, _ in acknowledged] == [chain for _, chain in acknowledged]
        assert whole_batches([s.entry.subject for s in found.values()])
        known = journal.head().seq
    assert FileJournal(folder).verify().findings == ()
    assert seqs(FileJournal(folder)) == list(range(1, known + 1))


# Power lost: a disk that forgets what was not synced


class PowerLoss(BaseException):
    """Nothing in the program may catch this."""


@dataclass
class Disk:
    """Counts system calls, loses power at one of them, and then forgets what was not synced."""

    folder: Path
    loses_at: int
    calls: int = 0
    files: dict[str, bytes] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for path in self.folder.iterdir():
            self.files[path.name] = path.read_bytes()
            self.names.add(path.name)

    def called(self) -> None:
        self.calls += 1
        if self.calls == self.loses_at:
            raise PowerLoss

    def sync(self, fd: int) -> None:
        self.called()
        path = Path(f"/proc/self/fd/{fd}").readlink()
        if path == self.folder:
            self.names = {found.name for found in path.iterdir()}
        elif path.parent == self.folder:
            self.files[path.name] = path.read_bytes()

    def forget(self, how: str) -> None:
        for path in list(self.folder.iterdir()):
            now, then = path.read_bytes(), self.files.get(path.name, b"")
            if path.name not in self.names:
                path.unlink()
            elif now != then:
                path.write_bytes(LEFT[how](then, now))


LEFT: dict[str, Callable[[bytes, bytes], bytes]] = {
    "all of it": lambda then, now: now,
    "nothing of it": lambda then, now: then,
    "its beginning": lambda then, now: (now if len(now) >= len(then) else then)[
        : (len(then) + len(now)) // 2
    ],
    "zeros": lambda then, now: then + bytes(max(0, len(now) - len(then))),
    "its beginning and zeros": lambda then, now: (
        now[: (len(then) + len(now)) // 2].ljust(len(now), b"\0") if len(now) > len(then) else then
    ),
}


@contextlib.contextmanager
def power_lost(disk: Disk) -> Iterator[None]:
    pwrite, ftruncate = os.pwrite, os.ftruncate

    def writing(fd: int, data: bytes, offset: int) -> int:
        disk.calls += 1
        if disk.calls == disk.loses_at:
            pwrite(fd, data[: len(data) // 2], offset)
            raise PowerLoss
        return pwrite(fd, data, offset)

    def cutting(fd: int, size: int) -> None:
        disk.called()
        ftruncate(fd, size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pwrite", writing)
        patch.setattr(os, "ftruncate", cutting)
        patch.setattr(os, "fsync", disk.sync)
        patch.setattr(os, "fdatasync", disk.sync)
        yield


@pytest.mark.parametrize("how", LEFT)
def test_power_lost_at_any_system_call_loses_nothing_acknowledged(tmp_path: Path, how: str) -> None:
    original = tmp_path / "original"
    fill(original, [1, 2], segment_size=900)
    batches = [1, 3, 2, 1]
    for loses_at in range(1, 1000):
        folder = copy_of(original, tmp_path / "journal")
        disk = Disk(folder, loses_at)
        acknowledged = appended_until_power_is_lost(disk, batches)
        disk.forget(how)
        left = FileJournal(folder, segment_size=900)
        assert left.head().seq in {3, 4, 7, 9, 10}
        assert left.head().seq >= acknowledged
        assert seqs(left) == list(range(1, left.head().seq + 1))
        assert left.verify()
        if acknowledged == 10:
            break
    assert disk.calls > 12


def appended_until_power_is_lost(disk: Disk, batches: list[int]) -> int:
    acknowledged = 3
    with power_lost(disk), contextlib.suppress(PowerLoss):
        journal = FileJournal(disk.folder, segment_size=900)
        for count in batches:
            acknowledged = journal.append([entry(n) for n in range(count)], journal.head().seq)[-1].seq
    return acknowledged


def test_power_lost_while_a_torn_tail_is_cut_off_changes_nothing(tmp_path: Path) -> None:
    original = tmp_path / "original"
    fill(original, [1, 2])
    torn = segments(original)[-1].read_bytes()[:-20]
    segments(original)[-1].write_bytes(torn)
    for loses_at in range(1, 100):
        folder = copy_of(original, tmp_path / "journal")
        disk = Disk(folder, loses_at)
        with power_lost(disk), contextlib.suppress(PowerLoss):
            FileJournal(folder)
        disk.forget("nothing of it")
        kept = [path for path in folder.iterdir() if path.name.startswith("torn-")]
        if segments(folder)[-1].read_bytes() != torn:
            assert len(kept) == 1
            assert torn.endswith(kept[0].read_bytes())
        assert seqs(FileJournal(folder)) == [1]
        if disk.calls < loses_at:
            break
    assert loses_at > 3


# Torn


@pytest.mark.parametrize("batches", [[3], [1, 2, 1]], ids=str)
@pytest.mark.parametrize("segment_size", [10**6, 900])
def test_a_last_segment_cut_at_any_byte_gives_the_whole_batches_before(
    tmp_path: Path, batches: list[int], segment_size: int
) -> None:
    fill(tmp_path / "original", batches, segment_size)
    whole = segments(tmp_path / "original")[-1].read_bytes()
    known = ends(tmp_path / "original")
    for length in range(len(whole)):
        folder = copy_of(tmp_path / "original", tmp_path / "journal")
        segments(folder)[-1].write_bytes(whole[:length])
        end = max(e for e in known if e <= length)
        assert FileJournal(folder, read_only=True).head().seq == known[end]
        journal = FileJournal(folder)
        assert journal.head().seq == known[end]
        assert seqs(journal) == list(range(1, known[end] + 1))
        assert bool(journal.notices) == (length > end)
        assert journal.verify().findings == ()


def test_zeros_from_any_byte_to_the_end_give_the_whole_batches_before(tmp_path: Path) -> None:
    fill(tmp_path / "original", [1, 2, 1])
    whole = segments(tmp_path / "original")[-1].read_bytes()
    known = ends(tmp_path / "original")
    for length in range(len(whole) - 1):
        folder = copy_of(tmp_path / "original", tmp_path / "journal")
        segments(folder)[-1].write_bytes(whole[:length].ljust(len(whole), b"\0"))
        journal = FileJournal(folder)
        assert journal.head().seq == known[max(e for e in known if e <= length)]


@pytest.mark.parametrize("zeros", [1, 2, 511, 5000])
def test_zeros_behind_the_last_batch_are_cut_off(tmp_path: Path, zeros: int) -> None:
    fill(tmp_path, [1, 2])
    with segments(tmp_path)[-1].open("ab") as segment:
        segment.write(bytes(zeros))
    assert seqs(FileJournal(tmp_path)) == [1, 2, 3]
    assert FileJournal(tmp_path).notices == ()


def test_what_is_cut_off_is_kept_beside_and_reported(tmp_path: Path) -> None:
    fill(tmp_path, [2])
    for number, tail in enumerate((b"UMRJ1 00", b"UMRJ1 0000000000000003 "), 1):
        with segments(tmp_path)[-1].open("ab") as segment:
            segment.write(tail)
        (notice,) = FileJournal(tmp_path).notices
        assert (tmp_path / f"torn-0000000000000003-{number}").read_bytes() == tail
        assert notice.severity is Severity.WARNING
        assert notice.focus == "entry 3"
        assert f"{len(tail)} bytes" in notice.message
        assert f"torn-0000000000000003-{number}" in notice.message


def test_after_a_torn_tail_the_journal_goes_on_where_it_was_cut(tmp_path: Path) -> None:
    fill(tmp_path, [2, 3])
    last = segments(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:-1])
    journal = FileJournal(tmp_path)
    with pytest.raises(Conflict):
        journal.append([entry(9)], after=5)
    journal.append([entry(9)], after=2)
    assert [s.entry.subject for s in FileJournal(tmp_path).read()][-1] == "lab/model@1.9.0"
    assert journal.verify().findings == ()


def test_a_segment_that_was_only_just_begun_is_used(tmp_path: Path) -> None:
    fill(tmp_path, [1, 2])
    (tmp_path / "0000000000000004.umrj").touch()
    journal = FileJournal(tmp_path)
    assert journal.head().seq == 3
    (stored,) = journal.append([entry(4)], after=3)
    assert (tmp_path / "0000000000000004.umrj").stat().st_size > 0
    assert FileJournal(tmp_path).at(stored.location) == stored


# Full


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of that size, if this machine lets us mount one."""
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mounting, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("segment_size", [10**9, 30_000])
def test_a_full_disk_is_survived_without_opening_again(tmp_path: Path, count: int, segment_size: int) -> None:
    with small_disk(tmp_path / "disk", "512k") as disk:
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(200_000))
        journal = FileJournal(disk / "journal", segment_size=segment_size)
        after = filled_up(journal, count)
        stored = list(journal.read())
        assert [s.seq for s in stored] == list(range(1, after + 1))
        assert journal.at(stored[-1].location) == stored[-1]
        with pytest.raises(Full):
            journal.append([entry(n, os.urandom(2500)) for n in range(count)], after)
        assert journal.head().seq == after
        ballast.unlink()
        journal.append([entry(n, os.urandom(2500)) for n in range(count)], after)
        assert journal.head().seq == after + count
        assert journal.verify().findings == ()
        reopened = FileJournal(disk / "journal")
        assert (reopened.head(), reopened.notices) == (journal.head(), ())


def filled_up(journal: FileJournal, count: int) -> int:
    """Append until there is no space; gives back the number of the last entry."""
    for after in range(0, 10_000, count):
        try:
            journal.append([entry(n, os.urandom(2500)) for n in range(count)], after)
        except Full:
            return after
    raise AssertionError("the disk never filled up")


LIMITED = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from umr_ld.entry import Entry
from umr_ld.errors import Full
from umr_ld.journal.file import FileJournal

journal = FileJournal(Path(sys.argv[1]))
batch = [Entry("publish", "a@1.0.0", "", datetime.now(UTC), b"x" * 700) for _ in range(3)]
limit = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limit[1]))
try:
    while True:
        journal.append(batch, journal.head().seq)
except Full:
    full_at = journal.head().seq
assert [s.seq for s in journal.read()] == list(range(1, full_at + 1))
resource.setrlimit(resource.RLIMIT_FSIZE, limit)
journal.append(batch, full_at)
assert journal.verify().findings == ()
print(full_at, journal.head().seq)
"""


def test_a_file_that_may_not_grow_is_survived_without_opening_again(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "9 12\n"
    assert FileJournal(tmp_path).head().seq == 12


# Failing


@dataclass
class Failing:
    """A system call that fails for as long as it is told to."""

    real: Callable[..., int | None]
    number: int
    times: int = 1
    partly: int = 0

    def __call__(self, fd: int, *arguments: object) -> int | None:
        if self.times == 0:
            return self.real(fd, *arguments)
        self.times -= 1
        if self.partly:
            data, offset = arguments
            assert isinstance(data, memoryview)
            self.real(fd, data[: self.partly], offset)
        raise OSError(self.number, os.strerror(self.number))


FAULTS = {
    "no space while writing": ("pwrite", errno.ENOSPC, Full),
    "no quota while writing": ("pwrite", errno.EDQUOT, Full),
    "no space while syncing": ("fdatasync", errno.ENOSPC, Full),
    "a bad disk while writing": ("pwrite", errno.EIO, UmrError),
    "a bad disk while syncing": ("fdatasync", errno.EIO, UmrError),
}


@pytest.mark.parametrize("partly", [0, 60, 200])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_failed_write_leaves_the_journal_as_it_was(
    tmp_path: Path, fault: str, partly: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    call, number, error = FAULTS[fault]
    journal = fill(tmp_path, [1, 2])
    before = segments(tmp_path)[-1].read_bytes()
    failing = Failing(getattr(os, call), number, partly=partly if call == "pwrite" else 0)
    monkeypatch.setattr(os, call, failing)
    with pytest.raises(error):
        journal.append([entry(7), entry(8)], after=3)
    assert journal.head().seq == 3
    assert segments(tmp_path)[-1].read_bytes() == before
    assert seqs(journal) == [1, 2, 3]
    journal.append([entry(9)], after=3)
    assert [s.entry.subject for s in FileJournal(tmp_path).read(3)] == ["lab/model@1.9.0"]
    assert journal.verify().findings == ()


@pytest.mark.parametrize("failures", [1, 2, 3])
def test_while_the_disk_cannot_be_synced_nothing_is_appended(
    tmp_path: Path, failures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = fill(tmp_path, [1, 2])
    monkeypatch.setattr(os, "fdatasync", Failing(os.fdatasync, errno.EIO))
    monkeypatch.setattr(os, "fsync", Failing(os.fsync, errno.EIO, times=failures))
    for _ in range(failures):
        with pytest.raises(UmrError):
            journal.append([entry(9)], after=3)
        assert seqs(journal) == [1, 2, 3]
    journal.append([entry(9)], after=3)
    assert seqs(FileJournal(tmp_path)) == [1, 2, 3, 4]


def test_a_failure_while_a_segment_is_begun_is_survived(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = fill(tmp_path, [1, 1], segment_size=600)
    monkeypatch.setattr(os, "fsync", Failing(os.fsync, errno.EIO))
    with pytest.raises(UmrError):
        journal.append([entry(7), entry(8)], after=2)
    assert seqs(FileJournal(tmp_path, read_only=True)) == [1, 2]
    journal.append([entry(9)], after=2)
    journal.append([entry(10)], after=3)
    assert seqs(FileJournal(tmp_path)) == [1, 2, 3, 4]
    assert journal.verify().findings == ()


def test_what_the_disk_lost_in_a_failed_sync_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = fill(tmp_path, [1, 2])
    path = segments(tmp_path)[-1]

    def losing(fd: int) -> None:
        data = bytearray(path.read_bytes())
        data[150] ^= 1
        path.write_bytes(data)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", losing)
    with pytest.raises(UmrError):
        journal.append([entry(9)], after=3)
    with pytest.raises(Damaged, match="entry 1 of the journal is damaged"):
        journal.append([entry(9)], after=3)


def test_an_interrupted_append_is_undone_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = fill(tmp_path, [1])

    def interrupted(fd: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", interrupted)
        with pytest.raises(KeyboardInterrupt):
            journal.append([entry(7)], after=1)
    assert journal.head().seq == 1
    journal.append([entry(9)], after=1)
    assert [s.entry.subject for s in FileJournal(tmp_path).read(1)] == ["lab/model@1.9.0"]


def test_a_torn_tail_on_a_full_disk_stays_until_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path, [1, 2])
    last = segments(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:-1])
    before = last.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", Failing(os.fsync, errno.ENOSPC))
        with pytest.raises(Full):
            FileJournal(tmp_path)
    assert last.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [last.name]
    assert FileJournal(tmp_path).head() == Head(1, next(iter(FileJournal(tmp_path).read())).chain)
