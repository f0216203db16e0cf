"""What the command line says no with: exit codes, words, JSON, pipes, interruptions."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from umr import ROOT, clean_environment, process, run, umr

from umr_ld import errors
from umr_ld.cli import session as sessions
from umr_ld.cli.failure import as_known, failed, problem
from umr_ld.cli.options import moment
from umr_ld.cli.session import Session
from umr_ld.cli.verbs import VERBS
from umr_ld.errors import UmrError, every_error
from umr_ld.findings import Report, violation

# -- exit codes


def made(cls):
    return (
        cls(Report((violation("bad", "some-rule", "title"),)))
        if cls is errors.Invalid
        else cls("what happened")
    )


@pytest.mark.parametrize("cls", every_error(), ids=lambda cls: cls.__name__)
def test_every_error_becomes_its_own_exit_code(cls, capsys):
    assert failed(made(cls), Session()) == cls.exit_code
    assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize("cls", every_error(), ids=lambda cls: cls.__name__)
def test_every_error_is_a_problem_document(cls, capsys):
    failed(made(cls), Session(form="json"))
    said = json.loads(capsys.readouterr().err)
    assert said["title"] == cls.title
    assert said["status"] == cls.status
    assert said["exitCode"] == cls.exit_code
    assert said["type"] == "about:blank"
    assert "detail" in said


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (click.UsageError("wrong"), 2),
        (click.BadParameter("wrong"), 2),
        (click.FileError("x"), 2),
        (click.Abort(), 130),
        (KeyboardInterrupt(), 130),
        (RuntimeError("surprise"), 70),
        (MemoryError(), 70),
        (RecursionError("deep"), 70),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else str(value),
)
def test_what_is_not_of_the_error_tree_has_its_exit_code_too(error, code, capsys):
    assert failed(error, Session()) == code
    assert "Traceback" not in capsys.readouterr().err


def test_a_mistake_in_the_program_says_how_to_report_it_and_shows_the_traceback_only_when_asked(capsys):
    try:
        raise RuntimeError("surprise")
    except RuntimeError as error:
        failed(error, Session())
        short = capsys.readouterr().err
        failed(error, Session(verbose=True))
        long = capsys.readouterr().err
    assert "surprise" in short
    assert "report" in short
    assert "Traceback" not in short
    assert "Traceback" in long


def test_findings_say_file_line_path_rule_and_remedy(capsys):
    finding = errors.Invalid(
        Report((violation("is no range", "range-malformed", "upstream[2].version", remedy="write ^1.0.0"),))
    )
    failed(finding, Session())
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "upstream[2].version: violation: is no range [range-malformed]"
    assert told[1] == "    remedy: write ^1.0.0"
    assert told[2] == "error: 1 violation"


def test_control_characters_in_an_error_do_not_reach_the_terminal(capsys):
    failed(UmrError("bad \x1b[2J name", where="\x1b]0;title\x07"), Session())
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert "\x07" not in told


def test_problems_leave_out_what_is_not_known():
    assert problem(errors.Missing("gone")) == {
        "type": "about:blank",
        "title": "not found",
        "status": 404,
        "detail": "gone",
        "exitCode": 3,
    }


def test_usage_errors_point_to_the_help_of_their_verb():
    with pytest.raises(click.UsageError) as caught:
        raise click.UsageError(
            "No such option: --nope.", SimpleNamespace(command_path="umr show", command=None)
        )
    assert as_known(caught.value).remedy == "`umr show -h` shows how"


# -- usage


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("valdate", "validate"), ("pubish", "publish"), ("lineag", "lineage"), ("lst", "list")],
)
def test_an_unknown_verb_is_answered_with_the_one_that_is_meant(wrong, right):
    done = umr(wrong)
    assert done.code == 2
    assert f"did you mean {right}" in done.err


def test_a_verb_like_no_other_points_to_the_list():
    assert "`umr -h` lists the verbs" in umr("xyzzy").err


def test_nothing_at_all_shows_the_help_and_is_a_usage_error():
    done = umr()
    assert done.code == 2
    assert "publish" in done.err
    assert done.out == ""


@pytest.mark.parametrize("flag", ["-h", "--help"])
@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_is_an_answer(verb, flag):
    for words in ([verb, flag], [flag, verb]) if verb else ([flag],):
        done = umr(*words)
        assert done.code == 0
        assert done.out.startswith(f"Usage: umr {verb}".rstrip())


@pytest.mark.parametrize("verb", VERBS)
def test_the_overview_says_of_each_verb_what_its_own_help_says_first(verb):
    assert VERBS[verb].summary in " ".join(umr(verb, "-h").out.split())


def test_help_loads_no_verb():
    code = (
        "import sys; from umr_ld.cli import root\n"
        "try: root.main(['-h'])\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if m.startswith(('umr_ld.registry', 'umr_ld.vocab', 'rich', 'pyoxigraph'))])"
    )
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=clean_environment()
    )
    assert told.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("words", [["--version"], ["-v", "--version"], ["--version", "show"]])
def test_the_version_is_told(words, tmp_path):
    from umr_ld import __version__

    assert run(*words, cwd=tmp_path).out == f"umr {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["show"],
        ["show", "a/b", "--no-such-flag"],
        ["list", "--limit", "many"],
        ["list", "--limit", "-1"],
        ["show", "a/b", "--as", "docx"],
        ["--color", "blue", "list"],
        ["init", "--at", "2026-01-01"],
        ["list", "--dry-run"],
        ["query"],
        ["query", "-e", "ASK {}", "--example", "licences"],
        ["withdraw", "a/b@1.0.0"],
        ["list", "--at", "yesterday"],
        ["--store"],
    ],
    ids=" ".join,
)
def test_wrong_usage_has_exit_code_2_and_says_how(words):
    done = umr(*words)
    assert done.code == 2
    assert done.out == ""
    assert "error: " in done.err
    assert "-h` shows how" in done.err or "remedy: " in done.err


def test_an_option_that_does_nothing_for_a_verb_is_refused_before_it_too():
    assert "--dry-run" in umr("--dry-run", "list").err


@pytest.mark.parametrize(
    "words", [["--json", "shw"], ["list", "--nope", "--json"], ["list", "--nope", "--as", "json"]]
)
def test_errors_come_as_json_even_if_the_options_cannot_be_read(words):
    said = umr(*words).problem
    assert said["exitCode"] == 2
    assert said["title"] == "malformed value"


# -- dates


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01", "2026-03-01T23:59:59.999999+00:00"),
        ("2026-03-01T12:00", "2026-03-01T12:00:00+00:00"),
        ("2026-03-01 12:00:30", "2026-03-01T12:00:30+00:00"),
        ("2026-03-01T12:00:00Z", "2026-03-01T12:00:00+00:00"),
        ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00+00:00"),
    ],
)
def test_a_date_means_its_end_and_a_time_without_offset_is_utc(written, meant):
    assert moment(written).isoformat() == meant


@pytest.mark.parametrize(
    "written", ["", "yesterday", "2026-13-01", "2026-02-30", "01.03.2026", "2026-03-01T25:00"]
)
def test_what_is_no_date_is_refused_with_what_one_looks_like(written):
    with pytest.raises(errors.Malformed) as caught:
        moment(written)
    assert "2026-03-01" in caught.value.remedy


# -- settings


def test_settings_are_found_in_a_folder_above_and_stand_below_everything_else(tmp_path, monkeypatch):
    (tmp_path / "umr.toml").write_text('store = "somewhere"\nformat = "json"\n')
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert umr("list").problem["where"] == str(tmp_path / "somewhere")
    assert umr("list", UMR_STORE="by-environment").problem["where"] == "by-environment"
    assert umr("list", "--store", "by-hand", UMR_STORE="by-environment").problem["where"] == "by-hand"
    assert "error: " in umr("list", "--format", "human").err


def test_a_form_that_a_verb_does_not_have_is_an_error_only_where_it_was_asked_for():
    assert umr("show", "a/b", UMR_FORMAT="csv").code == 3
    assert umr("show", "a/b", "--format", "csv").code == 2


def test_options_mean_the_same_before_and_behind_the_verb():
    assert umr("init", "--store", "there").code == 0
    behind = umr("list", "--store", "there", "--format", "json", "-q")
    for words in (["--store", "there", "--format=json", "-q"], ["-q", "--store=there", "--json"]):
        assert umr(*words, "list") == behind
    assert umr("-ofile.json", "--store", "there", "list").out == ""
    assert json.loads((sessions.Path("file.json")).read_text()) == behind.json


def test_a_verbs_own_table_gives_its_options_other_defaults(tmp_path):
    (tmp_path / "umr.toml").write_text("[list]\nlimit = -3\n")
    assert "--limit" in umr("list").err


@pytest.mark.parametrize(
    ("toml", "code", "told"),
    [
        ('stoer = "x"', 2, "did you mean store?"),
        ("[lst]\nlimit = 3", 2, "did you mean list?"),
        ("[list]\nlimits = 3", 2, "did you mean limit?"),
        ("[list]\noutput = 'x'", 2, "there is no setting 'output'"),
        ("[new]\nyes = true", 0, ""),
        ("store = ", 2, "no TOML"),
        ("\udcff", 2, "no TOML"),
    ],
)
def test_settings_that_nothing_knows_are_refused(toml, code, told, tmp_path):
    (tmp_path / "umr.toml").write_bytes(toml.encode("utf-8", "surrogateescape"))
    done = umr("list")
    assert told in done.err
    assert done.code in {code, 3}


def test_a_settings_file_that_is_named_must_be_there():
    done = umr("list", "--config", "nowhere.toml")
    assert done.code == 3
    assert "nowhere.toml" in done.err


def test_colours_and_width_are_those_of_the_terminal(monkeypatch):
    monkeypatch.setattr(sessions, "is_terminal", lambda _: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "33")
    assert (Session().width, Session().style.on) == (33, True)
    assert (Session(path="x").width, Session(path="x").style.on) == (0, False)
    assert Session(color="never").style.on is False
    monkeypatch.setenv("COLUMNS", "wide")
    assert Session().width > 0


# -- output


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "list.txt"
    target.write_text("before")
    with pytest.raises(errors.Malformed):
        sessions.write_file(tmp_path / "no" / "such" / "x", b"data")
    with pytest.raises(errors.Malformed):
        sessions.write_file(tmp_path, b"data")
    sessions.write_file(target, b"after")
    assert target.read_text() == "after"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.txt"]


def test_what_is_no_file_is_written_as_it_goes():
    sessions.write_file(sessions.Path("/dev/null"), b"data")


@pytest.mark.parametrize(
    ("path", "forms", "chosen"),
    [
        ("x.json", ["json"], "json"),
        ("x.csv", ["json", "csv"], "csv"),
        ("x.csv", ["json"], "human"),
        ("x", [], "human"),
    ],
)
def test_the_ending_of_the_file_chooses_the_form_where_none_is_named(path, forms, chosen):
    assert Session(path=path, forms=forms).chosen == chosen


def test_text_that_the_terminal_cannot_show_is_replaced_and_data_never_is(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "umr_ld", "new", "lab/x", "--title", "模型"],
        cwd=tmp_path,
        env=clean_environment(PYTHONIOENCODING="latin-1"),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0
    assert b"??" in done.stdout


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, 7), (errno.EACCES, 4)])
def test_a_disk_that_refuses_the_answer_is_told_apart(number, code, monkeypatch, tmp_path):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("umr_ld.durable.replace", refuse)
    done = umr("new", "lab/x", "-o", tmp_path / "x.yaml")
    assert done.code == code
    assert "x.yaml" in done.err


def test_nobody_to_ask_is_an_error_with_the_way_out():
    with pytest.raises(errors.Malformed) as caught:
        Session().confirm("Really?")
    assert "--yes" in caught.value.remedy
    assert Session(yes=True).confirm("Really?")


# -- colours


def colored(**env):
    """What help for a broken command looks like at a terminal."""
    leader, follower = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "umr_ld", "valdate"],
        env=clean_environment(**{"TERM": "xterm", **env}),
        stdin=subprocess.DEVNULL,
        stdout=follower,
        stderr=follower,
        check=False,
    )
    os.close(follower)
    with os.fdopen(leader, "rb") as reader, contextlib.suppress(OSError):
        return reader.read1(65536)
    return b""


def test_a_terminal_gets_colours_and_no_color_takes_them_away():
    assert b"\x1b[" in colored()
    assert b"\x1b[" not in colored(NO_COLOR="1")
    assert b"\x1b[" not in colored(TERM="dumb")


def test_a_pipe_gets_no_colours_unless_they_are_asked_for():
    assert "\x1b[" not in umr("valdate").err
    assert "\x1b[" in umr("--color", "always", "show").err
    assert "\x1b[" in umr("show", UMR_COLOR="always").err


# -- processes


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    with process("new", "lab/x", cwd=tmp_path) as started:
        started.stdout.close()
        assert started.stderr.read() == ""
    assert started.returncode == 0


def test_ctrl_c_ends_with_130_and_without_a_traceback(tmp_path):
    started = process("validate", "-", cwd=tmp_path, stdin=subprocess.PIPE)
    # More than a pipe holds: when it is written somebody is reading.
    started.stdin.write("#" * 200_000)
    started.stdin.flush()
    started.send_signal(signal.SIGINT)
    _, err = started.communicate(timeout=30)
    assert started.returncode == 130
    assert "Traceback" not in err


def test_the_program_runs_from_any_folder(tmp_path):
    assert run("new", "lab/x", cwd=tmp_path).code == 0
    assert ROOT.is_dir()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    {
        "a registry below a file": (["init", "--store", "file/x"], 2, "a folder cannot be there"),
        "a registry in the place of a file": (["init", "--store", "file"], 2, "a folder cannot be there"),
        "a folder of records that is not there": (["publish", "records"], 3, "there is no such file"),
        "a draft without a name": (["new"], 2, "umr new lab/model"),
        "a registry with too long a name": (
            ["list", "--store", "é" * 200],
            2,
            "longer than files can be called",
        ),
        "a new registry with too long a name": (
            ["init", "--store", "x" * 256],
            2,
            "longer than files can be called",
        ),
        "a registry with too long a path": (
            ["init", "--store", "x/" * 3000],
            2,
            "longer than files can be called",
        ),
        "a draft with too long a name": (["validate", "x" * 300], 2, "longer than files can be called"),
    }.values(),
)
def test_a_place_or_name_that_is_wrong_is_told_with_what_to_write(registry, words, code, told):
    Path("file").touch()
    done = umr(*words)
    assert done.code == code, done.err
    assert told in done.err
    assert "remedy:" in done.err
    assert len(done.err) < 1000
