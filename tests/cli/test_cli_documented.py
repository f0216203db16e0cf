"""docs/cli.md against the program: no verb, option, format, exit code, variable or setting is missing."""

from __future__ import annotations

import re

import pytest
from umr import ROOT, command

from umr_ld.cli.verbs import VERBS

DOCS = (ROOT / "docs" / "cli.md").read_text(encoding="utf-8")


def section(verb):
    found = re.search(rf"(?ms)^### `umr {verb}`\n(.*?)(?=^##)", DOCS)
    assert found, f"docs/cli.md has no section on {verb}"
    return found[1]


EVERYWHERE = {"--color", "--config", "--verbose", "-v", "--quiet", "-q", "--help", "-h"}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_every_option_of_it_is_documented(verb):
    told = section(verb)
    for option in command(verb).params:
        names = {*option.opts, *option.secondary_opts}
        if option.param_type_name == "option" and not names & EVERYWHERE:
            assert any(
                f"`{name}" in told or f"{name} " in told or f"{name}`" in told or f"/{name}" in told
                for name in names
            ), names
    for name in EVERYWHERE:
        assert f"`{name}" in DOCS


@pytest.mark.parametrize("verb", VERBS)
def test_every_format_of_a_verb_is_documented_and_answered_for(verb):
    (form,) = [one for one in command(verb).params if one.name == "form"] or [None]
    if form is not None:
        told = section(verb)
        for choice in set(form.type.choices) - {"auto", "human", "json"}:
            assert f"`{choice}`" in told, choice


def test_every_exit_code_is_documented():
    from umr_ld.errors import every_error

    codes = {0, 130} | {cls.exit_code for cls in every_error()}
    assert {int(code) for code in re.findall(r"(?m)^\| (\d+) \|", DOCS)} == codes


def test_every_variable_and_setting_is_documented():
    from umr_ld.cli.settings import EVERYWHERE as SETTINGS

    variables = {one.envvar for verb in VERBS for one in command(verb).params if one.envvar}
    for name in variables | {"NO_COLOR"} | set(SETTINGS):
        assert f"`{name}`" in DOCS
