"""Thirty strangers ask what has no end, and everybody else is answered meanwhile."""

from __future__ import annotations

import http.client
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import served

from umr_ld.files import documents
from umr_ld.registry import Registry
from umr_ld.resources import resource
from umr_server.app import create_app
from umr_server.settings import Settings

pytestmark = pytest.mark.slow

HOSTILE = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    "SELECT DISTINCT ?a ?d ?g { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?a ?d ?g",
    "SELECT (COUNT(*) AS ?n) { ?a ((!a)*/(!a)*)* ?b . ?b ((!a)*)* ?c . ?c (!a)* ?d }",
    'SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(REGEX(CONCAT(STR(?a), STR(?g)), "(a+)+(b+)+$")) }',
    "SELECT (GROUP_CONCAT(?c) AS ?all) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
)
LIMIT = 4.0
GIBIBYTE = 1 << 30


def status(home, path, body=None, client="127.0.0.1"):
    """Status of an answer, which somebody at another address of this machine may have asked for."""
    connection = http.client.HTTPConnection(urlsplit(home).netloc, timeout=60, source_address=(client, 0))
    with closing(connection):
        headers = {} if body is None else {"Content-Type": "application/sparql-query"}
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def resident():
    """Bytes that the processes which answer queries hold in memory together."""
    total = 0
    for place in Path("/proc").glob("[0-9]*"):
        try:
            if b"umr_server.sparql.nursery" in (place / "cmdline").read_bytes():
                total += int((place / "statm").read_text().split()[1]) * 4096
        except OSError:
            continue
    return total


def test_a_flood_ends_at_its_limits_and_hinders_nobody():
    with Registry.in_memory() as registry:
        registry.publish(documents([str(resource("records"))]), agent="test")
        app = create_app(registry, Settings(query_seconds=LIMIT))
        try:
            with served(app, threads=Settings().threads) as home:
                flood(home)
        finally:
            app.extensions["umr"].close()


def flood(home):
    assert status(home, "/sparql", b"ASK {}") == 200
    ended = []

    def ask(at):
        body = f"{HOSTILE[at % len(HOSTILE)]} # {at}".encode()
        ended.append(status(home, "/sparql", body, "127.0.0.2"))

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(30)]
    for thread in threads:
        thread.start()
    others, most, at = [], 0, 0
    while any(thread.is_alive() for thread in threads):
        others.append(status(home, "/sparql", f"ASK {{ ?s a umr:Model }} # {at}".encode()))
        others.append(status(home, "/page/vinid/plip@1.0.0"))
        most, at = max(most, resident()), at + 1
        time.sleep(0.05)
    assert ended == [503] * 30
    assert set(others) == {200}
    assert len(others) >= 10
    assert most < 2 * GIBIBYTE
    assert status(home, "/sparql", b"ASK {}") == 200
