"""The journal's port, kept by both of its implementations, and what the file journal promises beyond it."""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from journals import NOON, entry, segments

from umr_ld.entry import Entry, Head, Stored
from umr_ld.errors import Conflict, Damaged, Malformed, Missing, TooLarge, UmrError
from umr_ld.journal.file import FileJournal
from umr_ld.journal.memory import MemoryJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from umr_ld.journal import Journal

REPOSITORY = Path(__file__).resolve().parents[1]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
written = st.builds(
    Entry,
    act=st.sampled_from(["create", "publish", "withdraw"]),
    subject=texts,
    agent=texts,
    time=st.datetimes(timezones=st.just(UTC)),
    body=st.binary(max_size=400),
    digest=st.sampled_from(["", "ab" * 32]),
)
batches = st.lists(st.lists(written, min_size=1, max_size=4), max_size=6)


def entries(count: int) -> list[Entry]:
    return [entry(number) for number in range(count)]


@pytest.fixture(params=["file", "memory"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    made: Journal = FileJournal(tmp_path / "journal") if request.param == "file" else MemoryJournal()
    yield made
    made.close()


# What every journal does


def test_an_empty_journal_has_no_entries(journal: Journal) -> None:
    assert journal.head() == Head(0, "0" * 64)
    assert list(journal.read()) == []


def test_entries_come_back_as_they_were_appended(journal: Journal) -> None:
    stored = journal.append(entries(3), after=0)
    assert [s.entry for s in stored] == entries(3)
    assert tuple(journal.read()) == stored
    assert journal.head() == Head(3, stored[-1].chain)


def test_entries_are_numbered_without_gaps_across_batches(journal: Journal) -> None:
    journal.append(entries(2), after=0)
    journal.append(entries(1), after=2)
    journal.append(entries(3), after=3)
    assert [s.seq for s in journal.read()] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("after", [0, 1, 3, -1])
def test_appending_after_an_entry_that_is_not_the_last_is_a_conflict(journal: Journal, after: int) -> None:
    journal.append(entries(2), after=0)
    before = journal.head()
    with pytest.raises(Conflict) as caught:
        journal.append(entries(1), after=after)
    assert caught.value.what == f"the journal is at entry 2, not at {after}"
    assert journal.head() == before
    assert len(list(journal.read())) == 2


def test_appending_nothing_changes_nothing_and_still_compares(journal: Journal) -> None:
    assert journal.append([], after=0) == ()
    assert journal.head() == Head()
    with pytest.raises(Conflict):
        journal.append([], after=1)


@pytest.mark.parametrize("after", range(-1, 8))
def test_reading_passes_over_what_the_caller_has(journal: Journal, after: int) -> None:
    journal.append(entries(4), after=0)
    journal.append(entries(2), after=4)
    assert [s.seq for s in journal.read(after)] == list(range(max(after, 0) + 1, 7))


def test_reading_ends_where_the_journal_ended_when_it_was_asked(journal: Journal) -> None:
    journal.append(entries(2), after=0)
    reading = journal.read()
    journal.append(entries(2), after=2)
    assert [s.seq for s in reading] == [1, 2]


def test_each_entry_is_found_again_at_its_location(journal: Journal) -> None:
    stored = journal.append(entries(5), after=0)
    assert [journal.at(s.location) for s in reversed(stored)] == list(reversed(stored))


@pytest.mark.parametrize("location", [1 << 30, 1 << 50, 1 << 62])
def test_a_location_outside_the_journal_is_missing(journal: Journal, location: int) -> None:
    journal.append(entries(1), after=0)
    with pytest.raises(Missing):
        journal.at(location)


def test_a_body_beyond_the_cap_is_refused_with_its_whole_batch(tmp_path: Path) -> None:
    both: list[Journal] = [FileJournal(tmp_path / "journal", max_body=100), MemoryJournal(max_body=100)]
    for journal in both:
        with pytest.raises(TooLarge, match="101 bytes are more than the 100"):
            journal.append([entry(0), entry(1, b"x" * 101)], after=0)
        assert journal.head() == Head()
        journal.append([entry(0, b"x" * 100)], after=0)


@pytest.mark.parametrize(
    "time",
    [NOON.replace(tzinfo=None), NOON.astimezone(timezone(timedelta(hours=1)))],
    ids=["naive", "not UTC"],
)
def test_a_time_that_is_not_in_utc_is_refused(journal: Journal, time: datetime) -> None:
    with pytest.raises(Malformed, match="must be in UTC"):
        journal.append([Entry("publish", "a@1.0.0", "", time, b"")], after=0)
    assert journal.head() == Head()


def test_a_text_that_is_no_unicode_is_refused(journal: Journal) -> None:
    with pytest.raises(Malformed, match="surrogate"):
        journal.append([Entry("publish", "a@1.0.0", "\udcff", NOON, b"")], after=0)
    assert journal.head() == Head()


def test_a_closed_journal_takes_nothing_more(journal: Journal) -> None:
    stored = journal.append(entries(1), after=0)
    journal.close()
    with pytest.raises(UmrError, match="not open for writing"):
        journal.append(entries(1), after=1)
    assert tuple(journal.read()) == stored


def test_of_32_who_append_after_the_same_entry_one_wins(journal: Journal) -> None:
    rounds, writers = 12, 32
    won: list[tuple[int, int]] = []
    barrier = threading.Barrier(writers, timeout=30)

    def contest(writer: int) -> None:
        for after in range(rounds):
            barrier.wait()
            try:
                journal.append([entry(writer)], after)
            except Conflict:
                continue
            won.append((after, writer))

    threads = [threading.Thread(target=contest, args=(n,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(after for after, _ in won) == list(range(rounds))
    assert [s.entry for s in journal.read()] == [entry(writer) for _, writer in sorted(won)]


def test_reading_goes_on_beside_appending(journal: Journal) -> None:
    journal.append(entries(5), after=0)
    faults: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                found = list(journal.read())
                assert [s.seq for s in found] == list(range(1, len(found) + 1))
                assert journal.at(found[-1].location) == found[-1]
            except BaseException as fault:  # noqa: BLE001
                faults.append(fault)
                return

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for after in range(5, 60):
        journal.append(entries(1), after)
    done.set()
    for thread in threads:
        thread.join()
    assert faults == []


# What a reader of the specification sees


def documented_reader() -> Callable[[Path], Iterator[tuple[int, str, dict[str, str], bytes]]]:
    """The program in docs/journal.md, which knows nothing of the package."""
    page = (REPOSITORY / "docs" / "journal.md").read_text()
    (program,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    space: dict[str, Any] = {}
    exec(program, space)
    reader: Callable[[Path], Iterator[tuple[int, str, dict[str, str], bytes]]] = space["entries"]
    return reader


def test_a_shell_checks_the_chain_as_the_specification_says(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "journal.md").read_text()
    (program,) = re.findall(r"```bash\n(.*?)```", page, re.DOTALL)
    journal = FileJournal(tmp_path, segment_size=700)
    given = [entry(number, f"body {number}\n".encode()) for number in range(5)]
    stored = [one for each in given for one in journal.append([each], after=journal.head().seq)]

    def checked() -> subprocess.CompletedProcess[str]:
        command = ["bash", "-c", program, "check", str(tmp_path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    assert len(list(tmp_path.glob("*.umrj"))) > 1
    assert checked().stdout == f"{stored[-1].seq:016} {stored[-1].chain}\n"
    path = min(tmp_path.glob("*.umrj"))
    path.write_bytes(path.read_bytes().replace(b"body 1", b"body 7"))
    assert checked().returncode == 1
    assert "entry 0000000000000002 is not what was written" in checked().stdout


@given(batches, st.integers(300, 3000))
@settings(max_examples=60, deadline=None)
def test_any_appends_read_back_equal_and_as_the_specification_says(
    batches: list[list[Entry]], size: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        journal = FileJournal(Path(folder), segment_size=size)
        stored: list[Stored] = []
        for batch in batches:
            stored += journal.append(batch, after=len(stored))
        assert [s.entry for s in stored] == [e for batch in batches for e in batch]
        assert list(FileJournal(Path(folder), read_only=True).read()) == stored
        assert list(journal.verify()) == []
        assert list(documented_reader()(Path(folder))) == [
            (s.seq, s.chain, _meta(s.entry), s.entry.body) for s in stored
        ]


def _meta(entry: Entry) -> dict[str, str]:
    time = entry.time.isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "act": entry.act,
        "subject": entry.subject,
        "agent": entry.agent,
        "digest": entry.digest,
        "time": time,
    }


class BothJournals(RuleBasedStateMachine):
    """Whatever is done to a file journal and to one in memory, they answer alike."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.memory = MemoryJournal(max_body=300)
        self.reopen()

    def teardown(self) -> None:
        self.folder.cleanup()

    @rule()
    def reopen(self) -> None:
        self.file = FileJournal(Path(self.folder.name) / "journal", segment_size=900, max_body=300)
        assert self.file.notices == ()

    @rule(batch=st.lists(written, max_size=4), off=st.sampled_from([0, 0, 0, 0, 1, -1]))
    def append(self, batch: list[Entry], off: int) -> None:
        after = self.memory.head().seq + off
        assert _outcome(self.file, batch, after) == _outcome(self.memory, batch, after)

    @rule(after=st.integers(-1, 30))
    def read(self, after: int) -> None:
        assert [_same(s) for s in self.file.read(after)] == [_same(s) for s in self.memory.read(after)]

    @rule(number=st.integers(1, 30))
    def find(self, number: int) -> None:
        found = [next(iter(journal.read(number - 1)), None) for journal in (self.file, self.memory)]
        if found[0] and found[1]:
            assert _same(self.file.at(found[0].location)) == _same(self.memory.at(found[1].location))

    @invariant()
    def same_head(self) -> None:
        assert self.file.head() == self.memory.head()


def _same(stored: Stored) -> tuple[int, str, Entry]:
    return stored.seq, stored.chain, stored.entry


def _outcome(journal: Journal, batch: list[Entry], after: int) -> object:
    try:
        return [_same(s) for s in journal.append(batch, after)]
    except UmrError as error:
        return type(error), error.what


BothJournals.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestBothJournals = BothJournals.TestCase


# What only the file journal does


def names(folder: Path) -> list[str]:
    return [path.name for path in segments(folder)]


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_a_segment_grows_to_its_size_and_is_named_by_its_first_entry(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, segment_size=1000)
    for after in range(7):
        journal.append(entries(1), after)
    sizes = [(tmp_path / name).stat().st_size for name in names(tmp_path)]
    assert names(tmp_path) == [f"{first:016d}.umrj" for first in (1, 4, 7)]
    assert all(size <= 1000 for size in sizes)


def test_a_batch_larger_than_a_segment_stays_in_one(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, segment_size=1000)
    journal.append(entries(1), 0)
    journal.append(entries(50), 1)
    journal.append(entries(1), 51)
    assert names(tmp_path) == [f"{first:016d}.umrj" for first in (1, 2, 52)]
    assert [s.seq for s in FileJournal(tmp_path).read(20)] == list(range(21, 53))


def test_a_location_fits_in_a_signed_64_bit_column(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, segment_size=1)
    for after in range(20):
        journal.append(entries(1), after)
    locations = [s.location for s in journal.read()]
    assert locations == sorted(locations)
    assert locations[-1].bit_length() < 63
    assert [journal.at(location).seq for location in locations] == list(range(1, 21))


@pytest.mark.parametrize("count", [1, 40, 400])
def test_finding_an_entry_reads_no_other(tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = FileJournal(tmp_path, segment_size=5000)
    last = journal.append(entries(count), 0)[-1]
    reads: list[int] = []
    pread = os.pread

    def counted(fd: int, size: int, offset: int) -> bytes:
        reads.append(size)
        return pread(fd, size, offset)

    monkeypatch.setattr(os, "pread", counted)
    assert journal.at(last.location) == last
    assert len(reads) == 1


@pytest.mark.parametrize("count", [1, 40, 400])
def test_reading_what_was_just_written_reads_nothing_before_it(
    tmp_path: Path, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FileJournal(tmp_path)
    journal.append(entries(count), 0)
    written = journal.append(entries(2), count)
    reads: list[int] = []
    pread = os.pread

    def counted(fd: int, size: int, offset: int) -> bytes:
        reads.append(size)
        return pread(fd, size, offset)

    monkeypatch.setattr(os, "pread", counted)
    assert tuple(journal.read(count)) == written
    assert tuple(journal.read(count + 1)) == written[1:]
    assert len(reads) < 10


def test_a_body_longer_than_one_read_is_found_whole(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path)
    (stored,) = journal.append([entry(0, os.urandom(100_000))], 0)
    assert journal.at(stored.location) == stored


def test_a_reader_changes_no_byte(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, segment_size=1000)
    for after in range(7):
        journal.append(entries(1), after)
    with (tmp_path / names(tmp_path)[-1]).open("ab") as segment:
        segment.write(b"UMRJ1 0000")
    before = contents(tmp_path)
    reader = FileJournal(tmp_path, read_only=True)
    assert len(list(reader.read())) == 7
    assert reader.notices == ()
    with pytest.raises(UmrError, match="not open for writing"):
        reader.append(entries(1), 7)
    assert contents(tmp_path) == before


def test_a_reader_follows_what_another_process_appends(tmp_path: Path) -> None:
    writer = FileJournal(tmp_path / "journal", segment_size=1000)
    writer.append(entries(2), 0)
    reader = FileJournal(tmp_path / "journal", read_only=True)
    assert [s.seq for s in reader.read()] == [1, 2]
    for after in range(2, 9):
        begun = reader.read()
        (stored,) = writer.append(entries(1), after)
        assert reader.head() == writer.head()
        assert [s.seq for s in begun] == list(range(1, after + 1))
        assert list(reader.read(after)) == [stored]
        assert reader.at(stored.location) == stored
    assert len(names(tmp_path / "journal")) > 2
    assert list(reader.read()) == list(writer.read())
    assert reader.copy(tmp_path / "copy") == writer.head()
    assert reader.verify().findings == ()


def test_a_reader_that_follows_reads_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = FileJournal(tmp_path)
    writer.append(entries(400), 0)
    reader = FileJournal(tmp_path, read_only=True)
    writer.append(entries(2), 400)
    reads: list[int] = []
    pread = os.pread

    def counted(fd: int, size: int, offset: int) -> bytes:
        reads.append(size)
        return pread(fd, size, offset)

    monkeypatch.setattr(os, "pread", counted)
    assert reader.head().seq == 402
    assert len(reads) < 5
    reads.clear()
    assert reader.head().seq == 402
    assert reads == []


def test_what_a_writer_is_just_adding_is_neither_read_nor_damage(tmp_path: Path) -> None:
    """At every byte of a batch that grows, in the segment that is there and in a new one."""
    for size in (16 * 1024, 1):
        folder = tmp_path / str(size)
        writer = FileJournal(folder, segment_size=size)
        writer.append(entries(2), 0)
        reader = FileJournal(folder, read_only=True)
        before = contents(folder)
        writer.append(entries(2), 2)
        last = segments(folder)[-1]
        whole, old = last.read_bytes(), len(before.get(last.name, (b"", 0))[0])
        for length in range(old, len(whole)):
            last.write_bytes(whole[:length])
            assert reader.head().seq == 2
            assert [s.seq for s in reader.read()] == [1, 2]
        last.write_bytes(whole)
        assert [s.seq for s in reader.read()] == [1, 2, 3, 4]


def test_a_reader_sees_what_was_written_in_the_place_of_a_torn_batch(tmp_path: Path) -> None:
    FileJournal(tmp_path).append(entries(2), 0)
    with segments(tmp_path)[-1].open("ab") as torn:
        torn.write(b"UMRJ1 0000")
    reader = FileJournal(tmp_path, read_only=True)
    assert reader.head().seq == 2
    FileJournal(tmp_path).append([entry(7)], 2)
    assert [s.entry for s in reader.read(2)] == [entry(7)]


def test_a_reader_that_saw_a_batch_which_was_taken_back_sees_what_came_instead(tmp_path: Path) -> None:
    """As after a sync that failed: nobody was told that the batch is durable."""
    writer = FileJournal(tmp_path)
    writer.append(entries(2), 0)
    kept = segments(tmp_path)[-1].read_bytes()
    writer.append([entry(5), entry(6)], 2)
    reader = FileJournal(tmp_path, read_only=True)
    assert reader.head().seq == 4
    segments(tmp_path)[-1].write_bytes(kept)
    assert reader.head().seq == 2
    FileJournal(tmp_path).append([entry(7), entry(8), entry(9)], 2)
    assert [s.entry for s in reader.read(2)] == [entry(7), entry(8), entry(9)]


def test_damage_that_appears_under_a_reader_is_told(tmp_path: Path) -> None:
    writer = FileJournal(tmp_path)
    writer.append(entries(2), 0)
    reader = FileJournal(tmp_path, read_only=True)
    with segments(tmp_path)[-1].open("ab") as segment:
        segment.write(b"something else\n" * 20)
    with pytest.raises(Damaged, match="entry 3"):
        reader.head()


def test_a_reader_of_a_folder_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(Missing):
        FileJournal(tmp_path / "nowhere", read_only=True)
    assert not (tmp_path / "nowhere").exists()


def test_the_disk_has_all_of_a_batch_when_append_returns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = FileJournal(tmp_path, segment_size=1500)
    synced: dict[str, int] = {}
    fdatasync, fsync = os.fdatasync, os.fsync

    def noting(sync: Callable[[int], None]) -> Callable[[int], None]:
        def noted(fd: int) -> None:
            sync(fd)
            path = Path(f"/proc/self/fd/{fd}").readlink()
            synced[path.name] = len(list(path.iterdir())) if path.is_dir() else path.stat().st_size

        return noted

    monkeypatch.setattr(os, "fdatasync", noting(fdatasync))
    monkeypatch.setattr(os, "fsync", noting(fsync))
    for after in itertools.islice(itertools.count(step=3), 6):
        journal.append(entries(3), after)
        active = names(tmp_path)[-1]
        assert synced[active] == (tmp_path / active).stat().st_size
        assert synced[tmp_path.name] == len(names(tmp_path))
    assert len(names(tmp_path)) > 2


def test_a_batch_costs_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = FileJournal(tmp_path)
    journal.append(entries(1), 0)
    syncs: list[int] = []
    monkeypatch.setattr(os, "fdatasync", syncs.append)
    monkeypatch.setattr(os, "fsync", syncs.append)
    journal.append(entries(100), 1)
    assert len(syncs) == 1


def test_a_copy_made_while_writing_goes_on_is_the_same_journal(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal", segment_size=1000)
    for after in range(7):
        journal.append(entries(1), after)
    with segments(tmp_path / "journal")[-1].open("ab") as being_written:
        being_written.write(b"UMRJ1 0000")
    head = journal.copy(tmp_path / "backup" / "journal")
    copied = FileJournal(tmp_path / "backup" / "journal", read_only=True)
    assert head == copied.head() == journal.head()
    assert list(copied.read()) == list(journal.read())
    assert copied.verify().findings == ()
    assert names(tmp_path / "backup" / "journal") == names(tmp_path / "journal")


def test_a_copy_never_goes_into_a_folder_that_holds_a_journal(tmp_path: Path) -> None:
    journal = FileJournal(tmp_path / "journal")
    with pytest.raises(Conflict):
        journal.copy(tmp_path / "journal")


def test_two_writers_without_a_lock_do_not_overwrite_each_other(tmp_path: Path) -> None:
    first, second = FileJournal(tmp_path), FileJournal(tmp_path)
    first.append(entries(2), 0)
    with pytest.raises(UmrError, match="the segment has"):
        second.append(entries(1), 0)
    assert len(list(FileJournal(tmp_path, read_only=True).read())) == 2


def test_the_journal_loads_nothing_that_is_slow_to_load() -> None:
    program = "import sys, umr_ld.journal.file, umr_ld.seal, umr_ld.lock; print(*sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in found.stdout.split()}
    assert not loaded & {"rich", "click", "yaml", "pyoxigraph", "rdflib", "sqlite3", "asyncio", "socket"}
