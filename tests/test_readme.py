"""What the README shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

import umr_ld
from umr_ld.cli import root
from umr_ld.document import Document
from umr_ld.media import Media

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """An empty folder with the shipped records beside it, in which the console commands have been run."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "records").symlink_to(ROOT / "records")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for line in blocks("console")[0].splitlines():
            answer = CliRunner().invoke(root, line.removeprefix("$ umr ").split())
            assert answer.exit_code == 0, answer.output
    return folder


def test_the_one_question_names_who_is_downstream(place, monkeypatch):
    monkeypatch.chdir(place)
    said = CliRunner().invoke(root, ["impact", "laion/laion-5b"]).output
    for name in ("vinid/plip@", "dearcaat/rrt-mil@", "example/hospital-pathology-assistant@"):
        assert name in said


def test_the_example_record_is_valid(place):
    with umr_ld.Registry.open(place / ".umr") as registry:
        body = blocks("yaml")[0].replace("name: vinid/plip", "name: readme/example").encode()
        (checked,) = registry.validate([Document(body, Media.YAML, "README.md")])
        assert checked.report, [str(finding) for finding in checked.report]


def test_the_python_example_runs(place, capsys, monkeypatch):
    monkeypatch.chdir(place)
    exec(compile(blocks("python")[0], "README.md", "exec"), {})
    assert "vinid/plip@" in capsys.readouterr().out


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^):#]+)\)", README))))
def test_every_link_leads_to_a_file(path):
    assert (ROOT / path).exists()


def test_every_page_of_the_documentation_is_reached():
    for page in (ROOT / "docs").glob("*.md"):
        assert f"docs/{page.name}" in README


def test_every_decision_is_listed():
    listed = (ROOT / "docs" / "adr" / "README.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs" / "adr").glob("0*.md"):
        assert page.name in listed
