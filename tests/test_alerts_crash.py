"""Killed between any two steps: every event is delivered at least once, and repeats can be told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from receiving import web

from umr_ld.alerts.book import Alerts
from umr_ld.mark import Mark

LOOP = Path(__file__).parent / "alerting_loop.py"
EXPECTED = [
    ("newly-affected", "lab/a@1.0.0"),
    ("answer-changed", "lab/a@1.0.0"),
    ("newly-affected", "lab/b@1.0.0"),
    ("cleared", "lab/a@1.0.0"),
    ("severity-changed", "lab/b@1.0.0"),
]


def live(folder, url, fatal, hour):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    words = [sys.executable, str(LOOP), str(folder), url, str(fatal), str(hour)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode == 0


def require_all_told(requests):
    bodies = {}
    for request in requests:
        key = request.headers["webhook-id"]
        assert bodies.setdefault(key, request.body) == request.body, "the same key for something else"
    events = [event for body in bodies.values() for event in json.loads(body)["data"]["events"]]
    assert sorted((event["kind"], event["record"]) for event in events) == sorted(EXPECTED)
    assert len({event["key"] for event in events}) == len(events), "an event under two keys"


def killed_at(folder, fatal):
    """Kill at a statement, live on until the end; whether it came to the statement at all."""
    folder.mkdir()
    with web() as server:
        died = not live(folder, server.url(), fatal, 0)
        assert live(folder, server.url(), 0, 1)
        require_all_told(server.requests)
    with Alerts(folder / "alerts.db") as book:
        assert book.check()
        assert {posted.state for posted in book.outbox()} == {"sent"}
    assert Mark.check(folder / "alerts.db", "alerts")
    return died


@pytest.mark.parametrize("fatal", [1, 9, 20, 33, 47, 60, 75])
def test_killed_at_a_step_nothing_is_lost(tmp_path, fatal):
    assert killed_at(tmp_path / "r", fatal)


@pytest.mark.slow
def test_killed_at_every_step_nothing_is_lost(tmp_path):
    fatal = 1
    while killed_at(tmp_path / str(fatal), fatal):
        fatal += 1
    assert fatal > 75


@pytest.mark.slow
def test_killed_again_and_again_nothing_is_lost(tmp_path):
    with web() as server:
        for hour, fatal in enumerate(range(3, 150, 5)):
            live(tmp_path, server.url(), fatal, hour)
        assert live(tmp_path, server.url(), 0, 1000)
        require_all_told(server.requests)
