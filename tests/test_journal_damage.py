"""Bytes of a journal that are not as they were written: always found, never cut off, named by place."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

import pytest
from journals import entry, fill, segments

from umr_ld.errors import Damaged, Newer
from umr_ld.findings import Severity
from umr_ld.journal.file import FileJournal
from umr_ld.journal.frame import encode

if TYPE_CHECKING:
    from pathlib import Path


def found(folder: Path) -> bool:
    """Whether opening for writing or verifying finds damage; neither may cut anything off."""
    try:
        journal = FileJournal(folder)
    except Damaged as error:
        return ".umrj at byte" in error.where and bool(error.remedy)
    return journal.notices == () and not journal.verify()


@pytest.mark.parametrize("bit", [*range(8), None], ids=lambda bit: "zeroed" if bit is None else f"bit {bit}")
def test_a_flip_of_any_byte_is_found_and_nothing_is_cut_off(tmp_path: Path, bit: int | None) -> None:
    fill(tmp_path, [1, 2, 1], segment_size=1000)
    assert len(segments(tmp_path)) == 2
    assert not found(tmp_path)
    for path in segments(tmp_path):
        whole = path.read_bytes()
        for place, byte in enumerate(whole):
            changed = 0 if bit is None else byte ^ (1 << bit)
            if changed == byte:
                continue
            damaged = whole[:place] + bytes([changed]) + whole[place + 1 :]
            path.write_bytes(damaged)
            assert found(tmp_path), f"{path.name}, byte {place}"
            assert path.read_bytes() == damaged
        path.write_bytes(whole)
    assert not found(tmp_path)


@pytest.mark.parametrize(
    "tail",
    [b"garbage", b"UMRJ1 0000000000000009", b"\n", b"UMRJ1 0000000000000004 x", b"\0\0\0x", b"UMRJ1 00\0"],
    ids=repr,
)
def test_a_tail_that_begins_no_frame_is_damage_and_stays(tmp_path: Path, tail: bytes) -> None:
    fill(tmp_path, [1, 2])
    with segments(tmp_path)[-1].open("ab") as segment:
        segment.write(tail)
    before = segments(tmp_path)[-1].read_bytes()
    with pytest.raises(Damaged, match="entry 4 of the journal is damaged"):
        FileJournal(tmp_path)
    with pytest.raises(Damaged, match="entry 4 of the journal is damaged"):
        FileJournal(tmp_path, read_only=True)
    assert segments(tmp_path)[-1].read_bytes() == before


def test_the_beginning_of_another_frame_is_damage(tmp_path: Path) -> None:
    fill(tmp_path, [1])
    path = segments(tmp_path)[0]
    path.write_bytes(path.read_bytes() + path.read_bytes()[:150])
    with pytest.raises(Damaged, match="entry 2 of the journal is damaged"):
        FileJournal(tmp_path)


def test_the_head_is_verified_when_the_last_segment_is_empty(tmp_path: Path) -> None:
    fill(tmp_path, [1, 2])
    (tmp_path / "0000000000000004.umrj").touch()
    path = segments(tmp_path)[0]
    data = path.read_bytes()
    path.write_bytes(data[:150] + bytes([data[150] ^ 1]) + data[151:])
    with pytest.raises(Damaged, match="entry 1 of the journal is damaged"):
        FileJournal(tmp_path)


def test_the_last_segment_must_begin_where_the_one_before_ends(tmp_path: Path) -> None:
    fill(tmp_path, [1, 2])
    (tmp_path / "0000000000000005.umrj").touch()
    with pytest.raises(Damaged, match="the segment ends too early"):
        FileJournal(tmp_path)


def test_a_batch_that_runs_across_segments_is_damage(tmp_path: Path) -> None:
    one = encode(entry(1), 1, "0" * 64, last=False)
    two = encode(entry(2), 2, one.chain, last=True)
    (tmp_path / "0000000000000001.umrj").write_bytes(one.data)
    (tmp_path / "0000000000000002.umrj").write_bytes(two.data)
    (finding,) = FileJournal(tmp_path).verify()
    assert "the segment ends inside a batch" in finding.message


def test_a_frame_that_stands_there_twice_is_damage(tmp_path: Path) -> None:
    fill(tmp_path, [1])
    with segments(tmp_path)[-1].open("ab") as segment:
        segment.write(segments(tmp_path)[-1].read_bytes())
    with pytest.raises(Damaged, match="entry 1 stands in its place"):
        FileJournal(tmp_path)


def test_the_tail_of_another_journal_is_damage(tmp_path: Path) -> None:
    fill(tmp_path / "one", [1])
    FileJournal(tmp_path / "other").append([entry(7)], after=0)
    FileJournal(tmp_path / "other").append([entry(1)], after=1)
    ours, theirs = segments(tmp_path / "one")[0], segments(tmp_path / "other")[0].read_bytes()
    ours.write_bytes(ours.read_bytes() + theirs[len(theirs) // 2 :])
    with pytest.raises(Damaged, match="does not continue the chain"):
        FileJournal(tmp_path / "one")


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_a_segment_that_is_gone_is_damage(tmp_path: Path, gone: int) -> None:
    fill(tmp_path, [1] * 8, segment_size=700)
    segments(tmp_path)[gone].unlink()
    with pytest.raises(Damaged):
        FileJournal(tmp_path)


def test_an_earlier_segment_cut_at_any_byte_is_damage(tmp_path: Path) -> None:
    fill(tmp_path, [1, 1, 1, 1], segment_size=700)
    path = segments(tmp_path)[0]
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(Damaged):
            FileJournal(tmp_path)


def test_damage_says_segment_offset_entry_and_remedy(tmp_path: Path) -> None:
    fill(tmp_path, [1, 1])
    path = segments(tmp_path)[0]
    whole = path.read_bytes()
    second = whole.index(b"UMRJ1", 1)
    path.write_bytes(whole[: second + 130] + b"#" + whole[second + 131 :])
    with pytest.raises(Damaged) as caught:
        FileJournal(tmp_path)
    assert caught.value.what == "entry 2 of the journal is damaged: its SHA-256 is another one"
    assert caught.value.where == f"{path} at byte {second}"
    assert "entries before 2 are intact" in caught.value.remedy


def test_verifying_goes_on_behind_damage_and_names_each_place(tmp_path: Path) -> None:
    journal = fill(tmp_path, [1] * 9, segment_size=1000)
    starts = {}
    for path in segments(tmp_path)[:2]:
        data = bytearray(path.read_bytes())
        starts[path] = [m.start() for m in re.finditer(rb"UMRJ1 ", data)]
        data[starts[path][1] + 150] ^= 1
        path.write_bytes(data)
    report = journal.verify()
    assert [(f.rule, f.source, f.path, f.focus) for f in report] == [
        ("journal-damaged", str(path), f"byte {places[1]}", f"entry {seq}")
        for (path, places), seq in zip(starts.items(), (2, 5), strict=True)
    ]


def test_verifying_says_where_a_header_is_lost_and_goes_on_with_the_next_segment(tmp_path: Path) -> None:
    journal = fill(tmp_path, [1] * 9, segment_size=1000)
    for path in segments(tmp_path)[:2]:
        data = bytearray(path.read_bytes())
        data[10] ^= 1
        path.write_bytes(data)
    assert [(f.path, f.focus) for f in journal.verify()] == [("byte 0", "entry 1"), ("byte 0", "entry 4")]


def test_verifying_finds_entries_that_are_gone_between_segments(tmp_path: Path) -> None:
    journal = fill(tmp_path, [1] * 6, segment_size=1000)
    path = segments(tmp_path)[0]
    path.write_bytes(path.read_bytes()[: path.read_bytes().rindex(b"UMRJ1")])
    (finding,) = journal.verify()
    assert "entry 3" in finding.message
    assert finding.source == str(segments(tmp_path)[1])


def test_verifying_a_journal_that_is_being_written_warns_of_the_open_end(tmp_path: Path) -> None:
    fill(tmp_path, [1, 2])
    last = segments(tmp_path)[-1]
    last.write_bytes(last.read_bytes()[:-1])
    report = FileJournal(tmp_path, read_only=True).verify()
    assert report
    assert [(f.severity, f.rule, f.focus) for f in report] == [
        (Severity.WARNING, "journal-torn-tail", "entry 2"),
    ]


def test_damage_in_an_earlier_segment_is_found_when_it_is_read(tmp_path: Path) -> None:
    journal = fill(tmp_path, [1] * 4, segment_size=700)
    locations = [s.location for s in journal.read()]
    data = bytearray(segments(tmp_path)[0].read_bytes())
    data[150] ^= 1
    segments(tmp_path)[0].write_bytes(data)
    reopened = FileJournal(tmp_path)
    with pytest.raises(Damaged, match="entry 1 of the journal is damaged"):
        list(reopened.read())
    with pytest.raises(Damaged, match="there is no intact entry at this place"):
        reopened.at(locations[0])
    assert reopened.at(locations[3]).seq == 4


def test_a_later_version_of_the_format_is_called_that(tmp_path: Path) -> None:
    fill(tmp_path, [1])
    path = segments(tmp_path)[0]
    front = path.read_bytes()[:110].replace(b"UMRJ1", b"UMRJ2")
    path.write_bytes(front + b"%08x\n" % zlib.crc32(front) + path.read_bytes()[119:])
    with pytest.raises(Newer):
        FileJournal(tmp_path)
