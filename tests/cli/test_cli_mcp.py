"""The registry as tools for assistants, asked by a client of the protocol over real standard streams."""

from __future__ import annotations

import asyncio
import json
import sys

import pytest
from umr import clean_environment, umr

pytest.importorskip("mcp")
from mcp import Client
from mcp.client.stdio import StdioServerParameters

CALLS = {
    "search": ("search", {"text": "model", "limit": 2}),
    "show": ("show", {"reference": "lab/b"}),
    "lineage": ("lineage", {"reference": "lab/c", "depth": 2}),
    "downstream": ("lineage", {"reference": "lab/data", "direction": "down"}),
    "impact": ("impact", {"reference": "lab/a"}),
    "check": ("check", {"references": ["lab/c", "lab/nothing", "lab/data@1.0.0"]}),
    "missing": ("show", {"reference": "lab/bb"}),
    "malformed": ("show", {"reference": "\x00 \r\n<script>"}),
    "too many": ("check", {"references": ["lab/a"] * 101}),
    "no such direction": ("lineage", {"reference": "lab/a", "direction": "sideways"}),
    "far too many": ("search", {"limit": 10**9, "offset": -5}),
}


async def conversation(store):
    """The tools, and what each call is answered with."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "umr_ld", "mcp", "--store", str(store)], env=clean_environment()
    )
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        answers = {name: await client.call_tool(tool, given) for name, (tool, given) in CALLS.items()}
    return {tool.name: tool for tool in tools}, answers


@pytest.fixture(scope="module")
def talk(_line):
    return asyncio.run(conversation(_line))


def test_the_tools_are_these_and_only_read(talk):
    tools, _ = talk
    assert set(tools) == {"search", "show", "lineage", "impact", "check"}
    for tool in tools.values():
        assert tool.description
        assert tool.annotations.read_only_hint


def test_a_tool_says_what_the_command_line_says(talk, registry):
    _, answers = talk
    told = {name: answer.structured_content for name, answer in answers.items()}
    assert told["show"] == umr("show", "lab/b", "--json").json
    assert told["search"]["entries"] == umr("search", "model", "--limit", "2", "--json").json["entries"]
    assert told["impact"]["hits"] == umr("impact", "lab/a", "--json").json["hits"]
    assert told["impact"]["total"] == 2
    assert {node["id"] for node in told["lineage"]["nodes"]} == {"lab/c@1.0.0", "lab/b@1.0.0", "lab/a@1.0.0"}
    assert told["downstream"]["total"] == 4
    assert told["check"] == {"unknown": ["lab/nothing"], "concerns": []}


def test_an_answer_is_text_too_for_those_who_read_no_structure(talk):
    _, answers = talk
    for name in ("search", "show", "lineage", "impact", "check"):
        assert json.loads(answers[name].content[0].text) == answers[name].structured_content


@pytest.mark.parametrize("name", ["missing", "malformed", "too many", "no such direction"])
def test_a_mistake_is_told_to_the_assistant(talk, name):
    _, answers = talk
    assert answers[name].is_error
    assert "Traceback" not in answers[name].content[0].text


def test_a_mistake_comes_with_its_remedy(talk):
    _, answers = talk
    assert "did you mean" in answers["missing"].content[0].text


def test_no_tool_tells_more_than_can_be_read(talk):
    _, answers = talk
    assert not answers["far too many"].is_error
    assert len(answers["far too many"].structured_content["entries"]) <= 100


def test_without_the_library_it_says_what_to_install(registry, monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    done = umr("mcp")
    assert done.code == 3
    assert "umr-ld[mcp]" in done.err
