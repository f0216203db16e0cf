"""A server that is killed while others publish through it: what it acknowledged is there when it comes back."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import pytest
from tokens import bearer, made, record
from umr import ROOT, clean_environment, process, run

from umr_ld.registry import Registry


@contextlib.contextmanager
def serving(folder, *flags):
    """A server of this machine; the process and its address."""
    started = process("serve", "--store", folder, "--port", "0", *flags, cwd=folder.parent)
    try:
        line = started.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert found, line + started.stderr.read()
        yield started, found[0]
    finally:
        started.kill()
        started.communicate()


def publish(address, token, name, key):
    """Publish a record; status and body of the answer."""
    asked = urllib.request.Request(
        f"{address}api/v1/records",
        data=record(name).encode(),
        headers=bearer(token, idempotency_key=key, content_type="application/json"),
    )
    with urllib.request.urlopen(asked, timeout=30) as answer:
        return answer.status, answer.read()


@pytest.fixture
def folder(tmp_path):
    with Registry.create(tmp_path / "r") as registry:
        (tmp_path / "token").write_text(made(registry, "lab"))
    return tmp_path / "r"


@pytest.fixture
def token(folder):
    return (folder.parent / "token").read_text()


def publish_until_it_dies(address, token, who, told):
    with contextlib.suppress(OSError, urllib.error.HTTPError, http.client.HTTPException):
        for number in range(10_000):
            name = f"lab/{who}-{number}"
            told.append((name, *publish(address, token, name, f"key of {name}")))


def test_what_was_acknowledged_outlives_the_server_and_is_answered_the_same(folder, token):
    told = []
    for life in range(3):
        with serving(folder, "--write") as (server, address):
            threads = [
                threading.Thread(target=publish_until_it_dies, args=(address, token, f"{life}-{who}", told))
                for who in range(4)
            ]
            for thread in threads:
                thread.start()
            before = len(told)
            while len(told) < before + 10:
                threads[0].join(0.05)
            server.kill()
            for thread in threads:
                thread.join()
    assert len(told) >= 30
    with serving(folder, "--write") as (_, address):
        for name, status, body in told:
            assert status == 201
            with urllib.request.urlopen(f"{address}page/{name}@1.0.0.jsonld", timeout=30) as data:
                assert json.load(data)["name"] == name
            assert publish(address, token, name, f"key of {name}") == (201, body)
    with Registry.open(folder) as registry:
        entries = registry.position().seq
        assert registry.counts()["records"] == entries - 1
        assert registry.doctor(deep=True)


def test_one_process_writes_and_says_through_which_address_others_may(folder):
    with serving(folder, "--write"):
        done = run("withdraw", "lab/x@1.0.0", "--reason", "x", "--yes", "--store", folder, cwd=folder.parent)
        assert done.code == 7
        assert "umr --registry URL" in done.err
        listed = run("token", "list", "--json", "--store", folder, cwd=folder.parent)
        assert listed.code == 0
        assert listed.json[0]["agent"] == "lab"


def test_a_token_that_is_revoked_on_the_command_line_is_refused_by_the_server_at_once(folder, token):
    with serving(folder, "--write") as (_, address):
        assert publish(address, token, "lab/a", "1")[0] == 201
        assert run("token", "revoke", token[4:12], "--store", folder, cwd=folder.parent).code == 0
        with pytest.raises(urllib.error.HTTPError, match="401"):
            publish(address, token, "lab/b", "2")


def test_without_write_the_server_refuses_and_others_may_write(folder, token):
    with serving(folder) as (_, address):
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            publish(address, token, "lab/a", "1")
        assert "umr serve --write" in json.load(refused.value)["remedy"]
        assert run("token", "list", "--store", folder, cwd=folder.parent).code == 0


FULL = """
import json, resource, sys
from pathlib import Path
from tokens import made, post, record
from umr_ld.registry import Registry
from umr_server.app import create_app

with Registry.create(Path(sys.argv[1])) as registry:
    token, client = made(registry, "lab"), create_app(registry).test_client()
    assert post(client, token, record("lab/first")).status_code == 201
    body = "[" + ",".join(record(f"lab/m{at}", description=str(at) * 30_000) for at in range(5)) + "]"
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    journal = sum(path.stat().st_size for path in (Path(sys.argv[1]) / "journal").iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal + 70_000, limit[1]))
    refused = post(client, token, body, idempotency_key="k")
    told = registry.counts()["records"]
    resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    again = post(client, token, body, idempotency_key="k")
    print(json.dumps([refused.status_code, told, again.status_code, registry.counts()["records"]]))
"""


def test_of_several_records_none_is_published_where_there_is_no_space_for_all(tmp_path):
    paths = f"{ROOT / 'tests'}:{ROOT}:{ROOT / 'server'}"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "r")],
        env=clean_environment(PYTHONPATH=paths),
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [507, 1, 201, 6]
