"""Answers of queries as people without scripts read them."""

from __future__ import annotations

import json

import pytest

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.pages.query import Cell, table_of

BASE = "https://w3id.org/umr-ld/"
PREFIXES = {"umr": f"{BASE}ns#", "dct": "http://purl.org/dc/terms/"}
TERMS = {
    "a record": ("uri", f"{BASE}r/lab/a@1.0.0", Cell("lab/a@1.0.0", "/page/lab/a@1.0.0")),
    "a part of one": ("uri", f"{BASE}r/lab/a@1.0.0#files", Cell("lab/a@1.0.0#files", "/page/lab/a@1.0.0")),
    "a term of the ontology": ("uri", f"{BASE}ns#Model", Cell("umr:Model", "/ns#Model")),
    "an entry of the journal": ("uri", f"{BASE}log/3", Cell(f"{BASE}log/3", "/log/3")),
    "a term of others": (
        "uri",
        "http://purl.org/dc/terms/title",
        Cell("dct:title", "http://purl.org/dc/terms/title"),
    ),
    "a licence": (
        "uri",
        "https://spdx.org/licenses/MIT",
        Cell("https://spdx.org/licenses/MIT", "https://spdx.org/licenses/MIT"),
    ),
    "what looks like another host": (
        "uri",
        f"{BASE}/evil.example/x",
        Cell(f"{BASE}/evil.example/x", f"{BASE}/evil.example/x"),
    ),
    "no address": ("uri", "javascript:alert(1)", Cell("javascript:alert(1)", "")),
    "a text": ("literal", f"{BASE}ns#Model", Cell(f"{BASE}ns#Model", "")),
}


@pytest.mark.parametrize(("kind", "value", "cell"), TERMS.values(), ids=TERMS)
def test_a_term_is_written_in_short_and_leads_to_its_page_here(kind, value, cell):
    found = {"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"type": kind, "value": value}}]}}
    with Registry.in_memory() as registry, create_app(registry).test_request_context():
        assert table_of(json.dumps(found).encode(), BASE, PREFIXES).rows == ((cell,),)
