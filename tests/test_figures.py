"""The figures of the paper, as `make docs` makes them: every form, with relations, versions and how things stand."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "figures"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder of figures, and what the script makes."""
    loader = importlib.machinery.SourceFileLoader("figures", str(SCRIPT))
    script = importlib.util.module_from_spec(importlib.util.spec_from_loader("figures", loader))
    loader.exec_module(script)
    folder = tmp_path_factory.mktemp("figures")
    script.main(folder)
    return folder, script.FIGURES


def words(path):
    """All that stands in a drawing."""
    return " ".join(text for one in ET.parse(path).iter() if (text := (one.text or "").strip()))


def test_every_figure_is_there_in_every_form(made):
    folder, figures = made
    wanted = {f"{name}.{form}" for name, (_, forms) in figures.items() for form in forms}
    assert {path.name for path in folder.iterdir()} == wanted
    assert all(path.stat().st_size > 200 for path in folder.iterdir())


def test_the_graph_of_plip_shows_the_way_to_what_is_bad(made):
    shown = words(made[0] / "plip.svg")
    for part in (
        "laion/laion-5b",
        "vinid/path-laion@1.0.0",
        "subset of",
        "affected",
        "possibly affected",
        "^1.0.0",
    ):
        assert part in shown


def test_the_graph_of_llama_vid_shows_relations_and_versions(made):
    shown = words(made[0] / "llama-vid.svg")
    for part in ("dvlab/llama-vid-13b@1.0.0", "fine-tuned from", "embeds", "Arrows lead"):
        assert part in shown


def test_the_record_of_llava_is_in_the_forms_of_the_paper(made):
    folder, _ = made
    assert b"<!doctype html>" in (folder / "llava.html").read_bytes()[:200].lower()
    assert (folder / "llava.pdf").read_bytes().startswith(b"%PDF-")
    assert "\\documentclass" in (folder / "llava.tex").read_text(encoding="utf-8")
    assert "digraph" in (folder / "llava.dot").read_text(encoding="utf-8")
