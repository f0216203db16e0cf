"""A server that is killed after it said 201: the notification is there when it comes back."""

from __future__ import annotations

import json
import urllib.request

from test_access_crash import serving

from umr_ld.alerts.ldn import CONTEXT
from umr_ld.registry import Registry


def send(address, number):
    said = {"@context": CONTEXT, "type": "Announce", "object": f"https://b.example/r/lab/{number}"}
    headers = {"Content-Type": "application/ld+json"}
    asked = urllib.request.Request(f"{address}inbox", json.dumps(said).encode(), headers)
    with urllib.request.urlopen(asked, timeout=30) as answer:
        assert answer.status == 201
        return answer.headers["Location"].rpartition("/")[2]


def test_what_was_taken_in_outlives_the_server(tmp_path):
    folder = tmp_path / "r"
    Registry.create(folder).close()
    (tmp_path / "settings.toml").write_text("inbox = true\n")
    with serving(folder, "--write", "--settings", tmp_path / "settings.toml") as (server, address):
        sent = [send(address, number) for number in range(5)]
        server.kill()
    with Registry.open(folder) as registry:
        assert registry.inbox.check()
        assert [str(number) for number in reversed(registry.inbox.numbers())] == sent
