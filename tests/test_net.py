"""The door to the network: what a stranger's address can and cannot reach."""

from __future__ import annotations

import socket
import ssl
import time
from ipaddress import ip_address

import pytest
import trustme
from receiving import Reply, web

from umr_ld.errors import Malformed, Unreachable
from umr_ld.net import Door, Policy, is_public, target_of

OPEN = Policy(http=True, private=True, timeout=2, limit=1000)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("2606:4700:4700::1111", True),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("2001:db8::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
        ("2606:4700::1%eth0", False),
    ],
)
def test_an_address_is_public_or_not(address, public):
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize(
    "url",
    [
        "",
        "x.example/in",
        "ftp://x.example/",
        "file:///etc/passwd",
        "https://",
        "https://user@x.example/",
        "https://x.example:0/",
        "https://x.example:99999/",
        "https://x.example:port/",
        "https://bücher.example/",
        "https://x.example/\r\nHost: y",
        "https://x example/",
        "https://[::1/",
        "https://x.example/" + "a" * 2000,
    ],
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(Malformed):
        target_of(url)


def test_a_url_has_the_parts_that_an_exchange_needs():
    target = target_of("https://[2606:4700::1]:8443/a?b=c#d")
    assert (target.host, target.port, target.path) == ("2606:4700::1", 8443, "/a?b=c")
    assert target.authority == "[2606:4700::1]:8443"
    assert target_of("http://x.example").authority == "x.example"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0"]
)
def test_what_is_not_public_is_never_asked_unless_the_deployment_allows_it(host):
    with web() as server:
        with pytest.raises(Unreachable):
            Door(Policy(http=True, timeout=2)).request("POST", f"http://{host}:{server.port}/", body=b"x")
        assert not server.requests


def test_a_name_that_means_something_else_the_second_time_is_asked_once():
    """DNS rebinding: the address that is checked is the address that is connected to."""
    asked = []

    def resolve(host, port):
        asked.append(host)
        return socket.getaddrinfo(
            "127.0.0.1" if len(asked) == 1 else "8.8.8.8", port, type=socket.SOCK_STREAM
        )

    with web() as server:
        url = f"http://rebind.example:{server.port}/"
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1 is not a public"):
            Door(Policy(http=True), resolve).request("GET", url)
        asked.clear()
        assert Door(OPEN, resolve).request("GET", url).status == 204
        assert (asked, server.requests[0].headers["host"]) == (
            ["rebind.example"],
            f"rebind.example:{server.port}",
        )


def test_one_private_address_among_public_ones_is_enough_to_refuse():
    def resolve(_host, port):
        found = [("8.8.8.8", port), ("10.0.0.1", port)]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in found]

    with pytest.raises(Unreachable, match=r"10\.0\.0\.1"):
        Door(Policy(timeout=1), resolve).request("GET", "https://x.example/")


def test_http_is_not_spoken_unless_the_deployment_allows_it():
    with pytest.raises(Unreachable, match="http is not allowed"):
        Door().request("GET", "http://x.example/")


def test_what_is_answered_comes_back_up_to_its_limit():
    with web(Reply(200, {"X-A": "b"}, b"y" * 3000), Reply(404, body=b"no")) as server:
        first = Door(OPEN).request("GET", server.url("/p?q=1"))
        assert (first.status, len(first.body), first.cut, first.headers["x-a"]) == (200, 1000, True, "b")
        second = Door(OPEN).request("POST", server.url(), headers={"A": "c"}, body=b"hello")
        assert (second.status, second.body, second.cut) == (404, b"no", False)
    assert server.requests[0].path == "/p?q=1"
    assert (server.requests[1].body, server.requests[1].headers["a"]) == (b"hello", "c")


@pytest.mark.parametrize(
    "reply",
    [Reply(wait=9), Reply(200, body=b"z" * 100, drip=0.1), Reply(200, body=b"half", length=100)],
    ids=["hangs", "drips", "breaks off"],
)
def test_who_hangs_or_drips_or_breaks_off_is_left_in_time(reply):
    with web(reply) as server:
        begun = time.monotonic()
        with pytest.raises(Unreachable):
            Door(Policy(http=True, private=True, timeout=0.5)).request("GET", server.url())
        assert time.monotonic() - begun < 5


def test_what_speaks_no_http_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Unreachable):
            Door(Policy(http=True, private=True, timeout=0.3)).request("GET", f"http://127.0.0.1:{port}/")
    with pytest.raises(Unreachable, match="no connection"):
        Door(OPEN).request("GET", f"http://127.0.0.1:{port}/")


def test_a_header_cannot_smuggle_another():
    with web() as server, pytest.raises(Malformed):
        Door(OPEN).request("GET", server.url(), headers={"A": "b\r\nX-Evil: c"})


def test_redirects_are_followed_where_they_may_be_and_carry_no_secrets_elsewhere():
    with web() as other, web() as server:
        server.replies.append(Reply(302, {"Location": other.url("/there")}))
        secret = {"Authorization": "Bearer s", "Accept": "text/html"}
        answer = Door(OPEN).request("GET", server.url(), headers=secret, redirects=3)
        assert answer.url == other.url("/there")
    assert "authorization" in server.requests[0].headers
    assert "authorization" not in other.requests[0].headers
    assert other.requests[0].headers["accept"] == "text/html"


def test_redirects_end():
    with web(*[Reply(302, {"Location": "/again"})] * 9) as server, pytest.raises(Unreachable):
        Door(OPEN).request("GET", server.url(), redirects=3)


def test_a_redirect_is_checked_as_the_first_address_was():
    def resolve(host, port):
        return socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM)

    with web(Reply(302, {"Location": "http://169.254.169.254/meta"})) as server:

        class Lenient(Door):
            def _require_public(self, address, host):
                if str(address) != "127.0.0.1":
                    super()._require_public(address, host)

        with pytest.raises(Unreachable, match=r"169\.254\.169\.254"):
            Lenient(Policy(http=True), resolve).request("GET", server.url(), redirects=3)


def test_a_post_is_not_sent_on():
    with web(Reply(307, {"Location": "/elsewhere"})) as server:
        assert Door(OPEN).request("POST", server.url(), body=b"x", redirects=3).status == 307
    assert len(server.requests) == 1


def test_a_server_must_prove_who_it_is():
    authority = trustme.CA()
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(serving)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with web(tls=serving) as server:
        url = server.url(host="localhost")
        assert Door(OPEN, tls=trusting).request("GET", url).status == 204
        for door, asked in ((Door(OPEN), url), (Door(OPEN, tls=trusting), server.url())):
            with pytest.raises(Unreachable, match="no secure connection"):
                door.request("GET", asked)
        assert len(server.requests) == 1
