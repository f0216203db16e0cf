"""Pages, data and queries over HTTP: requests a second, and the time within which 99 of 100 are answered.

Beside pages and data a Flask application that says hello, on the same HTTP server with as many threads; beside
queries `oxigraph serve` on a copy of the same store. The load comes from another process (`wrk`), all over loopback.
A query of its own each time is one with a comment that differs: what is kept for who repeats himself does not help.
"""

from __future__ import annotations

import contextlib
import itertools
import json
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
from typing import TYPE_CHECKING
from urllib.parse import quote

from bench.registry import prepared
from umr_ld.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RECORDS = 2_000
CLIENTS = (1, 8, 64)
ROUNDS = 5
SECONDS = 2
THREADS = 8

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


def rate(
    address: str, clients: int, headers: Mapping[str, str] | None = None, script: str = ""
) -> tuple[float, float]:
    """Requests a second, and milliseconds of the 99th percentile.

    Args:
        address: what is asked.
        clients: connections that ask at once.
        headers: of each request.
        script: for `wrk`; empty for none.

    Raises:
        RuntimeError: if there were errors: figures of refusals are none.
    """
    said = [word for name, value in (headers or {}).items() for word in ("-H", f"{name}: {value}")]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script.replace("{run}", f'"{next(_RUNS)}"'))
        file.flush()
        scripted = ["-s", file.name] if script else []
        line = [
            "wrk",
            "-t1",
            f"-c{clients}",
            f"-d{SECONDS}s",
            "--timeout",
            "20s",
            "--latency",
            *scripted,
            *said,
            address,
        ]
        told = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    wrong = re.search(r"Non-2xx or 3xx responses: \d+|Socket errors: .*(?:read|timeout) [1-9]\d*", told)
    if wrong:
        raise RuntimeError(f"{address}: {wrong[0]}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", told).groups()  # type: ignore[union-attr]
    slowest = float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", told)[1]), slowest  # type: ignore[index]


@contextlib.contextmanager
def running(line: list[str], port: int) -> Iterator[str]:
    """A server in a process of its own, and its address.

    Args:
        line: of the command.
        port: that it listens on.
    """
    child = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while socket.socket().connect_ex(("127.0.0.1", port)):
            if child.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{line[0]} does not answer")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        child.wait(30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


def compared(
    name: str, clients: int, ours: tuple[str, dict[str, str]], rival: tuple[str, str], script: str = ""
) -> dict[str, object]:
    """One row: ours and the rival in turn.

    Args:
        name: what is asked.
        clients: at once.
        ours: address and headers.
        rival: its name and address.
        script: as of `rate`.
    """
    taken: dict[str, list[tuple[float, float]]] = {"ours": [], rival[0]: []}
    for _ in range(ROUNDS):
        taken["ours"].append(rate(ours[0], clients, ours[1], script))
        headers = ours[1] if script or "oxigraph" in rival[0] else {}
        taken[rival[0]].append(rate(rival[1], clients, headers, script))
    rates = {key: statistics.median(one for one, _ in rows) for key, rows in taken.items()}
    return {
        "name": f"{name}, {clients} client{'s' if clients > 1 else ''}",
        "unit": "1/s",
        "ours": rates["ours"],
        "rivals": {rival[0]: rates[rival[0]]},
        # Of rates: above 1 where ours is more.
        "ratios": {rival[0]: rates["ours"] / rates[rival[0]]},
        "p99_ms": {key: statistics.median(slowest for _, slowest in rows) for key, rows in taken.items()},
    }


def questions(address: str, ref: str) -> dict[str, tuple[str, dict[str, str]]]:
    """What is asked beside hello: address and headers by name.

    Args:
        address: of our server.
        ref: a record.
    """
    page = f"{address}/page/{quote(ref)}"
    html = {"Accept": "text/html"}
    asked = urllib.request.Request(page, headers=html)
    with urllib.request.urlopen(asked) as answer:
        tag = answer.headers["ETag"]
    return {
        "record page": (page, html),
        "record page, ETag known": (page, {**html, "If-None-Match": tag}),
        "record page, never kept": (page, {**html, "Authorization": "Bearer none"}),
        "record as JSON-LD": (f"{page}.jsonld", {}),
        "search as JSON": (f"{address}/search?text=qwen&format=json", {}),
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
        rows = [
            compared(name, count, asked, ("hello", f"{hello}/"))
            for name, asked in questions(ours, str(listed.ref)).items()
            for count in clients
        ]
        json_ = {"Accept": "application/sparql-results+json"}
        for name, text, script in (
            ("quick query", QUICK % iri, _DIFFERENT),
            ("slow query", SLOW, _DIFFERENT),
            ("quick query, repeated", QUICK % iri, ""),
            ("slow query, repeated", SLOW, ""),
        ):
            path = f"query={quote(text)}"
            there = ("oxigraph serve", f"{rival}/query?{path}")
            rows += [
                compared(name, count, (f"{ours}/sparql?{path}", json_), there, script)
                for count in clients[:2]
            ]
        return rows


if __name__ == "__main__":
    print(json.dumps(run(), indent=2))
