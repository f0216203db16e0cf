"""Requests that no honest client makes, at a real server: refused, or answered without harm to others."""

from __future__ import annotations

import socket
import threading
import time

import pytest
from drafts import draft
from loopback import heard, problem, served

from umr_ld.registry import Registry
from umr_server.app import HEADERS


@pytest.fixture(scope="module")
def registry():
    with Registry.in_memory() as opened:
        opened.publish([draft("lab/a@1.0.0", title="A")], agent="x")
        yield opened


@pytest.fixture(scope="module")
def at(registry):
    with served(registry, body_bytes=64 * 1024) as found:
        yield found


def test_an_ordinary_request_is_answered(at):
    said = at.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 200 ")


MALFORMED = {
    "no request": b"hello\r\n\r\n",
    "a request without its host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a host with a name in it": b"GET / HTTP/1.1\r\nHost: me@a\r\n\r\n",
    "a host with a quote": b'GET / HTTP/1.1\r\nHost: a">\r\n\r\n',
    "a bare line feed": b"GET / HTTP/1.1\nHost: a\n\n\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
    "a header that begins with a space": b"GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
    "an address that is none": b"GET http://[ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a nul in the address": b"GET /page/%00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a line feed in the address": b"GET /page/a%0aSet-Cookie:x HTTP/1.1\r\nHost: a\r\n\r\n",
    "bytes that are no text": b"GET /page/%ff%fe HTTP/1.1\r\nHost: a\r\n\r\n",
    "two lengths": b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
    "a negative length": b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
    "a length in words": b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
    "a length of thousands of digits": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
    + b"9" * 5000
    + b"\r\n\r\n",
    "a length and chunks": b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /sparql HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk of no length": b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n",
    "a chunk of negative length": b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "a chunk that is longer than it says": b"POST /sparql HTTP/1.1\r\nHost: a\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
def test_what_is_malformed_is_the_senders_error(at, sent):
    said = at.raw(sent, seconds=3)
    status, told = problem(said)
    assert status == told["status"] == 400


UNKNOWN = {
    "an unknown coding": (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 501),
    "an unknown method": (b"BREW / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 501),
    "tracing": (b"TRACE / HTTP/1.1\r\nHost: a\r\nX: secret\r\nConnection: close\r\n\r\n", 405),
    "a tunnel": (b"CONNECT other.example:443 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 501),
    "a method in small letters": (b"get / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
}


@pytest.mark.parametrize(("sent", "status"), UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_known_is_not_done(at, sent, status):
    said = at.raw(sent, seconds=3)
    assert problem(said)[0] == status
    assert b"secret" not in said


def test_a_second_request_hidden_in_the_first_is_not_answered(at):
    hidden = b"GET /about HTTP/1.1\r\nHost: a\r\n\r\n"
    for head in (
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        b"POST /sparql HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ):
        said = at.raw(head + hidden, seconds=3)
        assert said.count(b"X-Content-Type-Options") == 1, head
        assert b"About" not in said


def test_a_header_with_an_underscore_does_not_pass_for_another(at):
    said = at.raw(
        b"GET / HTTP/1.1\r\nHost: a\r\nX_Request_Id: 12345678\r\nContent_Length: 5\r\nConnection: close\r\n\r\n"
    )
    assert said.startswith(b"HTTP/1.1 200 ")


def test_too_many_bytes_of_headers_are_refused_while_they_come(at):
    line = b"X-%05d: " + b"y" * 200 + b"\r\n"
    with at.connected(5) as talking:
        try:
            talking.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
            for number in range(2000):
                talking.sendall(line % number)
        except ConnectionError:
            pass
        said = heard(talking)
    assert not said or problem(said)[0] == 431
    assert at.get("/healthz")[0] == 200


def test_too_many_parameters_are_refused(at):
    assert at.get("/search?" + "&".join(f"a{n}=1" for n in range(499)))[0] == 200
    status, _, _ = at.get("/search?" + "&".join(f"a{n}=1" for n in range(501)))
    assert status == 400


TOO_LARGE = {
    "that says so": b"Content-Length: 70000\r\n\r\n",
    "that says so absurdly": b"Content-Length: 99999999999999999999\r\n\r\n",
    "that waits to be asked for": b"Content-Length: 70000\r\nExpect: 100-continue\r\n\r\n",
}


@pytest.mark.parametrize("rest", TOO_LARGE.values(), ids=TOO_LARGE)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(at, rest):
    said = at.raw(b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\n" + rest)
    assert problem(said)[0] == 413


def test_chunks_are_refused_when_they_have_become_too_many(at):
    with at.connected(5) as talking:
        talking.sendall(b"POST /sparql HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        sent = 0
        try:
            while sent < 10_000_000:
                talking.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
                sent += 4096
        except ConnectionError:
            pass
        said = heard(talking)
    assert sent < 10_000_000
    assert not said or problem(said)[0] == 413


def test_a_body_of_the_largest_size_is_read(at):
    query = b"ASK {} #".ljust(64 * 1024)
    said = at.raw(
        b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Type: application/sparql-query\r\nConnection: close\r\n"
        b"Content-Length: %d\r\n\r\n" % len(query),
        query,
        seconds=30,
    )
    assert said.startswith(b"HTTP/1.1 200 ")


# -- slow clients


def test_slow_clients_hold_connections_and_nobody_up(registry):
    with served(registry, threads=2) as at:
        slow = [at.connected() for _ in range(200)]
        try:
            for number, one in enumerate(slow):
                head = b"POST /sparql HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx"
                one.sendall(head if number % 2 else b"GET / HTTP/1.1\r\nHo")
            assert [at.get(path)[0] for path in ("/", "/page/lab/a@1.0.0", "/readyz") * 5] == [200] * 15
        finally:
            for one in slow:
                one.close()


def test_beyond_the_connections_there_are_those_that_only_wait_are_closed(registry):
    with served(registry, connections=40) as at:
        slow = []
        try:
            for _ in range(120):
                one = at.connected()
                slow.append(one)
                one.sendall(b"GET / HTTP/1.1\r\nHo")
            assert at.get("/healthz")[0] == 200
            assert len(at.server.active_channels) <= 40
        finally:
            for one in slow:
                one.close()


def test_a_request_that_trickles_in_is_given_up(registry):
    with served(registry, request_seconds=1.0, idle_seconds=60.0) as at, at.connected(0.2) as talking:
        talking.sendall(b"GET / HTTP/1.1\r\nX: ")
        until, is_closed = time.monotonic() + 30, False
        while not is_closed and time.monotonic() < until:
            try:
                talking.sendall(b"y")
                is_closed = talking.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                is_closed = True
        assert is_closed


def test_a_connection_on_which_nothing_happens_is_closed(registry):
    with served(registry, idle_seconds=1.0) as at, at.connected(20) as talking:
        assert talking.recv(1) == b""


def test_who_reads_slowly_holds_no_thread(registry):
    with served(registry, threads=1, page_cache_bytes=0) as at:

        @at.app.get("/large")
        def large():
            return iter([b"x" * (1 << 20)] * 40)

        with at.connected(30) as talking:
            talking.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            talking.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            assert talking.recv(10)
            assert at.get("/healthz")[0] == 200


def test_an_answer_without_a_body_leaves_the_connection_open(at):
    tag = at.get("/about")[1]["ETag"].encode()
    asking = b"GET /about HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nIf-None-Match: %s\r\n" % (at.port, tag)
    with at.connected() as talking:
        talking.sendall(asking + b"\r\n")
        assert talking.recv(65536).startswith(b"HTTP/1.1 304 ")
        talking.sendall(asking + b"Connection: close\r\n\r\n")
        assert heard(talking).startswith(b"HTTP/1.1 304 ")


# -- what answers say


ANSWERS = {
    "a page": ("/", 200),
    "data": ("/page/lab/a@1.0.0.ttl", 200),
    "a file": ("/static/style.css", 200),
    "a redirection": ("/page/lab/a", 200),
    "nothing there": ("/nothing", 404),
    "a malformed address": ("/page/%00", 400),
    "figures": ("/metrics", 200),
    "an answer to a query": ("/sparql?query=ASK{}", 200),
}


@pytest.mark.parametrize(("path", "status"), ANSWERS.values(), ids=ANSWERS)
def test_every_answer_keeps_browsers_from_doing_what_it_does_not_mean(at, path, status):
    for _ in range(2):
        found, headers, _ = at.get(path)
        assert found == status
        assert {name: headers[name] for name in HEADERS} == HEADERS
        assert "Server" not in headers


def test_also_an_answer_that_no_application_made(at):
    for sent in (b"hello\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"):
        head = at.raw(sent, seconds=3).partition(b"\r\n\r\n")[0].decode()
        for name, value in HEADERS.items():
            assert f"{name}: {value}" in head
        for told in ("Server:", "waitress", "Python", "Werkzeug"):
            assert told.lower() not in head.lower()


def test_a_failure_tells_nothing_of_the_program(registry):
    with served(registry) as at:

        @at.app.get("/failing")
        def failing():
            raise RuntimeError("secret")

        def broken(environ, start_response):
            raise RuntimeError("secret")

        status, headers, body = at.get("/failing")
        assert (status, b"secret" in body) == (500, False)
        assert headers["X-Content-Type-Options"] == "nosniff"
        at.site.running.keeper._app = broken
        status, headers, body = at.get("/about")
        assert (status, b"secret" in body, b"Traceback" in body) == (500, False, False)
        assert headers["X-Content-Type-Options"] == "nosniff"


ELSEWHERE = [b"//evil.example", b"//evil.example/", b"//evil.example/%2e%2e", b"/\\evil.example", b"/r//evil.example",
             b"/page//evil.example/a", b"/r/https://evil.example/", b"/page/lab//a"]  # fmt: skip


@pytest.mark.parametrize("path", ELSEWHERE)
def test_no_address_leads_elsewhere(at, path):
    said = at.raw(b"GET " + path + b" HTTP/1.1\r\nHost: here.example\r\nConnection: close\r\n\r\n")
    status, location = int(said.split()[1]), b""
    if b"\r\nLocation: " in said:
        location = said.partition(b"\r\nLocation: ")[2].partition(b"\r\n")[0]
        assert location.startswith((b"/", b"http://here.example/")), location
        assert not location.startswith((b"//", b"/\\")), location
    assert status < 500


def test_addresses_are_those_that_the_deployment_says_whatever_a_request_says(registry):
    with served(registry, public="https://records.example/registry/") as at:
        asking = b"GET %s HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nAccept: %s\r\nConnection: close\r\n\r\n"
        said = at.raw(asking % (b"/sparql", b"text/turtle"))
        assert b"https://records.example/registry/sparql" in said
        assert b"evil.example" not in said
        for path in (b"/registry/", b"/"):
            page = at.raw(asking % (path, b"text/html"))
            assert page.startswith(b"HTTP/1.1 200 ")
            assert b'href="/registry/advisories"' in page
            assert b"evil.example" not in page


def test_one_hosts_pages_are_never_given_to_another(at):
    asking = b"GET /sparql HTTP/1.1\r\nHost: %s\r\nAccept: text/turtle\r\nConnection: close\r\n\r\n"
    assert b"evil.example" in at.raw(asking % b"evil.example")
    assert b"evil.example" not in at.raw(asking % b"good.example")


FORWARDED = {
    "nobody": ({}, "127.0.0.1", "http://a"),
    "the proxy": ({"proxy": "127.0.0.1"}, "203.0.113.9", "https://a"),
    "another proxy": ({"proxy": "192.0.2.1"}, "127.0.0.1", "http://a"),
}


@pytest.mark.parametrize(("decided", "client", "root"), FORWARDED.values(), ids=FORWARDED)
def test_what_a_proxy_forwards_is_believed_from_the_one_that_is_named(registry, decided, client, root):
    with served(registry, **decided) as at:
        seen = []

        @at.app.get("/seen")
        def see():
            from flask import request

            seen.append((request.remote_addr, request.host_url.rstrip("/"), request.environ["umr.request"]))
            return ""

        at.raw(
            b"GET /seen HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n"
            b"X-Request-Id: 0123456789abcdef\r\nX-Forwarded-Host: evil.example\r\nForwarded: for=1.2.3.4\r\nConnection: close\r\n\r\n"
        )
        assert seen[0][:2] == (client, root)
        assert (seen[0][2] == "0123456789abcdef") == bool(decided)


def test_many_at_once_are_all_answered(registry):
    with served(registry, threads=2) as at:
        found = []
        threads = [
            threading.Thread(target=lambda n=n: found.append(at.get(f"/search?text=x{n % 7}")[0]))
            for n in range(64)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert found == [200] * 64
