"""A site of files says what the server says, leads nowhere that is not there, and is mended by the next build."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import feedparser
import html5lib
import pyoxigraph as ox
import pytest
from drafts import draft

from umr_ld.errors import Busy, Conflict, Malformed, Missing, Newer
from umr_ld.lock import WriterLock
from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_server import mirror
from umr_server.app import create_app
from umr_server.mirror import build
from umr_server.mirror.checking import faults
from umr_server.mirror.manifest import FILE, LOCK, LOG
from umr_server.mirror.places import RECORD

BASE = "https://example.org/records/"
HOSTILE = '</title><script>alert(1)</script>" onload=\'x\' href="/page/lab/a" \u202e'
ADVISORY = {
    "kind": "Advisory",
    "title": "Bad weights",
    "risk": "backdoor",
    "severity": "high",
    "affects": [{"artifact": "lab/a", "version": "1.0.0"}],
}


def records():
    return [
        draft("lab/a@1.0.0", title="A", license="MIT", publisher="A Lab", keyword=["pathology"]),
        draft("lab/a@1.1.0", title="A", license="MIT", publisher="A Lab", description="More."),
        draft(
            "lab/b@1.0.0",
            "fineTunedFrom lab/a@1.0.0 inherit",
            "trainedOn web/crawl external",
            "trainedOn LAB/A external",
            title="B",
        ),
        draft("lab/c@1.0.0", "fineTunedFrom lab/b", "memberOf lab/all", title="三 C"),
        draft("lab/all@1.0.0", kind="Family", title="All"),
        draft("lab/a.html/x@1.0.0", title="A folder like a file"),
        draft("con/nul@1.0.0", title="Names that are devices elsewhere"),
        draft(f"lab/{'l' * 240}@1.0.0", title="Long"),
        draft("lab/hostile@1.0.0", title=HOSTILE, description=HOSTILE),
        draft("advisory/x@1.0.0", **ADVISORY),
        draft("other/z@1.0.0", title="Nobody's"),
    ]


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        opened.publish(records(), agent="Ada")
        yield opened


@pytest.fixture(scope="module")
def shared():
    with Registry.in_memory() as opened:
        opened.publish(records(), agent="Ada")
        opened.publish([draft("lab/gone@1.0.0", title="Gone")], agent="Ada")
        opened.withdraw(Ref.parse("lab/gone@1.0.0"), reason="wrong", agent="Ada")
        yield opened


@pytest.fixture(scope="module")
def site(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    build(shared, folder)
    return folder


@pytest.fixture(scope="module")
def published(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    build(shared, folder, public=BASE.rstrip("/"))
    return folder


def contents(folder):
    """Every file with its bytes, apart from what a build notes for the next one."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".umr-site")
    }


def test_every_link_and_anchor_leads_somewhere(site):
    assert list(faults(site)) == []


def test_every_whole_address_leads_somewhere_too(published):
    assert list(faults(published, BASE)) == []


def test_a_link_that_leads_nowhere_is_found(site, tmp_path):
    shutil.copytree(site, tmp_path, dirs_exist_ok=True)
    page = tmp_path / "about.html"
    page.write_text(page.read_text() + '<a href="nowhere.html">x</a><a href="index.html#nothing">y</a>')
    (tmp_path / "page/lab/b@1.0.0.ttl").unlink()
    told = "\n".join(faults(tmp_path))
    assert "about.html is not as it was written" in told
    assert "about.html leads to nowhere.html" in told
    assert "about.html leads to nothing of index.html" in told
    assert "page/lab/b@1.0.0.ttl is not as it was written" in told


def test_nothing_is_loaded_from_elsewhere_and_nothing_leads_to_a_server(site):
    for path in site.rglob("*.html"):
        text = path.read_text()
        loaded = re.findall(
            r"<(?:script|img|link rel=\"(?:stylesheet|icon)\")[^>]*?(?:src|href)=\"([^\"]*)", text
        )
        assert all(not one.startswith(("/", "http")) for one in loaded), path
        assert not re.search(r'(?:href|src|action)="/', text), path
        assert ".invalid" not in text
        assert not re.search(r"<script[^>]*>[^<]", text)


def test_pages_are_valid(site):
    for path in ["index.html", "search.html", "about.html", "page/lab/b@1.0.0.html", "page/lab/b.html",
                 "page/lab/hostile@1.0.0.html", "lineage/lab/c@1.0.0.html", "impact/advisory/x.html"]:  # fmt: skip
        html5lib.HTMLParser(strict=True).parse((site / path).read_bytes())


