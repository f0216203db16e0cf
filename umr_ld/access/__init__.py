"""Access: who may write through the server, and what.

A token is shown once and kept as a digest, with a `Grant`: below which names, for which publishers, whether as
reviewer or administrator. The command line on the registry's own folder needs none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from umr_ld.addresses import is_absolute
from umr_ld.alerts import require_text
from umr_ld.errors import Denied, Malformed
from umr_ld.names import Name

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from umr_ld.addresses import Base

Scope = Literal["publish", "review", "admin"]
SCOPES: tuple[str, ...] = get_args(Scope)

REVIEWED = ("advisory", "statement")
"""Namespaces of what reviewers publish."""

MOST = 100
"""Namespaces and publishers of one token, each."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token is for.

    Args:
        agent: who writes with it; stands in the journal.
        scopes: `publish` below its namespaces; `review`: publish advisories and statements, also as the
            registry's reviewers; `admin`: everything, and make tokens.
        namespaces: beginnings of names, whole segments: `vinid` covers `vinid/plip`, not `vinidx/plip`.
        publishers: labels or IRIs of agents who may be stated as publisher of records and statements.

    Raises:
        Malformed: if there is no such scope, a namespace is no name, it is for nothing, or a list is too long.
    """

    agent: str
    scopes: frozenset[str] = frozenset({"publish"})
    namespaces: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for text in (self.agent, *self.publishers):
            require_text(text)
            if not text.strip():
                raise Malformed("an agent has no name", remedy="say who writes with the token")
        unknown = sorted(self.scopes.difference(SCOPES))
        if unknown or not self.scopes:
            what = f"there is no scope {unknown[0][:100]!r}" if unknown else "the token is for nothing"
            raise Malformed(what, remedy=f"choose of: {', '.join(SCOPES)}")
        for namespace in self.namespaces:
            Name.parse(namespace)
        if "publish" in self.scopes and not self.namespaces and "admin" not in self.scopes:
            raise Malformed(
                "the token may publish below no name", remedy="give it a namespace, such as the name of a lab"
            )
        if max(len(self.namespaces), len(self.publishers)) > MOST:
            raise Malformed("these are too many to list", remedy=f"list at most {MOST}")

    @property
    def is_admin(self) -> bool:
        """Whether it may do everything."""
        return "admin" in self.scopes

    def require(self, scope: Scope) -> None:
        """Refuse what the grant does not cover.

        Args:
            scope: which is needed; `admin` has every one.

        Raises:
            Denied: if it does not have it.
        """
        if not self.is_admin and scope not in self.scopes:
            raise Denied(f"the token does not have the scope {scope}", remedy=_ASK)

    def require_name(self, name: Name) -> None:
        """Refuse to write below names that are others'.

        Args:
            name: of the artifact, advisory or statement.

        Raises:
            Denied: if no namespace covers it.
        """
        own = self.namespaces if "publish" in self.scopes else ()
        own += REVIEWED if "review" in self.scopes else ()
        if not self.is_admin and not any(covers(namespace, str(name)) for namespace in own):
            raise Denied(
                f"the token does not cover the name {name}",
                where=str(name),
                remedy=f"publish below {' or '.join(own) or 'no name'}, or ask who administers the registry "
                f"for a token with the namespace {str(name).rpartition('/')[0] or name}",
            )

    def require_publishers(self, stated: Iterable[str], reviewers: Iterable[str], base: Base) -> None:
        """Refuse to speak for others: whom a statement states as its publisher decides whether it counts.

        Args:
            stated: IRIs of the publishers that a record states.
            reviewers: IRIs of the registry's.
            base: the registry's.

        Raises:
            Denied: if it is not bound to each of them.
        """
        own = {agent_iri(one, base) for one in self.publishers}
        own.update(reviewers if "review" in self.scopes else ())
        others = sorted(set(stated) - own)
        if others and not self.is_admin:
            raise Denied(
                f"the token does not speak for the publisher {others[0]}",
                where="publisher",
                remedy="leave the publisher out, or ask who administers the registry for a token that "
                "is bound to it",
            )


_ASK = "ask who administers the registry for a token that has it"


def covers(namespace: str, name: str) -> bool:
    """Whether a name is, or is below, a namespace.

    Args:
        namespace: whole segments.
        name: of an artifact.
    """
    return name == namespace or name.startswith(f"{namespace}/")


def agent_iri(text: str, base: Base) -> str:
    """The IRI of an agent.

    Args:
        text: an IRI, or a label.
        base: the registry's; a label becomes an agent of the registry, as it does in records.
    """
    return text if is_absolute(text) else base.expand("agent/", text)


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept.

    Args:
        id: its public name; the characters after `umr_`.
        grant: what it is for.
        made: when, UTC.
        expires: from when on it is refused, UTC.
        used: when it was used last, UTC, to the minute; None if never.
        revoked: since when it is refused, UTC; None if it is not.
    """

    id: str
    grant: Grant
    made: datetime
    expires: datetime
    used: datetime | None = None
    revoked: datetime | None = None

    def state(self, now: datetime) -> str:
        """`valid`, `expired` or `revoked`.

        Args:
            now: the time, UTC.
        """
        if self.revoked is not None:
            return "revoked"
        return "expired" if now >= self.expires else "valid"
