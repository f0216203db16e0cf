"""What strangers wrote, through every syntax and header: parsed again it is what they wrote, and nothing else."""

from __future__ import annotations

import csv
import io
import json
import re
from xml.etree import ElementTree as ET

import feedparser
import pyoxigraph as ox
import pytest
import yaml
from drafts import draft

from umr_ld.jsonld import digest
from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_ld.vocab import vocabulary
from umr_server.app import create_app
from umr_server.linked.headers import link_header
from umr_server.linked.view import Target

NAUGHTY = {
    "script": "<script>alert(1)</script>",
    "attribute": "\" onload='alert(1)' x=\"",
    "formula": '=HYPERLINK("http://evil.example","x")',
    "plus": "+1+1|cmd",
    "at": "@SUM(1,1)",
    "wide formula": "＝1+1",
    "cdata": "]]> &lt; &amp; &#0; <!-- x --> <?php ?>",
    "turtle": '"""\\" . <urn:x> <urn:y> <urn:z> . """',
    "override": "\u202egnp.exe \u2066",
    "template": "{{ 7*7 }} {% raw %} ${x} %s %n",
    "other letters": "模型 ñandú 👩‍🔬 \u0301",
    "separators": "a\u2028b\ufeffc",
    "markdown": "[x](javascript:alert(1)) ![x](//evil.example)",
    "yaml": "- a: !!python/object/apply:os.system [id] # &x *y",
}
LINES = "first\r\nSet-Cookie: x=1\r\n\r\n<script>\x00\x01\x0b\x1b[31m\ufffe"


@pytest.fixture(scope="module")
def registry():
    fields = {key: f"{value} {key}" for key, value in NAUGHTY.items()}
    with Registry.in_memory() as opened:
        opened.publish(
            [
                draft(
                    f"lab/{number}@1.0.0",
                    "basedOn lab/elsewhere external",
                    title=text,
                    description=f"{text}\r\n{LINES}".replace("\x00", ""),
                    publisher=text,
                    keyword=[text],
                    task=[text],
                    note=text,
                    licenseExpression="LicenseRef-x",
                    **{"https://example.org/ns#odd": text},
                )
                for number, text in enumerate(fields.values())
            ],
            agent="agent \"'><script> \r\n",
        )
        opened.publish([draft("lab/0@2.0.0", title=NAUGHTY["formula"], publisher="x")], agent="=agent")
        opened.withdraw(
            Ref.parse("lab/1@1.0.0"), reason=NAUGHTY["cdata"] + LINES.replace("\x00", ""), agent="@agent"
        )
        yield opened


@pytest.fixture(scope="module")
def client(registry):
    return create_app(registry).test_client()


RECORDS = [f"lab/{number}@1.0.0" for number in range(len(NAUGHTY))]
RDF = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "nq": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
}


@pytest.mark.parametrize("ref", RECORDS)
def test_every_graph_is_what_was_stated_and_nothing_else(client, registry, ref):
    wanted = registry.get(ref).digest
    for key, syntax in RDF.items():
        body = client.get(f"/page/{ref}?format={key}").data
        assert digest({quad.triple for quad in ox.parse(body, syntax)}) == wanted, key
    document = json.loads(client.get(f"/page/{ref}.jsonld").data)
    inlined = json.dumps({**document, "@context": vocabulary().context}).encode()
    assert digest({quad.triple for quad in ox.parse(inlined, ox.RdfFormat.JSON_LD)}) == wanted
    assert yaml.safe_load(client.get(f"/page/{ref}.yaml").text) == document
    xml = client.get(f"/page/{ref}.rdf", headers={"Accept": "application/json"})
    assert xml.status_code == 406  # It has characters that no XML document can hold.


@pytest.mark.parametrize("ref", RECORDS)
def test_headers_are_one_line_of_ascii_each(client, ref):
    for key in ("html", "jsonld", "json"):
        for name, value in client.get(f"/page/{ref}?format={key}").headers:
            assert re.fullmatch(r"[\x20-\x7e]*", value), name


TABLES = [
    "/search",
    "/search?order=newest&page=1",
    "/history/lab/1",
    "/feed",
    "/catalog",
    "/impact/lab/elsewhere",
]
TABLES += ["/diff?before=lab/0@1.0.0&after=lab/0@2.0.0", "/lineage/lab/0", "/advisories"]


