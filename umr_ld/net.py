"""The one door to the network: whom the registry may ask, for how long, and for how much.

An address that a stranger gave (a webhook, an inbox, a page to read) must not become a way into the
machines around the registry. So every exchange over HTTP goes through a `Door`: https unless the
deployment says otherwise, no user name in the URL, the host name resolved once, every address that is not
public refused, the connection made to the very address that was checked, and all of it within limits of
time and size. Proxies that the environment names are not used.
"""

from __future__ import annotations

import io
import queue
import re
import threading
import time
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from umr_ld import __version__
from umr_ld.errors import Malformed, Unreachable

if TYPE_CHECKING:
    import socket
    import ssl
    from collections.abc import Callable, Mapping, Sequence


MAX_URL = 2000
"""Characters in a URL."""
USER_AGENT = f"umr-ld/{__version__}"

_URL = re.compile(r"[\x21-\x7e]+\Z")
_HOST = re.compile(r"[A-Za-z0-9._-]+\Z")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_KEPT_ELSEWHERE = frozenset({"accept", "accept-language"})
"""Headers of the caller that another origin may see after a redirect."""
_TRIED = 4
"""Addresses of one host that are tried."""

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Policy:
    """What a deployment allows.

    Args:
        http: whether `http:` will do.
        private: whether loopback, private and other addresses that are not public may be asked.
        timeout: seconds that an exchange may take, from resolving the name to the last byte.
        limit: bytes of an answer's body that are read.
    """

    http: bool = False
    private: bool = False
    timeout: float = 10.0
    limit: int = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Target:
    """The parts of a URL that an exchange needs.

    Args:
        scheme: `http` or `https`.
        host: a name in ASCII, or an address, IPv6 without brackets.
        port: 1 to 65535.
        path: path and query, beginning with `/`.
    """

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and port as the `Host` header has them (RFC 9110 §7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.scheme) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Args:
        status: of the answer, 200 to 599.
        headers: by their names in lower case; several of one name are joined by a comma (RFC 9110 §5.3).
        body: at most as many bytes as the policy allows.
        cut: whether there was more.
        url: which was asked last.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    cut: bool
    url: str


