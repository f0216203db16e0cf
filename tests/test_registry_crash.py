"""Promises of reliability: an acknowledged publish is never lost, and damage is never silent."""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from drafts import draft

from umr_ld.errors import Full, UmrError
from umr_ld.registry import Registry
from umr_ld.store.readable import reads_through

LOOP = Path(__file__).parent / "publishing_loop.py"


def crash_once(folder, first, random_):
    """Publish in a child until it is killed; gives what it acknowledged."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    child = subprocess.Popen(
        [sys.executable, str(LOOP), str(folder), str(first)], stdout=subprocess.PIPE, env=environment
    )
    assert child.stdout is not None
    said = child.stdout.readline()
    time.sleep(random_.uniform(0, 0.06))
    child.send_signal(signal.SIGKILL)
    said += child.stdout.read()
    child.wait()
    child.stdout.close()
    return [line.split() for line in said.decode().splitlines() if len(line.split()) == 2]


def kill_again_and_again(folder, times):
    random_ = random.Random(20)
    with Registry.create(folder) as registry:
        registry.publish([draft("lab/root@1.0.0", license="MIT")], agent="test")
    acknowledged: dict[str, str] = {}
    for _ in range(times):
        acknowledged.update(crash_once(folder, len(acknowledged) * 3, random_))
    return acknowledged


def require_nothing_lost(folder, acknowledged):
    assert acknowledged
    with Registry.open(folder) as registry:
        for ref, digest in acknowledged.items():
            assert registry.get(ref).digest == digest
        below = {str(hit.ref) for hit in registry.impact("lab/root")}
        assert set(acknowledged) <= below
    report = Registry.examine(folder, deep=True)
    assert report, [str(finding) for finding in report]


def test_nothing_acknowledged_is_lost_by_kill_9(tmp_path):
    acknowledged = kill_again_and_again(tmp_path / "r", 6)
    require_nothing_lost(tmp_path / "r", acknowledged)


@pytest.mark.slow
def test_200_kills_lose_nothing_acknowledged_and_leave_no_half(tmp_path):
    acknowledged = kill_again_and_again(tmp_path / "r", 200)
    require_nothing_lost(tmp_path / "r", acknowledged)
    assert len(acknowledged) > 200


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A small registry, closed in good order."""
    folder = tmp_path_factory.mktemp("sound") / "r"
    with Registry.create(folder) as registry:
        registry.publish(
            [draft("lab/root@1.0.0", license="MIT", description="The root. " * 50)], agent="test"
        )
        for number in range(10):
            document = draft(
                f"lab/n{number}-x@1.0.0", "fineTunedFrom lab/root inherit", title=f"Number {number}"
            )
            registry.publish([document], agent="test")
    assert not list(Registry.examine(folder, deep=True))
    return folder


def flip(path, random_):
    body = bytearray(path.read_bytes())
    at = random_.randrange(len(body))
    body[at] ^= 1 << random_.randrange(8)
    path.write_bytes(body)
    return at


def flipped_is_found(sound, tmp_path, number, *, cured=True):
    """Flip one byte of one file of a copy; the examination must see it, and rebuilding must cure it."""
    random_ = random.Random(number)
    folder = tmp_path / f"r{number}"
    shutil.copytree(sound, folder, copy_function=shutil.copy2)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    victim = files[number % len(files)]
    at = flip(victim, random_)
    report = Registry.examine(folder, deep=True)
    assert not report, f"byte {at} of {victim.relative_to(folder)} was flipped, and nobody noticed"
    if "journal" not in victim.relative_to(folder).parts:
        if cured:
            rebuilt_is_sound(folder)
    else:
        opened_is_right_or_refused(sound, folder)
    shutil.rmtree(folder)


def rebuilt_is_sound(folder):
    Registry.rebuild_folder(folder)
    assert not list(Registry.examine(folder, deep=True))


def opened_is_right_or_refused(sound, folder):
    """Reading either gives what was written or says no."""
    with Registry.open(sound) as right:
        try:
            with Registry.open(folder) as opened:
                for listed in right.listing(limit=50).entries:
                    assert opened.body(listed.ref) == right.body(listed.ref)
        except UmrError:
            pass


@pytest.mark.parametrize("number", range(24))
def test_a_flipped_byte_is_found(sound, tmp_path, number):
    flipped_is_found(sound, tmp_path, number)


@pytest.mark.slow
def test_500_flipped_bytes_over_all_files_are_all_found(sound, tmp_path):
    for number in range(500):
        flipped_is_found(sound, tmp_path, number, cured=number % 7 == 0)


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 24 MB, where the machine lets us mount one."""
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def fill(path):
    """Leave not one free block; gives the file to remove."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return path


def test_a_full_disk_is_survived_without_a_restart(small_disk):
    with Registry.create(small_disk / "r") as registry:
        registry.publish([draft("lab/a@1.0.0", license="MIT")], agent="test")
        ballast = fill(small_disk / "ballast")
        refused = 0
        for number in range(5):
            try:
                registry.publish([draft(f"lab/n{number}-x@1.0.0", description="x" * 9000)], agent="test")
            except Full:
                refused += 1
        assert refused
        assert registry.get("lab/a").digest
        assert [hit.ref for hit in registry.impact("lab/a")] == []
        ballast.unlink()
        for number in range(5):
            registry.publish([draft(f"lab/n{number}-x@1.0.0", description="x" * 9000)], agent="test")
        assert registry.counts()["records"] == 6
        assert len(list(registry.query("SELECT ?r { ?r a umr:Model ; umr:name ?n }"))) == 6
        assert not list(registry.doctor(deep=True))
    assert Registry.examine(small_disk / "r", deep=True)


@pytest.mark.parametrize("number", range(6))
def test_damage_without_a_seal_is_named_and_ends_no_process(sound, tmp_path, number):
    """After a crash there is no seal to compare with, and the engine may die of what it reads."""
    random_ = random.Random(number)
    folder = tmp_path / "r"
    shutil.copytree(sound, folder)
    (folder / "seal.json").unlink()
    victim = max((folder / "store").glob("*.sst"), key=lambda path: path.stat().st_size)
    body = bytearray(victim.read_bytes())
    for at in random_.sample(range(len(body)), len(body) // 4):
        body[at] ^= 0xFF
    victim.write_bytes(body)
    report = Registry.examine(folder, deep=True)
    assert [finding.rule for finding in report.violations] == ["store-damaged"]
    rebuilt_is_sound(folder)


def test_a_store_that_the_engine_dies_of_is_found_by_another_process(tmp_path):
    assert reads_through(tmp_path / "nothing there")
