"""Large drafts of strangers are looked at by a process of its own, which is killed when it takes too long."""

from __future__ import annotations

import json
import os
import signal

import pytest
from drafts import draft

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.aside import LARGE
from umr_server.guard.large import LARGE as ONE_AT_A_TIME
from umr_server.settings import Settings

WAYS = {
    "a draft that is judged": "/api/v1/validate",
    "a draft whose upstreams are checked": "/api/v1/check",
    "a draft whose licence is compared": "/api/v1/licences",
}


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with Registry.create(tmp_path_factory.mktemp("aside") / "registry") as registry:
        registry.publish([draft("lab/a@1.0.0", title="A")], agent="x")
        yield registry


@pytest.fixture(scope="module")
def app(registry):
    app = create_app(registry)
    yield app
    app.extensions["umr"].close()


def body(size, *links):
    """A draft in a body of at least so many bytes: white space is part of it."""
    text = draft("lab/b@1.0.0", *links, title="B").body.decode() + " " * size
    return json.dumps({"drafts": [{"text": text}]}).encode()


def sent(app, way, content, **headers):
    return app.test_client().post(way, data=content, content_type="application/json", headers=headers)


def process(app):
    return app.extensions["umr"].aside._child


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_large_and_small_are_answered_alike(app, way):
    small, large = (sent(app, way, body(size, "fineTunedFrom lab/a")) for size in (0, LARGE))
    assert process(app) is not None
    assert (large.status_code, large.get_json()) == (small.status_code, small.get_json())
    assert large.content_type == small.content_type
    assert large.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("wrong", [b"{", b'{"drafts": 7}', b"[]"], ids=repr)
def test_refusals_are_problem_documents_there_too(app, wrong):
    small, large = (
        sent(app, WAYS["a draft that is judged"], content) for content in (wrong, b" " * LARGE + wrong)
    )
    assert (large.status_code, large.mimetype) == (small.status_code, "application/problem+json")
    assert large.get_json()["title"] == small.get_json()["title"]


def test_what_was_published_meanwhile_is_known_there(app, registry):
    unknown = sent(app, WAYS["a draft that is judged"], body(LARGE, "fineTunedFrom lab/late"))
    assert "lab/late" in unknown.text
    registry.publish([draft("lab/late@1.0.0", title="Late")], agent="x")
    known = sent(app, WAYS["a draft that is judged"], body(LARGE, "fineTunedFrom lab/late"))
    assert known.get_json()["documents"][0]["valid"]
    assert "lab/late" not in known.text


def test_what_takes_too_long_is_stopped_and_others_are_answered(registry):
    app = create_app(registry, Settings(draft_seconds=0.05))
    many = [f"fineTunedFrom lab/x{number}" for number in range(4000)]
    slow = sent(app, WAYS["a draft that is judged"], body(0, *many))
    assert slow.status_code == 503
    assert "longer than 0.05 s" in slow.get_json()["detail"]
    assert process(app) is None
    assert sent(app, WAYS["a draft that is judged"], body(0)).status_code == 200
    app.extensions["umr"].close()


def test_a_process_that_is_killed_is_missed_once(app):
    sent(app, WAYS["a draft that is judged"], body(LARGE))
    os.kill(process(app)._child.pid, signal.SIGKILL)
    assert sent(app, WAYS["a draft that is judged"], body(LARGE)).status_code == 503
    assert sent(app, WAYS["a draft that is judged"], body(LARGE)).status_code == 200


def test_nobody_can_say_that_a_request_is_aside_already(app):
    before = process(app)
    answer = sent(app, WAYS["a draft that is judged"], body(LARGE), **{"Umr.Aside": "1", "Umr-Aside": "1"})
    assert answer.status_code == 200
    assert process(app) is before


def test_a_registry_in_memory_looks_at_everything_itself():
    with Registry.in_memory() as registry:
        app = create_app(registry)
        assert sent(app, WAYS["a draft that is judged"], body(LARGE)).status_code == 200
        assert process(app) is None


def test_what_is_looked_at_aside_waits_for_nobody_who_publishes(app):
    turns = app.extensions["umr"].guard._large._turns
    assert turns.take("somebody who publishes much", 1)
    try:
        assert sent(app, WAYS["a draft that is judged"], body(2 * ONE_AT_A_TIME)).status_code == 200
    finally:
        turns.leave()
