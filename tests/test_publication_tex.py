"""LaTeX that compiles, whatever is in it. Needs Debian's texlive; see `.ci/run`."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from publishing import HOSTILE, hostile_page

from umr_ld.page import Note, Part
from umr_ld.render.targets import TARGETS
from umr_ld.render.tex import _T1

pypdf = pytest.importorskip("pypdf")
pytestmark = pytest.mark.slow

ENGINES = [
    pytest.param(
        engine,
        marks=pytest.mark.skipif(shutil.which(engine) is None, reason=f"{engine} is not installed"),
    )
    for engine in ("pdflatex", "lualatex")
]


def everything():
    """A page with every text that somebody might write, and every letter that pdfLaTeX is said to have."""
    pages = [hostile_page(text) for text in HOSTILE.values()]
    letters = hostile_page("".join(sorted(_T1)))
    return replace(
        hostile_page("Everything 病 نموذج"),
        parts=tuple(part for page in [*pages, letters] for part in page.parts),
    )


def compiled(engine, page, folder):
    """Compile as a stranger would who was sent the file: once, and stop at the first error."""
    (folder / "page.tex").write_bytes(TARGETS["tex"].render(page).body)
    done = subprocess.run(
        [engine, "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "page.tex"],
        cwd=folder,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")[-2000:]
    log = (folder / "page.log").read_text(encoding="utf-8", errors="replace")
    return "".join(page.extract_text() for page in pypdf.PdfReader(folder / "page.pdf").pages), log


@pytest.mark.parametrize("engine", ENGINES)
def test_every_text_compiles_and_commands_are_shown_and_not_run(engine, tmp_path):
    said, log = compiled(engine, everything(), tmp_path)
    assert "root:" not in said
    assert "\\input{/etc/passwd}" in "".join(said.split())
    assert "LaTeX Warning: Reference" not in log


@pytest.mark.parametrize("engine", ENGINES)
def test_a_very_long_text_and_a_very_long_table_compile(engine, tmp_path):
    page = hostile_page("plain")
    table = page.parts[0].blocks[1]
    blocks = (Note("word " * 20_000), Note("x" * 20_000), replace(table, rows=table.rows * 500))
    compiled(engine, replace(page, parts=(Part("long", "Long", blocks),)), tmp_path)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_what_pdflatex_has_no_font_for_is_shown_by_its_code_points(tmp_path):
    said, _ = compiled("pdflatex", hostile_page("模型"), tmp_path)
    assert "U+6A21 U+578B" in said


@pytest.mark.skipif(shutil.which("lualatex") is None, reason="lualatex is not installed")
@pytest.mark.parametrize("text", ["模型", "نموذج", "😀"])
def test_lualatex_shows_other_scripts_where_fonts_are_installed(text, tmp_path):
    _, log = compiled("lualatex", hostile_page(text), tmp_path)
    if not any(font in log for font in ("DroidSansFallback", "NotoSansCJK", "DejaVuSans", "NotoEmoji")):
        pytest.skip("no font with other scripts is installed")
    missing = [
        line for line in log.splitlines() if line.startswith("Missing character") and "DejaVu" not in line
    ]
    assert not missing
