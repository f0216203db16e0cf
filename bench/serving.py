"""Pages, data and queries over HTTP: requests a second, and the time within which 99 of 100 are answered.

Beside pages and data a Flask application that says hello, on the same HTTP server with as many threads; beside
queries `oxigraph serve` on a copy of the same store. The load comes from another process (`wrk`), all over loopback.
A query of its own each time is one with a comment that differs: what is kept for who repeats himself does not help.
Beside each figure stands the processor time of the server a request, its children's with it: on a machine where others
work too it says more than the rate.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from bench.registry import prepared
from umr_ld.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECORDS = 2_000
CLIENTS = (1, 8, 64)
ROUNDS = 5
SECONDS = 1
THREADS = 8
_TICK = 1e6 / os.sysconf("SC_CLK_TCK")

HELLO = f"""
import sys, waitress
from flask import Flask
app = Flask(__name__)
app.add_url_rule("/", "hello", lambda: "hello")
waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads={THREADS}, _quiet=True)
"""

_PREFIXES = "PREFIX umr: <https://w3id.org/umr-ld/ns#> PREFIX dct: <http://purl.org/dc/terms/> "
QUICK = _PREFIXES + "SELECT ?t { GRAPH ?g { <%s> dct:title ?t } }"
SLOW = (
    _PREFIXES
    + "SELECT ?r (COUNT(?l) AS ?n) { GRAPH ?g { ?l umr:relation ?r ; umr:artifact ?a } } GROUP BY ?r"
)

_DIFFERENT = """
local number = 0
function request()
  number = number + 1
  return wrk.format("GET", wrk.path .. "%20%23" .. {run} .. "-" .. number)
