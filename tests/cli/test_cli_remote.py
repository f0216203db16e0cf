"""One registry asked in its folder and over the network: the same words, the same bytes, the same exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest
from browsing import served
from cli.conftest import made
from drafts import draft
from umr import ROOT, umr

from umr_ld.registry import Registry
from umr_server.app import create_app


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A registry with the shipped records, and what these have none of."""
    place = tmp_path_factory.mktemp("drafts")
    product = {"artifact": "lab/a", "version": "1.0.0"}
    documents = [
        draft("lab/a@1.0.0", kind="Model", title="A", license="MIT", publisher="Some Lab", keyword=["é", "<b>"]),
        draft("lab/a@1.1.0", title="A", license="MIT", description="With more.", revision="r1"),
        draft("lab/b@1.0.0", "fineTunedFrom lab/a@^1 inherit", "trainedOn hf/datasets/x/y external", title="B"),
        draft("lab/c@1.0.0", "mergedFrom lab/b inherit", "fineTunedFrom lab/a@9.0.0", title="C"),
        draft("lab/d@1.0.0", "embeds lab/c", title="D"),
        draft(
            "advisory/x@1.0.0", kind="Advisory", title="Bad weights", risk="backdoor", severity="high",
            alias=["CVE-2026-1"], affects=[{"artifact": "lab/a", "version": "<1.1.0", "fixedIn": "1.1.0"}],
        ),
        draft(
            "statement/s@1.0.0", kind="Statement", advisory="advisory/x", status="not_affected", product=product,
            justification="subset_excluded", publisher="Somebody",
        ),
    ]  # fmt: skip
    for document in documents:
        (place / document.source.replace("/", "_")).write_bytes(document.body)
    made_ = made(place.with_name("registry"), ROOT / "records", place)
    assert umr("withdraw", "lab/d@1.0.0", "--reason", "it is wrong", "--yes", "--store", made_).code == 0
    return made_


@pytest.fixture(scope="module")
def address(folder):
    with Registry.open(folder) as registry, served(create_app(registry)) as url:
        yield url