def target_of(url: str) -> Target:
    """The parts of an http or https URL.

    Args:
        url: absolute, in ASCII, without user name; a fragment is left out.

    Raises:
        Malformed: if it is no such URL.
    """
    if len(url) > MAX_URL or not _URL.match(url):
        raise _no_url(url, f"an address is at most {MAX_URL} visible ASCII characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _no_url(url, str(error)) from error
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"}:
        raise _no_url(url, "it begins with https://")
    if "@" in parts.netloc:
        raise _no_url(url, "leave user name and password out")
    if not (_is_ipv6(host) if ":" in host else _HOST.match(host)) or port == 0:
        raise _no_url(url, "give a host name in ASCII, and a port from 1 to 65535")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or _default_port(parts.scheme), path)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet.

    It is global unicast by the IANA special-purpose registries (RFC 6890), and so is the IPv4 address
    inside it if it is mapped (RFC 4291 §2.5.5.2), translated by NAT64 (RFC 6052), or 6to4 (RFC 3056).

    Args:
        address: any; a scope identifier makes it local.
    """
    if isinstance(address, IPv4Address):
        return address.is_global and not (address.is_multicast or address.is_reserved)
    inner = _embedded(address)
    if inner is not None:
        return is_public(inner)
    return address.is_global and address in _GLOBAL_UNICAST and not address.scope_id


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _no_url(url: str, remedy: str) -> Malformed:
    return Malformed(f"{url[:200]!r} is no address that can be asked", remedy=remedy)


def _is_ipv6(host: str) -> bool:
    try:
        return ip_address(host).version == 6
    except ValueError:
        return False


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def resolved(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    """What the system makes of a name, as `socket.getaddrinfo` gives it.

    Args:
        host: name or address.
        port: 1 to 65535.
    """
    import socket

    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


@dataclass(frozen=True, slots=True)
class Door:
    """Where every exchange goes through. May be used by several threads at once.

    Args:
        policy: what is allowed.
        resolve: gives what `socket.getaddrinfo` gives for a host and a port.
        tls: how servers prove who they are; by default the system's authorities and the host's name.
    """

    policy: Policy = field(default_factory=Policy)
    resolve: Callable[[str, int], Sequence[tuple[Any, ...]]] = resolved
    tls: ssl.SSLContext | None = None

    def check(self, url: str) -> Target:
        """What a URL stands for, if it may be asked by its form; nobody is asked yet.

        Args:
            url: as of `target_of`.

        Raises:
            Malformed: if it is no http or https URL.
            Unreachable: if it is http and that is not allowed, or names an address that is not public.
        """
        target = target_of(url)
        if target.scheme == "http" and not self.policy.http:
            raise Unreachable(
                "http is not allowed", where=url, remedy="use https, or allow http in this deployment"
            )
        try:
            address = ip_address(target.host)
        except ValueError:
            return target
        self._require_public(address, target.host)
        return target

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        redirects: int = 0,
    ) -> Answer:
        """Ask, and read what comes back.

        Args:
            method: `GET`, `HEAD`, `POST` and so on.
            url: as of `target_of`.
            headers: to be sent; `Host`, `User-Agent` and lengths are added.
            body: to be sent; empty for none.
            redirects: how many to follow, each checked as the first URL was. Only GET and HEAD are ever
                sent on, never from https to http, and without headers that are not for everybody.

        Returns:
            the answer, whatever its status; a redirect too, if none is to be followed.

        Raises:
            Malformed: if the URL or a header is not well-formed.
            Unreachable: if the policy forbids it, or the other side does not answer properly in time.
        """
        until = time.monotonic() + self.policy.timeout
        sent = dict(headers or {})
        for left in range(redirects, -1, -1):
            target = self.check(url)
            answer = self._exchange(method, url, target, sent, body, until)
            location = answer.headers.get("location", "")
            if not redirects or method not in {"GET", "HEAD"} or answer.status not in _REDIRECTS:
                return answer
            if not left or not location:
                break
            url, sent = _onward(url, location, sent)
        raise Unreachable(f"more than {redirects} redirects, or one to nowhere", where=url)

    def connect(self, host: str, port: int, timeout: float) -> socket.socket:
        """An open connection to a host that may be asked.

        Args:
            host: name or address.
            port: 1 to 65535.
            timeout: seconds for resolving and connecting; afterwards for each operation.

        Raises:
            Unreachable: if one of the host's addresses may not be asked, or none answers.
        """
        import socket

        until = time.monotonic() + timeout
        found = self._addresses(host, port, timeout)
        trouble: OSError | None = None
        for family, kind, protocol, _, place in found[:_TRIED]:
            connection = socket.socket(family, kind, protocol)
            try:
                connection.settimeout(max(until - time.monotonic(), 0.001))
                connection.connect(place)
            except OSError as error:
                connection.close()
                trouble = error
            else:
                connection.settimeout(timeout)
                return connection
        raise Unreachable(
            f"no connection: {trouble or 'the name has no address'}",
            where=f"{host}:{port}",
            remedy="look whether the address is right, and whether somebody answers there",
        )

    def _addresses(self, host: str, port: int, timeout: float) -> Sequence[tuple[Any, ...]]:
        found = _within(lambda: self.resolve(host, port), timeout, host)
        for *_, place in found:
            self._require_public(ip_address(place[0]), host)
        return found

    def _require_public(self, address: IPv4Address | IPv6Address, host: str) -> None:
        if not self.policy.private and not is_public(address):
            raise Unreachable(
                f"{address} is not a public address",
                where=host,
                remedy="use a public address, or allow private ones in this deployment",
            )

    def _exchange(
        self, method: str, url: str, target: Target, headers: Mapping[str, str], body: bytes, until: float
    ) -> Answer:
        from http.client import HTTPException

        try:
            connection = self._opened(target, until)
        except OSError as error:
            raise Unreachable(f"no secure connection: {error}", where=url) from error
        try:
            return self._asked(_Deadline(connection, until), method, url, target, headers, body)
        except TimeoutError as error:
            raise Unreachable(f"no whole answer within {self.policy.timeout:g} seconds", where=url) from error
        except (OSError, HTTPException) as error:
            raise Unreachable(f"no proper answer: {error or type(error).__name__}", where=url) from error
        except ValueError as error:
            raise Malformed(f"this cannot be sent: {error}", where=url) from error
        finally:
            connection.close()

    def _opened(self, target: Target, until: float) -> socket.socket:
        import ssl

        connection = self.connect(target.host, target.port, max(until - time.monotonic(), 0.001))
        if target.scheme == "http":
            return connection
        context = self.tls or ssl.create_default_context()
        try:
            return context.wrap_socket(connection, server_hostname=target.host)
        except BaseException:
            connection.close()
            raise

    def _asked(
        self,
        connection: _Deadline,
        method: str,
        url: str,
        target: Target,
        headers: Mapping[str, str],
        body: bytes,
    ) -> Answer:
        from http.client import HTTPConnection

        http = HTTPConnection(target.host, target.port)
        # With neither host to resolve nor leave to reconnect, it can talk over this connection only.
        http.auto_open = 0
        http.sock = connection
        fixed = {
            "Host": target.authority,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        http.request(method, target.path, body=body or None, headers={**headers, **fixed})
        answer = http.getresponse()
        with answer:
            content = answer.read(self.policy.limit + 1)
            names = {name.lower() for name in answer.headers}
            found = {name: ", ".join(answer.headers.get_all(name, [])) for name in names}
        limit = self.policy.limit
        if answer.length and len(content) <= limit:
            raise Unreachable("the answer broke off", where=url)
        return Answer(answer.status, found, content[:limit], len(content) > limit, url)


def _onward(url: str, location: str, headers: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where a redirect leads, and what may be said there."""
    onward = urljoin(url, location)
    here, there = target_of(url), target_of(onward)
    if (here.scheme, there.scheme) == ("https", "http"):
        raise Unreachable("a redirect leads from https to http", where=url)
    if (here.scheme, here.authority) == (there.scheme, there.authority):
        return onward, dict(headers)
    return onward, {name: text for name, text in headers.items() if name.lower() in _KEPT_ELSEWHERE}