def test_a_record_is_there_in_every_form_and_says_what_the_server_says(site, shared):
    client = create_app(shared).test_client()
    for form in set(RECORD) - {"html"}:
        body = (site / f"page/lab/b@1.0.0.{form}").read_bytes()
        assert body == client.get(f"/page/lab/b@1.0.0?format={form}").data, form
    client.application.extensions["umr"].close()
    assert not (site / "page/lab/b@1.0.0.pdf").exists()
    assert "PDF" not in (site / "page/lab/b@1.0.0.html").read_text()


def test_pages_of_what_is_only_mentioned_and_of_what_was_withdrawn_are_there(site):
    assert "Nothing is recorded of it" in (site / "page/web/crawl.html").read_text()
    assert "Withdrawn" in (site / "page/lab/gone@1.0.0.html").read_text()
    assert "lab/gone" in (site / "page/lab/gone@1.0.0.jsonld").read_text()


def test_a_name_alone_leads_to_the_newest_record(site):
    assert "url=../../page/lab/a@1.1.0.html" in (site / "page/lab/a.html").read_text()


def test_files_are_apart_where_capitals_are_not_told_and_allowed_everywhere(site):
    names = [str(path.relative_to(site)) for path in site.rglob("*") if path.is_file()]
    assert len({name.lower() for name in names}) == len(names)
    assert {"page/lab/a.html", "page/lab/a.html~/x@1.0.0.html", "page/~con/nul@1.0.0.html"} <= set(names)
    assert any(re.fullmatch(r"page/LAB/A~[0-9a-f]{6}\.html", name) for name in names)
    for name in names:
        assert max(map(len, name.split("/"))) <= 150
        assert re.fullmatch(r"[A-Za-z0-9._@+~/-]+", name)


def test_the_index_names_every_artifact_with_how_it_stands(site):
    index = json.loads((site / "search-index.json").read_text())
    rows = {row[1]: dict(zip(index["columns"], row, strict=True)) for row in index["rows"]}
    assert rows["lab/b@1.0.0"]["answer"] == "affected"
    assert all((site / row["file"]).is_file() for row in rows.values())
    assert rows["lab/a@1.1.0"]["words"] == "More."
    script = (site / "search-index.js").read_text()
    assert json.loads(script.removeprefix("self.searchIndex = ").rstrip().removesuffix(";")) == index


def test_the_page_of_the_search_lists_all_without_a_script(site):
    page = (site / "search.html").read_text()
    assert "page/lab/c@1.0.0.html" in page
    assert 'hidden data-index="search-index.json"' in page


def test_all_data_can_be_taken_away(site, shared):
    quads = gzip.decompress((site / "data/records.nq.gz").read_bytes())
    graphs = {quad.graph_name.value for quad in ox.parse(quads, ox.RdfFormat.N_QUADS)}
    assert len(graphs) == len(records()) + 1
    told = gzip.decompress((site / "data/journal.jsonl.gz").read_bytes())
    lines = [json.loads(line) for line in told.splitlines()]
    assert [line["act"] for line in lines].count("withdraw") == 1
    assert lines[0]["record"] == json.loads(shared.body(Ref.parse(lines[0]["reference"])))


def test_feeds_and_descriptions_name_files(published):
    feed = feedparser.parse((published / "feed.atom").read_bytes())
    assert not feed.bozo
    assert feed.entries[0].link.startswith(f"{BASE}page/lab/gone@1.0.0.html")
    void = {quad.predicate.value: quad.object.value for quad in ox.parse(path=str(published / "void.ttl"))}
    assert void["http://rdfs.org/ns/void#dataDump"] == f"{BASE}data/records.nq.gz"
    assert "http://rdfs.org/ns/void#sparqlEndpoint" not in void
    assert "dcat:DataService" not in (published / "catalog.ttl").read_text()


def test_robots_get_a_map_of_all_pages(published, site):
    places = {one.text for one in ET.parse(published / "sitemap.xml").iter() if one.text and one.text.strip()}
    pages = {str(path.relative_to(published)) for path in published.rglob("*.html")}
    assert len(places) == len(pages)
    assert f"{BASE}page/lab/b@1.0.0.html" in places
    assert f"Sitemap: {BASE}sitemap.xml" in (published / "robots.txt").read_text()
    assert not (site / "sitemap.xml").exists()


