"""Kaggle on this machine: what speaks the wire format that `kagglesdk` does, well or badly."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from serving import answering

PAGE = 2


def instance(slug="base", framework="pyTorch", number=1, **more):
    """A variation, of made-up things."""
    return {
        "id": 7,
        "slug": slug,
        "framework": framework,
        "overview": f"The variation {slug}.",
        "usage": "Load it.",
        "versionNumber": number,
        "licenseName": "Apache 2.0",
        "modelInstanceType": "MODEL_INSTANCE_TYPE_UNSPECIFIED",
        "trainingData": [],
        **more,
    }


def model(ref, *instances, **more):
    """A model, of made-up things."""
    owner, _, slug = ref.partition("/")
    return {
        "id": 3,
        "ref": ref,
        "slug": slug,
        "author": owner,
        "title": slug.title(),
        "subtitle": "",
        "description": f"The model {slug}.",
        "publishTime": "2026-01-02T03:04:05.678Z",
        "updateTime": "2026-02-03T04:05:06.789Z",
        "voteCount": 5,
        "tags": [{"name": "text"}],
        "instances": list(instances),
        **more,
    }


def dataset(ref, **more):
    """A dataset, of made-up things."""
    return {
        "id": 4,
        "ref": ref,
        "title": ref.partition("/")[2].title(),
        "description": "Some data.",
        "licenseName": "CC0-1.0",
        "currentVersionNumber": 2,
        "downloadCount": 9,
        "tags": [],
        **more,
    }


class Kaggle:
    """What it holds, what it does wrong, and what it was asked.

    `models` and `datasets` are lists of objects. `faults` maps the name of a request, or that and the number of a
    page, to what is answered instead: one answer, or several that are used up before it is answered well.
    """

    def __init__(self):
        self.models, self.datasets, self.faults = [], [], {}
        self.asked, self.tokens, self.written = [], [], []
        self.has_tokens = True

    def answer(self, name, said):
        """Status, headers and body."""
        return getattr(self, f"_{name}")(said)

    def _ListModels(self, said):
        return self._page("models", [one for one in self.models if _owner(one) == said["owner"]], said)

    def _ListDatasets(self, said):
        return self._page("datasets", [one for one in self.datasets if _owner(one) == said["user"]], said)

    def _page(self, member, rows, said):
        number = int(said.get("pageToken") or said.get("page") or 1)
        end = number * PAGE
        page = {member: rows[end - PAGE : end]}
        if self.has_tokens and end < len(rows):
            page["nextPageToken"] = str(number + 1)
        return self._faulty(f"{member} {number}", page) or _json(page)

    def _faulty(self, key, page):
        fault = self.faults.get(key)
        return fault(page) if callable(fault) else fault

    def _GetModel(self, said):
        return _found(self.models, said["ownerSlug"], said["modelSlug"])

    def _GetDataset(self, said):
        return _found(self.datasets, said["ownerSlug"], said["datasetSlug"])

    def _GetModelInstance(self, said):
        return _json(self._instance(said))

    def _instance(self, said):
        found = self._of(self.models, said["ownerSlug"], said["modelSlug"])["instances"]
        assert said["framework"] == "MODEL_FRAMEWORK_PY_TORCH"
        return next(one for one in found if one["slug"] == said["instanceSlug"])

    def _of(self, rows, owner, slug):
        return next(one for one in rows if one["ref"] == f"{owner}/{slug}")

    def _GetDatasetMetadata(self, said):
        found = self._of(self.datasets, said["ownerSlug"], said["datasetSlug"])
        members = ("title", "subtitle", "description", "keywords", "data", "collaborators", "isPrivate")
        info = {member: found[member] for member in members if member in found}
        return _json({"info": {**info, "licenses": [{"name": found["licenseName"]}], "totalViews": 8}})

    def _UpdateModel(self, said):
        return self._write(self._of(self.models, said["ownerSlug"], said["modelSlug"]), said)

    def _UpdateModelInstance(self, said):
        return self._write(self._instance(said), said)

    def _write(self, row, said):
        self.written.append(said)
        row.update({path: said[path] for path in said["updateMask"].split(",")})
        return _json({"id": 3})

    def _UpdateDatasetMetadata(self, said):
        self.written.append(said)
        self._of(self.datasets, said["ownerSlug"], said["datasetSlug"]).update(said["settings"])
        return _json({"errors": []})


def _owner(row):
    return row["ref"].partition("/")[0]


def _found(rows, owner, slug):
    found = [row for row in rows if row["ref"] == f"{owner}/{slug}"]
    return _json(found[0]) if found else (404, {}, b'{"code": 404, "message": "Not found"}')


def _json(value):
    return 200, {"Content-Type": "application/json"}, json.dumps(value).encode()


@contextmanager
def serving():
    """Kaggle, answering at its `address`."""
    hub = Kaggle()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            _, version, service, name = self.path.split("/")
            assert (version, service.partition(".")[2]) in {
                ("v1", "ModelApiService"),
                ("v1", "DatasetApiService"),
            }
            hub.asked.append((name, body))
            hub.tokens.append(self.headers.get("Authorization", ""))
            waiting = hub.faults.get(name)
            status, headers, said = waiting.pop(0) if waiting else hub.answer(name, body)
            self.send_response(status)
            for key, text in {"Content-Length": str(len(said)), **headers}.items():
                self.send_header(key, text)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_):
            pass

    with answering(Handler) as hub.address:
        yield hub
