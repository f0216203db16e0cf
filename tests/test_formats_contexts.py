"""Prefixes and contexts of foreign linked data are rows of tables."""

from __future__ import annotations

import json

import pytest
from converting import read

from umr_ld.document import Document
from umr_ld.formats import contexts
from umr_ld.formats.contexts import compact, full, known_contexts, prefixes
from umr_ld.formats.tabular import crosswalk_rows
from umr_ld.vocab import DCAT, DCT, PROV, RDF, RDFS, SKOS, UMR, XSD

CACHED = (prefixes, known_contexts, contexts._namespaces)


@pytest.fixture
def more_rows(monkeypatch):
    """Lets tables have further rows."""

    def add(**tables):
        def rows(name):
            return iter([*crosswalk_rows(name), *tables.get(name, ())])

        monkeypatch.setattr(contexts, "crosswalk_rows", rows)
        for one in CACHED:
            one.cache_clear()

    yield add
    monkeypatch.undo()
    for one in CACHED:
        one.cache_clear()


def test_a_further_context_is_a_row_and_no_code(more_rows):
    said = {
        "@context": "https://example.org/context",
        "kind": "Dataset",
        "@type": "sc:Dataset",
        "called": "D",
    }
    document = Document(json.dumps({**said, "description": "x"}).encode())
    assert read("croissant", document).drafts == ()
    words = {"@vocab": "https://schema.org/", "sc": "https://schema.org/", "called": "schema:name"}
    more_rows(
        contexts=[
            {"context": "https://example.org/context", "word": word, "means": iri}
            for word, iri in words.items()
        ]
    )
    (draft,) = read("croissant", document).drafts
    assert (draft.tree.root["title"], draft.tree.root["description"]) == ("D", "x")


def test_a_further_prefix_and_another_spelling_of_a_namespace_are_rows_and_no_code(more_rows):
    assert compact("https://example.org/ns#a") == "https://example.org/ns#a"
    more_rows(
        prefixes=[
            {"prefix": "ex", "namespace": "https://example.org/ns#", "way": ""},
            {"prefix": "ex", "namespace": "https://example.org/ns/", "way": "read"},
        ]
    )
    assert compact("https://example.org/ns#a") == compact("https://example.org/ns/a") == "ex:a"
    assert full("ex:a") == "https://example.org/ns#a"


def test_a_namespace_that_begins_with_another_has_its_own_prefix():
    assert compact("http://mlcommons.org/croissant/RAI/dataBiases") == "rai:dataBiases"
    assert compact("http://mlcommons.org/croissant/citeAs") == "cr:citeAs"


def test_the_table_has_the_namespaces_of_the_ontology():
    ours = {"umr": UMR, "prov": PROV, "dcat": DCAT, "dct": DCT, "skos": SKOS, "rdf": RDF, "rdfs": RDFS}
    assert {**prefixes(), **ours, "xsd": XSD} == prefixes()


def test_what_a_context_says_is_in_words_that_are_known():
    for said in known_contexts().values():
        for meaning in said.values():
            assert full(str(meaning)).startswith("http")
