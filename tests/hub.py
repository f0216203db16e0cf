"""A hub on this machine that speaks the wire format of the Hugging Face Hub, well or badly."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlsplit

from serving import answering

PAGE = 3
COMMIT = "0" * 39 + "1"


def large(name, digest, size=1000):
    """A file of a repository that the hub keeps as a large one."""
    lfs = {"sha256": digest, "size": size, "pointerSize": 134}
    return {"rfilename": name, "size": size, "blobId": "b" * 40, "lfs": lfs}


def model(repository, *tags, sha="a" * 40, **card):
    """An object of the API, of made-up things."""
    return {
        "id": repository,
        "modelId": repository,
        "author": repository.partition("/")[0],
        "sha": sha,
        "createdAt": "2026-01-02T03:04:05.000Z",
        "lastModified": "2026-02-03T04:05:06.000Z",
        "private": False,
        "gated": False,
        "disabled": False,
        "downloads": 12,
        "likes": 3,
        "pipeline_tag": "text-generation",
        "library_name": "transformers",
        "tags": ["transformers", "text-generation", *tags, "region:us"],
        "cardData": {"license": "apache-2.0", **card},
        "safetensors": {"total": 1234567},
    }


class Hub:
    """What it holds, what it does wrong, and what it was asked.

    `models` and `datasets` are lists of objects, `files` bytes by `repository/path`. `faults` maps a path, or
    `page N`, to a list of what is answered before it is answered well: a status with headers, or bytes.
    """

    def __init__(self):
        self.models, self.datasets, self.files, self.faults = [], [], {}, {}
        self.asked, self.commits, self.tokens = [], [], []

    def answer(self, path, query):
        """Status, headers and body of a GET."""
        for kind in ("models", "datasets"):
            rows = getattr(self, kind)
            if path == f"/api/{kind}":
                return self._page(rows, query, path)
            if path.startswith(f"/api/{kind}/"):
                found = [row for row in rows if row["id"] == path.removeprefix(f"/api/{kind}/")]
                return (
                    _json(_told(found[0], query)) if found else (404, {"X-Error-Code": "RepoNotFound"}, b"{}")
                )
        name = path.removeprefix("/").replace("/resolve/main/", "/")
        if name in self.files:
            return 200, {"Content-Type": "text/plain"}, self.files[name]
        return 404, {"X-Error-Code": "EntryNotFound"}, b"Entry not found"

    def _page(self, rows, query, path):
        if "author" in query:
            rows = [row for row in rows if row["author"] == query["author"][0]]
        for tag in query.get("filter", ()):
            rows = [row for row in rows if tag in row["tags"]]
        rows = [_told(row) for row in rows]
        start = int(query.get("cursor", ["0"])[0])
        number = start // PAGE + 1
        headers = {}
        if start + PAGE < len(rows):
            kept = "&".join(
                f"{key}={value[0]}" for key, value in query.items() if key in {"author", "filter"}
            )
            headers["Link"] = f'<{self.address}{path}?{kept}&cursor={start + PAGE}>; rel="next"'
        fault = self.faults.get(f"page {number}")
        if fault:
            given = fault.pop(0) if isinstance(fault, list) else fault
            if callable(given):
                return given(rows[start : start + PAGE], headers)
            return given
        return _json(rows[start : start + PAGE], headers)

    def commit(self, repository, lines):
        """Take the files of a commit."""
        for line in lines:
            if line["key"] == "file":
                said = line["value"]
                assert said["encoding"] == "base64"
                self.files[f"{repository}/{said['path']}"] = base64.b64decode(said["content"])
        self.commits.append((repository, lines[0]["value"]))


def _told(row, query=()):
    """What the hub tells of something: the digests of its files to who asks for one thing and for these."""
    if "blobs" in query or "siblings" not in row:
        return row
    return {**row, "siblings": [{"rfilename": one["rfilename"]} for one in row["siblings"]]}


def _json(value, headers=None):
    return 200, {"Content-Type": "application/json", **(headers or {})}, json.dumps(value).encode()


@contextmanager
def serving():
    """A hub, answering at its `address`."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            parts = urlsplit(self.path)
            hub.asked.append(self.path)
            hub.tokens.append(self.headers.get("Authorization", ""))
            waiting = hub.faults.get(parts.path)
            found = waiting.pop(0) if waiting else hub.answer(parts.path, parse_qs(parts.query))
            self._say(*found)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            hub.tokens.append(self.headers.get("Authorization", ""))
            path = urlsplit(self.path).path
            hub.asked.append(path)
            if path == "/api/validate-yaml":
                self._say(*_json({"errors": [], "warnings": []}))
            elif "/preupload/" in path:
                files = [
                    {"path": one["path"], "uploadMode": "regular", "shouldIgnore": False}
                    for one in json.loads(body)["files"]
                ]
                self._say(*_json({"files": files}))
            elif "/commit/" in path:
                repository = (
                    path.removeprefix("/api/models/").removeprefix("/api/datasets/").partition("/commit/")[0]
                )
                hub.commit(repository, [json.loads(line) for line in body.splitlines()])
                url = f"{hub.address}/{repository}/commit/{COMMIT}"
                self._say(*_json({"commitUrl": url, "commitOid": COMMIT, "success": True}))
            else:
                self._say(404, {}, b"")

        def _say(self, status, headers, body):
            self.send_response(status)
            for name, text in headers.items():
                self.send_header(name, text)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with answering(Handler) as hub.address:
        yield hub
