"""Records of the corpus on their way through foreign formats, for tests."""

from __future__ import annotations

import json
from functools import cache

from umr_ld.addresses import Base
from umr_ld.document import Document
from umr_ld.formats import FORMATS
from umr_ld.formats.draft import Subject
from umr_ld.media import Media
from umr_ld.reading import read_tree, tree_of
from umr_ld.resources import resource
from umr_ld.vocab import vocabulary

BASE = Base()


@cache
def corpus():
    """Every shipped record as a subject."""
    return [subject(path.read_bytes(), str(path)) for path in sorted(resource("records").rglob("*.jsonld"))]


def subject(body, source="draft.jsonld"):
    """The subject that a draft describes: bytes, or its keys."""
    if isinstance(body, dict):
        body = json.dumps(body).encode()
    return Subject.of(tree_of(Document(body, Media.JSONLD, source)), BASE, vocabulary())


def described(label):
    """The records of the corpus that a format describes."""
    return [one for one in corpus() if one.kind in FORMATS[label].kinds]


def written(label, one, media=None):
    """A record as a document of a format, and the report."""
    row = FORMATS[label]
    made = row.write(one, media or row.media[0])
    return Document(made.body, media or row.media[0], f"written.{label}"), made.losses


def read(label, *documents):
    """What is read of documents of a format."""
    return FORMATS[label].read([documents], vocabulary())


def digest(tree):
    """The identity of what a draft says."""
    return read_tree(tree, BASE, vocabulary()).record.digest


def stripped(body):
    """A document without what is kept in it for us alone, so that only the format's own words count."""

    def strip(value):
        if isinstance(value, list):
            return [strip(one) for one in value if not (isinstance(one, dict) and _is_kept(one.get("name")))]
        if isinstance(value, dict):
            return {key: strip(one) for key, one in value.items() if key not in {"umr:kept", "extension"}}
        return value

    return json.dumps(strip(json.loads(body))).encode()


def _is_kept(name):
    return str(name).startswith("umr-ld:") and name not in {"umr-ld:role", "umr-ld:mention"}
