"""What who runs a server sees of it: whether it lives and is ready, figures, logs, its end, and copies meanwhile."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.request

import pytest
from drafts import draft
from loopback import served
from umr import ROOT

from umr_ld.access import secret
from umr_ld.entry import Head
from umr_ld.names import Ref
from umr_ld.registry import Registry
from umr_server.running.logs import AccessLog, logging_to
from umr_server.running.readiness import Readiness


@pytest.fixture
def registry():
    with Registry.in_memory() as opened:
        opened.publish([draft("lab/a@1.0.0", title="A")], agent="x")
        yield opened


# -- alive and ready


def test_what_lives_says_so_and_what_is_ready_too(registry):
    with served(registry) as at:
        assert json.loads(at.get("/healthz")[2]) == {"status": "ok", "entries": registry.position().seq}
        status, headers, body = at.get("/readyz")
        assert (status, json.loads(body)) == (200, {"status": "ready"})
        assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("state", ["starting", "stopping"])
def test_what_is_not_ready_says_why(registry, state):
    with served(registry) as at:
        setattr(at.site.running.readiness, f"is_{state}", True)
        status, _, body = at.get("/readyz")
        assert (status, json.loads(body)["reason"]) == (503, f"the server is {state}")
        assert at.get("/healthz")[0] == 200


def test_what_lags_behind_the_journal_for_long_is_not_ready(registry, monkeypatch):
    readiness = Readiness(type("Site", (), {"registry": registry})())
    head, now = registry.position().seq, [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    monkeypatch.setattr(registry, "position", lambda: Head(head - 2, "0" * 64))
    assert readiness.reason() == ""
    now[0] += 6
    assert readiness.reason() == "the index is 2 entries behind the journal"
    monkeypatch.setattr(registry, "position", lambda: Head(head, "0" * 64))
    assert readiness.reason() == ""


def _cut(segment):
    os.truncate(segment, 10)


def _broken(segment):
    body = bytearray(segment.read_bytes())
    body[len(body) // 4] ^= 0xFF
    segment.write_bytes(bytes(body) + b"more")


DAMAGED = {
    "cut": (_cut, "the journal ends before what was made from it: entries were lost"),
    "broken": (_broken, "the registry cannot be read: registry damaged"),
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_registry_is_not_ready_and_lives(folder, damage, reason):
    with Registry.open(folder) as reader, served(reader) as at:
        assert at.get("/readyz")[0] == 200
        damage(next((folder / "journal").glob("*.umrj")))
        status, _, body = at.get("/readyz")
        assert (status, json.loads(body)["reason"]) == (503, reason)
        assert at.get("/healthz")[0] == 200


# -- figures


def test_figures_tell_of_requests_kept_answers_queries_and_the_journal(registry):
    with served(registry) as at:
        for path in ("/about", "/about", "/page/lab/a@1.0.0", "/nothing", "/sparql?query=ASK{}"):
            at.get(path)
        at.raw(b"hello\r\n\r\n", seconds=2)
        found = at.figures()
    assert found['umr_requests_total{method="GET",route="/about",status="200"}'] == "2.0"
    assert found['umr_requests_total{method="GET",route="/page/<path:reference>",status="200"}'] == "1.0"
    assert found['umr_requests_total{method="GET",route="none",status="404"}'] == "1.0"
    assert found['umr_requests_total{method="other",route="none",status="400"}'] == "1.0"
    assert found['umr_request_seconds_count{route="/about"}'] == "2.0"
    assert found['umr_page_cache_requests_total{outcome="kept"}'] == "1.0"
    assert found['umr_queries_total{outcome="answered"}'] == "1.0"
    assert float(found["umr_page_cache_bytes"]) > 1000
    assert found["umr_journal_entries"] == f"{registry.position().seq}.0"
    assert found["umr_projection_lag_entries"] == "0.0"
    assert float(found["process_resident_memory_bytes"]) > 1_000_000


def test_no_label_is_chosen_by_who_asks(registry):
    with served(registry) as at:
        for name in ("hostile", "HOSTILE"):
            at.get(f"/{name}?{name}")
            at.get(f"/page/{name}")
            at.raw(f"{name.upper()} /{name} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        assert "hostile" not in at.get("/metrics")[2].decode().lower()


def test_figures_tell_of_messages_that_wait(tmp_path):
    from umr_ld.alerts import Subscription

    wanted = Subscription(who="me", channel="webhook", address="https://receiver.example/", everything=True)
    with Registry.create(tmp_path / "r") as opened:
        opened.publish([draft("lab/a@1.0.0", title="A")], agent="x")
        opened.subscribe(wanted)
        found = {"affects": [{"artifact": "lab/a"}], "risk": "backdoor", "severity": "high", "title": "Bad"}
        opened.publish([draft("advisory/x@1.0.0", kind="Advisory", **found)], agent="x")
        opened.gather()
        with served(opened) as at:
            assert at.figures()['umr_alert_messages{state="pending"}'] == "1.0"
            assert at.figures()['umr_alert_messages{state="dead"}'] == "0.0"


def test_no_figures_are_told_where_the_deployment_says_so(registry):
    with served(registry, metrics=False) as at:
        assert at.get("/metrics")[0] == 404


# -- logs


@pytest.fixture
def written(registry):
    """The server, and what it writes down."""
    target = io.StringIO()
    with served(registry) as at:
        at.site.running.log.form, at.site.running.log._target = "json", target
        yield at, target


def written_down(target, expected=1):
    """What was written; a line may come a moment after the answer."""
    until = time.monotonic() + 20
    while target.getvalue().count("\n") < expected and time.monotonic() < until:
        time.sleep(0.01)
    return target.getvalue()


def lines(target, expected=1):
    return [json.loads(line) for line in written_down(target, expected).splitlines()]


def test_every_request_leaves_one_line(written):
    at, target = written
    identifiers = [at.get(path)[1]["X-Request-Id"] for path in ("/about", "/about", "/nothing")]
    found = lines(target, 3)
    assert [line["id"] for line in found] == identifiers
    assert [(line["route"], line["path"], line["status"], line["kept"]) for line in found] == [
        ("/about", "/about", 200, "made"),
        ("/about", "/about", 200, "kept"),
        ("", "/nothing", 404, "made"),
    ]
    assert found[0]["bytes"] > 1000
    assert found[0]["ms"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", found[0]["time"])
    assert len(set(identifiers)) == 3


def test_what_is_secret_is_not_written_down(written):
    at, target = written
    at.get(
        "/search?token=geheim&text=geheim", Authorization="Bearer geheim", Cookie="a=geheim", Referer="geheim"
    )
    assert len(lines(target)) == 1
    assert "geheim" not in target.getvalue()


def test_a_token_in_an_address_is_not_written_down(written):
    at, target = written
    token = secret.make()
    assert at.get(f"/page/{token}")[0] == 400
    assert len(lines(target)) == 1
    assert token not in target.getvalue()


HOSTILE = {
    "another line": "/a%0a%7b%22level%22:%22error%22%7d",
    "a carriage return": "/a%0d%0ax",
    "colours": "/%1b%5b31mred",
    "another direction": "/%e2%80%aeevil",
    "a line of Unicode": "/a%e2%80%a8b",
    "a quote": "/a%22,%22status%22:200",
    "spaces": "/a%20200%205%201.0",
}


@pytest.mark.parametrize("path", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", ["json", "text"])
def test_nobody_writes_lines_of_his_own(written, path, form):
    at, target = written
    at.site.running.log.form = form
    at.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\nConnection: close\r\n\r\n".encode())
    told = written_down(target)
    assert len(told.splitlines()) == 1
    assert told[:-1].isascii()
    assert told[:-1].isprintable()
    if form == "json":
        assert json.loads(told)["path"].lower() == path
    else:
        assert path in told.lower().split()


def test_a_long_address_is_not_written_whole(written):
    at, target = written
    at.get("/" + "a" * 5000)
    assert 10 < len(written_down(target)) < 1000


def test_what_libraries_say_is_a_line_too_and_of_a_rush_one_is_enough(capsys):
    with logging_to("json", "umr_server.app"):
        for _ in range(50):
            logging.getLogger("waitress.queue").warning("Task queue depth is %d", 1)
        try:
            raise RuntimeError("first\nsecond")
        except RuntimeError:
            logging.getLogger("umr_server.app").exception("it failed\nbadly")
    rush, failed = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (rush["level"], rush["message"]) == ("warning", "Task queue depth is 1")
    assert failed["level"] == "error"
    assert "RuntimeError: first\nsecond" in failed["trace"]


def test_where_nothing_is_to_be_written_errors_still_are(capsys):
    AccessLog("off").write({"REQUEST_METHOD": "GET"}, "/", "/", 200, 1, 0.1, "")
    with logging_to("off", "umr_server.app"):
        logging.getLogger("waitress.queue").warning("Task queue depth is %d", 1)
        logging.getLogger("umr_server.app").error("it failed")
    assert capsys.readouterr().err.count("\n") == 1


def test_nobody_who_reads_is_no_reason_not_to_answer(registry):
    closed = io.StringIO()
    closed.close()
    with served(registry) as at:
        at.site.running.log.form, at.site.running.log._target = "json", closed
        assert at.get("/about")[0] == 200


# -- the end


def test_what_has_begun_is_finished_and_nothing_more_is_accepted(registry):
    inside, go = threading.Event(), threading.Event()
    with served(registry, page_cache_bytes=0) as at:

        @at.app.get("/slow")
        def slow():
            inside.set()
            assert go.wait(20)
            return "finished"

        idle = at.connected(20)
        with at.connected(20) as talking:
            talking.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            assert inside.wait(20)
            at.server.stop()
            ending = threading.Thread(target=at.server.finish, args=(20,))
            ending.start()
            assert idle.recv(1) == b""
            with pytest.raises(OSError):
                at.connected(2).close()
            go.set()
            said = b"".join(iter(lambda: talking.recv(65536), b""))
            assert said.endswith(b"finished")
            assert b"Connection: close" in said
            ending.join(20)
        idle.close()
        at.server.finish = lambda _: None


SERVING = """
import sys, time
from pathlib import Path
from umr_ld.registry import Registry
from umr_server.settings import Settings
from umr_server import serving
write, seconds = sys.argv[2] == "write", float(sys.argv[3])
made = serving.create_app
def app(*given):
    found = made(*given)
    @found.get("/slow")
    def slow():
        print("inside", flush=True)
        time.sleep(float(sys.argv[4]))
        return "finished"
    return found
