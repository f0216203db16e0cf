"""A disk without any space left, under the command line, and copies that broke off: reading goes on, and what is said is true."""

from __future__ import annotations

import shutil

import pytest
from drafts import draft
from test_journal_crash import small_disk
from test_registry_crash import fill
from umr import umr

from umr_ld.errors import Full
from umr_ld.registry import Registry

READS = {
    "show": ("show", "lab/a"),
    "list": ("list",),
    "search": ("search", "root"),
    "impact": ("impact", "lab/root"),
    "history": ("history", "lab/root"),
    "check": ("check", "lab/a"),
    "query": ("query", "-e", "SELECT ?r { ?r a umr:Model } ORDER BY ?r"),
}


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sound") / "r"
    with Registry.create(folder) as registry:
        registry.publish([draft("lab/root@1.0.0", license="MIT")], agent="test")
        registry.publish([draft("lab/a@1.0.0", "fineTunedFrom lab/root")], agent="test")
    return folder


@pytest.fixture(scope="module")
def unsealed(tmp_path_factory, sound):
    """A registry on a full disk, as a writer leaves it that could not even open it."""
    with small_disk(tmp_path_factory.mktemp("disks") / "disk", "8m") as disk:
        folder = shutil.copytree(sound, disk / "r", copy_function=shutil.copy2)
        fill(disk / "ballast")
        with pytest.raises(Full) as refused:
            Registry.open(folder, write=True)
        assert "free some space" in refused.value.remedy
        assert not (folder / "seal.json").exists()
        yield folder


@pytest.mark.parametrize("read", READS.values(), ids=READS)
def test_what_was_published_is_read_after_a_write_was_refused(sound, unsealed, read):
    told = umr(*read, "--store", unsealed)
    assert (told.code, told.out) == (0, umr(*read, "--store", sound).out)


@pytest.fixture
def behind(tmp_path, sound, request):
    """A registry on a full disk, the journal of which is ahead of one of its projections."""
    with small_disk(tmp_path / "disk", "8m") as disk:
        folder = shutil.copytree(sound, disk / "r", copy_function=shutil.copy2)
        with Registry.open(folder, write=True) as registry:
            registry.publish([draft("lab/new@1.0.0", license="MIT")], agent="test")
        (folder / "seal.json").unlink()
        before, part = sound / request.param, folder / request.param
        if before.is_dir():
            shutil.rmtree(part)
            shutil.copytree(before, part)
        else:
            shutil.copy(before, part)
        fill(disk / "ballast")
        yield folder, disk / "ballast"


BEHIND = {
    "index.db": (("show", "lab/a"), ("show", "lab/new")),
    "store": (READS["query"], READS["query"]),
}


@pytest.mark.parametrize(
    ("behind", "part"), [(part, part) for part in BEHIND], ids=BEHIND, indirect=["behind"]
)
def test_what_a_projection_has_not_taken_in_is_never_passed_over(behind, part):
    folder, ballast = behind
    refused, read = BEHIND[part]
    assert umr(*refused, "--store", folder).code == 7
    ballast.unlink()
    assert "lab/new" in umr(*read, "--store", folder).out
    assert Registry.examine(folder, deep=True)


def test_what_was_published_is_not_called_refused_where_there_is_no_space_to_seal_it(tmp_path, sound):
    with small_disk(tmp_path / "disk", "8m") as disk:
        folder = shutil.copytree(sound, disk / "r", copy_function=shutil.copy2)
        with Registry.open(folder, write=True) as registry:
            registry.publish([draft("lab/new@1.0.0", license="MIT")], agent="test")
            fill(disk / "ballast")
        assert not (folder / "seal.json").exists()
        (disk / "ballast").unlink()
        with Registry.open(folder, write=True, wait=0) as registry:
            assert registry.get("lab/new").digest
        assert Registry.examine(folder, deep=True)


CUT = {
    "before its seal": lambda backup: (backup / "seal.json").unlink(),
    "before the end of its journal": lambda backup: cut(backup / "journal" / "0000000000000001.umrj"),
}


def cut(segment):
    """Cut a journal behind its first entry, where nothing looks torn."""
    first = segment.read_bytes().index(b"UMRJ1 0000000000000002")
    with segment.open("r+b") as file:
        file.truncate(first)


@pytest.mark.parametrize("broken_off", CUT.values(), ids=CUT)
def test_a_backup_that_broke_off_is_not_taken_for_a_whole_one(sound, tmp_path, broken_off):
    with Registry.open(sound) as registry:
        registry.backup(tmp_path / "backup")
    broken_off(tmp_path / "backup")
    refused = umr("restore", tmp_path / "backup", "--store", tmp_path / "r")
    assert refused.code == 7
    assert not (tmp_path / "r").exists()


def test_a_backup_for_which_there_is_no_space_leaves_nothing_in_the_way_of_the_next(tmp_path, sound):
    with small_disk(tmp_path / "disk", "8m") as disk:
        fill(disk / "ballast")
        refused = umr("backup", disk / "copy", "--store", sound)
        assert refused.code == 7, refused.err
        assert not (disk / "copy").exists()
        (disk / "ballast").unlink()
        assert umr("backup", disk / "copy", "--store", sound).code == 0
        assert umr("restore", disk / "copy", "--store", tmp_path / "r").code == 0


def test_a_backup_that_fails_at_its_last_file_leaves_nothing_either(tmp_path, sound):
    """A profile whose name is so long that there is none for the file that is written beside it."""
    folder = shutil.copytree(sound, tmp_path / "r")
    (folder / "profiles").mkdir()
    (folder / "profiles" / f"{'x' * 251}.ttl").touch()
    assert umr("backup", tmp_path / "copy", "--store", folder).code != 0
    assert not (tmp_path / "copy").exists()