end
"""
"""A script for `wrk`: each request has a comment of its own."""

_RUNS = itertools.count(time.time_ns())


class Server(NamedTuple):
    """A server that runs.

    Args:
        address: where.
        pid: its number.
    """

    address: str
    pid: int


class Asked(NamedTuple):
    """What is asked again and again.

    Args:
        server: whom.
        path: with its query.
        headers: of each request.
        script: for `wrk`; empty for none.
    """

    server: Server
    path: str = "/"
    headers: Mapping[str, str] = {}
    script: str = ""


class Taken(NamedTuple):
    """One measurement.

    Args:
        rate: requests a second.
        slowest: milliseconds of the 99th percentile.
        processor: microseconds of the server a request.
    """

    rate: float
    slowest: float
    processor: float


def measured(asked: Asked, clients: int) -> Taken:
    """How fast something is answered.

    Args:
        asked: what.
        clients: connections that ask at once.

    Raises:
        RuntimeError: if there were errors: figures of refusals are none.
    """
    said = [word for name, value in asked.headers.items() for word in ("-H", f"{name}: {value}")]
    address = asked.server.address + asked.path
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(asked.script.replace("{run}", f'"{next(_RUNS)}"'))
        file.flush()
        scripted = ["-s", file.name] if asked.script else []
        few = ["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", "--timeout", "20s", "--latency"]
        before = _processor_time(asked.server.pid)
        line = [*few, *scripted, *said, address]
        told = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    used = _processor_time(asked.server.pid) - before
    wrong = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*(?:read|timeout) [1-9]\d*", told)
    if wrong:
        raise RuntimeError(f"{address}: {wrong[0]}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", told).groups()  # type: ignore[union-attr]
    requests = int(re.search(r"(\d+) requests in", told)[1])  # type: ignore[index]
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1])  # type: ignore[index]
    return Taken(rate, float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit], used / max(1, requests))


def _processor_time(pid: int) -> float:
    """Microseconds of a process and all below it that live (proc_pid_stat(5))."""
    stats = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            stats[int(file.parent.name)] = file.read_text().rpartition(")")[2].split()
    family, found = {pid}, 0
    while found < len(family):
        found = len(family)
        family |= {one for one, fields in stats.items() if int(fields[1]) in family}
    return _TICK * sum(int(stats[one][11]) + int(stats[one][12]) for one in family if one in stats)


@contextlib.contextmanager
def running(line: list[str], port: int) -> Iterator[Server]:
    """A server in a process of its own.

    Args:
        line: of the command.
        port: that it listens on.
    """
    # Where others work too, a query of a few milliseconds may take longer than it is let try among quick ones.
    patient = {**os.environ, "UMR_SERVER_QUERY_TRIAL": "5"}
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=patient)
    try:
        until = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if child.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{line[0]} does not answer")
            time.sleep(0.05)
        yield Server(f"http://127.0.0.1:{port}", child.pid)
    finally:
        child.terminate()
        child.wait(30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def compared(asked: Mapping[str, Asked], rival: tuple[str, Asked], clients: int) -> list[dict[str, object]]:
    """Rows: all that is asked and the rival in turn.

    Args:
        asked: by name.
        rival: its name, and what is asked of it.
        clients: at once.
    """
    taken: dict[str, list[Taken]] = {}
    for _ in range(ROUNDS):
        for name, one in (rival, *asked.items()):
            taken.setdefault(name, []).append(measured(one, clients))
    told = {name: _medians(rows) for name, rows in taken.items()}
    beside = told[rival[0]]
    return [
        {
            "name": f"{name}, {clients} client{'s' if clients > 1 else ''}",
            "unit": "1/s",
            "ours": told[name].rate,
            "rivals": {rival[0]: beside.rate},
            # Of rates: above 1 where ours is more.
            "ratios": {rival[0]: told[name].rate / beside.rate},
            "p99_ms": {"ours": told[name].slowest, rival[0]: beside.slowest},
            "processor_us": {"ours": told[name].processor, rival[0]: beside.processor},
        }
        for name in asked
    ]


def _medians(rows: list[Taken]) -> Taken:
    return Taken(*map(statistics.median, zip(*rows, strict=True)))


def pages(server: Server, ref: str) -> dict[str, Asked]:
    """What is asked beside hello, by name.

    Args:
        server: ours.
        ref: a record.
    """
    page, html = f"/page/{quote(ref)}", {"Accept": "text/html"}
    request = urllib.request.Request(server.address + page, headers=html)
    with urllib.request.urlopen(request) as answer:
        tag = answer.headers["ETag"]
    return {
        "record page": Asked(server, page, html),
        "record page, ETag known": Asked(server, page, {**html, "If-None-Match": tag}),
        "record page, never kept": Asked(server, page, {**html, "Authorization": "Bearer none"}),
        "record as JSON-LD": Asked(server, f"{page}.jsonld"),
        "search as JSON": Asked(server, "/search?text=qwen&format=json"),
    }


def queries(server: Server, path: str, iri: str) -> dict[str, Asked]:
    """What is asked in SPARQL, by name.

    Args:
        server: ours, or the rival.
        path: of its endpoint.
        iri: of a record.
    """
    wanted = {"Accept": "application/sparql-results+json"}
    return {
        name: Asked(server, f"{path}?query={quote(text)}", wanted, script)
        for name, text, script in (
            ("quick query", QUICK % iri, _DIFFERENT),
            ("slow query", SLOW, _DIFFERENT),
            ("quick query, repeated", QUICK % iri, ""),
            ("slow query, repeated", SLOW, ""),
        )
    }


def run(records: int = RECORDS, clients: tuple[int, ...] = CLIENTS) -> list[dict[str, object]]:
    """Rows: each question with each number of clients.

    Args:
        records: in the registry.
        clients: how many ask at once.
    """
    if not shutil.which("wrk"):
        print("serving: left out, for want of wrk (Debian: apt-get install wrk)", file=sys.stderr)
        return []
    folder = prepared(records, store=True) / "registry"
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as started:
        with Registry.open(folder) as registry:
            listed = registry.listing(kind="Model", limit=1).entries[0]
            registry.copy_store(Path(place) / "store")
            iri = registry.base.record(str(listed.ref))
        ports = [free_port() for _ in range(3)]
        python = [sys.executable, "-m", "umr_ld", "serve", "--store", str(folder), "--log-format", "off"]
        ours = started.enter_context(running([*python, "--port", str(ports[0])], ports[0]))
        hello = started.enter_context(running([sys.executable, "-c", HELLO, str(ports[1])], ports[1]))
        oxigraph = str(Path(sys.executable).with_name("oxigraph"))
        line = [
            oxigraph,
            "serve-read-only",
            "--location",
            f"{place}/store",
            "--bind",
            f"127.0.0.1:{ports[2]}",
        ]
        rival = started.enter_context(running(line, ports[2]))
        said = pages(ours, str(listed.ref))
        rows = [row for count in clients for row in compared(said, ("hello", Asked(hello)), count)]
        theirs = queries(rival, "/query", iri)
        for name, one in queries(ours, "/sparql", iri).items():
            for count in clients[:2]:
                rows += compared({name: one}, ("oxigraph serve", theirs[name]), count)
        return rows


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