def test_where_nothing_changed_nothing_is_made_or_written(shared, site):
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    again = build(shared, site)
    assert (again.made, again.changed, again.removed, again.files) == (0, 0, 0, len(contents(site)))
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def publish(ref, *links, **facts):
    return lambda registry: registry.publish([draft(ref, *links, **facts)], agent="Ada")


ELSEWHERE = {**ADVISORY, "affects": [{"artifact": "web/crawl"}]}
SAID = {
    "kind": "Statement",
    "publisher": "A Lab",
    "advisory": "advisory/x",
    "status": "not_affected",
    "justification": "subset_excluded",
    "product": {"artifact": "lab/a", "version": "1.0.0"},
}
JOINED = {"kind": "Statement", "status": "same", "product": [{"artifact": "lab/b"}, {"artifact": "other/z"}]}
CHANGES = {
    "a new version": publish("lab/a@1.2.0", title="A2", license="MIT"),
    "something downstream": publish("lab/d@1.0.0", "quantizedFrom lab/c", title="D"),
    "a record of what was only mentioned": publish("web/crawl@1.0.0", kind="Dataset", title="Crawl"),
    "an advisory on it": publish("advisory/y@1.0.0", **ELSEWHERE),
    "a revision that names something else": publish(
        "advisory/y@1.1.0", **{**ELSEWHERE, "affects": [{"artifact": "other/z"}]}
    ),
    "a record that is withdrawn": lambda r: r.withdraw(Ref.parse("lab/d@1.0.0"), reason="wrong", agent="Ada"),
    "an artifact that is gone": lambda r: r.vanish(Ref.parse("lab/c@1.0.0"), reason="the hub", agent="Ada"),
    "a statement": publish("statement/s@1.0.0", **SAID),
    "an alias": publish("statement/alias@1.0.0", **JOINED),
    "an advisory on what is known by another name": publish(
        "advisory/z@1.0.0", **{**ADVISORY, "affects": [{"artifact": "other/z"}]}
    ),
    "an alias that is taken back": lambda r: r.withdraw(
        Ref.parse("statement/alias@1.0.0"), reason="wrong", agent="Ada"
    ),
}


@pytest.mark.slow
def test_after_every_change_a_site_is_what_a_new_one_would_be(registry, tmp_path):
    build(registry, tmp_path / "kept")
    for number, (name, change) in enumerate(CHANGES.items()):
        change(registry)
        done = build(registry, tmp_path / "kept")
        whole = build(registry, tmp_path / str(number))
        assert contents(tmp_path / "kept") == contents(tmp_path / str(number)), name
        assert 0 < done.made < whole.made, name
        assert list(faults(tmp_path / "kept")) == [], name


def test_what_is_not_there_any_more_is_removed_and_other_peoples_files_stay(
    shared, site, published, tmp_path
):
    shutil.copytree(published, tmp_path, dirs_exist_ok=True)
    (tmp_path / "CNAME").write_text("example.org")
    (tmp_path / "page/lab/b@1.0.0.txt").unlink()
    build(shared, tmp_path)
    assert contents(tmp_path) == {**contents(site), "CNAME": b"example.org"}