def _within(
    resolve: Callable[[], Sequence[tuple[Any, ...]]], timeout: float, host: str
) -> Sequence[tuple[Any, ...]]:
    """What a name stands for; the system's resolver knows no time limit, so that it is not waited for."""
    found: queue.SimpleQueue[Sequence[tuple[Any, ...]] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            found.put(resolve())
        except (OSError, UnicodeError) as error:
            found.put(error)

    threading.Thread(target=ask, name=f"resolving {host}", daemon=True).start()
    try:
        result = found.get(timeout=max(timeout, 0.001))
    except queue.Empty:
        raise Unreachable("the name was not resolved in time", where=host) from None
    if isinstance(result, Exception):
        raise Unreachable(
            f"the name cannot be resolved: {result}",
            where=host,
            remedy="look whether the address is right, and whether this machine has a network",
        ) from result
    return result


class _Deadline:
    """A connection that fails when its time is over, however slowly the other side sends.

    It has what `http.client` asks of a socket.
    """

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._connection = connection
        self._until = until

    def _hurry(self) -> socket.socket:
        left = self._until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time is over")
        self._connection.settimeout(left)
        return self._connection

    def sendall(self, data: bytes) -> None:
        self._hurry().sendall(data)

    def receive(self, buffer: Any) -> int:
        return self._hurry().recv_into(buffer)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def close(self) -> None:
        """Nothing yet: `http.client` lets go of a connection before the answer is read."""


class _Reading(io.RawIOBase):
    """The bytes that come over a connection."""

    def __init__(self, connection: _Deadline) -> None:
        self._connection = connection

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._connection.receive(buffer)
