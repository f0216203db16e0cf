"""Verbs that withdraw, keep and serve; answers as of an earlier moment; progress."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sqlite3
import urllib.request
from pathlib import Path

import pytest
from drafts import draft
from umr import process, published, umr

from umr_ld.cli import progress
from umr_ld.cli.session import Session

# -- withdraw, and as of


def test_a_withdrawn_record_stays_readable_and_says_why(registry):
    done = umr("withdraw", "lab/b@1.0.0", "--reason", "it was not ours", "--yes")
    assert (done.code, done.out) == (0, "withdrawn   lab/b@1.0.0\n")
    assert re.search(r"withdrawn \d{4}-\d\d-\d\d: it was not ours", umr("show", "lab/b").out)
    assert "withdrawn" in umr("history", "lab/b").out.splitlines()[0]
    assert "(withdrawn)" in umr("list", "--format", "csv").out
    assert umr("withdraw", "lab/b@1.0.0", "--reason", "again", "--yes").out == "unchanged   lab/b@1.0.0\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["lab/b@1.0.0", "--reason", "x"], 2),
        (["lab/b", "--reason", "x", "--yes"], 2),
        (["lab/b@9.0.0", "--reason", "x", "--yes"], 3),
        (["lab/b@1.0.0", "--reason", "  ", "--yes"], 2),
    ],
    ids=str,
)
def test_nothing_is_withdrawn_by_mistake(registry, words, code):
    assert umr("withdraw", *words).code == code
    assert "withdrawn" not in umr("show", "lab/b").out


def test_answers_as_of_an_earlier_moment(registry):
    published(draft("lab/late@1.0.0", "trainedOn lab/data"))
    late = umr("show", "lab/late", "--json").json
    before = umr("show", "lab/c", "--json").json["published"]
    assert late["published"] >= before
    assert umr("show", "lab/late", "--at", "2000-01-01").code == 3
    assert umr("list", "--at", "2000-01-01", "--json").json["total"] == 0
    assert umr("show", "lab/late", "--at", "2999-01-01").code == 0
    assert "lab/late" in umr("impact", "lab/data", "--at", "2999-01-01").out
    assert umr("query", "-e", "ASK { ?r umr:name 'lab/a' }", "--at", "2000-01-01").out == "no\n"


# -- keeping


def test_a_healthy_registry_is_said_to_be_so(registry):
    for words in (["doctor"], ["doctor", "--deep"]):
        done = umr(*words)
        assert (done.code, done.out) == (0, "")
        assert "healthy" in done.err
    assert umr("doctor", "--json").json == {"healthy": True, "findings": []}


def test_damage_is_told_and_rebuild_mends_what_is_derived(registry):
    index = Path(".umr/index.db")
    body = bytearray(index.read_bytes())
    body[len(body) // 2] ^= 0xFF
    index.write_bytes(body)
    done = umr("doctor", "--deep")
    assert done.code == 7
    assert "violation" in done.out
    mended = umr("rebuild")
    assert mended.code == 0, mended.err
    assert umr("doctor", "--deep").code == 0
    assert "lab/c@1.0.0" in umr("impact", "lab/data").out


def test_an_index_of_an_earlier_version_is_told_and_made_again(registry):
    with contextlib.closing(sqlite3.connect(".umr/index.db")) as index:
        index.execute("PRAGMA user_version = 1")
    done = umr("impact", "lab/data")
    assert done.code == 7
    assert "an earlier version of this program wrote the index" in done.err
    assert "umr rebuild" in done.err
    assert umr("rebuild").code == 0
    assert "lab/c@1.0.0" in umr("impact", "lab/data").out


def test_a_backup_restores(registry):
    assert umr("backup", "copy").code == 0
    assert umr("backup", "copy").code == 1
    restored = umr("restore", "copy", "--store", "again", "--json")
    assert restored.code == 0
    assert restored.json["counts"]["records"] == 4
    assert (
        umr("show", "lab/c", "--store", "again", "--as", "jsonld").out
        == umr("show", "lab/c", "--as", "jsonld").out
    )
    assert umr("restore", "copy", "--store", "again").code == 1
    assert umr("restore", "nowhere", "--store", "other").code == 3


def test_a_registry_that_somebody_writes_is_busy(registry):
    from umr_ld.registry import Registry

    with Registry.open(Path(".umr"), write=True):
        assert umr("doctor").code == 7
        assert umr("show", "lab/a").code == 0


# -- progress


class Clock:
    """A clock that is set by hand."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(progress, "is_terminal", lambda _: True)


