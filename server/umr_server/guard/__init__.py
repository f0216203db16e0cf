"""The guard: who may do what, and how often.

Reading is anonymous. What writes has a token, sent as RFC 6750 §2.1 says; there are no cookies, so that no page
elsewhere can use what a browser knows. What a token may do is said by its `Grant`.
"""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import g, request

from umr_ld.access import secret
from umr_ld.errors import Denied, Malformed, TooOften, UmrError, Unauthenticated
from umr_server.guard.large import LargeBodies
from umr_server.guard.limits import Buckets

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flask import Flask, Response

    from umr_ld.access import Scope, Token
    from umr_ld.record import Record
    from umr_ld.registry import Registry
    from umr_server.settings import Settings

_UNCOUNTED = {"static", "running"}
"""What may be asked any number of times: files, and the blueprint of what machines ask the server about itself."""
_MADE = "`umr token create` makes one, on the machine of the registry"


class Guard:
    """Looks at requests before anything is done for them.

    Args:
        registry: whose tokens count.
        settings: how often anybody may ask.
    """

    def __init__(self, registry: Registry, settings: Settings) -> None:
        self._registry = registry
        self._reads = Buckets(settings.reads_per_minute, "reads")
        self._writes = Buckets(settings.writes_per_minute, "writes")
        self._notices = Buckets(settings.notices_per_minute, "notifications")
        self._large = LargeBodies()

    def watch(self, app: Flask) -> None:
        """Look at every request, and say in every answer what there is to say.

        Args:
            app: the application.
        """
        app.before_request(self._look)
        app.after_request(_told)

    def take_turns(self, app: Flask) -> None:
        """Have large bodies worked on one at a time.

        Args:
            app: the application.
        """
        self._large.watch(app)

    def leaving_turn(self) -> AbstractContextManager[None]:
        """Let other large bodies be worked on while this lasts. Raises Overloaded if there is no turn afterwards."""
        return self._large.left()

    def _look(self) -> None:
        if secret.holds(request.query_string.decode("latin-1")) or secret.holds(request.path):
            raise Malformed(
                "there is a token in the address, where it does not count",
                remedy="revoke it: addresses are kept in logs and histories. Send the new one in the header "
                "`Authorization: Bearer TOKEN`",
            )
        if (request.blueprint or request.endpoint) not in _UNCOUNTED:
            self._count(self._reads, _network(request.remote_addr or ""))

    def admits(self, address: str) -> bool:
        """Count a request that is answered without being looked at; whether it may be.

        Args:
            address: of who asks.
        """
        room = self._reads.take(_network(address))
        return room is None or room.granted

    def _count(self, buckets: Buckets, key: str) -> None:
        room = buckets.take(key)
        if room is None:
            return
        g.room = room
        if not room.granted:
            raise TooOften(
                f"more than {room.limit:,} {buckets.name} a minute",
                remedy=f"ask again in {room.wait} seconds",
            )

    def notifier(self) -> str:
        """Whom the address stands for that sends a notification, which is counted.

        Raises:
            TooOften: if it sent too many lately.
        """
        sender = _network(request.remote_addr or "")
        self._count(self._notices, sender)
        return sender

    # -- who asks

    def writer(self, scope: Scope | None = None, text: str | None = None) -> Token:
        """The token with which the request writes.

        Args:
            scope: which it has to have; None if any token will do.
            text: the token, where it comes by another way than its header.

        Raises:
            Denied: if this registry is not served for writing, or the token does not have the scope.
            Unauthenticated: if there is no token that is valid.
            TooOften: if it wrote too often lately.
        """
        self.require_writing()
        token = self._valid(_bearer() if text is None else text)
        self._count(self._writes, token.id)
        if scope is not None:
            self.hold(lambda: token.grant.require(scope), scope)
        with suppress(UmrError):  # When it was used last is good to know, and no reason to refuse.
            self._registry.access.note_use(token, now=datetime.now(UTC))
        return token

    def require_writing(self) -> None:
        """Refuse to write where the registry is only read.

        Raises:
            Denied: with how that is changed.
        """
        if not self._registry.is_writing:
            raise Denied(
                "this registry is served for reading",
                remedy="serve it with `umr serve --write`, or publish with `umr` on its machine",
            )

    def _valid(self, text: str) -> Token:
        known = secret.parse(text)
        token = None
        if known is not None and self._registry.has_access:
            token = self._registry.access.find(known)
        if token is None:
            raise _refused("the token is none of this registry's", _MADE)
        state = token.state(datetime.now(UTC))
        if state != "valid":
            raise _refused(f"the token {token.id} is {state}", _MADE)
        return token

    def permit(self, token: Token) -> Callable[[Record], None]:
        """What `Registry.publish` asks before it writes: whether a token may publish a record.

        Args:
            token: of the request.

        Returns:
            raises Denied if it may not.
        """
        from umr_ld.risk.decision import is_decision
        from umr_ld.risk.statement import publishers_of

        registry, grant = self._registry, token.grant

        def permitted(record: Record) -> None:
            grant.require_name(record.ref.name)
            if is_decision(record):
                self.hold(lambda: grant.require("review"), "review")
            grant.require_publishers(publishers_of(record), registry.reviewers, registry.base)

        return lambda record: self.hold(lambda: permitted(record))

    def hold(self, required: Callable[[], None], scope: Scope | None = None) -> None:
        """Ask what a grant requires, and challenge where it refuses (RFC 6750 §3.1).

        Args:
            required: raises Denied.
            scope: that a token has to have; None if no scope would do.
        """
        try:
            required()
        except Denied:
            if "challenge" not in g:
                wanted = f', scope="{scope}"' if scope is not None else ""
                g.challenge = f'error="insufficient_scope"{wanted}'
            raise


def _bearer() -> str:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.casefold() != "bearer" or not text.strip():
        g.challenge = ""
        raise Unauthenticated(
            "this needs a token", remedy=f"send the header `Authorization: Bearer TOKEN`; {_MADE}"
        )
    return text.strip()


def _refused(what: str, remedy: str) -> Unauthenticated:
    g.challenge = 'error="invalid_token"'
    return Unauthenticated(what, remedy=remedy)


@lru_cache(maxsize=1024)
def _network(address: str) -> str:
    """Whom an address stands for: one of IPv6 is one of the many that its network has (RFC 6177)."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if known.version == 6 and known.ipv4_mapped is None:
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def _told(response: Response) -> Response:
    challenge = g.pop("challenge", None)
    if challenge is not None and response.status_code in {401, 403}:
        response.headers["WWW-Authenticate"] = f'Bearer realm="umr"{", " if challenge else ""}{challenge}'
    room = g.pop("room", None)
    if room is not None:
        response.headers["RateLimit-Policy"] = f'"{room.name}";q={room.limit};w=60'
        response.headers["RateLimit"] = f'"{room.name}";r={room.left};t={room.wait}'
        if not room.granted:
            response.headers["Retry-After"] = str(room.wait)
    return response
