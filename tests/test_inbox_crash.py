"""A server that is killed after it said 201: the notification is there when it comes back."""

from __future__ import annotations

import json
import urllib.request

from test_access_crash import serving
from tokens import bearer, made

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
    with Registry.create(folder) as registry:
        token = made(registry, agent="ada", scopes=["admin"])
    (tmp_path / "settings.toml").write_text("inbox = true\n")
    flags = ("--write", "--settings", tmp_path / "settings.toml")
    sent = []
    for life in range(2):
        with serving(folder, *flags) as (server, address):
            sent += [send(address, f"{life}-{n}") for n in range(3)]
            server.kill()
    with serving(folder, *flags) as (_, address):
        asked = urllib.request.Request(f"{address}inbox", headers=bearer(token))
        with urllib.request.urlopen(asked, timeout=30) as answer:
            contained = [one.rpartition("/")[2] for one in json.loads(answer.read())["contains"]]
    assert sorted(contained, key=int) == sent
    with Registry.open(folder) as registry:
        assert registry.inbox.check()