@pytest.mark.slow
def test_another_registry_is_not_taken_for_the_same_one(registry, shared, tmp_path):
    build(shared, tmp_path / "a")
    build(registry, tmp_path / "a")
    build(registry, tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


KILLED = """
import sys
from pathlib import Path
from umr_ld.registry import Registry
from umr_server.mirror import build
with Registry.open(Path(sys.argv[1])) as registry:
    build(registry, Path(sys.argv[2]))
"""


@pytest.mark.slow
def test_a_build_that_is_killed_is_mended_by_the_next(tmp_path):
    store, site = tmp_path / "store", tmp_path / "site"
    with Registry.create(store) as registry:
        registry.publish(records(), agent="Ada")
        build(registry, site)
        before = contents(site)
        registry.publish(
            [draft("advisory/late@1.0.0", **ADVISORY), draft("lab/late@1.0.0", title="L")], agent="Ada"
        )
    running = subprocess.Popen([sys.executable, "-c", KILLED, str(store), str(site)])
    while len((site / LOG).read_text().splitlines() if (site / LOG).exists() else ()) < 20:
        assert running.poll() is None
        time.sleep(0.002)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert contents(site) != before
    with Registry.open(store, write=True) as registry:
        # As it was before: what the killed build wrote must not be taken for what the one before it did.
        registry.withdraw(Ref.parse("advisory/late@1.0.0"), reason="wrong", agent="Ada")
        build(registry, site)
        build(registry, tmp_path / "new")
    assert contents(site) == contents(tmp_path / "new")
    assert list(faults(site)) == []


FULL = """
import resource, sys
from pathlib import Path
from umr_ld.errors import Full
from umr_ld.registry import Registry
from umr_server.mirror import build
with Registry.open(Path(sys.argv[1])) as registry:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    try:
        build(registry, Path(sys.argv[2]))
    except Full as error:
        print(error.what)
"""


@pytest.mark.slow
def test_a_full_disk_is_said_and_the_next_build_mends(tmp_path):
    store, site = tmp_path / "store", tmp_path / "site"
    with Registry.create(store) as registry:
        registry.publish(records(), agent="Ada")
    told = subprocess.run(
        [sys.executable, "-c", FULL, str(store), str(site)], capture_output=True, text=True, check=False
    )
    assert "no space" in told.stdout, told.stderr
    with Registry.open(store) as registry:
        build(registry, site)
    assert list(faults(site)) == []
    assert not list(site.rglob("*.new"))


def a_file(folder):
    (folder / "thesis.tex").write_text("mine")


def something_in_the_way(folder):
    (folder / LOCK).touch()
    (folder / "page").mkdir()
    (folder / "index.html").write_text("mine")


def a_link_elsewhere(folder):
    (folder / LOCK).touch()
    (folder / "page").symlink_to(folder.parent)


def a_later_layout(folder):
    (folder / FILE).write_text('{"layout": 99}')


def a_broken_manifest(folder):
    (folder / FILE).write_text("{}")


REFUSED = {
    "a folder of somebody's": (a_file, Conflict, "not empty"),
    "a file in the way": (something_in_the_way, Conflict, "no build has written it"),
    "a link that leads out of the folder": (a_link_elsewhere, Conflict, "no build has written it"),
    "what a later program built": (a_later_layout, Newer, "later program"),
    "a manifest that is none": (a_broken_manifest, Malformed, "cannot be read"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_others_wrote_is_not_touched(shared, tmp_path, case):
    prepare, error, words = REFUSED[case]
    folder = tmp_path / "site"
    folder.mkdir()
    prepare(folder)
    before = contents(folder)
    with pytest.raises(error, match=words):
        build(shared, folder)
    assert before.items() <= contents(folder).items()


def test_one_builds_at_a_time(shared, tmp_path):
    with WriterLock(tmp_path / LOCK), pytest.raises(Busy, match="another build"):
        build(shared, tmp_path)


@pytest.mark.parametrize("base", ["example.org", "ftp://example.org/", 'https://e.org/"', "https://e.org/?a"])
def test_an_address_that_is_none_is_refused(shared, tmp_path, base):
    with pytest.raises(Malformed):
        build(shared, tmp_path, public=base)


def test_what_cannot_be_made_is_left_out_and_nothing_leads_there(tmp_path, monkeypatch):
    monkeypatch.setattr(mirror, "_DOCUMENT_SECONDS", 0.0)
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0", title="A")], agent="Ada")
        done = build(registry, tmp_path)
        again = build(registry, tmp_path)
    assert set(done.missing) == {"/page/lab/a@1.0.0?format=svg"}
    assert not (tmp_path / "page/lab/a@1.0.0.svg").exists()
    assert list(faults(tmp_path)) == []
    assert (again.made, again.changed, again.missing) == (0, 0, done.missing)


def test_half_a_file_of_a_killed_build_does_not_stay(shared, site, tmp_path):
    shutil.copytree(site, tmp_path, dirs_exist_ok=True)
    (tmp_path / "about.html.new").write_text("half")
    (tmp_path / LOG).write_text("about.html\nsearch.h")
    build(shared, tmp_path)
    assert contents(tmp_path) == contents(site)


def test_only_a_site_can_be_checked(tmp_path):
    with pytest.raises(Missing):
        list(faults(tmp_path))


def test_a_file_is_no_folder(shared, tmp_path):
    (tmp_path / "site").write_text("x")
    with pytest.raises(Conflict):
        build(shared, Path(tmp_path / "site"))