def test_a_bar_is_shown_only_after_a_second(terminal, capsys):
    clock = Clock()
    with progress.progress(Session(), "publishing", now=clock) as step:
        step(1, 100)
        assert step.__self__._bar is None
        clock.now = 1.5
        step(60, 100)
        (task,) = step.__self__._bar.tasks
        assert (task.description, task.completed, task.total, task.fields["rate"]) == (
            "publishing",
            60,
            100,
            "40/s",
        )
        step(100, 100)
        assert step.__self__._bar is None
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("session", [Session(quiet=True), Session(form="json")])
def test_no_bar_where_it_is_not_wanted(terminal, session):
    with progress.progress(session, "publishing") as step:
        assert step is None


def test_a_pipe_gets_no_bar():
    with progress.progress(Session(), "publishing") as step:
        assert step is None


# -- serving


@contextlib.contextmanager
def running(*words, cwd, **env):
    """A process that serves; it is gone afterwards."""
    started = process(*words, cwd=cwd, **env)
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


def interrupted(started):
    """Exit code and last words after Ctrl-C."""
    started.send_signal(signal.SIGINT)
    _, err = started.communicate(timeout=30)
    return started.returncode, err


def fetched(address):
    with urllib.request.urlopen(address, timeout=10) as answer:
        return answer.status, answer.read().decode()


def test_a_registry_is_served_while_publishing_goes_on_until_it_is_interrupted(registry):
    with running("serve", "--port", "0", cwd=Path.cwd()) as started:
        address = re.search(r"serving on (http://\S+)", next(started.stderr))[1]
        assert fetched(address)[0] == 200
        published(draft("lab/meanwhile@1.0.0", title="Meanwhile"))
        assert "Meanwhile" in fetched(f"{address}page/lab/meanwhile@1.0.0")[1]
        taken = umr("serve", "--port", address.rpartition(":")[2].strip("/"))
        assert taken.code == 7
        assert "--port" in taken.err
        code, last = interrupted(started)
        assert code == 0
        # Whatever is told beside requests, of a rush for example, is told in the same form.
        told = [json.loads(line) for line in last.splitlines()]
        assert [(one["path"], one["status"]) for one in told if one["event"] == "request"] == [
            ("/", 200),
            ("/page/lab/meanwhile@1.0.0", 200),
        ]


def test_what_is_wrong_with_the_servers_settings_is_said_before_anything_is_served(registry, tmp_path):
    (tmp_path / "server.toml").write_text("thread = 4\n")
    done = umr("serve", "--settings", "server.toml")
    assert done.code == 2
    assert "did you mean threads?" in done.err


def test_the_demo_serves_what_it_says_one_should_try_and_leaves_nothing_behind(tmp_path):
    real = str(tmp_path / "real")
    with running("demo", "--port", "0", cwd=tmp_path, TMPDIR=str(tmp_path), UMR_STORE=real) as started:
        lines = [next(started.stderr) for _ in range(8)]
        addresses = re.findall(r"(?m)^  (http://\S+)", "".join(lines))
        assert [fetched(address)[0] for address in addresses] == [200, 200, 200, 200]
        assert re.search(r"below demo/: umr_\w{57}$", "".join(lines), re.MULTILINE)
        assert interrupted(started) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_the_demo_checks_itself():
    done = umr("demo", "--check", "--json")
    assert done.code == 0, done.out
    assert {name for name, part in done.json.items() if part["ok"]} == {
        "records",
        "lineage",
        "impact",
        "pages",
    }
