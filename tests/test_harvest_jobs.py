"""Harvesting with several processes: the same is taken with any number of them, and none of them outlives the run."""

from __future__ import annotations

import json
import multiprocessing
import os
import pickle
import subprocess
import sys
import textwrap
import time
from collections import Counter

import pytest
from hub import model

from umr_ld.addresses import Base
from umr_ld.errors import TooLong, UmrError
from umr_ld.harvest import intake as intake_module
from umr_ld.harvest import readers
from umr_ld.harvest.intake import Intake
from umr_ld.harvest.ledger import Ledger
from umr_ld.harvest.listing import Piece
from umr_ld.harvest.preparing import Packed, read_hub, ready
from umr_ld.registry import Registry
from umr_ld.rules import shipped_rules

RELATIONS = ("finetune", "quantized", "adapter", "merge")


def piece(item, at):
    return Piece(item if isinstance(item, bytes) else json.dumps(item).encode(), f"list:{at}")


def listed():
    """A list with everything that is reported, more than once, and in several batches."""
    items = [model("hub-lab/base", datasets=["hub-lab/words", "words"])]
    for at in range(1, 40):
        parent = f"maker{at + 7}/n{at + 7}-x" if at % 5 else "hub-lab/base"
        tags = [f"base_model:{parent}", f"base_model:{RELATIONS[at % 4]}:{parent}"]
        item = model(f"maker{at}/n{at}-x", *tags, base_model=parent, language=["en", "de"])
        items.append({**item, "x_removed_at": "2026-08-01"} if at % 9 == 0 else item)
    items += [
        model("Maker1/n1-x"),
        model("m/self", base_model="m/self"),
        model("m/odd", base_model="undefined", license=["a b", 3]),
        model("m/one", base_model="m/two"),
        model("m/two", base_model="m/one"),
        model("m/title", tags=['say "so"\n', "\u202etag", "x" * 3000]),
        {**model("m/long"), "pipeline_tag": "y" * 100_000},
        b"{broken",
        b"[1]",
        {"id": "a b"},
    ]
    again = [model("maker3/n3-x", sha="b" * 40), items[5], items[5], b"{broken", model("m/odd")]
    return [piece(item, at) for at, item in enumerate([*items, *again], 1)]


@pytest.fixture
def small(monkeypatch):
    """Batches small enough that a short list has several."""
    monkeypatch.setattr(intake_module, "TOGETHER", 9)
    monkeypatch.setattr(readers, "ALONE", 12)
    monkeypatch.setattr(readers, "_TASK", 4)


def taken(jobs, pieces):
    """What a list leaves behind, moments aside."""
    with Registry.in_memory() as registry, Ledger(None) as ledger:
        intake = Intake(registry, ledger, "tester", jobs=jobs)
        tallies = [intake.take("list", pieces), intake.take("list", pieces[3:])]
        parts = registry._parts
        entries = [
            (one.seq, one.entry.act, one.entry.subject, one.entry.agent, one.entry.digest, one.entry.body)
            for one in parts.journal.read(0)
        ]
        graphs = {
            name: sorted(map(str, parts.store.triples(name)))
            for name in parts.store.graphs()
            if "/log/" not in name
        }
        rows = [
            (dict(one.counts), one.losses, one.ignored, [str(row) for no in one.refused for row in no.report])
            for one in tallies
        ]
        return entries, rows, graphs, registry.counts()


def test_any_number_of_processes_takes_the_same_in_the_same_order(small):
    pieces = listed()
    alone, together = taken(1, pieces), taken(2, pieces)
    assert len(alone[0]) > 45
    counts = Counter(alone[1][0][0])
    assert counts["published"] > 40
    assert counts["gone"] == 4
    assert counts["unread"] == 4
    for one, other in zip(alone, together, strict=True):
        assert one == other
    assert not multiprocessing.active_children()


HOSTILE = {
    "plain": model("maker/a", base_model="other/b"),
    "no links": model("maker/a"),
    "quotes and ends of lines": model("maker/a", tags=['"\\\n\r\t', "\u2028\u0085", "é̂ 漢 🦜", " .\n"]),
    "not valid": {**model("maker/a"), "safetensors": {"total": 10**40}},
    "gone": {**model("maker/a"), "x_removed_at": "2026-08-01"},
    "files": {
        **model("maker/a"),
        "siblings": [{"rfilename": "w", "lfs": {"sha256": "a" * 64, "size": 3}}],
    },
}


