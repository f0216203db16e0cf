"""The seal finds whatever happened to a registry's files while it was closed."""

from __future__ import annotations

import errno
import os
import random
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from umr_ld import seal as module
from umr_ld.entry import Entry, Head
from umr_ld.errors import Damaged, Full, Newer
from umr_ld.findings import Severity
from umr_ld.journal.file import FileJournal
from umr_ld.seal import Seal

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
AN_HOUR = 3_600_000_000_000


def append(folder: Path, count: int) -> Head:
    journal = FileJournal(folder / "journal")
    entries = [Entry("publish", f"a@1.{n}.0", "", NOON, b"{}") for n in range(count)]
    journal.append(entries, journal.head().seq)
    return journal.head()


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """A folder as a registry leaves it, its files an hour old, and not sealed yet."""
    folder = tmp_path / "registry"
    (folder / "store").mkdir(parents=True)
    append(folder, 2)
    for name in ("store/000008.sst", "store/MANIFEST-000005", "index.db"):
        (folder / name).write_bytes(random.Random(name).randbytes(200))
    (folder / "store" / "LOCK").touch()
    (folder / "lock").touch()
    for path in files(folder):
        age(path)
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def age(path: Path) -> None:
    """Make a file an hour older."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns - AN_HOUR))


def head(folder: Path) -> Head:
    return FileJournal(folder / "journal", read_only=True).head()


def rules(folder: Path, *, deep: bool = False) -> list[tuple[str, str]]:
    return [(f.rule, f.source) for f in Seal.check(folder, deep=deep)]


def test_a_sealed_registry_is_in_order(registry: Path) -> None:
    assert not Seal.exists(registry)
    Seal.write(registry, head(registry))
    assert Seal.exists(registry)
    assert rules(registry) == []
    assert rules(registry, deep=True) == []


def test_a_seal_lists_every_file_but_its_own_the_lock_and_what_passes(registry: Path) -> None:
    for name in ("index.db-wal", "index.db-shm", "seal.json.new"):
        (registry / name).write_bytes(b"x")
    sealed = Seal.write(registry, head(registry))
    assert sorted(sealed.files) == [
        "index.db",
        "journal/0000000000000001.umrj",
        "store/000008.sst",
        "store/LOCK",
        "store/MANIFEST-000005",
    ]
    assert rules(registry, deep=True) == []


def test_a_seal_reads_back_as_it_was_written(registry: Path) -> None:
    written = Seal.write(registry, head(registry))
    found = Seal.read(registry)
    assert found
    assert (found.head, found.files) == (head(registry), written.files)
    assert found.written == (registry / "seal.json").stat().st_mtime_ns


def test_a_registry_without_a_seal_is_in_use_or_was_not_closed(registry: Path) -> None:
    report = Seal.check(registry, deep=True)
    assert report
    assert [(f.severity, f.rule) for f in report] == [(Severity.INFO, "seal-missing")]
    assert Seal.read(registry) is None
    assert Seal.broken(registry) is None


# Damage


@pytest.mark.parametrize(
    "change", [lambda b: b ^ 1, lambda b: b ^ 0x80, lambda b: 0 if b else 255], ids="abc"
)
def test_a_flip_of_any_byte_of_any_file_is_found(registry: Path, change: object) -> None:
    assert callable(change)
    Seal.write(registry, head(registry))
    for path in files(registry):
        whole = path.read_bytes()
        for place, byte in enumerate(whole):
            path.write_bytes(whole[:place] + bytes([change(byte)]) + whole[place + 1 :])
            assert not Seal.check(registry, deep=True), f"{path.name}, byte {place}"
        path.write_bytes(whole)
    assert Seal.check(registry, deep=True)


@pytest.mark.parametrize("deep", [False, True])
def test_a_file_that_is_gone_is_found(registry: Path, *, deep: bool) -> None:
    Seal.write(registry, head(registry))
    (registry / "store" / "000008.sst").unlink()
    assert rules(registry, deep=deep) == [("file-missing", "store/000008.sst")]


@pytest.mark.parametrize("deep", [False, True])
def test_a_file_too_many_is_found(registry: Path, *, deep: bool) -> None:
    Seal.write(registry, head(registry))
    (registry / "store" / "000009.sst").touch()
    assert rules(registry, deep=deep) == [("file-extra", "store/000009.sst")]


@pytest.mark.parametrize("deep", [False, True])
def test_another_size_is_found(registry: Path, *, deep: bool) -> None:
    Seal.write(registry, head(registry))
    with (registry / "index.db").open("ab") as file:
        file.write(b"x")
    assert rules(registry, deep=deep) == [("file-size", "index.db")]


def test_a_shallow_check_reads_no_file_and_a_deep_one_reads_all(registry: Path) -> None:
    Seal.write(registry, head(registry))
    data = (registry / "index.db").read_bytes()
    (registry / "index.db").write_bytes(bytes(len(data)))
    assert rules(registry) == []
    (finding,) = Seal.check(registry, deep=True)
    assert (finding.rule, finding.source) == ("file-changed", "index.db")
    assert "umr rebuild" in finding.remedy


def test_damage_to_the_journal_is_cured_by_a_backup_only(registry: Path) -> None:
    Seal.write(registry, head(registry))
    path = registry / "journal" / "0000000000000001.umrj"
    data = path.read_bytes()
    path.write_bytes(data[:200] + bytes([data[200] ^ 1]) + data[201:])
    report = Seal.check(registry, deep=True)
    assert [f.rule for f in report] == ["journal-damaged", "file-changed"]
    assert all("backup" in f.remedy for f in report)


def test_acknowledged_entries_that_are_lost_are_found(registry: Path) -> None:
    shutil.copytree(registry / "journal", registry.parent / "older")
    Seal.write(registry, append(registry, 3))
    shutil.rmtree(registry / "journal")
    shutil.copytree(registry.parent / "older", registry / "journal")
    found = Seal.check(registry)
    assert ("journal-lost", "journal") in rules(registry)
    assert "entries 3 to 5 were acknowledged" in found.violations[0].message


@pytest.mark.parametrize("count", [2, 3])
def test_another_journal_than_the_sealed_one_is_found(registry: Path, count: int) -> None:
    Seal.write(registry, head(registry))
    shutil.rmtree(registry / "journal")
    for _ in range(count):
        append(registry, 1)
    assert ("journal-changed", "journal") in rules(registry)


def test_a_damaged_seal_is_found_and_not_broken_silently(registry: Path) -> None:
    Seal.write(registry, head(registry))
    (registry / "seal.json").write_bytes(b"{}")
    assert rules(registry) == [("seal-damaged", "seal.json")]
    with pytest.raises(Damaged) as caught:
        Seal.broken(registry)
    assert "umr rebuild" in caught.value.remedy
    assert Seal.exists(registry)
    Seal.remove(registry)
    Seal.remove(registry)
    assert not Seal.exists(registry)


@pytest.mark.parametrize(
    "data", [b"", b"null", b"[1]", b"\xff", b'{"head": 1}', b"[" * 100_000], ids=range(6)
)
def test_a_seal_that_is_something_else_is_damaged(registry: Path, data: bytes) -> None:
    (registry / "seal.json").write_bytes(data)
    assert rules(registry) == [("seal-damaged", "seal.json")]


def test_a_seal_of_a_later_layout_is_called_that(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "_FORMAT", 2)
        Seal.write(registry, head(registry))
    with pytest.raises(Newer):
        Seal.read(registry)


# Breaking and sealing again


def test_breaking_the_seal_is_durable_and_gives_it_back(
    registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = Seal.write(registry, head(registry))
    states: list[bool] = []
    fsync = os.fsync

    def noted(fd: int) -> None:
        if Path(f"/proc/self/fd/{fd}").readlink() == registry:
            states.append(Seal.exists(registry))
        fsync(fd)

    monkeypatch.setattr(os, "fsync", noted)
    broken = Seal.broken(registry)
    assert broken
    assert broken.files == written.files
    assert states == [False]


def sealed_again(folder: Path, monkeypatch: pytest.MonkeyPatch, before: Seal | None) -> list[str]:
    """Which files sealing reads."""
    read: list[str] = []
    digest = module._sha256

    def noted(path: Path) -> str:
        read.append(path.relative_to(folder).as_posix())
        return digest(path)

    monkeypatch.setattr(module, "_sha256", noted)
    Seal.write(folder, head(folder), before)
    return read


def test_only_what_changed_is_read_again(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Seal.write(registry, head(registry))
    before = Seal.broken(registry)
    append(registry, 1)
    (registry / "store" / "000010.sst").write_bytes(b"new")
    assert sealed_again(registry, monkeypatch, before) == [
        "journal/0000000000000001.umrj",
        "store/000010.sst",
    ]
    assert rules(registry, deep=True) == []


def test_without_a_seal_before_everything_is_read(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(sealed_again(registry, monkeypatch, None)) == 5


def test_a_file_replaced_by_one_of_the_same_size_and_time_is_read(
    registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Seal.write(registry, head(registry))
    before = Seal.broken(registry)
    path = registry / "index.db"
    new = path.with_name("new")
    shutil.copy2(path, new)
    new.replace(path)
    assert sealed_again(registry, monkeypatch, before) == ["index.db"]


def test_a_file_as_young_as_the_seal_is_read_again(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Seal.write(registry, head(registry))
    status = (registry / "index.db").stat()
    os.utime(registry / "seal.json", ns=(status.st_mtime_ns, status.st_mtime_ns))
    assert "index.db" in sealed_again(registry, monkeypatch, Seal.broken(registry))


def test_damage_is_not_sealed_over(registry: Path) -> None:
    Seal.write(registry, head(registry))
    path = registry / "store" / "000008.sst"
    status = path.stat()
    data = path.read_bytes()
    with path.open("r+b") as file:
        file.write(bytes([data[0] ^ 1]))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    before = Seal.broken(registry)
    Seal.write(registry, append(registry, 1), before)
    assert rules(registry, deep=True) == [("file-changed", "store/000008.sst")]


def test_a_seal_is_written_whole_or_not_at_all(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Full):
        Seal.write(registry, head(registry))
    assert not Seal.exists(registry)
    assert not (registry / "seal.json.new").exists()