@pytest.mark.parametrize("address", TABLES)
def test_no_cell_of_a_table_is_a_formula(client, address):
    mark = "&" if "?" in address else "?"
    answer = client.get(f"{address}{mark}format=csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert len({len(row) for row in rows}) == 1
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝")), cell


FEEDS = ["/feed", "/search", "/search?text=script", "/history/lab/1", "/history/lab/0", "/advisories"]


@pytest.mark.parametrize("address", FEEDS)
def test_every_feed_is_read_without_a_complaint(client, address):
    mark = "&" if "?" in address else "?"
    body = client.get(f"{address}{mark}format=atom").data
    ET.fromstring(body)
    read = feedparser.parse(body, sanitize_html=False)
    assert not read.bozo
    assert all(entry.title_detail.type == "text/plain" for entry in read.entries)


def test_a_feed_says_what_was_written(client):
    read = feedparser.parse(client.get("/search.atom?text=alert").data, sanitize_html=False)
    titles = [entry.title for entry in read.entries]
    assert f"{NAUGHTY['attribute']} attribute (lab/1@1.0.0)" in titles
    assert f"{NAUGHTY['markdown']} markdown (lab/12@1.0.0)" in titles


def test_json_is_what_was_written(client):
    entries = client.get("/search.json").json["entries"]
    assert {one["title"] for one in entries} >= {f"{NAUGHTY['override']} override", f"{NAUGHTY['yaml']} yaml"}


@pytest.mark.parametrize("ref", RECORDS)
def test_a_badge_is_a_picture_whatever_the_name(client, ref):
    root = ET.fromstring(client.get(f"/badge/{ref}.svg").data)
    assert {element.tag.rpartition("}")[2] for element in root.iter()} <= {"svg", "title", "path", "text"}
    assert not [name for element in root.iter() for name in element.attrib if name.startswith("on")]


@pytest.mark.parametrize("key", ["ttl", "jsonld", "nq", "trig", "nt"])
@pytest.mark.parametrize("address", ["/catalog", "/void"])
def test_the_catalogue_is_a_graph_whatever_stands_in_it(client, address, key):
    answer = client.get(f"{address}?format={key}")
    assert answer.status_code == 200
    if key != "jsonld":
        assert list(ox.parse(answer.data, RDF[key]))


def test_links_cannot_be_broken_out_of():
    iris = [f"https://example.org/{text}" for text in (*NAUGHTY.values(), LINES)]
    header = link_header([Target("license", iri, f"text/plain\r\n{iri}") for iri in iris])
    assert re.fullmatch(r"[\x20-\x7e]+", header)
    assert re.fullmatch(r'(<[^<>"\s]+>; rel="license"(, )?)+', header)
    assert header.count("<") == len(iris)
    assert link_header([Target("item", "https://example.org/" + "x" * 10_000)]) == ""
    assert header.count("type=") == 0


PLACES = [
    "r",
    "page",
    "g",
    "d",
    "e",
    "agent",
    "history",
    "lineage",
    "impact",
    "badge",
    "shapes",
    "profiles",
    "ns",
    "log",
    "feed",
]
TRAVERSALS = {
    "upwards": "../../../../etc/passwd",
    "encoded": "..%2f..%2f..%2fetc%2fpasswd",
    "twice": "%252e%252e%252fetc%252fpasswd",
    "backwards": "..%5c..%5cwindows",
    "absolute": "//etc/passwd",
    "a NUL": "lab/a%00.ttl",
    "lines": "lab/a%0d%0aSet-Cookie:%20x",
    "no UTF-8": "%ff%fe",
    "long": "a/" * 4000,
    "longer": "x" * 20_000,
    "script": "%3Cscript%3Ealert(1)%3C/script%3E",
    "an address": "javascript:alert(1)",
    "suffixes": "lab/a" + ".json" * 200,
}


@pytest.mark.parametrize("path", TRAVERSALS.values(), ids=TRAVERSALS)
@pytest.mark.parametrize("place", PLACES)
def test_no_path_leads_out_or_breaks_anything(client, place, path):
    for suffix in ("", ".svg") if place == "badge" else ("",):
        answer = client.get(f"/{place}/{path}{suffix}", headers={"Accept": "text/turtle"})
        assert answer.status_code < 500
        assert b"root:" not in answer.data
        assert "Set-Cookie" not in answer.headers
        assert "\n" not in answer.headers.get("Location", "") + answer.headers.get("Link", "")


ARGUMENTS = [
    "page=-1",
    "page=99999999999999999999",
    "page=x",
    "format=",
    "format=%00",
    "answer=%27",
    "task=%00%ff",
]
ARGUMENTS += [
    "text=" + "x" * 20_000,
    "_external=1&_scheme=javascript&_anchor=x",
    "text=%22%20OR%20*",
    "kind=%00",
]
ARGUMENTS += ["&".join(f"a{number}=1" for number in range(900)), "format=atom&page=0", "format=csv&page=1e9"]


@pytest.mark.parametrize("asked", ARGUMENTS)
@pytest.mark.parametrize(
    "address", ["/search", "/advisories", "/catalog", "/history/lab/0", "/impact/lab/elsewhere"]
)
def test_no_argument_breaks_anything(client, address, asked):
    answer = client.get(f"{address}?{asked}")
    assert answer.status_code < 500
    assert "javascript:" not in answer.headers.get("Link", "")
    assert len(answer.headers.get("Link", "")) < 16_000