serving.create_app = app
with Registry.open(Path(sys.argv[1]), write=write) as registry:
    serving.serve(registry, settings=Settings(port=0, stop_seconds=seconds, log_format="json"),
                  ready=lambda address: print(address, flush=True))
print("closed", flush=True)
"""


class Process:
    """A serving process of its own."""

    def __init__(self, folder, mode="read", stop=10.0, slow=0.0):
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        self.child = subprocess.Popen(
            [sys.executable, "-c", SERVING, str(folder), mode, str(stop), str(slow)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )

    def __enter__(self):
        self.address = self.child.stdout.readline().strip()
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.communicate()

    def get(self, path):
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:
            return answer.status, answer.read()


@pytest.fixture
def folder(tmp_path):
    with Registry.create(tmp_path / "r") as made:
        made.publish([draft("lab/a@1.0.0", title="A")], agent="x")
    return tmp_path / "r"


def test_a_terminated_process_ends_what_it_has_begun_and_leaves_in_good_order(folder):
    with Process(folder, slow=1.0) as serving:
        answers = []
        asking = threading.Thread(target=lambda: answers.append(serving.get("slow")))
        asking.start()
        assert serving.child.stdout.readline() == "inside\n"
        serving.child.send_signal(signal.SIGTERM)
        asking.join(30)
        assert answers == [(200, b"finished")]
        assert serving.child.wait(30) == 0
        assert serving.child.stdout.read() == "closed\n"
        assert [json.loads(line)["status"] for line in serving.child.stderr.read().splitlines()] == [200]


def test_what_does_not_end_within_the_limit_is_cut_off(folder):
    with Process(folder, stop=0.5, slow=60.0) as serving:

        def ask():
            with pytest.raises(OSError):
                serving.get("slow")

        asking = threading.Thread(target=ask)
        asking.start()
        assert serving.child.stdout.readline() == "inside\n"
        serving.child.send_signal(signal.SIGTERM)
        assert serving.child.wait(30) == 0
        asking.join(30)
        assert "1 requests were cut off" in serving.child.stderr.read()


@pytest.mark.parametrize("mode", ["read", "write"])
def test_a_backup_is_made_while_it_is_served(folder, tmp_path, mode):
    with Process(folder, mode) as serving:
        assert serving.get("page/lab/a@1.0.0")[0] == 200
        copied = subprocess.run(
            [sys.executable, "-m", "umr_ld", "backup", str(tmp_path / "copy"), "--store", str(folder)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert copied.returncode == 0, copied.stderr
        assert serving.get("about")[0] == 200
        with Registry.open(folder) as here:
            head = here.position()
    with Registry.restore(tmp_path / "copy", tmp_path / "restored") as restored:
        assert restored.position() == head
        assert restored.body(Ref.parse("lab/a@1.0.0"))
        assert restored.doctor(deep=True)
