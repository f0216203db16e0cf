"""`umr render`: every form, into files and pipes, and what it refuses."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest
from drafts import draft
from umr import ROOT, clean_environment, published, umr

from umr_ld.render.targets import TARGETS

BEGINS = {
    "html": b"<!doctype html>",
    "md": b"---\n",
    "tex": b"% Compiles",
    "pdf": b"%PDF-",
    "txt": b"Model B\n===",
    "dot": b"digraph",
    "svg": b"<?xml",
    "mermaid": b"flowchart",
    "bib": b"@misc{",
    "csl": b"[",
}


@pytest.mark.parametrize("form", TARGETS)
def test_a_record_is_written_in_every_form(registry, form):
    if form in {"pdf", "svg"}:
        pytest.importorskip({"pdf": "typst", "svg": "pygraphviz"}[form])
    done = umr("render", "lab/b", "--as", form, "-o", "out")
    assert done.code == 0, done.err
    assert Path("out").read_bytes().startswith(BEGINS[form])


def test_the_ending_of_the_file_says_the_form(registry):
    assert umr("render", "lab/b", "-o", "b.html").code == 0
    assert Path("b.html").read_bytes().startswith(b"<!doctype html>")


def test_without_a_form_it_is_text_for_people(registry):
    done = umr("render", "lab/b")
    assert done.out.startswith("Model B\n")
    assert "MIT  ← lab/a@1.0.0" in done.out


def test_json_is_the_page_as_every_target_gets_it(registry):
    told = umr("render", "lab/b", "--json").json
    assert told["reference"] == "lab/b@1.0.0"
    assert [part["key"] for part in told["parts"]][-1] == "this-record"


def test_a_drawing_follows_what_was_made_from_it(registry):
    assert "lab/c@1.0.0" in umr("render", "lab/data", "--as", "dot", "--down").out
    assert "lab/c@1.0.0" not in umr("render", "lab/data", "--as", "dot").out


@pytest.mark.parametrize("form", [key for key, target in TARGETS.items() if target.shows == "page"])
def test_what_changed_is_written_in_every_form_of_a_page(registry, form):
    if form == "pdf":
        pytest.importorskip("typst")
    published(draft("lab/b@2.0.0", "fineTunedFrom lab/a@^1 inherit", title="Model B", architecture="other"))
    done = umr("render", "--diff", "lab/b@1.0.0", "lab/b@2.0.0", "--as", form, "-o", "out")
    assert done.code == 0, done.err
    if form != "pdf":
        assert "other" in Path("out").read_text(encoding="utf-8")


REFUSED = {
    "two references without a word": (["lab/a", "lab/b"], "two references are given", "say --diff"),
    "one reference to compare": (
        ["--diff", "lab/a"],
        "--diff compares two versions",
        "umr render --diff lab/a AFTER",
    ),
    "changes as a drawing": (
        ["--diff", "lab/a", "lab/b", "--as", "svg"],
        "changes are told in words",
        "one of html",
    ),
    "changes as a citation": (
        ["--diff", "lab/a", "lab/b", "--as", "bib"],
        "changes are told in words",
        "one of html",
    ),
}


@pytest.mark.parametrize(("words", "what", "remedy"), REFUSED.values(), ids=REFUSED)
def test_what_makes_no_sense_is_refused_with_the_remedy(registry, words, what, remedy):
    done = umr("render", *words)
    assert done.code == 2
    assert what in done.err
    assert remedy in done.err


def test_what_is_not_recorded_is_missing(registry):
    done = umr("render", "lab/nonsense", "--as", "html")
    assert done.code == 3
    assert "lab/nonsense" in done.err


def test_a_pdf_is_not_written_to_a_terminal(registry):
    reader, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "umr_ld", "render", "lab/b", "--as", "pdf"],
        stdout=terminal,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        text=True,
        timeout=60,
        check=False,
    )
    os.close(terminal)
    os.close(reader)
    assert done.returncode == 2
    assert "write it into a file: -o FILE.pdf" in done.stderr


@pytest.mark.parametrize(("form", "module"), [("pdf", "typst"), ("svg", "pygraphviz")])
def test_what_is_not_installed_is_named_with_how_to_get_it(registry, form, module, monkeypatch):
    from umr_ld.render import pdf

    pdf._compiler.cache_clear()
    pdf._font_files.cache_clear()
    pdf._fonts.cache_clear()
    monkeypatch.setitem(sys.modules, module, None)
    done = umr("render", "lab/b", "--as", form, "-o", "out")
    assert done.code == 2
    assert "pip install 'umr-ld[render]'" in done.err
    assert not Path("out").exists()


def test_what_a_form_has_no_place_for_is_told(registry):
    done = umr("render", "lab/c", "--as", "md", "-o", "card.md")
    assert "not in it: embeds lab/b: a card has no field for it" in done.err


def test_the_page_of_the_documentation_is_what_happens(shipped, tmp_path, monkeypatch):
    pytest.importorskip("typst")
    pytest.importorskip("pygraphviz")
    (tmp_path / ".umr").symlink_to(shipped)
    text = (ROOT / "docs" / "rendering.md").read_text(encoding="utf-8")
    (console,) = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    for line in console.splitlines():
        done = umr(*line.partition("#")[0].removeprefix("$ umr ").split())
        assert done.code == 0, done.err
    assert Path("plip.pdf").read_bytes().startswith(b"%PDF-")
    (python,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    exec(compile(python, "rendering.md", "exec"), {})


def test_every_form_is_told_in_the_documentation():
    text = (ROOT / "docs" / "rendering.md").read_text(encoding="utf-8")
    for key in TARGETS:
        assert f"`{key}`" in text
