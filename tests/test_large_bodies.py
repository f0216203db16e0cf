"""Large bodies are worked on one at a time, so that who sends many of them does not hold the server."""

from __future__ import annotations

import io
import json
import threading

import pytest
from drafts import draft

from umr_ld.registry import Registry
from umr_server.app import create_app
from umr_server.guard.large import LARGE


class Held(io.RawIOBase):
    """A body that comes when it is let."""

    def __init__(self, content):
        self._content, self.begun, self.let = io.BytesIO(content), threading.Event(), threading.Event()

    def readable(self):
        return True

    def readinto(self, buffer):
        self.begun.set()
        assert self.let.wait(20)
        piece = self._content.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.fixture(scope="module")
def app():
    with Registry.in_memory() as registry:
        registry.publish([draft("lab/a@1.0.0", title="A")], agent="x")
        yield create_app(registry)


def body(size):
    return json.dumps({"drafts": [{"text": " " * size}]}).encode()


def sent(app, content):
    """How a body is answered; content is bytes, or held."""
    length = LARGE * 2 if isinstance(content, Held) else len(content)
    stream = content if isinstance(content, Held) else io.BytesIO(content)
    given = {"wsgi.input": stream, "CONTENT_LENGTH": str(length)}
    return app.test_client().post(
        "/api/v1/validate", content_type="application/json", environ_overrides=given
    )


@pytest.fixture
def crowd(app):
    """One large body that is being read, four that wait for it, and what became of them."""
    first = Held(body(LARGE * 2)[: LARGE * 2])
    answers = []
    senders = [threading.Thread(target=lambda: answers.append(sent(app, first)))]
    senders[0].start()
    assert first.begun.wait(20)
    waiting = app.extensions["umr"].guard._large._turns
    for at in range(1, 5):
        senders.append(threading.Thread(target=lambda: answers.append(sent(app, body(LARGE)))))
        senders[-1].start()
        while waiting.waiting < at:
            senders[-1].join(0.01)

    def over():
        first.let.set()
        for sender in senders:
            sender.join(20)
        return [answer.status_code for answer in answers]

    yield over
    over()


def test_no_more_wait_than_leave_threads_for_others(app, crowd):
    refused = sent(app, body(LARGE))
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert "other large bodies" in refused.get_json()["detail"]


def test_small_bodies_and_pages_go_past_them(app, crowd):
    assert sent(app, body(100)).status_code == 200
    assert app.test_client().get("/").status_code == 200


def test_each_has_its_turn_in_the_end(app, crowd):
    told = crowd()
    assert len(told) == 5
    assert 503 not in told
    assert sent(app, body(LARGE)).status_code == 200
