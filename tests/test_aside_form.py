"""Large drafts that are typed into the form are looked at by a process of its own, which is killed when it takes too long."""

from __future__ import annotations

import html
import os
import re
import signal

import pytest
from drafts import draft
from tokens import made

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.aside import LARGE
from umr_server.guard.large import LARGE as ONE_AT_A_TIME
from umr_server.settings import Settings

TYPED = {
    "kind": "Model",
    "name": "lab/b",
    "upstream.0.relation": "fineTunedFrom",
    "upstream.0.artifact": "lab/a",
}


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    with Registry.create(tmp_path_factory.mktemp("form") / "registry") as registry:
        registry.publish([draft("lab/a@1.0.0", title="A"), draft("lab/b@1.4.0", title="Old")], agent="x")
        yield registry


@pytest.fixture(scope="module")
def app(registry):
    app = create_app(registry)
    yield app
    app.extensions["umr"].close()


def typed(app, size=0, **said):
    """The form as it is sent, with white space so that it has at least so many bytes."""
    return app.test_client().post("/publish", data={**TYPED, **said, "other-facts": " " * size})


def process(app):
    return app.extensions["umr"].aside._child


def told(answer):
    """What a page says, without what was typed as white space."""
    return re.sub(r"\s+", " ", answer.text)


WAYS = {
    "what can be published": {"title": "B", "version": "2.0.0"},
    "what is to be mended": {"title": "B", "version": "two", "license": "no licence"},
    "what has no version": {"title": "B"},
    "what cannot be read as a record": {"name": "", "version": "2.0.0"},
    "what is made from nothing known": {"version": "2.0.0", "upstream.0.artifact": "lab/none"},
}


@pytest.mark.parametrize("said", WAYS.values(), ids=WAYS)
def test_large_and_small_are_told_alike(app, said):
    small, large = (typed(app, size, **said) for size in (0, LARGE))
    assert process(app) is not None
    assert large.status_code == small.status_code == 200
    assert told(large) == told(small)


def test_a_large_one_is_published_by_who_may_and_only_by_them(app, registry):
    said = {"title": "B", "version": "2.0.0", "do": "publish"}
    refused = typed(app, LARGE, **said, token="umr_none")
    assert refused.status_code == 401
    assert "lab/b@2.0.0" not in {str(ref) for ref in registry.show("lab/b").versions}
    done = typed(app, LARGE, **said, token=made(registry, "lab"))
    assert (done.status_code, done.headers["Location"]) == (303, "/page/lab/b@2.0.0")


def test_what_takes_too_long_is_stopped_and_what_was_typed_is_not_lost(registry):
    app = create_app(registry, Settings(draft_seconds=0.05))
    many = {f"upstream.{n}.artifact": f"lab/x{n}" for n in range(600)}
    many |= {f"upstream.{n}.relation": "fineTunedFrom" for n in range(600)}
    for do in ("validate", "publish"):
        slow = typed(app, title="B", version="3.0.0", do=do, token="umr_none", **many)
        assert slow.status_code == 503
        assert "longer than 0.05 s" in html.unescape(slow.text)
        assert 'value="lab/x599"' in slow.text
        assert process(app) is None
    assert typed(app, title="B", version="3.0.0").status_code == 200
    app.extensions["umr"].close()


def test_a_process_that_is_killed_is_missed_once(app):
    typed(app, LARGE)
    os.kill(process(app)._child.pid, signal.SIGKILL)
    assert typed(app, LARGE).status_code == 503
    assert typed(app, LARGE).status_code == 200


def test_what_is_looked_at_aside_holds_up_nobody_who_publishes(app, monkeypatch):
    site, free = app.extensions["umr"], []
    ask = site.aside.post

    def post(*given):
        turns = site.guard._large._turns
        free.append(turns.take("somebody who publishes much", 0))
        turns.leave()
        return ask(*given)

    monkeypatch.setattr(site.aside, "post", post)
    assert typed(app, 2 * ONE_AT_A_TIME, title="B", version="3.0.0").status_code == 200
    assert free == [True]
    assert site.guard._large._turns.take("the next", 0)
    site.guard._large._turns.leave()


def test_a_registry_in_memory_looks_at_everything_itself():
    with Registry.in_memory() as registry:
        app = create_app(registry)
        assert typed(app, LARGE, title="B", version="1.0.0").status_code == 200
        assert process(app) is None