@pytest.mark.parametrize("item", HOSTILE.values(), ids=HOSTILE)
def test_what_is_sent_from_one_process_to_another_is_what_was_read(item):
    given = piece(item, 1)
    (made,) = ready([given], read_hub, Base(), shipped_rules().screen)
    sent = pickle.loads(pickle.dumps(Packed.of(made))).unpacked(given)
    assert sent == made


def test_what_came_before_an_error_of_the_list_is_taken_however_far_it_was_read_ahead(small):
    def breaking():
        yield from listed()[:45]
        raise UmrError("it breaks off")

    for jobs in (1, 2):
        with Registry.in_memory() as registry, Ledger(None) as ledger:
            with pytest.raises(UmrError, match="breaks off"):
                Intake(registry, ledger, "tester", jobs=jobs).take("list", breaking())
            assert registry.counts()["records"] == 45


def test_a_reader_that_is_ended_from_outside_is_told_of_and_the_next_run_takes_the_rest(small):
    pieces = [piece(model(f"maker/n{at}-x"), at) for at in range(60)]

    def kill(done, _total):
        for child in multiprocessing.active_children():
            child.kill()

    with Registry.in_memory() as registry, Ledger(None) as ledger:
        intake = Intake(registry, ledger, "tester", jobs=2)
        with pytest.raises(TooLong, match="ended from outside"):
            intake.take("list", pieces, progress=kill)
        assert 0 < registry.counts()["records"] < 60
        assert intake.take("list", pieces).is_whole
        assert registry.counts()["records"] == 60


ENDED = """
    import multiprocessing, os, signal, sys
    from pathlib import Path
    from umr_ld.harvest import intake, readers
    from umr_ld.harvest.intake import Intake
    from umr_ld.harvest.ledger import Ledger
    from umr_ld.harvest.listing import pieces_of
    from umr_ld.registry import Registry

    intake.TOGETHER, readers.ALONE, readers._TASK = 9, 0, 4

    def main():
        folder, path, how = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
        # What is run in the background of a shell is left out of interruptions.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with Registry.open(folder, write=True) as registry, Ledger(folder / "harvest.db") as ledger:
            def progress(done, _total):
                if done >= 18 and how:
                    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
                    if how == "SIGKILL":
                        os.kill(os.getpid(), signal.SIGKILL)
                    os.killpg(0, signal.SIGINT)
            print(Intake(registry, ledger, "tester", jobs=2).take("list", pieces_of(path), progress=progress).counts)

    if __name__ == "__main__":
        main()
"""


def is_there(pid):
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", ["SIGKILL", pytest.param("SIGINT", marks=pytest.mark.slow)])
def test_nobody_outlives_a_run_that_is_ended_and_the_next_one_goes_on(tmp_path, how):
    folder, path, script = tmp_path / "registry", tmp_path / "list.jsonl", tmp_path / "run.py"
    Registry.create(folder).close()
    script.write_text(textwrap.dedent(ENDED))
    path.write_bytes(b"".join(json.dumps(model(f"maker/n{at}-x")).encode() + b"\n" for at in range(60)))

    def run(how):
        # A terminal sends an interruption to all processes of a group.
        return subprocess.run(
            [sys.executable, str(script), str(folder), str(path), how],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            start_new_session=True,
        )

    ended = run(how)
    pids = ended.stdout.splitlines()[0].split()
    assert len(pids) == 2
    assert ended.returncode == (-9 if how == "SIGKILL" else -2)
    assert "SpawnProcess" not in ended.stderr
    assert "leaked" not in ended.stderr
    until = time.monotonic() + 30
    while any(map(is_there, pids)):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert "published" in run("").stdout
    with Registry.open(folder) as registry:
        assert registry.counts()["records"] == 60
    assert not [row for row in Registry.examine(folder, deep=True) if row.severity.name == "VIOLATION"]


def test_whether_something_was_said_before_is_found_without_reading_the_list():
    def steps(many):
        with Ledger(None) as ledger:
            run = ledger.begin("list")
            ledger.note("list", run, [(f"hf/maker/n{at}", b"%032d" % at) for at in range(many)])
            count = []
            ledger._file.connection.set_progress_handler(lambda: count.append(0), 1)
            assert ledger.known("list", [b"%032d" % 7, b"x"]) == {b"%032d" % 7: "hf/maker/n7"}
            assert ledger.seen("list", run, ["hf/maker/n7", "hf/x"]) == {"hf/maker/n7"}
            return len(count)

    assert steps(3000) < steps(30) + 50