CLIP = "openai/clip-vit-base-patch32"
LAION = "laion-5b-csam"
ASKED = {
    "show": ["show", "lab/b"],
    "show with inherited values": ["show", "lab/c@^1"],
    "show only what is stated": ["show", "lab/c", "--stated"],
    "show what is shipped": ["show", "vinid/plip"],
    "show a withdrawn record": ["show", "lab/d"],
    "show by the last segment": ["show", "plip"],
    "show by IRI": ["show", "https://w3id.org/umr-ld/r/vinid/plip@1.0.0"],
    "show as JSON": ["show", "lab/c", "--json"],
    **{f"show as {form}": ["show", "lab/c", "--as", form] for form in ("jsonld", "yaml", "ttl", "nt", "nq")},
    "show earlier": ["show", "lab/a", "--at", "2020-01-01"],
    "show what is not there": ["show", "vinid/plop"],
    "show no such version": ["show", "lab/a@7"],
    "show what is only named": ["show", "hf/datasets/x/y"],
    "show nothing": ["show", ""],
    "show no reference": ["show", "a b@@"],
    "show what climbs": ["show", "../../etc/passwd"],
    "list": ["list"],
    "list by kind": ["list", "--kind", "dataset", "--facets"],
    "list a page": ["list", "--limit", "3", "--offset", "2", "--newest"],
    "list none": ["list", "--limit", "0"],
    "list very many": ["list", "--limit", "6000"],
    "list by licence": ["list", "--license", "MIT", "--as", "csv"],
    "list as JSON": ["list", "--prefix", "lab/", "--json"],
    "list no kind": ["list", "--kind", "nonsense"],
    "search": ["search", "pathology", "image"],
    "search as JSON": ["search", "clip", "--json", "--limit", "2"],
    "search what would be a formula": ["search", '"=1+1 OR NEAR('],
    "history": ["history", "lab/a"],
    "history of a withdrawn record": ["history", "lab/d", "--json"],
    "history as CSV": ["history", "lab/a", "--as", "csv"],
    "history of nothing": ["history", "lab/zzz"],
    "diff": ["diff", "lab/a@1.0.0", "lab/a@1.1.0"],
    "diff as JSON": ["diff", "lab/a@1.0.0", "lab/a@1.1.0", "--json"],
    "diff of the same": ["diff", "lab/a", "lab/a"],
    "lineage": ["lineage", "lab/d"],
    "lineage downwards": ["lineage", CLIP, "--down", "--depth", "2"],
    **{f"lineage as {form}": ["lineage", "lab/d", "--as", form] for form in ("dot", "mermaid", "json", "tree")},
    "lineage of a root": ["lineage", "lab/a"],
    "lineage of what is only named": ["lineage", "hf/datasets/x/y", "--down"],
    **{f"impact as {form}": ["impact", CLIP, "--as", form] for form in ("human", "tree", "table", "json", "csv")},
    "impact of a range": ["impact", "lab/a@<1.1.0"],
    "impact as SARIF of no advisory": ["impact", CLIP, "--as", "sarif"],
    "impact of nothing": ["impact", "lab/zzz"],
    **{
        f"verdicts as {form}": ["impact", LAION, "--as", form]
        for form in ("human", "tree", "table", "json", "csv", "sarif", "dot")
    },
    "verdicts with a statement": ["impact", "advisory/x"],
    "verdicts by an alias": ["impact", "CVE-2026-1", "--answer", "affected"],
    "verdicts by another policy": ["impact", LAION, "--policy", "policy.ttl", "--json"],
    "verdicts by a policy that is none": ["impact", LAION, "--policy", "none.ttl"],
    "check a reference": ["check", "vinid/plip"],
    "check several": ["check", "vinid/plip", "lab/b", "lab/c", "lab/unknown", "--json"],
    "check what nothing is known of": ["check", "lab/unknown"],
    "check as SARIF": ["check", "lab/b", "--as", "sarif"],
    "check a draft": ["check", "draft.jsonld", "--json"],
    "check drafts that are made from each other": ["check", "folder"],
    "check a list": ["check", "list.txt", "--severity", "critical", "--fail-on", "affected"],
    "check a card": ["check", "README.md"],
    "check by another policy": ["check", "lab/b", "--policy", "policy.ttl"],
    "check what cannot be read": ["check", "broken.jsonld"],
    "licences": ["licences", "vinid/plip", "--level", "info"],
    "licences of a draft": ["licences", "draft.jsonld", "--json"],
    "advisories": ["advisory", "list"],
    "advisories as JSON": ["advisory", "list", "--json"],
    "advisories about": ["advisory", "list", "--about", "lab/a", "--as", "table"],
    "OSV": ["advisory", "export", "x"],
    "OSV of no advisory": ["advisory", "export", "zzz"],
    "OpenVEX": ["statement", "export", "s"],
    "validate": ["validate", "draft.jsonld"],
    "validate what is broken": ["validate", "broken.jsonld", "draft.jsonld", "--json"],
    "validate what is no UTF-8": ["validate", "latin.yaml"],
    "validate for a build": ["validate", "broken.jsonld", "--as", "github"],
    "bump": ["bump", "draft.jsonld"],
    "bump as JSON": ["bump", "draft.jsonld", "--json"],
    "query": ["query", "-e", "SELECT ?s ?t WHERE { ?s dct:title ?t } ORDER BY ?s LIMIT 5"],
    **{
        f"query as {form}": ["query", "-e", "SELECT ?t WHERE { ?s dct:title ?t } ORDER BY ?t LIMIT 3", "--as", form]
        for form in ("json", "csv", "tsv", "xml")
    },
    "query for a truth value": ["query", "-e", "ASK { ?s ?p ?o }"],
    "query for a graph": ["query", "-e", "CONSTRUCT { ?s dct:title ?t } WHERE { ?s dct:title ?t }"],
    "query for a graph as triples": [
        "query", "--as", "nt", "-e", "CONSTRUCT { <http://x> dct:title ?t } WHERE { SELECT ?t { ?s dct:title ?t } LIMIT 1 }",
    ],
    "query that is none": ["query", "-e", "SELEKT"],
    "query that wants the network": ["query", "-e", "SELECT * { SERVICE <http://x.org> { ?s ?p ?o } }"],
}  # fmt: skip

POLICY = """@prefix umr: <https://w3id.org/umr-ld/ns#> . @prefix risk: <https://w3id.org/umr-ld/risk#> .
umr:fineTunedFrom umr:stops risk:illegal-content . umr:fineTunedFrom umr:stops risk:backdoor .
"""


@pytest.fixture
def files():
    Path("folder").mkdir()
    written = {
        "draft.jsonld": draft(
            "lab/a@1.2.0", "fineTunedFrom vinid/plip", title="New", license="GPL-3.0-only"
        ).body,
        "folder/m.jsonld": draft("lab/m@1.0.0", "fineTunedFrom lab/n").body,
        "folder/n.jsonld": draft("lab/n@1.0.0", "fineTunedFrom vinid/plip").body,
        "broken.jsonld": draft("lab/e@1.0.0", "nonsense lab/a@^1.x.y").body,
        "latin.yaml": "name: lab/é".encode("latin-1"),
        "list.txt": b"vinid/plip # used\nlab/b\n",
        "README.md": b"---\nbase_model: lab/b\n---\n# Text\n",
        "policy.ttl": POLICY.encode(),
        "none.ttl": b"this is no policy",
    }
    for name, body in written.items():
        Path(name).write_bytes(body)


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("words", ASKED.values(), ids=ASKED)
def test_a_registry_elsewhere_answers_as_one_in_a_folder(words, folder, address):
    here = umr(*words, "--store", folder)
    there = umr(*words, "--registry", address)
    assert (there.out, there.code) == (here.out, here.code), there.err
    assert there.err.replace("limit exceeded", "") == here.err
    assert here.out or here.err
